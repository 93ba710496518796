"""Messages with files for the browser tests: real rows, keys and sealed objects, sent through the API.

What the worker and the scan would find out is written down as they would write it, so that every state can be looked at
on a machine that has neither.
"""

from __future__ import annotations

import io
import math
import subprocess
import wave
from array import array
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw

from appliance.attachments import FileForm
from appliance.files import keys
from appliance.files.content import write_sealed
from appliance.files.said import Said
from appliance.model import PersonId
from appliance.services import Services
from appliance.store import file_work, uploads
from appliance.store.db import Rows
from appliance.store.file_work import NewBlob
from tests.agency import Agency, Client, new_txn
from tests.made_files import Uploaded, put_upload
from tests.waiting import PATIENCE_S

FILM_S: Final = 20
BLUE: Final = ((38, 96, 150), (236, 190, 132))
COLOURS: Final = (
    BLUE,
    ((28, 84, 62), (186, 226, 196)),
    ((118, 52, 92), (250, 196, 156)),
    ((24, 36, 88), (132, 160, 226)),
    ((150, 104, 40), (250, 232, 186)),
)


@dataclass(frozen=True)
class Made:
    """What was made of a file, with its bytes."""

    kind: str
    content: bytes
    width: int | None = None
    height: int | None = None
    page: int | None = None
    type: str = "image/png"


@dataclass(frozen=True)
class Filed:
    """A file as it is kept: what its message says, its bytes, and what was found out about it."""

    name: str
    type: str
    form: FileForm
    content: bytes
    scan: str = "clean"
    original: bool = False
    released: bool = False
    made: Sequence[Made] = ()
    facts: dict[str, Any] = field(default_factory=dict)


async def send(served: Agency, sender: Client, room: str, text: str, *files: Filed) -> int:
    """Have somebody send a message with files; return its position."""
    ready = [await keep(served.services, sender.person, one) for one in files]
    body = {"txn_id": new_txn(), "body": {"text": text}, "files": ready}
    sent = await sender.post(f"/rooms/{room}/messages", body)
    # What is found to be infected is sent no more: the scan ends after that.
    found = [(one.scan, one.released, file, file) for file, one in zip(ready, files, strict=True)]
    statement = "UPDATE blob SET scan = ?, released = ? WHERE id = ? OR parent = ?"
    async with served.services.store.write() as tx:
        await tx.run(lambda rows: rows.many(statement, found))
    return int(sent["n"])


async def keep(s: Services, person: PersonId, filed: Filed) -> str:
    """Keep a file as an upload that is ready to be sent; return its id."""
    file, key, now = s.new_id("f"), keys.new_file_key(), s.clock()
    words = Said(name=filed.name, type=filed.type, form=filed.form, original=filed.original)
    upload = Uploaded(file, key, words, len(filed.content))
    root = await _seal(s, file, key, filed.content)
    rows = [NewBlob(file, "file", person, filed.type, upload.size, root, now)]
    for one in filed.made:
        variant = s.new_id("f")
        root = await _seal(s, variant, keys.variant_key(key, variant), one.content)
        size: Any = {"parent": file, "page": one.page, "width": one.width, "height": one.height}
        rows.append(NewBlob(variant, one.kind, person, one.type, len(one.content), root, now, **size))
    async with s.store.write() as tx:
        await tx.run(_put, s, person, upload, rows, filed.facts)
    return file


def _put(
    rows: Rows, s: Services, person: PersonId, upload: Uploaded, made: list[NewBlob], facts: dict[str, Any]
) -> None:
    wrapped = put_upload(rows, s, person, upload)
    file_work.insert(rows, [one._replace(wrapped_key=wrapped) if one.id == upload.id else one for one in made])
    known = {"id": upload.id} | {name: facts.get(name) for name in ("width", "height", "ms", "pages", "waveform")}
    rows.run(
        "UPDATE blob SET width = :width, height = :height, ms = :ms, pages = :pages, waveform = :waveform"
        " WHERE id = :id",
        known,
    )
    uploads.set_ready(rows, upload.id, upload.id)


async def _seal(s: Services, name: str, key: bytes, content: bytes) -> bytes:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return (await write_sealed(s.files.objects, name, key, chunks())).root


# --- things to look at and listen to ---


def landscape(width: int, height: int, colours: tuple[tuple[int, int, int], tuple[int, int, int]] = BLUE) -> bytes:
    """Return a picture of hills at dawn."""
    top, low = colours
    image = Image.new("RGB", (1, height))
    for y in range(height):
        image.putpixel((0, y), tuple(round(a + (b - a) * y / height) for a, b in zip(top, low, strict=True)))
    image = image.resize((width, height))
    draw = ImageDraw.Draw(image)
    hills = [
        (0, height),
        (width * 0.3, height * 0.45),
        (width * 0.55, height * 0.8),
        (width * 0.75, height * 0.55),
        (width, height),
    ]
    draw.polygon(hills, fill=tuple(part // 2 for part in top))
    draw.ellipse([width * 0.72, height * 0.1, width * 0.8, height * 0.1 + width * 0.08], fill=(255, 236, 180))
    return encoded(image)


def encoded(image: Image.Image) -> bytes:
    """Return a picture as PNG."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def photo(
    name: str = "ภาพหน้างาน.jpg", width: int = 1200, height: int = 900, *, colours: Any = BLUE, **more: Any
) -> Filed:
    """Return a photograph with its small picture and its view."""
    small = landscape(320, round(320 * height / width), colours)
    made = [
        Made("thumb", small, 320, round(320 * height / width)),
        Made("view", landscape(width, height, colours), width, height),
    ]
    return Filed(
        name,
        "image/jpeg",
        FileForm.PICTURE,
        b"\xff\xd8 as it was taken",
        made=made,
        facts={"width": width, "height": height},
        **more,
    )


def document(name: str, pages: int, drawn: int | None = None) -> Filed:
    """Return a PDF of which the first pages are drawn."""
    sheets = [_sheet(n) for n in range(1, (drawn or pages) + 1)]
    made = [Made("thumb", sheets[0], 90, 127)] + [Made("page", sheet, 600, 849, n) for n, sheet in enumerate(sheets, 1)]
    return Filed(
        name,
        "application/pdf",
        FileForm.DOCUMENT,
        b"%PDF-1.7 as it was sent" * 40_000,
        made=made,
        facts={"pages": pages},
    )


def _sheet(n: int) -> bytes:
    image = Image.new("RGB", (600, 849), "white")
    draw = ImageDraw.Draw(image)
    for line in range(32):
        draw.rectangle(
            [60, 70 + line * 22, 60 + (300 if line % 6 == n % 6 else 480), 79 + line * 22], fill=(86, 92, 90)
        )
    return encoded(image)


def voice(seconds: int = 12) -> Filed:
    """Return a voice message with its waveform: a tone that every browser plays."""
    out, rate = io.BytesIO(), 8_000
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(array("h", (int(4_000 * math.sin(n / 6)) for n in range(rate * seconds))).tobytes())
    shape = bytes(round(50 + 45 * math.sin(n / 3) * math.cos(n / 11)) for n in range(100))
    return Filed(
        "voice.wav", "audio/wav", FileForm.VOICE, out.getvalue(), facts={"ms": seconds * 1_000, "waveform": shape}
    )


def film(name: str, folder: Path) -> Filed:
    """Return a film of `FILM_S` seconds, so large that no browser fetches all of it before it is asked to play."""
    path = folder / "film.mp4"
    picture = f"testsrc2=d={FILM_S}:s=320x180:r=12,noise=alls=100:allf=t"
    encoding = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "4", "-g", "12", "-pix_fmt", "yuv420p")
    command = ("ffmpeg", "-v", "error", "-f", "lavfi", "-i", picture, *encoding, "-movflags", "+faststart", str(path))
    subprocess.run(command, check=True, timeout=PATIENCE_S)  # noqa: S603 - constants and a path of our own
    made = [Made("poster", landscape(640, 360), 640, 360), Made("thumb", landscape(320, 180), 320, 180)]
    facts = {"width": 640, "height": 360, "ms": FILM_S * 1_000}
    return Filed(name, "video/mp4", FileForm.VIDEO, path.read_bytes(), made=made, facts=facts)
