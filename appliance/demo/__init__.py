"""The demonstration: two invented ministries with a week of talk, and a loader that drives them through the API."""
