"""How much one answer holds: a list ends at its `limit` or at `MAX_BYTES`, whichever comes first, and says so.

An answer is in memory as objects, as JSON and until its reader takes it; so its size must not be what its rows happen
to weigh. The first item of a list is always in it, however large: paging never stands still.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from appliance.errors import Invalid
from appliance.wire import cursors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")

MAX_BYTES: Final = 1 << 20
_ENCODER: Final = msgspec.json.Encoder()


def page_after(
    kind: cursors.Kind[str], views: Sequence[T], cursor: str | None, id_of: Callable[[T], str]
) -> tuple[list[T], str | None]:
    """Return those after the one that `cursor` names that fit an answer, and the cursor of what follows, if anything.

    Raises Invalid for a cursor that names none of them.
    """
    start = 0
    if cursor is not None:
        [last] = cursors.read(kind, cursor)
        start = next((at for at, view in enumerate(views, 1) if id_of(view) == last), 0)
        if not start:
            raise Invalid(field="cursor")
    shown, more = fitting(views[start:])
    return shown, cursors.written(kind, id_of(shown[-1])) if more else None


class Bytes:
    """What is left of the bytes of one answer."""

    def __init__(self, most: int = MAX_BYTES) -> None:
        self._left = most
        self._empty = True

    def take(self, size: int) -> bool:
        """Take `size` bytes; False, taking nothing, when they do not fit any more."""
        if size > self._left and not self._empty:
            return False
        self._left -= size
        self._empty = False
        return True


def size_of(item: object) -> int:
    """Return how many bytes an item is in an answer."""
    return len(_ENCODER.encode(item)) + 1


def fitting(items: Iterable[T], limit: int | None = None) -> tuple[list[T], bool]:
    """Return the first items that fit, and whether there are more. Takes no more from `items` than it must."""
    room, taken = Bytes(), list[T]()
    for item in items:
        if len(taken) == limit or not room.take(size_of(item)):
            return taken, True
        taken.append(item)
    return taken, False
