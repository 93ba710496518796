"""Cursors: every list takes its own kind, and refuses by name what is none."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Final, TypeGuard, get_type_hints

import msgspec
import pytest

from appliance import wire
from appliance.wire import cursors
from appliance.wire.cursors import Cursor, Kind, written
from tests.agency import Agency

# One well formed cursor of each kind.
OF_EACH: Final = {
    "f": written(cursors.FEED, 1),
    "s": written(cursors.SNAPSHOT, 1, 1),
    "v": written(cursors.VERSIONS, 1),
    "r": written(cursors.READERS, 0, 1, 1, "p"),
    "l": written(cursors.ROOMS, 1),
    "q": written(cursors.REMOVAL_REQUESTS, "q"),
    "g": written(cursors.MEMBER_SUGGESTIONS, "q"),
    "m": written(cursors.MY_REQUESTS, 0, 1, "q"),
    "u": written(cursors.UNITS, "u"),
    "p": written(cursors.PEOPLE, "p"),
    "h": written(cursors.HITS, 1, "r", 1),
    "d": written(cursors.ROOM_FILES, 1, 1),
}
NONSENSE: Final = (
    "",
    "1",
    "-1",
    "ก",
    "x1",
    "{k}",
    "{k}-1",
    "{k} ",
    "{k}1.",
    "{k}1.2.3.4.5",
    "{k}" + "f" * 14,
    "{k}" + "1" * 200,
)
# Each list: its path, the name of its cursor, and the letter of its kind.
LISTS: Final = (
    ("/sync", "since", "f"),
    ("/stream", "since", "f"),
    ("/sync", "cursor", "s"),
    ("/rooms/{room}/messages/{n}/history", "cursor", "v"),
    ("/rooms/{room}/messages/{n}/readers", "cursor", "r"),
    ("/rooms", "cursor", "l"),
    ("/rooms/{room}/removal-requests", "cursor", "q"),
    ("/rooms/{room}/member-suggestions", "cursor", "g"),
    ("/me/requests", "cursor", "m"),
    ("/directory/units", "cursor", "u"),
    ("/directory/people", "cursor", "p"),
    ("/search", "cursor", "h"),
    ("/rooms/{room}/files", "cursor", "d"),
)


@pytest.mark.parametrize(("path", "field", "letter"), LISTS)
async def test_what_is_no_cursor_of_a_list_is_refused_by_name(
    running: Agency, path: str, field: str, letter: str
) -> None:
    narin = await running.login("narin.p")
    room = running.room("dengue")
    path = path.format(room=room, n=(await narin.say(room, "ครับ"))["n"])
    query = {"q": "ครับ"} if path == "/search" else {}
    foreign = [cursor for kind, cursor in OF_EACH.items() if kind != letter]
    for cursor in (*foreign, *(nonsense.format(k=letter) for nonsense in NONSENSE)):
        error = await narin.refused("GET", path, params={**query, field: cursor}, status=400, code="invalid")
        assert error["field"] == field, cursor


def test_every_kind_has_a_letter_of_its_own_and_a_list() -> None:
    kinds = [kind for kind in vars(cursors).values() if isinstance(kind, Kind)]
    assert sorted(kind.letter for kind in kinds) == sorted(OF_EACH) == sorted({letter for _, _, letter in LISTS})
    for kind in kinds:
        assert written(kind, *cursors.read(kind, OF_EACH[kind.letter])) == OF_EACH[kind.letter]


def test_the_longest_cursor_is_taken_by_the_api() -> None:
    longest = written(cursors.READERS, 1, (1 << 53) - 1, (1 << 53) - 1, "p" * 128)
    assert msgspec.convert(longest, Cursor) == longest


def test_every_cursor_on_the_wire_is_opaque() -> None:
    """One type for all of them, which the codec writes: no list shows an id or a position in place of it."""
    modules = [importlib.import_module(found.name) for found in pkgutil.iter_modules(wire.__path__, "appliance.wire.")]
    structs = {kind for module in modules for kind in vars(module).values() if is_struct(kind)}
    found = {
        (kind.__name__, name): get_type_hints(kind, include_extras=True)[name]
        for kind in structs
        for name in {"cursor", "unread_cursor"}.intersection(kind.__struct_fields__)
    }
    assert len(found) >= len(LISTS)
    assert {at for at, hint in found.items() if hint != Cursor | None} == set()


def is_struct(kind: object) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
