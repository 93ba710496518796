"""Uploads by hand: single requests of tus 1.0, so that a test says each header and sees each answer."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from appliance.files import keys
from appliance.files.content import read_clear
from appliance.store import uploads
from tests.agency import API, Agency, Client

TUS: Final = {"Tus-Resumable": "1.0.0"}
CONTENT: Final = {**TUS, "Content-Type": "application/offset+octet-stream"}


def metadata(**values: object) -> str:
    """Return `Upload-Metadata`; True stands for a key without a value."""
    return ",".join(
        key if value is True else f"{key} {base64.b64encode(str(value).encode()).decode()}"
        for key, value in values.items()
    )


def about(room: str | None, **values: object) -> dict[str, str]:
    """Return the header that says what a file is."""
    said: dict[str, object] = {"name": "รายงาน.pdf", "type": "application/pdf"} | values
    return {"Upload-Metadata": metadata(**said, **({} if room is None else {"room": room}))}


@dataclass(frozen=True, slots=True)
class Said:
    """What came back: status, headers, and the code and words of an error."""

    status: int
    headers: Mapping[str, str]
    code: str | None
    message: str | None = None

    @property
    def offset(self) -> int:
        """Where the upload stands, as the answer says."""
        return int(self.headers["Upload-Offset"])


async def ask(
    client: Client,
    method: str,
    path: str,
    headers: Mapping[str, str],
    data: bytes | io.BytesIO | AsyncIterable[bytes] | None = None,
) -> Said:
    """Send one request; `path` is below the API, or absolute."""
    path = path.partition(API)[2] if "://" in path else path
    async with client.raw(method, path, headers=dict(headers), data=data) as response:
        text = await response.text()
        error: Any = {}
        if response.status >= 400 and method != "HEAD":
            error = (await response.json())["error"]
        assert text or response.status < 400 or method == "HEAD"
        return Said(response.status, dict(response.headers), error.get("code"), error.get("message"))


async def begin(client: Client, room: str | None, size: int, **values: object) -> str:
    """Begin an upload; return where it is."""
    headers = {**TUS, "Upload-Length": str(size), **about(room, **values)}
    made = await ask(client, "POST", "/uploads", headers)
    assert made.status == 201, made
    return made.headers["Location"]


async def patch(
    client: Client, where: str, offset: int, data: bytes | io.BytesIO | AsyncIterable[bytes], **headers: str
) -> Said:
    """Send bytes from an offset on."""
    return await ask(client, "PATCH", where, {**CONTENT, "Upload-Offset": str(offset), **headers}, data)


async def head(client: Client, where: str) -> Said:
    """Ask where an upload stands."""
    return await ask(client, "HEAD", where, TUS)


async def upload(client: Client, room: str | None, content: bytes, **values: object) -> str:
    """Upload a file in one request; return its id."""
    where = await begin(client, room, len(content), **values)
    sent = await patch(client, where, 0, io.BytesIO(content))
    assert (sent.status, sent.offset) == (204, len(content)), sent
    return where.rpartition("/")[2]


async def stored(running: Agency, where: str) -> bytes:
    """Return the content of an upload as it lies sealed on the disk."""
    s, file = running.services, where.rpartition("/")[2]
    async with s.store.read() as reader:
        row = await reader.run(uploads.get, file)
    assert row is not None
    key = keys.unwrap(s.keys.files_keys, file, row.wrapped_key)
    return b"".join([piece async for piece in read_clear(s.files.objects, file, key, row.size)])
