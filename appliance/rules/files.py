"""Who may send files where, and which files a message may carry (F11, F85, F90).

Pure. `may_carry` is asked by `authorize` for every message, so every replica decides alike; it needs what the header
says alone: how many files there are, and the highest label among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.attachments import MAX_FILES
from appliance.model import Deny
from appliance.rules.policy import allowed, policy_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.attachments import FileRef
    from appliance.model import Role


def may_attach(kind: str, role: Role) -> Deny | None:
    """Say why messages of a member with this part in a room of this kind carry no files, or None."""
    return Deny.FILES_NOT_ALLOWED if allowed(policy_of(kind).may_send_files, role) else None


def may_carry(kind: str, role: Role, files: int, label: int) -> Deny | None:
    """Say why a message may not carry so many files, or not with this label, or None."""
    if files and (denied := may_attach(kind, role)):
        return denied
    if files > MAX_FILES:
        return Deny.TOO_MANY_FILES
    return Deny.LABEL_TOO_HIGH if label > policy_of(kind).label_ceiling else None


def fit(files: Sequence[FileRef], count: int, label: int) -> bool:
    """Return whether these are the files that a header counts, each once, with the highest label among them.

    A message without files may have a label of its own.
    """
    if len(files) != count or len({one.id for one in files}) != count:
        return False
    return not files or label >= max(one.label for one in files)
