"""What a peer asks by a signed request, and what this agency answers.

Rules: the gateway has checked who asks and the form of the request; whether the answer may be given is decided here.
What somebody may not know is answered as what is not there. Every search of the directory is in the audit log with who
asked on whose behalf, and each of them has so many searches a minute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from appliance.actions.audit_records import record
from appliance.errors import AppError, Forbidden, NotFound, TooMany
from appliance.limits import Buckets
from appliance.model import Principal, RoomId, agency_of, is_person
from appliance.reads.directory import find_for_agency
from appliance.rules.statements import StatementType
from federation.exchange import cards
from federation.exchange.feeding import FRAME_BYTES, frame_of
from federation.gateway.messages import Answered, Kind
from federation.gateway.requests import CardQuery, DirectoryQuery
from federation.protocol import frames

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from appliance.model import PersonId
    from federation.exchange.exchange import Exchange
    from federation.gateway.messages import Asked

SEARCHES_A_MINUTE: Final = 30
FEWEST_LETTERS: Final = 3
SEARCHED: Final = "federation.directory"
MALFORMED = Answered(400, b'{"error":"malformed"}')
NOT_THERE = Answered(404, b'{"error":"not_found"}')
TOO_OFTEN = Answered(429, b'{"error":"too_many"}')
LATER = Answered(503, b'{"error":"later"}')


class Questions:
    """Answers what peers ask."""

    def __init__(self, x: Exchange, monotonic: Callable[[], float]) -> None:
        self._x = x
        self._searches = Buckets(SEARCHES_A_MINUTE / 60, SEARCHES_A_MINUTE, monotonic)
        self._answers: dict[Kind, Callable[[Asked], Awaitable[Answered]]] = {
            Kind.DIRECTORY: self._directory,
            Kind.CARD: self._card,
            Kind.HEAD: self._head,
            Kind.LOG: self._log,
        }

    async def answer(self, asked: Asked) -> Answered:
        """Return the answer to a request."""
        answer = self._answers.get(asked.kind)
        if answer is None:
            return NOT_THERE
        try:
            return await answer(asked)
        except (msgspec.ValidationError, msgspec.DecodeError, ValueError):
            return MALFORMED
        except (NotFound, Forbidden):
            return NOT_THERE
        except TooMany:
            return TOO_OFTEN
        except AppError:
            return LATER

    async def _directory(self, asked: Asked) -> Answered:
        """Return the signed cards of people who let other agencies find them, at most as many as are asked for."""
        query = msgspec.json.decode(asked.body, type=DirectoryQuery)
        on_behalf = Principal(query.on_behalf)
        if len(query.q.strip()) < FEWEST_LETTERS or not is_person(on_behalf) or agency_of(on_behalf) != asked.peer:
            return MALFORMED
        self._searches.take((asked.peer, on_behalf))
        s = self._x.s
        found = find_for_agency(s, query.q, query.limit)
        async with s.store.write() as tx:
            await record(s, tx, on_behalf, SEARCHED, asked.peer, found=len(found))
        statements = [await self._signed_card(card.id) for card in found]
        return Answered(200, b'{"cards":[' + b",".join(statements) + b"]}")

    async def _card(self, asked: Asked) -> Answered:
        """Return the signed card of one person whom other agencies may find."""
        who = Principal(msgspec.json.decode(asked.body, type=CardQuery).u)
        s = self._x.s
        if not is_person(who) or agency_of(who) != s.log.home.agency:
            return NOT_THERE
        card = s.directory.people.get(s.log.home.person(who))
        if card is None or not cards.may_be_shown(card) or not s.accounts.is_active(card.id, s.clock()):
            return NOT_THERE
        return Answered(200, await self._signed_card(card.id))

    async def _signed_card(self, person: PersonId) -> bytes:
        payload = cards.payload_of(self._x.s, person)
        return await self._x.jobs.sign(StatementType.USER_CARD, payload)

    async def _head(self, asked: Asked) -> Answered:
        """Return the newest note of a room that the peer is given: the hub's, with the cosignatures that came."""
        room = RoomId(asked.target["room"])
        giving, size = self._x.s.log.giving, (await self._x.s.log.head(room)).size
        part = await giving.range_for(asked.peer, room, size - 1, FRAME_BYTES)
        if part is None:
            return NOT_THERE
        note = await giving.cosigned_note(room, part.end) or part.note
        return Answered(200, msgspec.json.encode({"size": part.end, "note": note}))

    async def _log(self, asked: Asked) -> Answered:
        """Return entries of a room from a position on, as a frame of a link has them."""
        room = RoomId(asked.target["room"])
        first, last = int(asked.target["from"]), int(asked.target["to"])
        if first >= last:
            return MALFORMED
        part = await self._x.s.log.giving.range_for(asked.peer, room, first, FRAME_BYTES)
        return NOT_THERE if part is None else Answered(200, frames.encode(frame_of(part, room, 0)))
