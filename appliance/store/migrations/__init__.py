"""Numbered SQL files, append-only: `0001_people.sql` and so on; `migrate.py` applies those a database has not had.

Each file runs in one transaction. Never edit a file that was released: write the next one. Expand, backfill, and
contract in a later release; a comment says why and how long it may run.
"""
