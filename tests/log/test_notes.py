"""The agency's log key during a switch, and which notes count for a room."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.config import Agency
from appliance.evidence.note import Checkpoint, KeyType, Signer, open_checkpoint, sign_checkpoint
from appliance.evidence.tree import EMPTY_ROOT
from appliance.log.notes import log_signer, log_verifiers, open_room
from appliance.model import RoomId
from appliance.vault.record import Purpose
from tests.bureau import KEYS, SIGNER

AGENCY, SEED = Agency("test", "agency.test"), b"\x07" * 32
ROOM, OTHER = RoomId("r_aaaaaaaaaaaaaaaaaaaaaaaaaa"), RoomId("r_bbbbbbbbbbbbbbbbbbbbbbbbbb")
SWITCHING = replace(KEYS, second={Purpose.LOG_SIGNING: SEED})
COMING = Signer.from_seed(SIGNER.name, KeyType.ED25519, SEED).verifier
STRANGER = Signer.from_seed("other.test/a/test/log", KeyType.ED25519, SEED)


def note(origin: str, signer: Signer = SIGNER) -> str:
    return sign_checkpoint(Checkpoint(origin, 3, EMPTY_ROOT), signer)


def test_what_is_signed_during_a_switch_both_keys_sign() -> None:
    signer = log_signer(AGENCY, SWITCHING)
    signed = note(f"agency.test/room/{ROOM}/e1", signer)
    for verifier in (SIGNER.verifier, COMING):
        assert open_checkpoint(signed, [verifier])[0].size == 3
    assert len(signed.splitlines()) == 1 + len(note(f"agency.test/room/{ROOM}/e1").splitlines())


def test_recorded_heads_are_believed_of_every_key_that_signs_or_signed() -> None:
    retired = Signer.from_seed(SIGNER.name, KeyType.ED25519, b"\x08" * 32).verifier
    keys = replace(SWITCHING, retired_log_keys=(retired.vkey,))
    assert log_verifiers(AGENCY, keys) == (SIGNER.verifier, COMING, retired)
    assert log_verifiers(AGENCY, KEYS) == (SIGNER.verifier,)


@pytest.mark.parametrize(("epoch", "good"), [("e1", True), ("e12", True), ("e", False), ("e-1", False), ("e²", False)])
def test_a_note_counts_for_any_time_the_agency_was_the_hub(epoch: str, good: bool) -> None:  # noqa: FBT001 - a table
    found = open_room(note(f"agency.test/room/{ROOM}/{epoch}"), ROOM, SIGNER.verifier)
    assert (found is not None) is good


def test_a_note_counts_for_its_room_and_by_the_agencys_key_alone() -> None:
    origin = f"agency.test/room/{ROOM}/e1"
    assert open_room(note(origin), ROOM, SIGNER.verifier) == Checkpoint(origin, 3, EMPTY_ROOT)
    assert open_room(note(origin), OTHER, SIGNER.verifier) is None
    assert open_room(note(f"other.test/room/{ROOM}/e1"), ROOM, SIGNER.verifier) is None
    assert open_room(note(origin, STRANGER), ROOM, SIGNER.verifier) is None
    assert open_room("words", ROOM, SIGNER.verifier) is None
