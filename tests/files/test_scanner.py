"""What clamd says of a file: the table of a real daemon, and daemons that hang, lie, break off or are not there."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from appliance.attachments import ScanState
from appliance.errors import Unavailable
from appliance.files import probes
from appliance.files.scanner import Scanner, Version, parse_answer, parse_version
from appliance.rules.scanning import Answer, Listing, Telling, Verdict, scan_state
from tests.clamd import EICAR, LIMITS, MARKER, Clamd, daemon
from tests.files.corpus import zipped

PIECE = 64 * 1024


async def pieces(content: bytes, size: int = PIECE) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


FOUND = [
    ("EICAR", lambda: EICAR, Answer(Verdict.FOUND, "Test.EICAR.UNOFFICIAL")),
    ("EICAR in a zip with a Thai name", lambda: zipped(EICAR), Answer(Verdict.FOUND, "Test.EICAR.UNOFFICIAL")),
    ("a marker at 15 MB", lambda: os.urandom(15 << 20) + MARKER, Answer(Verdict.FOUND, "Test.Marker.UNOFFICIAL")),
    ("nothing in 10 MB", lambda: os.urandom(10 << 20), Answer(Verdict.NOTHING_FOUND)),
    ("an empty file", lambda: b"", Answer(Verdict.NOTHING_FOUND)),
    ("30 MB, above the limit", lambda: os.urandom(30 << 20), Answer(Verdict.OVER_LIMIT)),
]


@pytest.mark.parametrize(("content", "answer"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
async def test_what_a_real_clamd_answers(clamd: Clamd, content: Callable[[], bytes], answer: Answer) -> None:
    assert await Scanner(clamd.path, 1, 60).scan(pieces(content())) == answer


WRONG = [
    ("one file, by its sum", "local.sfp", lambda name: f"{sha256(MARKER).hexdigest()}:{len(MARKER)}:{name}\n"),
    ("a signature, by its name", "local.ign2", lambda _name: "Test.Marker\n"),
]


@pytest.mark.parametrize(("name", "line"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
async def test_a_finding_that_is_wrong_is_passed_over_as_the_guide_says(name: str, line: Callable[[str], str]) -> None:
    with daemon() as clamd:
        scanner = Scanner(clamd.path, 1, 60)
        assert (await scanner.scan(pieces(MARKER))).verdict is Verdict.FOUND
        (clamd.folder / "db" / name).write_text(line("แบบฟอร์ม.pdf"), "utf-8")
        clamd.stop()
        clamd.start()
        assert await scanner.scan(pieces(MARKER)) == Answer(Verdict.NOTHING_FOUND)
        assert (await scanner.scan(pieces(EICAR))).verdict is Verdict.FOUND


async def test_what_a_zip_hides_above_the_limit_is_never_clean() -> None:
    """A daemon with Debian's settings answers «OK» of 31 kB that hold 30 MB and the marker: that is no proof."""
    hidden = zipped(bytes(30 << 20) + MARKER)
    assert len(hidden) < 40_000
    with daemon(tells=False) as clamd:
        scanner = Scanner(clamd.path, 1, 60)
        answer, told = await scanner.scan(pieces(hidden)), await probes.ask(scanner, LIMITS.member)
    assert (answer.verdict, told) == (Verdict.NOTHING_FOUND, Telling(limits=False, encrypted=False))
    listing = Listing(1, (30 << 20) + len(MARKER), (30 << 20) + len(MARKER), 1, encrypted=False, complete=True)
    for unproven in (told, Telling(limits=True, encrypted=True)):
        for known in (listing, None):
            state = scan_state(answer, len(hidden), LIMITS, unproven, archive=True, listing=known)
            assert state is ScanState.UNSCANNABLE


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, Telling(limits=True, encrypted=True)),
        ({"AlertExceedsMax": "no"}, Telling(limits=False, encrypted=True)),
        ({"AlertEncrypted": "no"}, Telling(limits=True, encrypted=False)),
        ({"MaxScanSize": "100M"}, Telling(limits=False, encrypted=True)),
        ({"MaxFileSize": "5M"}, Telling(limits=False, encrypted=True)),
        ({"MaxFileSize": "5M", "MaxScanSize": "5M"}, Telling(limits=True, encrypted=True)),
        ({"MaxFileSize": "50M", "MaxScanSize": "50M"}, Telling(limits=False, encrypted=True)),
    ],
    ids=["as the guide says", "no alert", "no alert of passwords", "25 of 100", "5 of 25", "lower both", "higher both"],
)
async def test_a_daemon_is_tried_whether_it_tells(changed: dict[str, str], told: Telling) -> None:
    with daemon() as clamd:
        clamd.stop()
        config = clamd.folder / "clamd.conf"
        written = dict(line.split(" ", 1) for line in config.read_text("ascii").split("\n") if line)
        assert changed.keys() <= written.keys()
        config.write_text("".join(f"{name} {value}\n" for name, value in (written | changed).items()), "ascii")
        clamd.start()
        assert await probes.ask(Scanner(clamd.path, 1, 60), LIMITS.member) == told


async def test_a_daemon_that_has_no_time_has_shown_nothing(clamd: Clamd) -> None:
    with pytest.raises(Unavailable) as refused:
        await probes.ask(Scanner(clamd.path, 1, 0), LIMITS.member)
    assert refused.value.code == "scanner_away"


async def test_version_of_a_real_clamd(clamd: Clamd) -> None:
    version = await Scanner(clamd.path, 1, 60).version()
    assert version.engine[0].isdigit()


async def test_a_real_clamd_loads_its_signatures_anew(clamd: Clamd) -> None:
    scanner = Scanner(clamd.path, 1, 60)
    await scanner.reload()
    assert (await scanner.scan(pieces(EICAR))).verdict is Verdict.FOUND


async def test_a_stopped_daemon_says_nothing_and_a_started_one_answers_again() -> None:
    with daemon() as clamd:
        scanner = Scanner(clamd.path, 1, 60)
        clamd.stop()
        for call in (scanner.scan(pieces(EICAR)), scanner.ping(), scanner.version()):
            with pytest.raises(Unavailable) as refused:
                await call
            assert refused.value.code == "scanner_away"
        clamd.start()
        assert (await scanner.scan(pieces(EICAR))).verdict is Verdict.FOUND


Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def pretended(answer: Conversation) -> AsyncIterator[str]:
    """A daemon that behaves as no clamd should."""
    with tempfile.TemporaryDirectory(prefix="gc-av-") as folder:
        path = str(Path(folder) / "s")
        server = await asyncio.start_unix_server(answer, path)
        async with server:
            yield path


async def breaks_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(20)
    writer.close()


async def answers_without_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(10)
    with suppress(ConnectionError):
        while True:
            writer.write(b"x" * 4096)
            await writer.drain()
    writer.close()


async def answers_something_else(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(10)
    writer.write(b"HTTP/1.1 200 OK\r\n\0")
    writer.close()


@pytest.mark.parametrize("conversation", [breaks_off, answers_without_end, answers_something_else])
async def test_what_is_no_answer_is_never_clean(conversation: Conversation) -> None:
    async with pretended(conversation) as path:
        with pytest.raises(Unavailable):
            await Scanner(path, 1, 60).scan(pieces(b"x" * 1_000))


@pytest.mark.parametrize("alive", [True, False])
async def test_a_file_that_never_ends_is_unreadable_only_while_the_daemon_answers(*, alive: bool) -> None:
    async def stalls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readuntil(b"\0") == b"zPING\0":
            writer.write(b"PONG\0" if alive else b"no\0")
        else:
            await reader.read()
        writer.close()

    async with pretended(stalls) as path:
        scan = Scanner(path, 1, answer_s=0).scan(pieces(EICAR))
        if alive:
            assert await scan == Answer(Verdict.UNREADABLE)
        else:
            with pytest.raises(Unavailable):
                await scan


async def test_no_more_files_at_once_than_allowed() -> None:
    most, now, both = 0, 0, asyncio.Event()

    async def counts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal most, now
        await reader.readuntil(b"\0")
        now += 1
        most = max(most, now)
        if now == 2:
            both.set()
        await both.wait()
        now -= 1
        writer.write(b"stream: OK\0")
        writer.close()

    async with pretended(counts) as path:
        scanner = Scanner(path, 2, 60)
        answers = await asyncio.gather(*(scanner.scan(pieces(b"")) for _ in range(6)))
    assert set(answers) == {Answer(Verdict.NOTHING_FOUND)}
    assert most == 2


ANSWERS = [
    ("stream: OK", Answer(Verdict.NOTHING_FOUND)),
    ("stream: Win.Test.EICAR_HDB-1 FOUND", Answer(Verdict.FOUND, "Win.Test.EICAR_HDB-1")),
    ("stream: Eicar-Signature(44d88612fea8a8f36de82e1278abb02f:68) FOUND", Answer(Verdict.FOUND, "Eicar-Signature")),
    ("stream: <b>\x1b[31m FOUND FOUND", Answer(Verdict.FOUND, "_b___31m_FOUND")),
    (f"stream: {'A' * 999} FOUND", Answer(Verdict.FOUND, "A" * 120)),
    ("INSTREAM size limit exceeded. ERROR", Answer(Verdict.OVER_LIMIT)),
    ("stream: Can't allocate memory ERROR", Answer(Verdict.UNREADABLE)),
    ("stream: OK OK", None),
    ("stream: OKAY", None),
    ("OK", None),
    ("", None),
    ("COMMAND READ TIMED OUT", None),
    ("UNKNOWN COMMAND", None),
]


@pytest.mark.parametrize(("said", "answer"), ANSWERS)
def test_answers(said: str, answer: Answer | None) -> None:
    if answer is None:
        with pytest.raises(Unavailable):
            parse_answer(said)
    else:
        assert parse_answer(said) == answer


def test_versions() -> None:
    at = datetime(2026, 11, 29, 9, 26, 1).astimezone(UTC)
    assert parse_version("ClamAV 1.4.3/27832/Sun Nov 29 09:26:01 2026") == Version("1.4.3", 27832, at)
    assert parse_version("ClamAV 1.4.6") == Version("1.4.6")
    assert parse_version("ClamAV 1.4.3/27832/Tomorrow") == Version("1.4.3", 27832)
    for said in ("", "ClamAV ", "clamd 1", "HTTP/1.1 200 OK"):
        with pytest.raises(Unavailable):
            parse_version(said)
