"""Errors of the evidence formats, each with a stable `code`.

They are `ValueError`s, not `AppError`s, so that a court's copy of this package needs nothing else of the appliance.
Whoever meets one at an edge turns it into an answer, a quarantine or an exit code.
"""

from __future__ import annotations


class EvidenceError(ValueError):
    """Bytes that are not what they claim to be; `code` is stable, the message is for the log."""

    code: str = "evidence_invalid"


class NotCanonicalError(EvidenceError):
    """The value or the bytes lie outside the canonical profile of docs/evidence.md."""

    code = "not_canonical"


class BodyError(EvidenceError):
    """The bytes of a body are not one of its type of entry."""

    code = "body_form"


class ProofError(EvidenceError):
    """A proof that cannot be made or read: index outside the tree, wrong length."""

    code = "proof_invalid"


class NoteError(EvidenceError):
    """A signed note, key text or checkpoint that is malformed or not signed as required."""

    code = "note_invalid"


class SealError(EvidenceError):
    """A gateway seal whose path or signature does not cover the header."""

    code = "seal_invalid"


class StatementError(EvidenceError):
    """A signed statement that does not hold: `code` says whether its form, its key or its signature is wrong."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class ExportError(EvidenceError):
    """An exported room log whose lines are malformed or out of order."""

    code = "export_invalid"
