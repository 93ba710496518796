"""Followers of the feed, such as the search index: each reads committed events in order, from a cursor of its own.

After a restart a follower continues from its cursor. Jobs at set times are here too (`timers.py`).
"""
