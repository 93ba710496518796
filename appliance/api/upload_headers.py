"""The headers of tus 1.0 (https://tus.io/protocols/resumable-upload) in and out, strictly.

Pure: texts in, values out. What a header must not say is Invalid, with the name of the header or of its key.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.attachments import is_file_name, is_media_type
from appliance.errors import AppError, Invalid
from appliance.web.decoding import field_of
from appliance.web.texts import refuse_unfit
from appliance.wire.files import UploadMetadata

if TYPE_CHECKING:
    from collections.abc import Collection

    from appliance.model import Millis

VERSION: Final = "1.0.0"
RESUMABLE: Final = "Tus-Resumable"
LENGTH: Final = "Upload-Length"
OFFSET: Final = "Upload-Offset"
METADATA: Final = "Upload-Metadata"
CHECKSUM: Final = "Upload-Checksum"
EXPIRES: Final = "Upload-Expires"
CONTENT: Final = "application/offset+octet-stream"
_NUMBER: Final = re.compile(r"[0-9]{1,15}")


def check_version(headers: Mapping[str, str]) -> None:
    """Refuse a request of another version of the protocol, or of none. Raises AppError (`tus_version`)."""
    if headers.get(RESUMABLE) != VERSION:
        raise AppError(code="tus_version", version=VERSION)


def number(headers: Mapping[str, str], name: str) -> int:
    """Return a header that must be a whole number. Raises Invalid."""
    value = headers.get(name, "")
    if not _NUMBER.fullmatch(value):
        raise Invalid(field=name)
    return int(value)


def metadata(headers: Mapping[str, str]) -> UploadMetadata:
    """Return what a sender says of a file: keys with a value in base64; a key alone says yes. Raises Invalid."""
    values: dict[str, str] = {}
    for pair in filter(None, (one.strip() for one in headers.get(METADATA, "").split(","))):
        key, _, value = pair.partition(" ")
        if key in values:
            raise Invalid(field=key)
        values[key] = _decoded(key, value.strip()) if value.strip() else "true"
    try:
        found = msgspec.convert(values, UploadMetadata, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(field=field_of(error) or METADATA) from error
    refuse_unfit(found)
    if not is_file_name(found.name):
        raise Invalid(code="file_name", field="name")
    if not is_media_type(found.type):
        raise Invalid(field="type")
    return found


def _decoded(key: str, value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError) as error:  # ValueError: bytes that are no UTF-8
        raise Invalid(field=key) from error


def encoded_metadata(values: Mapping[str, object]) -> str:
    """Return the header that says these values; those that are None or False are left out."""
    return ",".join(
        key if value is True else f"{key} {base64.b64encode(str(value).encode()).decode()}"
        for key, value in values.items()
        if value is not None and value is not False
    )


def checksum(headers: Mapping[str, str], algorithms: Collection[str]) -> tuple[str, bytes] | None:
    """Return algorithm and value that the bytes of a request must have, None where none is said. Raises Invalid."""
    if (given := headers.get(CHECKSUM)) is None:
        return None
    algorithm, _, value = given.partition(" ")
    try:
        expected = base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise Invalid(field=CHECKSUM) from error
    if algorithm not in algorithms or not expected:
        raise Invalid(field=CHECKSUM)
    return algorithm, expected


def http_date(at: Millis) -> str:
    """Return a time as HTTP writes it (RFC 9110 §5.6.7)."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
