"""Signed notes, checkpoints and cosignatures: what an agency or a witness puts its name to.

Formats: C2SP signed-note (key type 0x01, Ed25519 over the text), tlog-checkpoint (origin, size, root) and
tlog-cosignature (key type 0x04, Ed25519 over `cosignature/v1`, the time and the text). Keys travel as the `vkey` and
key texts of those specifications. Rules:
  - a note counts only through a known key: unknown signatures are ignored, any false one of a known key rejects the
    note, and a malformed line does so whoever signed it;
  - a key is known by name, id and type together, so one key never speaks in two roles;
  - a log signs with 0x01 and a witness with 0x04: distinct keys.

Example: open_note(data, [Verifier.from_vkey(text)]).signatures. Does not keep keys (`vault`) nor read the clock: the
time of a cosignature is an argument.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from appliance.evidence.errors import NoteError
from appliance.evidence.tree import HASH_BYTES

MAX_NOTE: Final = 64 * 1024
MAX_SIGNATURES: Final = 64
FINGERPRINT_DIGITS: Final = 40
YEAR_10000: Final = 253_402_300_800  # s UTC: later times have no four-digit year
_DASH: Final = "\u2014 "
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class KeyType(IntEnum):
    """Signature type byte of a C2SP key."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key that may sign notes: `public` is the 32-byte Ed25519 key."""

    name: str
    key_type: KeyType
    public: bytes

    @property
    def key_id(self) -> bytes:
        """First four bytes of SHA-256(name || newline || type || key)."""
        return sha256(self.name.encode() + b"\n" + bytes((self.key_type,)) + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        """Key text: name, id and key, joined by `+`."""
        return f"{self.name}+{self.key_id.hex()}+{_b64(bytes((self.key_type,)) + self.public)}"

    @property
    def fingerprint(self) -> str:
        """Fingerprint for paper: the first 20 bytes of SHA-256 over the key text, in groups of four digits."""
        digits = sha256(self.vkey.encode()).hexdigest()[:FINGERPRINT_DIGITS].upper()
        return " ".join(digits[at : at + 4] for at in range(0, FINGERPRINT_DIGITS, 4))

    @classmethod
    def from_vkey(cls, vkey: str) -> Verifier:
        """Key from its text; raises `NoteError` if any part is malformed or the id is not the key's own."""
        name, key_id, data = _key_parts(vkey)
        key = cls(name, _key_type(data), data[1:])
        if key.key_id.hex() != key_id:
            raise NoteError(f"key id of {name} does not belong to its key")
        return key

    def verify(self, text: str, signature: bytes) -> int | None:
        """Check the bytes after the key id; gives a cosignature's time (s UTC) or None. Raises `NoteError`."""
        at: int | None = None
        message = text.encode()
        if self.key_type is KeyType.COSIGNATURE:
            at, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            if at >= YEAR_10000:
                raise NoteError(f"cosignature of {self.name} has no possible time")
            message = _cosigned(text, at)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature as error:
            raise NoteError(f"signature of {self.name} is false") from error
        return at


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key that signs notes under a name; its bytes never appear in a repr.

    `successor` is the log key that is about to take its place: until then, whatever this one signs it signs too.
    """

    name: str
    key_type: KeyType
    key: Ed25519PrivateKey = field(repr=False)
    successor: Signer | None = None

    @classmethod
    def generate(cls, name: str, key_type: KeyType) -> Signer:
        """A new random key; raises `NoteError` for a name that notes cannot carry."""
        return cls(_checked_name(name), key_type, Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, name: str, key_type: KeyType, seed: bytes) -> Signer:
        """Key from its 32-byte Ed25519 seed, as the vault keeps it; raises `NoteError` for an impossible name."""
        return cls(_checked_name(name), key_type, Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self.key_type, self.key.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """Signature line over a note's text, with its successor's. Raises `NoteError` for a witness key."""
        if self.key_type is not KeyType.ED25519:
            raise NoteError("a witness key signs only cosignatures")
        line = self._line(self.key.sign(text.encode()))
        return line + self.successor.sign(text) if self.successor else line

    def cosign(self, text: str, at: int) -> str:
        """Cosignature line over a checkpoint's text as of `at` (s UTC). Raises `NoteError` for a log key."""
        if self.key_type is not KeyType.COSIGNATURE:
            raise NoteError("a log key does not cosign")
        parse_checkpoint(text)
        return self._line(at.to_bytes(8, "big") + self.key.sign(_cosigned(text, at)))

    def _line(self, signature: bytes) -> str:
        return f"{_DASH}{self.name} {_b64(self.verifier.key_id + signature)}\n"


@dataclass(frozen=True, slots=True)
class Signature:
    """A verified signature: by whom, its line as received, and the time of a cosignature (s UTC)."""

    name: str
    key_type: KeyType
    line: str
    at: int | None


@dataclass(frozen=True, slots=True)
class Note:
    """A note whose listed signatures were verified; others are dropped."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's head: origin line, number of leaves, root; `extensions` are further lines, opaque to us."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The note text that is signed."""
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), _b64(self.root), *self.extensions))


def join_note(text: str, lines: Iterable[str]) -> str:
    """A note from its text and signature lines, in order."""
    if not text.endswith("\n"):
        raise NoteError("note text must end in a newline")
    return text + "\n" + "".join(lines)


def sign_checkpoint(checkpoint: Checkpoint, *signers: Signer) -> str:
    """The checkpoint as a note signed by log keys."""
    text = checkpoint.text
    parse_checkpoint(text)
    return join_note(text, (signer.sign(text) for signer in signers))


def split_note(data: str) -> tuple[str, list[tuple[str, bytes, str]]]:
    """Text and unverified signatures (name, key id || signature, line) of a note; raises `NoteError`."""
    if len(data) > MAX_NOTE or any(char < " " and char != "\n" for char in data):
        raise NoteError("note too long or with control characters")
    text, blank, tail = data.rpartition("\n\n")
    lines = [line + "\n" for line in tail.split("\n")[:-1]]
    if not blank or not tail.endswith("\n") or not lines or len(lines) > MAX_SIGNATURES:
        raise NoteError("note has no signatures, or too many")
    return text + "\n", [_split_line(line) for line in lines]


def open_note(data: str, verifiers: Iterable[Verifier]) -> Note:
    """The note with the signatures of known keys; raises `NoteError` if none signed it or a known one is false."""
    text, lines = split_note(data)
    known = {(key.name, key.key_id): key for key in verifiers}
    found: dict[tuple[str, bytes], Signature] = {}
    for name, blob, line in lines:
        identity = (name, blob[:4])
        if key := known.get(identity):
            signature = Signature(name, key.key_type, line, key.verify(text, blob[4:]))
            found.setdefault(identity, signature)
    if not found:
        raise NoteError("not signed by a known key")
    return Note(text, tuple(found.values()))


def parse_checkpoint(text: str) -> Checkpoint:
    """Checkpoint from a note's text; raises `NoteError` unless it is exactly in the form of tlog-checkpoint."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines) or not _DECIMAL.fullmatch(lines[1]):
        raise NoteError("not a checkpoint")
    root = _unb64(lines[2])
    if len(root) != HASH_BYTES:
        raise NoteError("root of wrong length")
    return Checkpoint(lines[0], int(lines[1]), root, tuple(lines[3:]))


def open_checkpoint(data: str, verifiers: Iterable[Verifier]) -> tuple[Checkpoint, Note]:
    """A signed checkpoint and who signed it; raises `NoteError` as `open_note` and `parse_checkpoint` do."""
    note = open_note(data, verifiers)
    return parse_checkpoint(note.text), note


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _split_line(line: str) -> tuple[str, bytes, str]:
    name, _, encoded = line.removeprefix(_DASH).rstrip("\n").partition(" ")
    if not line.startswith(_DASH):
        raise NoteError("malformed signature line")
    blob = _unb64(encoded)
    if len(blob) < 5:
        raise NoteError("signature too short")
    return _checked_name(name), blob, line


def _key_parts(text: str) -> tuple[str, str, bytes]:
    # Base64 may itself hold a plus, so the key is what follows the second one.
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    if not re.fullmatch(r"[0-9a-f]{8}", key_id):
        raise NoteError("malformed key text")
    return _checked_name(name), key_id, _unb64(encoded)


def _key_type(data: bytes) -> KeyType:
    if len(data) != 33 or data[0] not in (KeyType.ED25519, KeyType.COSIGNATURE):
        raise NoteError("key of an unknown type or length")
    return KeyType(data[0])


def _checked_name(name: str) -> str:
    if not name or "+" in name or any(char.isspace() or char < " " for char in name):
        raise NoteError("malformed key name")
    return name


def _b64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _unb64(text: str) -> bytes:
    try:
        data = b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeError) as error:
        raise NoteError("not base64") from error
    if _b64(data) != text:  # one text for one value
        raise NoteError("not base64")
    return data
