"""Whose signatures count, and whether a checkpoint carries enough of them (C2SP signed-note, tlog-policy).

A log key counts only for logs of its own agency (`names`). A policy therefore binds each log key to its agency by its
name, and refuses two domains that claim one agency. Notes are read by `appliance.evidence.note`, as the appliance does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.evidence.errors import NoteError
from appliance.evidence.note import Checkpoint, KeyType, Verifier, parse_checkpoint, split_note
from appliance.evidence.offline.names import log_key_name, may_sign
from appliance.evidence.offline.outcome import Failed, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Trust:
    """Log keys, named witnesses, and the witness or group that makes a quorum. `from_file`: the keys vouch for none."""

    logs: list[Verifier]
    witnesses: dict[str, Verifier] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str = "none"
    from_file: bool = False

    def reached(self, name: str, cosigned: set[tuple[str, bytes]]) -> bool:
        """Return whether the witness or group `name` has cosigned."""
        if name == "none":
            return True
        if name in self.witnesses:
            return (self.witnesses[name].name, self.witnesses[name].key_id) in cosigned
        needed, members = self.groups[name]
        return sum(self.reached(member, cosigned) for member in members) >= needed


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A log's head, the trusted log keys that signed it, and the witnesses with their times (s UTC)."""

    head: Checkpoint
    signed: list[Verifier]
    cosigned: list[tuple[Verifier, int]]

    @property
    def agencies(self) -> set[str]:
        """The agencies whose log keys signed."""
        return {name.agency for key in self.signed if (name := log_key_name(key.name))}

    @property
    def names(self) -> str:
        """The names of the log keys that signed, for a report."""
        return self.names_of(self.agencies)

    def names_of(self, agencies: set[str]) -> str:
        """The names of the log keys of these agencies that signed, for a report; empty if there are none."""
        named = {key.name for key in self.signed if (name := log_key_name(key.name)) and name.agency in agencies}
        return ", ".join(sorted(named))

    def signed_for(self, agency: str) -> bool:
        """Return whether a log key of this agency signed."""
        return agency in self.agencies


def log_key(vkey: str) -> Verifier:
    """Return a log key from its text. Raises `Usage` if it is malformed or not named for an agency."""
    key = parse_key(vkey)
    if key is None or key.key_type is not KeyType.ED25519:
        raise Usage("key", key=vkey)
    if log_key_name(key.name) is None:
        raise Usage("key_name", key=key.name)
    return key


def parse_key(vkey: str) -> Verifier | None:
    """Return a key from its text, or None if that is malformed."""
    try:
        return Verifier.from_vkey(vkey)
    except NoteError:
        return None


def label(name: str, key_id: bytes) -> str:
    """Return how a key is named in a report: its name and id, as its key text begins."""
    return f"{name}+{key_id.hex()}"


def check_checkpoint(note: str, trust: Trust) -> SignedHead:
    """Return the checkpoint in a signed note, if `trust` accepts it. Raises `Failed`."""
    head, text, lines = _read(note)
    known = {(key.name, key.key_id): key for key in (*trust.logs, *trust.witnesses.values())}
    signed: dict[tuple[str, bytes], Verifier] = {}
    cosigned: dict[tuple[str, bytes], tuple[Verifier, int]] = {}
    for name, blob, _ in lines:
        identity = name, blob[:4]
        key = known.get(identity)
        if key is None:
            continue
        try:
            at = key.verify(text, blob[4:])
        except NoteError as error:
            raise _failed([key], "signature", name=name) from error
        if at is None:
            signed[identity] = key
        else:
            cosigned[identity] = key, at
    if not signed:
        found = sorted({label(name, blob[:4]) for name, blob, _ in lines})
        given = ", ".join(label(key.name, key.key_id) for key in trust.logs)
        raise _failed(trust.logs, "unsigned", found=", ".join(found), given=given)
    for key in signed.values():
        own = log_key_name(key.name)
        if own is None or not may_sign(own, head.origin):
            raise _failed([key], "other_origin", key=key.name, origin=head.origin)
    if not trust.reached(trust.quorum, set(cosigned)):
        raise _failed([*signed.values(), *(key for key, _ in cosigned.values())], "quorum")
    return SignedHead(head, list(signed.values()), list(cosigned.values()))


def _failed(keys: list[Verifier], code: str, **values: object) -> Failed:
    failed = Failed(code, None, **values)
    failed.keys = keys
    return failed


def _read(note: str) -> tuple[Checkpoint, str, list[tuple[str, bytes, str]]]:
    try:
        text, lines = split_note(note)
        return parse_checkpoint(text), text, lines
    except NoteError as error:
        raise Failed("not_signed" if _is_bare(note) else "note") from error


def _is_bare(note: str) -> bool:
    """Return whether this is a checkpoint without any signature line."""
    try:
        parse_checkpoint(note.rstrip("\n") + "\n")
    except NoteError:
        return False
    return True


@dataclass(slots=True)
class _PolicyReader:
    """A tlog-policy file as read so far; each method says whether its line is right."""

    logs: list[Verifier] = field(default_factory=list)
    witnesses: dict[str, Verifier] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    domains: dict[str, str] = field(default_factory=dict)
    quorum: str | None = None

    def line(self, words: list[str]) -> bool:
        """Take one line that is neither empty nor a comment."""
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                return self._log(parse_key(vkey))
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                return self._witness(name, parse_key(vkey))
            case ["group", name, count, *members]:
                return self._group(name, count, members)
            case ["quorum", name] if self.quorum is None and (name == "none" or self._defined(name)):
                self.quorum = name
                return True
        return False

    def _defined(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups

    def _log(self, key: Verifier | None) -> bool:
        name = log_key_name(key.name) if key else None
        if key is None or name is None or key.key_type is not KeyType.ED25519 or _has(self.logs, key):
            return False
        self.logs.append(key)
        return self.domains.setdefault(name.agency, name.domain) == name.domain

    def _witness(self, name: str, key: Verifier | None) -> bool:
        if key is None or key.key_type is not KeyType.COSIGNATURE or name == "none" or self._defined(name):
            return False
        if _has(self.witnesses.values(), key):
            return False
        self.witnesses[name] = key
        return True

    def _group(self, name: str, count: str, members: list[str]) -> bool:
        needed = {"any": 1, "all": len(members)}.get(count) or (
            int(count) if re.fullmatch("[1-9][0-9]{0,3}", count) else 0
        )
        fresh = len(set(members)) == len(members) and not self.members & set(members)
        if name == "none" or self._defined(name) or not fresh or not all(map(self._defined, members)):
            return False
        self.groups[name] = (needed, members)
        self.members |= set(members)
        return 1 <= needed <= len(members)


def _has(keys: Iterable[Verifier], key: Verifier) -> bool:
    return any(key.public == other.public for other in keys)


def parse_policy(text: str) -> Trust:
    """Return the trust that a tlog-policy file states. Raises `Usage` naming the line."""
    reader, number = _PolicyReader(), 0
    for number, line in enumerate(text.split("\n"), 1):
        words = re.findall("[^ \t]+", line)
        if words and not words[0].startswith("#") and not reader.line(words):
            raise Usage("policy", line=number)
    if reader.quorum is None or not reader.logs:
        raise Usage("policy", line=number)
    return Trust(reader.logs, reader.witnesses, reader.groups, reader.quorum)
