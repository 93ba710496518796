"""Cursors on the feed: search, push, gateway, timers.

A follower reads committed events in order and keeps how far it came; started again, it goes on from there.
"""
