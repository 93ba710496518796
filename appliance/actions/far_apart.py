"""Sessions of one person in use far apart at the same time (F91): noticed, put on record, shown to the owner.

Rules: what «far apart» means is `rules/sign_in.py`. A sign-in is judged when it happens (`sign_in.py`); sessions that
are open already are judged every minute by where they were used last, so a token that is used from elsewhere is noticed
too. The same two places are reported once a day. Nothing is refused: a journey looks the same, and the owner knows
best.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from appliance.actions.audit_records import record
from appliance.policies import DAY
from appliance.rules.sign_in import are_far_apart
from appliance.store import sessions

if TYPE_CHECKING:
    from appliance.model import PersonId
    from appliance.people import SessionRecord
    from appliance.services import Services

IN_USE_APART: Final = "used_apart"
"""The outcome of the line in the sign-in history."""


async def note_sessions_apart(s: Services) -> int:
    """Put on record whose sessions are in use far apart just now, and return how many such pairs are new."""
    now = s.clock()
    lately = now - s.config.policies.sign_in.apart_ms
    noted = 0
    for person in s.sessions.people_with(2):
        used = [one for one in s.sessions.of_person(person, now) if one.last_used > lately]
        for newer, other in combinations(used, 2):
            if _are_apart(s, person, newer, other) and s.recorded.is_news(
                (person, *sorted((newer.address, other.address))), now, DAY
            ):
                await _note(s, person, newer, other)
                noted += 1
    return noted


def _are_apart(s: Services, person: PersonId, newer: SessionRecord, other: SessionRecord) -> bool:
    account, throttle = s.accounts.get(person), s.throttle
    if account is None:
        return False
    here, there = throttle.location(newer.address), throttle.location(other.address)
    known = here.site is not None or throttle.knows(account.user, here.network)
    known_there = there.site is not None or throttle.knows(account.user, there.network)
    return are_far_apart(here, there, known=known and known_there)


async def _note(s: Services, person: PersonId, newer: SessionRecord, other: SessionRecord) -> None:
    place = {
        "device": newer.device,
        "address": newer.address,
        "network": s.throttle.location(newer.address).network,
    }
    detail = {"session": newer.id, "address": newer.address, "device": newer.device}
    far = {"other_session": other.id, "other_address": other.address}
    async with s.store.write() as tx:
        await tx.run(sessions.append_sign_in, person, s.clock(), outcome=IN_USE_APART, apart=True, **place)
        await record(s, tx, person, "session.apart", person, "noticed", **detail, **far)
