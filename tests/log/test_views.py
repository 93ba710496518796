"""Every type of entry has its shape on the wire, told apart by its type, and says there what its header says."""

from __future__ import annotations

import json
from typing import Any, get_args

import msgspec
import pytest

from appliance.log.views import VIEWS, Words, view
from appliance.model import EntryType, Home, TextBody
from appliance.rules import entry_types
from appliance.wire.entries import DamagedEvent, EntryEvent, HiddenEvent
from appliance.wire.events import Event
from tests.rules.test_entry_types import FULL

COMMON = {"at": 8, "room": "r_1", "n": 7, "id": "e_1", "sender": "p_a"}
# Said elsewhere on the wire: beside the state, in the body, or to nobody.
ELSEWHERE = {"target", "reply_to", "everyone", "self", "files", "label"}
# By what a private chat was judged. Nobody is told the rank of another person (F38).
UNTOLD = {"rank", "contact", "signed", "revoked", "accepted", "order"}


def told(value: Any) -> Any:
    """A field as it is told: cards without what they were judged by."""
    if isinstance(value, list):
        return list(map(told, value))
    return {key: said for key, said in value.items() if key not in UNTOLD} if isinstance(value, dict) else value


def test_every_type_has_a_view_and_a_struct_of_its_own() -> None:
    assert set(VIEWS) == set(EntryType)
    told = set(get_args(EntryEvent)) - {DamagedEvent, HiddenEvent}
    tags = {kind.__struct_config__.tag for kind in told}
    assert tags == set(map(str, EntryType))


@pytest.mark.parametrize("kind", EntryType)
def test_what_the_header_says_is_seen(kind: EntryType) -> None:
    words = Words(TextBody("คำ")) if entry_types.ENTRY_TYPES[kind].body else Words()
    shown = view(kind, FULL[kind], words, Home("moph"), dict(COMMON))
    seen: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(shown))
    # The agency's own people go by their bare ids here.
    fields = json.loads(json.dumps(entry_types.write(kind, FULL[kind])).replace("@moph", ""))
    assert {name: seen[name] for name in COMMON} == COMMON
    assert seen["type"] == kind == shown.type
    assert seen.get("state", {}) == {key: told(value) for key, value in fields.items() if key not in ELSEWHERE | UNTOLD}
    assert {key: seen.get(key) for key in ("target", "reply_to")} == {
        "target": fields.get("target"), "reply_to": fields.get("reply_to"),
    }  # fmt: skip
    assert ("body" in seen) is (words.body is not None)
    assert msgspec.convert(json.loads(json.dumps(seen).replace("@moi", "")), Event).type == kind


@pytest.mark.parametrize("kind", EntryType)
def test_only_people_of_this_agency_go_by_their_bare_id(kind: EntryType) -> None:
    shown = msgspec.json.encode(view(kind, FULL[kind], Words(), Home("moph"), dict(COMMON)))
    assert b"@moph" not in shown
    assert (b"p_b@moi" in shown) is (kind is EntryType.MEMBER_ADD)
