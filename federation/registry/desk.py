"""The operator's desk: numbers given out, requests that came in, what was decided of them, and by whom.

| in the registry's folder | what it is |
|---|---|
| `inbox/` | requests and changes as they came, one file each, named by their hash |
| `record.jsonl` | the record (`record`) |

Rules:
- a request is taken in only if it verifies, with a number (`nonce`) that was given out and has enrolled nobody yet;
- to approve one, the operator names the SHA-256 of the letter they hold and the words they heard on the telephone: both
  have to be those of the request;
- what is decided is in the record before it is in the draft. A decision that was cut short is made again.

Decides nothing by itself, publishes nothing (`repository`): drafts wait for their holders' signatures.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from appliance.vault.keyfile import replace_private
from federation.registry import changes, enrolment, record, signed
from federation.registry.document import RegistryError, Standing
from federation.registry.record import Line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from federation.registry.changes import AgencyChange, Loss
    from federation.registry.enrolment import Enrolment
    from federation.registry.repository import Repository
    from federation.registry.signed import Envelope
    from federation.registry.words import Fingerprint

INBOX: Final = "inbox"
RECORD: Final = "record.jsonl"
MAX_WAITING: Final = 500
_ID: Final = 16
_FINISHED: Final = ("approve", "reject")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request or a change that came in, with the fingerprint to compare by telephone (that of the identity key)."""

    id: str
    slug: str
    content: Enrolment | AgencyChange
    fingerprint: Fingerprint | None


class Desk:
    """What the operator does with the requests of agencies."""

    def __init__(self, repository: Repository) -> None:
        """Work in a registry's folder."""
        self.repository = repository
        self._inbox = repository.folder / INBOX
        self._record = repository.folder / RECORD

    def lines(self) -> list[Line]:
        """Return the record. Raises RegistryError (`record_altered`)."""
        return record.read(self._record)

    def give_nonce(self, nonce: str, whom: str, who: str, now: int) -> None:
        """Note that a number was given to somebody for one request."""
        self._write("nonce", whom, who, now, nonce=nonce)

    def take(self, data: bytes, who: str, now: int) -> Waiting:
        """Take a request or a change in. Raises RegistryError for what does not verify."""
        envelope = signed.parse(data)
        self._verified(envelope, now)
        request_id = sha256(signed.message(envelope)).hexdigest()[:_ID]
        if self._outcome(request_id) is not None:
            raise RegistryError("decided_already", request_id)
        self._inbox.mkdir(mode=0o700, exist_ok=True)
        if len(list(self._inbox.glob("*.json"))) >= MAX_WAITING:
            raise RegistryError("inbox_full")
        replace_private(self._file(request_id), signed.encode(envelope))
        found = self._waiting(request_id, envelope)
        self._write("receive", found.slug, who, now, request=request_id)
        return found

    def waiting(self) -> list[Waiting]:
        """Return what waits for a decision, in the order of their ids."""
        return list(self._all_waiting())

    def review(self, request_id: str, now: int) -> Waiting:
        """Return what waits, verified again. Raises RegistryError."""
        return self._waiting(request_id, self._opened(request_id, now))

    def approve(self, request_id: str, who: str, now: int, *, letter_sha256: str, words: str) -> None:
        """Put a request or a change into the draft. A change has no letter. Raises RegistryError."""
        found = self.review(request_id, now)
        if not isinstance(found.content, enrolment.Enrolment):
            self._decide("approve", found, who, now)
            self.repository.put(changes.with_change(self.repository.working(), found.content, self._next()), now)
            return
        if not hmac.compare_digest(letter_sha256.strip().lower().encode(), found.content.letter_sha256.encode()):
            raise RegistryError("another_letter")
        if found.fingerprint is None or not _same_words(words, found.fingerprint):
            raise RegistryError("other_words")
        document = changes.with_agency(self.repository.working(), found.content, self._next(), now)
        self._decide("approve", found, who, now, letter=found.content.letter_sha256)
        self.repository.put(document, now)

    def reject(self, request_id: str, who: str, now: int, why: str) -> None:
        """Decide that a request leads to nothing. Raises RegistryError."""
        found = self._waiting(request_id, self._read(request_id))
        self._decide("reject", found, who, now, why=why)

    def stand(self, slug: str, standing: Standing, who: str, now: int, why: str) -> None:
        """Put another standing of an agency into the draft. Raises RegistryError."""
        document = changes.with_standing(self.repository.working(), slug, standing, self._next(), now)
        self._write(standing.value, slug, who, now, why=why)
        self.repository.put(document, now)

    def end_key(self, slug: str, key_id: str, loss: Loss, who: str, now: int, why: str) -> None:
        """Put the end of an agency's key into the draft, after a telephone call. Raises RegistryError."""
        document = changes.with_ended_key(self.repository.working(), slug, key_id, loss, self._next())
        since = {} if loss.compromised_since is None else {"compromised_since": str(loss.compromised_since)}
        self._write("end_key", slug, who, now, key=key_id, why=why, **since)
        self.repository.put(document, now)

    def _next(self) -> int:
        return self.repository.next_version()

    def _decide(self, act: str, found: Waiting, who: str, now: int, **detail: str) -> None:
        self._write(act, found.slug, who, now, request=found.id, **detail)

    def _write(self, act: str, subject: str, who: str, now: int, **detail: str) -> None:
        record.append(self._record, Line(at=now, who=who, act=act, subject=subject, detail=detail))

    def _all_waiting(self) -> Iterator[Waiting]:
        decided = {line.detail.get("request") for line in self.lines() if line.act in _FINISHED}
        for path in sorted(self._inbox.glob("*.json")):
            if path.stem not in decided or self._unfinished(path.stem):
                yield self._waiting(path.stem, self._read(path.stem))

    def _unfinished(self, request_id: str) -> bool:
        """Return whether an approval is in the record but what it approved is not in the draft."""
        if self._outcome(request_id) != "approve":
            return False
        found = self._waiting(request_id, self._read(request_id))
        agency = self.repository.working().agencies.get(found.slug)
        if isinstance(found.content, enrolment.Enrolment):
            return agency is None
        return agency is not None and agency.changed < found.content.ts

    def _outcome(self, request_id: str) -> str | None:
        acts = [line.act for line in self.lines() if line.detail.get("request") == request_id]
        return next((act for act in reversed(acts) if act in _FINISHED), None)

    def _opened(self, request_id: str, now: int) -> Envelope:
        if self._outcome(request_id) is not None and not self._unfinished(request_id):
            raise RegistryError("decided_already", request_id)
        envelope = self._read(request_id)
        self._verified(envelope, now, request_id)
        return envelope

    def _verified(self, envelope: Envelope, now: int, request_id: str = "") -> None:
        if envelope.type == changes.TYPE:
            changes.verify(envelope, self.repository.working(), now)
            return
        asked = enrolment.read(envelope)
        enrolment.verify(envelope, nonce=self._given(asked.nonce, request_id), now=now)
        if asked.agency.slug in self.repository.working().agencies:
            raise RegistryError("slug_taken", asked.agency.slug)

    def _given(self, nonce: str, request_id: str) -> str:
        """Return a number that was given out and has enrolled nobody. Raises RegistryError (`nonce`)."""
        lines = self.lines()
        used = {
            enrolment.read(self._read(line.detail["request"])).nonce
            for line in lines
            if line.act == "approve" and "letter" in line.detail and line.detail["request"] != request_id
        }
        given = [line.detail["nonce"] for line in lines if line.act == "nonce"]
        found = [one for one in given if hmac.compare_digest(one.encode(), nonce.encode())]
        if not found or nonce in used:
            raise RegistryError("nonce")
        return found[0]

    def _read(self, request_id: str) -> Envelope:
        path = self._file(request_id)
        if not request_id.isalnum() or not path.exists():
            raise RegistryError("no_such_request", request_id)
        return signed.parse(path.read_bytes())

    def _file(self, request_id: str) -> Path:
        return self._inbox / f"{request_id}.json"

    @staticmethod
    def _waiting(request_id: str, envelope: Envelope) -> Waiting:
        if envelope.type == changes.TYPE:
            change = changes.read(envelope)
            return Waiting(request_id, change.agency, change, None)
        asked = enrolment.read(envelope)
        return Waiting(request_id, asked.agency.slug, asked, asked.identity)


def _same_words(heard: str, expected: Fingerprint) -> bool:
    """Return whether what was heard is the fingerprint, in Thai words, Latin words or hexadecimal groups."""
    said = " ".join(heard.split())
    return said in (expected.thai, expected.groups) or said.lower() == expected.latin or said.upper() == expected.groups
