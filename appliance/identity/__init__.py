"""Who is calling, and who everybody is, held in memory so that no request waits for the database.

Owns `sessions` (the `Identity` itself: sessions, accounts, terms and settings in force), `directory` (a card of
everyone, the unit tree, who fills a post), `throttle` (failed tries), `tickets` (half-finished sign-ins), `hasher`
(argon2id on threads of its own), `budget` (how much of the directory someone was shown), `refusals` (what the rules
refused someone), `devices` (cookies of browsers an account signed in from) and `tokens`.

Rules: what is revoked is refused by the next request; a suspension ends by the clock. It decides nothing about rooms.
"""

from __future__ import annotations

from appliance.identity.directory import Directory
from appliance.identity.sessions import Identity
from appliance.people import Account, PersonCard, Session

__all__ = ["Account", "Directory", "Identity", "PersonCard", "Session"]
