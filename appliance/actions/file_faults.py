"""What may be wrong with what is kept of files, as the checks name it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class FaultKind(StrEnum):
    """What may be wrong with what is kept of files. `damaged`: a read or a nightly check has met it, and marked it."""

    OBJECT_WITHOUT_ROW = "object_without_row"
    FOREIGN_OBJECT = "foreign_object"
    OBJECT_MISSING = "object_missing"
    WRONG_SIZE = "wrong_size"
    VARIANT_WITHOUT_FILE = "variant_without_file"
    WRONG_COUNT = "wrong_count"
    WRONG_USE = "wrong_use"
    UPLOAD_OVERDUE = "upload_overdue"
    DELETION_OVERDUE = "deletion_overdue"
    DOES_NOT_OPEN = "does_not_open"
    WRONG_ROOT = "wrong_root"
    DAMAGED = "damaged"


class Fault(NamedTuple):
    """Something wrong, with the id of what it is of."""

    kind: FaultKind
    id: str

    def __str__(self) -> str:
        """Return it as one word and an id, as it is logged and recorded."""
        return f"{self.kind} {self.id}"
