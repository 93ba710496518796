"""What must not stand in a log does not show when a value that holds it is printed (F75)."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import msgspec
import pytest

import appliance
import search_index
from appliance.model import Draft, EntryType, Principal, RoomId, TextBody
from appliance.rules.entry_states import RoomRenamed
from appliance.wire.session import Login
from search_index import wire
from search_index.query import parse

CANARY = "canary-7f3a9c"
# Evidence is printed by the program that verifies it; keys have a test of their own (tests/vault).
PUBLIC = {
    "appliance.evidence.note.Note.text",
    "appliance.evidence.verifier.Verified.text",
}
SECRET_NAMES = {
    "text", "needles", "readings", "password", "old", "new", "hash", "token", "secret", "ticket", "csrf", "index_key",
}  # fmt: skip


def modules() -> Iterator[ModuleType]:
    for package in (appliance, search_index):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.startswith("appliance.client"):
                yield importlib.import_module(found.name)


def own_classes() -> list[type]:
    found = {
        kind
        for module in modules()
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__.partition(".")[0] in ("appliance", "search_index")
    }
    return sorted(found, key=lambda kind: (kind.__module__, kind.__qualname__))


def test_no_dataclass_prints_words_hashes_tokens_or_passwords() -> None:
    open_fields = {
        f"{kind.__module__}.{kind.__qualname__}.{item.name}"
        for kind in own_classes()
        if dataclasses.is_dataclass(kind) and kind.__dataclass_params__.repr  # type: ignore[attr-defined]
        for item in dataclasses.fields(kind)
        if item.name in SECRET_NAMES and item.repr and "Secret" not in str(item.type)
    }
    assert open_fields - PUBLIC == set()


def test_no_struct_of_the_wire_prints_its_values() -> None:
    private = [
        kind for kind in own_classes() if issubclass(kind, msgspec.Struct) and SECRET_NAMES & {*kind.__struct_fields__}
    ]
    assert len(private) > 10
    assert [kind for kind in private if kind.__repr__ is msgspec.Struct.__repr__] == []


@pytest.mark.parametrize(
    "value",
    [
        Draft(
            RoomId("r_1"),
            Principal("p_1@moph"),
            EntryType.MESSAGE_TEXT,
            body=TextBody(CANARY),
            state=RoomRenamed(CANARY),
        ),
        Login(user="somebody", password=CANARY),
        wire.IndexEntry("r", 1, "p", 1, CANARY, "text"),
        wire.Search(needles=[CANARY], rooms=[]),
        wire.Add(0, 1, [wire.IndexEntry("r", 1, "p", 1, CANARY, "text")]),
        parse(CANARY),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_printed_shows_no_secret(value: object) -> None:
    assert CANARY not in repr(value)
    assert CANARY not in f"{[value]!s}"
