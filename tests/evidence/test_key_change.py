"""The statement of a log key's change: signed by both keys, of one name, and of no other keys."""

from __future__ import annotations

import pytest

from appliance.evidence.errors import NoteError
from appliance.evidence.key_change import open_change, sign_change
from appliance.evidence.note import Checkpoint, KeyType, Signer, join_note, open_checkpoint, sign_checkpoint, split_note

NAME = "gchat.test/a/moph/log"
OLD, NEW, OTHER = (Signer.generate(NAME, KeyType.ED25519) for _ in range(3))
STATEMENT = sign_change(OLD, NEW, 1_795_000_000_000)


def test_the_former_key_names_the_new_one() -> None:
    assert open_change(STATEMENT, OLD.verifier) == NEW.verifier


def test_a_chain_of_changes_leads_to_the_newest_key() -> None:
    trusted = OLD.verifier
    for statement in (STATEMENT, sign_change(NEW, OTHER, 1)):
        trusted = open_change(statement, trusted)
    assert trusted == OTHER.verifier


def test_a_statement_of_another_key_is_refused() -> None:
    with pytest.raises(NoteError):
        open_change(STATEMENT, OTHER.verifier)


@pytest.mark.parametrize("missing", [0, 1])
def test_both_keys_must_sign(missing: int) -> None:
    text, lines = split_note(STATEMENT)
    with pytest.raises(NoteError):
        open_change(join_note(text, [lines[1 - missing][2]]), OLD.verifier)


def test_a_statement_that_was_altered_is_refused() -> None:
    text, lines = split_note(STATEMENT)
    for changed in (
        text.replace(NEW.verifier.vkey, OTHER.verifier.vkey),
        text.replace("1795", "1895"),
        text + "more\n",
    ):
        assert changed != text
        with pytest.raises(NoteError):
            open_change(join_note(changed, [line for _, _, line in lines]), OLD.verifier)


def test_keys_of_two_names_are_no_change() -> None:
    with pytest.raises(NoteError):
        sign_change(OLD, Signer.generate("gchat.test/a/moi/log", KeyType.ED25519), 1)


def test_a_signer_with_a_successor_signs_for_both() -> None:
    both = Signer(OLD.name, OLD.key_type, OLD.key, NEW)
    note = sign_checkpoint(Checkpoint("gchat.test/x", 0, bytes(32)), both)
    for known in (OLD, NEW):
        assert open_checkpoint(note, [known.verifier])[1].signatures[0].name == NAME
    assert len(open_checkpoint(note, [OLD.verifier, NEW.verifier])[1].signatures) == 2
    with pytest.raises(NoteError):
        open_checkpoint(note, [OTHER.verifier])
