"""The name kept for the compliance console. This release has nothing of it but the roles of who will work there."""
