"""One person's messages in one room stay in the order in which they were given, over refusals and retries too.

Rule: when a command is refused for a reason that passes, its sender gives it again later. What the same person gave for
the same room behind it, and before they could know, is refused with it: it would come to stand before it. A reason that
does not pass holds nothing up. Commands that create a room have no order among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import passes
from appliance.log.commands import THIS_ROOM

if TYPE_CHECKING:
    from appliance.errors import AppError
    from appliance.log.commands import Command
    from appliance.model import Principal, RoomId


class Refusals:
    """The refusals of one batch that pass, by room and person."""

    def __init__(self) -> None:
        self._errors: dict[tuple[RoomId, Principal], AppError] = {}

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return bool(self._errors)

    def note(self, command: Command, error: AppError) -> None:
        """Remember that a command was refused."""
        if command.room != THIS_ROOM and passes(error):
            self._errors.setdefault(_place(command), error)

    def holding(self, command: Command) -> AppError | None:
        """Return why a command that was given later must be refused too, or None."""
        return self._errors.get(_place(command)) if self._errors else None

    def clear(self) -> None:
        """Forget all of them: what was given behind them has been refused."""
        self._errors.clear()


def with_those_behind(commands: list[Command], errors: dict[int, AppError]) -> dict[int, AppError]:
    """Return `errors`, by `id(command)`, with those of the commands behind the ones that fail."""
    if not errors:
        return errors
    found, refusals = dict(errors), Refusals()
    for command in commands:
        if error := errors.get(id(command)):
            refusals.note(command, error)
        elif error := refusals.holding(command):
            found[id(command)] = error
    return found


def _place(command: Command) -> tuple[RoomId, Principal]:
    return command.room, command.drafts[0].actor
