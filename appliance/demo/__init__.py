"""The demonstration: an invented ministry with a week of talk, and a loader that drives them through the API."""
