"""What the hub asks of a body before its entry gets a place in the log: its form, its text, and whom it names.

It is asked once, of who submits the entry, while the body is surely there. No replica asks it again: a body may be
erased, and then the entry would be judged otherwise (`verification.py`). So a hub that lets a malformed body in stops
nobody: whoever reads it shows it as damaged, and an export names it.

Rules: pure. The gateway calls `refuse_submitted` for an entry of another agency, and `verify_entry` after it. The
appliance's own writer makes the bytes from a typed body, so it asks `refuse_named` alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.evidence.bodies import decode_body
from appliance.evidence.errors import BodyError
from appliance.model import Deny
from appliance.rules import entry_types
from appliance.rules.entry_types import find
from appliance.rules.text import is_message

if TYPE_CHECKING:
    from appliance.evidence.canonical import Header
    from appliance.evidence.registry import Registry
    from appliance.model import Body
    from appliance.rules.entry_types import EntryKind

BODY_MISSING: Final = "body_missing"
BODY_TEXT: Final = "body_text"
"""Nothing to read, or more than a message may have."""
BODY_FILES: Final = "body_files"
"""Other files than the header counts, or one of them twice."""


def refuse_submitted(header: Header, body: bytes | None, registry: Registry, version: int) -> str | None:
    """Return why the hub does not take in an entry with this body, or None. `version` is that of the registry.

    A type that has no body, or that nobody knows, is left to `verify_entry`.
    """
    row = find(header.type, header.rules_version)
    if row is None or row.body is None:
        return None
    if body is None:
        return BODY_MISSING
    try:
        read = decode_body(row, body)
    except BodyError as error:
        return error.code
    return _refuse_files_and_text(row, header, read) or refuse_named(row, read, registry, version)


def _refuse_files_and_text(row: EntryKind, header: Header, body: Body) -> str | None:
    """Return why a body may not stand beside what its header says; a header of another shape is left alone."""
    state = entry_types.read(header.type, header.state, header.rules_version)
    if isinstance(state, Deny):
        return None
    if row.fits is not None and not row.fits(state, body):
        return BODY_FILES
    if row.says is None or is_message(text := row.says(body)):
        return None
    has_files = row.carries is not None and row.carries(state) > 0
    return None if has_files and text == "" else BODY_TEXT


def refuse_named(row: EntryKind, body: Body, registry: Registry, version: int) -> Deny | None:
    """Return why a body of this type may not name whom it names: people of agencies that are not enrolled."""
    if row.names is None or registry.has_all(row.names(body), version):
        return None
    return Deny.NOT_ENROLLED
