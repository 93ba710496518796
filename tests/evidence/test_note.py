"""Signed notes against the examples of the C2SP specifications and of their reference implementation."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance.evidence.errors import NoteError
from appliance.evidence.note import (
    Checkpoint,
    KeyType,
    Signer,
    Verifier,
    join_note,
    open_checkpoint,
    open_note,
    parse_checkpoint,
    sign_checkpoint,
    split_note,
)

VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SEED = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The example of tlog-cosignature; its keys are not published.
SOFA = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
SOFA_LOG = (
    "\u2014 example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
SOFA_WITNESS = (
    "\u2014 witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
# A witness in public service, whose key text carries type 0x04.
WITNESS_VKEY = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"

LOG = Signer.from_seed("gchat.test/a/moc/log", KeyType.ED25519, b"\x01" * 32)
WITNESS = Signer.from_seed("gchat.test/a/moi/wit", KeyType.COSIGNATURE, b"\x02" * 32)
HEAD = Checkpoint("gchat.test/room/r_x/e1", 1202, b"\x07" * 32)


def test_the_reference_note_is_made_and_opened() -> None:
    signer = Signer.from_seed("PeterNeumann", KeyType.ED25519, SEED)
    assert signer.verifier.vkey == VKEY
    assert join_note(TEXT, [signer.sign(TEXT)]) == TEXT + "\n" + LINE
    note = open_note(TEXT + "\n" + LINE, [Verifier.from_vkey(VKEY)])
    assert (note.text, [(found.name, found.at) for found in note.signatures]) == (TEXT, [("PeterNeumann", None)])


def test_a_witness_key_has_the_published_id() -> None:
    key = Verifier.from_vkey(WITNESS_VKEY)
    assert (key.key_type, key.vkey, key.key_id.hex()) == (KeyType.COSIGNATURE, WITNESS_VKEY, "da77ade7")


def test_the_specification_example_is_framed_as_published() -> None:
    text, signatures = split_note(join_note(SOFA, [SOFA_LOG, SOFA_WITNESS]))
    assert text == SOFA
    assert parse_checkpoint(text) == Checkpoint(
        "example.com/behind-the-sofa", 20852163, b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    )
    assert parse_checkpoint(text).text == SOFA
    assert [name for name, _, _ in signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    blob = signatures[1][1]
    assert (len(blob), int.from_bytes(blob[4:12], "big")) == (4 + 8 + 64, 1679315147)


def test_a_cosignature_signs_the_message_of_the_specification() -> None:
    blob = split_note(join_note(SOFA, [WITNESS.cosign(SOFA, 1679315147)]))[1][0][1]
    message = b"cosignature/v1\ntime 1679315147\n" + SOFA.encode()
    Ed25519PublicKey.from_public_bytes(WITNESS.verifier.public).verify(blob[12:], message)
    assert blob[:12] == WITNESS.verifier.key_id + (1679315147).to_bytes(8, "big")


def test_checkpoint_of_a_log_and_its_witness() -> None:
    data = sign_checkpoint(HEAD, LOG) + WITNESS.cosign(HEAD.text, 1_763_800_000)
    checkpoint, note = open_checkpoint(data, [LOG.verifier, WITNESS.verifier])
    assert checkpoint == HEAD
    assert [(found.name, found.at) for found in note.signatures] == [(LOG.name, None), (WITNESS.name, 1_763_800_000)]
    assert sign_checkpoint(HEAD, LOG) + note.signatures[1].line == data


def test_unknown_signatures_are_ignored_and_false_ones_reject() -> None:
    stranger = Signer.generate("gchat.test/a/other/log", KeyType.ED25519)
    same_name = Signer.generate(LOG.name, KeyType.ED25519)
    data = sign_checkpoint(HEAD, stranger, same_name, LOG)
    assert [found.name for found in open_note(data, [LOG.verifier]).signatures] == [LOG.name]
    with pytest.raises(NoteError, match="known key"):
        open_note(sign_checkpoint(HEAD, stranger, same_name), [LOG.verifier])
    with pytest.raises(NoteError, match="false"):
        open_note(data.replace("1202", "1203"), [LOG.verifier])
    blob = split_note(join_note(HEAD.text, [WITNESS.cosign(HEAD.text, 100)]))[1][0][1]
    moved = b64encode(blob[:4] + (101).to_bytes(8, "big") + blob[12:]).decode()
    for line in (f"\u2014 {WITNESS.name} {moved}\n", WITNESS.cosign(HEAD.text, 1 << 63)):
        with pytest.raises(NoteError, match=WITNESS.name):
            open_note(sign_checkpoint(HEAD, LOG) + line, [LOG.verifier, WITNESS.verifier])


def test_one_key_does_not_speak_in_two_roles() -> None:
    as_witness = Signer(LOG.name, KeyType.COSIGNATURE, LOG.key)
    assert as_witness.verifier.key_id != LOG.verifier.key_id
    with pytest.raises(NoteError):
        open_note(join_note(HEAD.text, [as_witness.cosign(HEAD.text, 1)]), [LOG.verifier])
    with pytest.raises(NoteError):
        WITNESS.sign(HEAD.text)
    with pytest.raises(NoteError):
        LOG.cosign(HEAD.text, 1)
    with pytest.raises(NoteError):
        WITNESS.cosign("not a checkpoint\n", 1)


def test_private_keys_stay_out_of_repr() -> None:
    assert "Ed25519" not in repr(LOG)
    assert "key=" not in repr(LOG)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+c74f20a3+AQ==",
        "Peter\u00a0Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_malformed_keys_are_refused(vkey: str) -> None:
    with pytest.raises(NoteError):
        Verifier.from_vkey(vkey)


def test_a_name_that_notes_cannot_carry_is_refused() -> None:
    with pytest.raises(NoteError):
        Signer.generate("two words", KeyType.ED25519)


GOOD = TEXT + "\n" + LINE


@pytest.mark.parametrize(
    "data",
    [
        "",
        TEXT,
        TEXT + "\n",
        GOOD[:-1],
        GOOD + "\n",
        GOOD.replace("\u2014 ", "- "),
        GOOD.replace("x08go", "x08g*"),
        GOOD.replace("AM=\n", "AN=\n"),
        GOOD.replace(" x08go", "  x08go"),
        GOOD.replace("If", "\tIf"),
        GOOD + "\u2014 PeterNeumann AAAA\n",
        GOOD + LINE.replace("x08goZ", "x08goY").replace("x08go/ZJ", "x08go/ZK"),
        GOOD + "\u2014 Peter+Neumann x08goAAA\n",
        GOOD + "\u2014  x08goAAA\n",
        GOOD + "\u2014 Peter\u00a0Neumann x08goAAA\n",
        TEXT + "\n" + LINE * 65,
        "x" * 70_000 + GOOD,
    ],
)
def test_malformed_notes_are_refused(data: str) -> None:
    with pytest.raises(NoteError):
        open_note(data, [Verifier.from_vkey(VKEY)])


def test_sixteen_signatures_are_accepted() -> None:
    others = [Signer.generate(f"gchat.test/{n}", KeyType.ED25519) for n in range(15)]
    assert len(open_note(sign_checkpoint(HEAD, *others, LOG), [LOG.verifier]).signatures) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        HEAD.text[:-1],
        HEAD.text + "\n",
        HEAD.text.replace("1202", "01202"),
        HEAD.text.replace("1202", "-1"),
        HEAD.text.replace("1202", "๑๒๐๒"),
        HEAD.text.replace("gchat.test/room/r_x/e1", ""),
        HEAD.text.replace("=\n", "\n"),
        "a\n1\nAAAA\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(NoteError):
        parse_checkpoint(text)


def test_extension_lines_are_signed() -> None:
    extended = Checkpoint(HEAD.origin, HEAD.size, HEAD.root, ("note",))
    assert parse_checkpoint(extended.text) == extended
    with pytest.raises(NoteError):
        open_note(sign_checkpoint(extended, LOG).replace("note\n", "nota\n"), [LOG.verifier])
