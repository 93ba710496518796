"""The queue before the log's writer: who may append how much, what waits, and what is in the next batch.

Rules:
- what a person appends counts against their rate limit before it is queued, by HTTP and by stream alike (F83);
- a command that cannot be counted, weighed or compared is refused alone, before it is in a batch with others;
- a batch takes what is queued and what arrives in the same turn of the loop. There is no timer, so an idle server
  commits at once;
- when a command is refused for a temporary reason, later commands of the same person for the same room are refused with
  it (`ordering.py`).

Does not: decide about rooms, write, or choose whose turn it is (`waiting.py`).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError, Unavailable, afresh
from appliance.log.commands import THIS_ROOM, Command
from appliance.log.ordering import Refusals
from appliance.log.waiting import MAX_IN_BATCH, Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.limits import Entries
    from appliance.log.commands import AnyCommand
    from appliance.log.foreign import Answer
    from appliance.log.heads import Heads
    from appliance.model import Appended, Home, PersonId

logger = logging.getLogger(__name__)
# A message takes two turns of the event loop from its socket to the queue: three without news mean that all is quiet.
QUIET_TURNS: Final = 3
MAX_WAITING: Final = 20_000


class Intake:
    """Takes commands in until `close`, and gives them out in batches."""

    def __init__(self, home: Home, limit: Entries, heads: Heads) -> None:
        self._home, self._limit, self._heads = home, limit, heads
        self._queue = Waiting()
        self._arrived = asyncio.Event()
        self._closed = False
        self._refusal: AppError | None = None
        self._refused = Refusals()

    def refuse_all(self, error: AppError) -> None:
        """Refuse every command from now on: nothing can be written."""
        self._refusal = error

    def close(self) -> None:
        """Take in nothing more. What waits is still given out."""
        self._closed = True
        self._arrived.set()

    def check(self) -> None:
        """Raise what every command would be refused with now: Unavailable, or nothing."""
        self.check_writable()
        if self._closed or len(self._queue) >= MAX_WAITING:
            raise Unavailable("too many commands are waiting", code="busy")

    def check_writable(self) -> None:
        """Raise Unavailable where nothing can be written at all."""
        if self._refusal is not None:
            raise afresh(self._refusal)

    def put(self, command: AnyCommand) -> None:
        """Queue a command, or answer it with the reason why not."""
        try:
            self.check()
            self._count(command)
            hash(command.keys)
            self._queue.put(command)
        except AppError as error:
            answer(command, error)
        except Exception:
            logger.exception("a command for room %s could not be queued", command.room or "(new)")
            answer(command, AppError())
        else:
            self._arrived.set()

    def put_back(self, commands: list[AnyCommand]) -> None:
        """Queue commands that a batch had taken, in front of their senders' others."""
        self._queue.put_back(commands)

    def check_share(self, person: PersonId) -> None:
        """Raise TooMany if a person could append nothing just now: before a request is read that wants to."""
        self._limit.check(person)

    def take_share(self, person: PersonId) -> None:
        """Count a line of the feed that is no entry as one of a person's entries. Raises TooMany."""
        self._limit.take(person, None, 1)

    def _count(self, command: AnyCommand) -> None:
        """Take what a command appends from the limits, before any work. Raises TooMany; the system has no limit.

        What comes from other agencies is limited by the links that it comes over.
        An outsider takes nothing from the room's share. A room that is not in memory was idle: its share is full.
        """
        actor = command.sender
        if actor == self._home.system or not isinstance(command, Command):
            return
        head = self._heads.get(command.room)
        inside = head is not None and head.state.role_of(actor) is not None
        self._limit.take(
            self._home.person(actor),
            command.room if inside else None,
            len(command.drafts),
            added=command.people_added,
            makes_room=command.room == THIS_ROOM,
        )

    async def next_batch(self) -> list[AnyCommand]:
        """Wait for commands and return those of the next batch; none once this is closed and nothing waits."""
        self._refuse_those_behind()
        while not self._queue:
            if self._closed:
                return []
            self._arrived.clear()
            await self._arrived.wait()
        await self._gather()
        return self._queue.take()

    async def _gather(self) -> None:
        """Take along what is just arriving: continue as long as turns of the event loop bring more."""
        waiting = quiet = 0
        while quiet < QUIET_TURNS and len(self._queue) < MAX_IN_BATCH:
            quiet = quiet + 1 if len(self._queue) == waiting else 0
            waiting = len(self._queue)
            await asyncio.sleep(0)

    def refuse(self, commands: Iterable[AnyCommand], error: AppError) -> None:
        """Answer commands of a batch with why they were not written."""
        for command in commands:
            self._refused.note(command, error)
            answer(command, error)

    def without_those_behind(self, commands: Iterable[AnyCommand]) -> list[AnyCommand]:
        """Return the commands that may still be written; those behind one that was refused are refused with it."""
        return [command for command in commands if self._is_free(command)]

    def _refuse_those_behind(self) -> None:
        """Refuse what waits behind a command that its sender will give again."""
        if self._refused:
            self._queue.keep(self._is_free)
            self._refused.clear()

    def _is_free(self, command: AnyCommand) -> bool:
        error = self._refused.holding(command)
        if error is not None:
            answer(command, error)
        return error is None


def answer(command: AnyCommand, result: list[Appended] | list[Answer] | AppError) -> None:
    """Give the caller of a command its result; a caller that cannot take it harms nobody."""
    try:
        command.done(result)  # type: ignore[arg-type] # each kind is given its own
    except Exception:
        logger.exception("the caller of a command could not be answered")
