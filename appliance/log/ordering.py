"""Keeps the order of what one person sends to one room, also when a part of it is refused and sent again.

Example: somebody sends A and then B to a room. A is refused for a temporary reason (`storage_full`, say), so their
client will send it again. If B were accepted now, it would stand before A in the room. So B is refused too, for the
same reason, and the client sends both again in their order.

Rules: this holds for one sender and one room, and only for what was sent before the sender could know of the refusal. A
permanent reason (such as `not_a_member`) holds nothing up. Commands that create a room have no order among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import passes
from appliance.log.commands import THIS_ROOM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.errors import AppError
    from appliance.log.commands import AnyCommand
    from appliance.model import Principal, RoomId


class Refusals:
    """The refusals of one batch that pass, by room and person."""

    def __init__(self) -> None:
        self._errors: dict[tuple[RoomId, Principal], AppError] = {}

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._errors)

    def note(self, command: AnyCommand, error: AppError) -> None:
        """Remember that a command was refused."""
        if command.room != THIS_ROOM and passes(error):
            self._errors.setdefault(_place(command), error)

    def holding(self, command: AnyCommand) -> AppError | None:
        """Return why a command that was given later must be refused too, or None."""
        return self._errors.get(_place(command)) if self._errors else None

    def clear(self) -> None:
        """Forget all of them: what was given behind them has been refused."""
        self._errors.clear()


def with_those_behind(commands: Sequence[AnyCommand], errors: dict[int, AppError]) -> dict[int, AppError]:
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


def _place(command: AnyCommand) -> tuple[RoomId, Principal]:
    return command.room, command.sender
