"""The bytes of bodies: canonical JSON of what the registry says a type of entry has as its body.

One way in for the writer, a replica, the audit and every reader: strict, and bounded by `MAX_BODY`. The fields are read
by the shape of the type's row (`rules/entry_types.py`), which the offline verifier asks as well. A key that is not
known is read over (decision 24).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.evidence.canonical import decode, encode_fields
from appliance.evidence.errors import BodyError, NotCanonicalError
from appliance.rules.shapes import WrongShapeError

if TYPE_CHECKING:
    from appliance.model import Body
    from appliance.rules.entry_types import EntryKind


def encode_body(row: EntryKind, body: Body) -> bytes:
    """Return the canonical bytes of a body. Raises `BodyError`, and `NotCanonicalError` for more than `MAX_BODY`."""
    if row.body_shape is None:
        raise BodyError("a body of a type that has none")
    return encode_fields(row.body_shape.write(body))


def decode_body(row: EntryKind, data: bytes) -> Body:
    """Return the body that exactly canonical bytes hold. Raises `BodyError`."""
    if row.body_shape is None:
        raise BodyError("a body of a type that has none")
    try:
        return row.body_shape.of(decode(data))
    except (NotCanonicalError, WrongShapeError) as error:
        raise BodyError(str(error)) from error
