"""From a file to its state, with a real clamd: the five states, what is never clean, and what follows from a virus."""

from __future__ import annotations

import base64
import csv
import gzip
import logging
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from appliance.actions import file_quarantine, key_switch, messages, scanner_state, scanner_watch, scanning
from appliance.actions.evidence import check_evidence
from appliance.actions.file_check import check_files
from appliance.actions.file_variants import give_up, make_variants
from appliance.actions.upload_preparation import prepare_upload
from appliance.administration import av
from appliance.administration.terminal import Nothing, Terminal
from appliance.errors import Conflict, Forbidden, NotFound, Unavailable
from appliance.files.objects import aside_of
from appliance.followers.file_lanes import FileFollower
from appliance.model import PersonId, StaffRole
from appliance.people import Grant
from appliance.reads.files import open_file
from appliance.reads.messages import load_messages
from appliance.rules.roles import Actor
from appliance.sealed_file import SealBroken
from appliance.store import file_deletions
from appliance.vault.record import Purpose
from appliance.wire.entries import MessageTextEvent
from appliance.wire.messages import MessagesQuery, TextBody
from tests.actions.test_switching_the_files_key import switching
from tests.bureau import MALEE, NARIN
from tests.clamd import EICAR, MARKER, Clamd, daemon
from tests.files.corpus import locked_pdf, lying, zipped
from tests.files.prepared import NOBODY, Desk, desk
from tests.waiting import until

BOSS, SECOND = (Actor(name, PersonId(name), (Grant(StaffRole.AGENCY_ADMIN),)) for name in ("boss", "head"))
CLERK = Actor("clerk", PersonId("clerk"), ())


@pytest.fixture
async def opened(tmp_path: Path, clamd: Clamd) -> AsyncIterator[Desk]:
    async with desk(tmp_path, clamd.path, scan="hold") as made:
        yield made


async def sent(at: Desk, content: bytes, name: str = "รายงาน.bin") -> tuple[str, int]:
    """Prepare and send a file; return its blob and the position of the message."""
    upload = await at.whole_upload(content, name)
    await prepare_upload(at.b.s, upload)
    blob = (await at.upload(upload)).blob
    assert blob is not None
    return blob, await at.send(blob)


async def carried(at: Desk, content: bytes) -> tuple[str, int]:
    """Send a file in a message that says it; return its blob and the position of the message."""
    upload = await at.whole_upload(content)
    await prepare_upload(at.b.s, upload)
    n = (await messages.send_message(at.b.s, MALEE, at.room, TextBody(text=""), upload, files=[upload])).n
    [(blob,)] = await at.filing.rows("SELECT blob FROM file_ref WHERE n = ?", n)
    return blob, n


def old_tar(content: bytes) -> bytes:
    """A tar of the seventh edition of Unix, which has no sign."""
    made = tarfile.TarInfo("a").tobuf(tarfile.GNU_FORMAT)
    head = bytearray(made[:257] + bytes(255))
    head[124:136], head[148:156] = b"%011o\0" % len(content), b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + content + bytes(-len(content) % 512 + 1024)


STATES = [
    ("nothing in it", os.urandom(300_000), "clean"),
    ("EICAR", EICAR, "infected"),
    ("a marker behind 200 kB", os.urandom(200_000) + MARKER, "infected"),
    ("as long as the limit", bytes(20 << 20), "too_big"),
]
BIG = bytes(30 << 20) + MARKER
HIDING = zipped(BIG)
MAIL = b"""From: a@example.go.th\r
To: b@example.go.th\r
Subject: x\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=XX\r
\r
--XX\r
Content-Type: text/plain\r
\r
hello\r
--XX\r
Content-Type: application/zip; name=a.zip\r
Content-Disposition: attachment; filename=a.zip\r
Content-Transfer-Encoding: base64\r
\r
%s\r
--XX--\r
"""
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def mailed(content: bytes) -> bytes:
    return MAIL % base64.encodebytes(content)


def page(content: bytes) -> bytes:
    return b"<html><a href='data:application/zip;base64,%s'>x</a></html>" % base64.b64encode(content)


def in_pdf(content: bytes, junk: int = 0) -> bytes:
    stream = b"<</Type/EmbeddedFile/Length %d>>stream\n%s\nendstream" % (len(content), content)
    names = b"/Names<</EmbeddedFiles<</Names[(a.zip)3 0 R]>>>>"
    named = b"<</Type/Filespec/F(a.zip)/EF<</F 4 0 R>>>>"
    objects = b"1 0 obj<</Type/Catalog%s>>endobj\n3 0 obj%sendobj\n4 0 obj%sendobj\n" % (names, named, stream)
    return b"%PDF-1.4\n" + objects + b"trailer<</Root 1 0 R>>\n%%EOF\n" + b"\n" * junk


def in_rtf(content: bytes) -> bytes:
    """An object of OLE 1, as old programs put files into RTF ([MS-OLEDS] 2.2.5)."""
    package = struct.pack("<H", 2) + b"a.zip\0C:\\a.zip\0" + struct.pack("<HHI", 0, 3, 9) + b"C:\\a.zip\0"
    package += struct.pack("<I", len(content)) + content
    made = struct.pack("<III", 0x501, 2, 8) + b"Package\0" + struct.pack("<III", 0, 0, len(package)) + package
    return b"{\\rtf1{\\object\\objemb{\\*\\objclass Package}{\\*\\objdata %s}}}" % made.hex().encode()


HIDDEN = [
    ("a zip that lies of its sizes", lying(BIG, 1000)),
    ("a mail with a zip", mailed(HIDING)),
    ("a page with a zip in an address", page(HIDING)),
    ("a PDF with a zip", in_pdf(HIDING, 70_000)),
    ("a PDF with a packed stream", in_pdf(zlib.compress(BIG)).replace(b"/Length", b"/Filter/FlateDecode/Length")),
    ("RTF with a zip", in_rtf(HIDING)),
    ("OLE with a zip", OLE + HIDING + bytes(70_000)),
    ("a zip with junk around", b"JUNKJUNK" * 10 + HIDING + bytes(70_000)),
    ("a zip in a zip, with junk before it", zipped(b"JUNKJUNK" * 10 + HIDING)),
    ("lzma in a zip", zipped(lzma.compress(BIG, lzma.FORMAT_ALONE))),
    ("a zip packed with lzma", zipped(MARKER, how=zipfile.ZIP_LZMA)),
    ("a tar without a sign, in gzip", gzip.compress(old_tar(BIG))),
    ("a PDF with a password", locked_pdf(b"secret")),
    ("a mail with a locked zip", mailed(zipped(b"x", locked=True))),
    ("a picture with a zip in the middle", b"GIF89a" + bytes(900) + zipped(b"x") + bytes(70_000)),
]
ORDINARY = [
    ("text", "เรียน ท่านผู้อำนวยการ\r\n".encode() * 90),
    ("a page", page(b"GIF89a")),
    ("a mail with a zip", mailed(zipped(b"x" * 1000))),
    ("a PDF with a zip", in_pdf(zipped(b"x" * 1000))),
    ("RTF with a zip", in_rtf(zipped(b"x" * 1000))),
    ("OLE with a zip", OLE + zipped(b"x" * 1000) + bytes(70_000)),
    ("an Office file with an OLE object", zipped(OLE + zipped(b"x" * 1000) + bytes(600))),
    ("a PDF that only forbids to change it", locked_pdf()),
    ("a zip of a mail of a zip", zipped(mailed(zipped(b"x" * 1000)))),
]
PACKED = [
    ("a zip of something small", zipped(b"x" * 1000), "clean"),
    ("a zip with EICAR", zipped(EICAR), "infected"),
    ("a zip that holds 30 MB and the marker", zipped(bytes(30 << 20) + MARKER), "unscannable"),
    ("a zip with a password", zipped(b"x" * 1000, locked=True), "unscannable"),
    ("a picture with such a zip behind it", b"GIF89a" + bytes(900) + zipped(bytes(30 << 20) + MARKER), "unscannable"),
    ("7z, which nobody here lists", b"7z\xbc\xaf\x27\x1c" + bytes(900), "unscannable"),
    *((name, content, "unscannable") for name, content in HIDDEN),
    *((name, content, "clean") for name, content in ORDINARY),
]


@pytest.mark.parametrize(("content", "state"), [row[1:] for row in STATES], ids=[row[0] for row in STATES])
async def test_states(opened: Desk, content: bytes, state: str) -> None:
    blob, _ = await sent(opened, content)
    assert (await opened.blob(blob)).scan == "pending"
    await scanning.scan_file(opened.b.s, blob)
    row = await opened.blob(blob)
    assert (row.scan, row.scanned_at) == (state, opened.b.clock())
    assert f'"state":"{state}"' in (await opened.events("file"))[-1]


@pytest.mark.media
async def test_what_holds_other_files_is_clean_only_if_all_of_it_was_looked_at(opened: Desk) -> None:
    found = list[tuple[str, str]]()
    for name, content, _ in PACKED:
        upload = await opened.whole_upload(content, original=True)
        await prepare_upload(opened.b.s, upload)
        await scanning.scan_file(opened.b.s, upload)
        found.append((name, (await opened.blob(upload)).scan))
    assert found == [(name, state) for name, _, state in PACKED]


@pytest.mark.parametrize("content", [MARKER * 3, zipped(MARKER)], ids=["bare", "packed"])
async def test_a_virus_in_each_container_is_found(opened: Desk, content: bytes) -> None:
    """The shapes above are such that clamd looks into them: else «clean» of them would say nothing."""
    for around in (mailed, page, in_pdf, in_rtf):
        upload = await opened.whole_upload(around(content), original=True)
        await prepare_upload(opened.b.s, upload)
        await scanning.scan_file(opened.b.s, upload)
        assert (await opened.blob(upload)).scan == "infected", around


async def test_nothing_is_clean_by_a_scanner_that_does_not_tell(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with daemon(tells=False) as clamd:
        async with desk(tmp_path, clamd.path, scan="hold") as at:
            blobs = [(await sent(at, content))[0] for content in (b"clean", b"as clean", MARKER)]
            for blob in blobs:
                await scanning.scan_file(at.b.s, blob)
            assert [(await at.blob(blob)).scan for blob in blobs] == ["unscannable", "unscannable", "infected"]
    assert caplog.text.count("ALERT virus scanner tells not: limits=False encrypted=False") == 1


async def test_a_scanner_that_is_away_is_told_once_and_so_is_its_return(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with daemon() as clamd:
        async with desk(tmp_path, clamd.path, scan="hold") as at:
            blob, n = await sent(at, b"clean")
            await scanner_watch.look(at.b.s)
            assert "ALERT virus scanner away" not in caplog.text
            clamd.stop()
            for _ in range(3):
                await scanner_watch.look(at.b.s)
            with pytest.raises(Unavailable):
                await scanning.scan_file(at.b.s, blob)
            at.b.clock.pass_(90_000)
            clamd.start()
            for _ in range(3):
                await scanner_watch.look(at.b.s)
            await scanning.scan_file(at.b.s, blob)
            events = [msgspec.json.decode(event) for event in await at.events("file")]
    assert caplog.text.count("ALERT virus scanner away: clamd cannot be asked") == 1
    assert caplog.text.count("ALERT virus scanner back: away for 90 s") == 1
    assert [(event["n"], event["facts"]["state"], event["facts"].get("scanner")) for event in events] == [
        (n, "pending", "away"), (n, "pending", None), (n, "clean", None),
    ]  # fmt: skip
    assert not any(event["facts"].get("opens") for event in events), "held until it was scanned"


async def test_a_scanner_that_came_back_with_other_settings_is_tried_anew(tmp_path: Path) -> None:
    with daemon() as clamd:
        async with desk(tmp_path, clamd.path, scan="hold") as at:
            first, second, third = [(await sent(at, content))[0] for content in (b"1", b"2", b"3")]
            await scanning.scan_file(at.b.s, first)
            clamd.stop()
            await scanner_watch.look(at.b.s)
            config = clamd.folder / "clamd.conf"
            config.write_text(config.read_text("ascii").replace("AlertExceedsMax yes", "AlertExceedsMax no"), "ascii")
            clamd.start()
            await scanning.scan_file(at.b.s, second)
            config.write_text(config.read_text("ascii").replace("AlertExceedsMax no", "AlertExceedsMax yes"), "ascii")
            clamd.stop()
            clamd.start()
            await scanning.scan_file(at.b.s, third)
            assert (await at.blob(third)).scan == "unscannable", "nobody noticed that it was away"
            at.b.clock.pass_(scanner_watch.TRIED_AGAIN_MS + 1)
            await scanning.scan_again(at.b.s)
            await scanning.scan_file(at.b.s, third)
            assert [(await at.blob(blob)).scan for blob in (first, second, third)] == ["clean", "unscannable", "clean"]


async def test_while_the_scanner_is_away_everything_is_pending_and_then_it_is_scanned(tmp_path: Path) -> None:
    with daemon() as clamd:
        async with desk(tmp_path, clamd.path, scan="hold") as at:
            clamd.stop()
            blobs = [(await sent(at, content))[0] for content in (b"clean", EICAR, MARKER)]
            for blob in blobs:
                with pytest.raises(Unavailable) as refused:
                    await scanning.scan_file(at.b.s, blob)
                assert refused.value.code == "scanner_away"
            follower = FileFollower(at.b.s)
            follower.start()
            try:
                assert [(await at.blob(blob)).scan for blob in blobs] == ["pending"] * 3
                clamd.start()

                async def scanned() -> bool:
                    return [(await at.blob(blob)).scan for blob in blobs] == ["clean", "infected", "infected"]

                await until(scanned, "all scanned")
            finally:
                await follower.close()


async def test_nobody_gets_what_is_infected_and_it_is_on_record(opened: Desk, caplog: pytest.LogCaptureFixture) -> None:
    blob, n = await sent(opened, MARKER, "ความลับของมาลี.txt")
    key = await opened.filing.rows("SELECT wrapped_key FROM file_ref")
    before = await opened.bytes(blob)
    with caplog.at_level(logging.WARNING):
        await scanning.scan_file(opened.b.s, blob)
    assert "ALERT virus found" in caplog.text
    assert blob in caplog.text
    assert "ความลับ" not in caplog.text
    [(actor, target, detail)] = await opened.audited("file.infected")
    assert (actor, target) == ("system", blob)
    assert msgspec.json.decode(detail) == {
        "signature": "Test.Marker.UNOFFICIAL", "person": MALEE, "rooms": [opened.room],
    }  # fmt: skip
    facts = msgspec.json.decode((await opened.events("file"))[-1])
    assert (facts["n"], facts["id"], facts["facts"]["state"]) == (n, blob, "infected")
    # The reference is as it was, and its key opens the object no more once that is sealed anew.
    await _seal(opened, blob)
    assert await opened.filing.rows("SELECT wrapped_key FROM file_ref") == key
    with pytest.raises(SealBroken):
        await opened.bytes(blob)
    assert before == MARKER
    assert not (await opened.blob(blob)).preparing


async def test_sealing_away_is_done_once_however_often_it_begins(opened: Desk) -> None:
    blob, _ = await sent(opened, MARKER)
    await scanning.scan_file(opened.b.s, blob)
    objects = opened.b.s.files.objects
    objects.create(aside_of(blob))  # what a crash left
    await _seal(opened, blob)
    sealed = objects.read(blob, 0, 1_000)
    await opened.filing.run(lambda rows: rows.run("UPDATE blob SET preparing = 1"))
    await _seal(opened, blob)
    assert objects.read(blob, 0, 1_000) == sealed
    assert await opened.filing.objects() == {blob}


async def test_what_was_not_sent_yet_cannot_be_sent_any_more(opened: Desk) -> None:
    upload = await opened.whole_upload(MARKER)
    await prepare_upload(opened.b.s, upload)
    await scanning.scan_file(opened.b.s, upload)
    row = await opened.upload(upload)
    assert (row.state, row.refused) == ("refused", "file_infected")
    assert '"refused":"file_infected"' in (await opened.events("upload"))[-1]


class Printed(Terminal):
    """A terminal that remembers what was printed."""

    def __init__(self) -> None:
        super().__init__(BOSS)
        self.lines, self.errors = list[str](), list[str]()

    async def out(self, line: str) -> None:
        self.lines.append(line)

    async def err(self, line: str) -> None:
        self.errors.append(line)

    async def data(self, content: bytes) -> None:
        raise AssertionError(content)

    async def ask_secret(self, prompt: str) -> str:
        raise AssertionError(prompt)


async def test_the_quarantine_is_listed_with_a_heading_and_names(opened: Desk) -> None:
    blob, _ = await sent(opened, MARKER)
    empty, full = Printed(), Printed()
    assert await av.list_quarantine(opened.b.s, empty, Nothing()) == 0
    assert (empty.lines, len(empty.errors)) == ([], 1)
    await scanning.scan_file(opened.b.s, blob)
    assert await av.list_quarantine(opened.b.s, full, Nothing()) == 0
    [heading, line] = csv.reader(full.lines)
    card, account = opened.b.s.directory.people[MALEE], opened.b.s.accounts.get(MALEE)
    assert account is not None
    assert heading == ["file", "found_at", "user", "name", "bytes", "found", "sealed"]
    assert [line[0], *line[2:]] == [blob, account.user, card.name, str(len(MARKER)), "Test.Marker.UNOFFICIAL", "0"]


async def test_whoever_has_sent_a_virus_on_decides_nothing_of_it(opened: Desk) -> None:
    s = opened.b.s
    blob, _ = await carried(opened, MARKER)
    await messages.send_message(s, NARIN, opened.room, TextBody(text=""), "on", files=[blob])
    await scanning.scan_file(s, blob)
    await _seal(opened, blob)
    forwarder = Actor(NARIN, NARIN, BOSS.grants)
    for by, second in ((forwarder, BOSS), (BOSS, forwarder)):
        with pytest.raises(Forbidden):
            await file_quarantine.release(s, by, blob, "ไม่ใช่ไวรัส", second)
        with pytest.raises(Forbidden):
            await file_quarantine.delete_infected(s, by, blob, "ลบ", second)
    assert [one.id for one in await file_quarantine.list_quarantine(s)] == [blob]


async def test_one_whose_object_is_damaged_says_that_it_is_not_sealed_until_it_is(
    opened: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    content = MARKER + os.urandom(200_000)
    blob, _ = await sent(opened, content)
    await scanning.scan_file(opened.b.s, blob)
    objects = opened.b.s.files.objects
    path = objects.folder / blob[-2:] / blob
    whole = path.read_bytes()
    path.write_bytes(whole[:100_000] + bytes(10) + whole[100_010:])
    with pytest.raises(Unavailable) as failed:
        await _seal(opened, blob)
    # As the lane does after its last try.
    await give_up(opened.b.s, blob, failed.value)
    assert "ALERT infected file not sealed away" in caplog.text
    assert [one.sealed for one in await file_quarantine.list_quarantine(opened.b.s)] == [False]
    assert [fault.kind for fault in (await check_files(opened.b.s, "test")).faults] == ["damaged"]
    path.write_bytes(whole)
    await file_quarantine.seal_damaged_again(opened.b.s)
    await _seal(opened, blob)
    assert [one.sealed for one in await file_quarantine.list_quarantine(opened.b.s)] == [True]
    assert path.read_bytes() != whole
    assert (await check_files(opened.b.s, "test")).faults == []


async def test_two_people_release_what_was_no_virus(opened: Desk) -> None:
    blob, _ = await sent(opened, MARKER)
    await scanning.scan_file(opened.b.s, blob)
    with pytest.raises(NotFound):  # not sealed away yet
        await file_quarantine.release(opened.b.s, BOSS, blob, "แบบฟอร์มของหน่วยงาน", SECOND)
    await _seal(opened, blob)
    [one] = await file_quarantine.list_quarantine(opened.b.s)
    assert (one.id, one.owner, one.size, one.found) == (blob, MALEE, len(MARKER), "Test.Marker.UNOFFICIAL")
    sender = Actor(MALEE, MALEE, BOSS.grants)
    for by, second in ((CLERK, BOSS), (BOSS, CLERK), (BOSS, BOSS), (sender, BOSS), (BOSS, sender)):
        with pytest.raises(Forbidden):
            await file_quarantine.release(opened.b.s, by, blob, "แบบฟอร์มของหน่วยงาน", second)
    await file_quarantine.release(opened.b.s, BOSS, blob, "แบบฟอร์มของหน่วยงาน", SECOND)
    row = await opened.blob(blob)
    assert (row.scan, bool(row.released), row.found) == ("unscannable", True, "Test.Marker.UNOFFICIAL")
    assert await opened.bytes(blob) == MARKER
    assert await file_quarantine.list_quarantine(opened.b.s) == []
    counts = await scanner_state.count_files(opened.b.s)
    assert (counts["released"], counts["unscannable"], counts["infected"]) == (1, 0, 0)
    assert [(actor, target) for actor, target, _ in await opened.audited("file.release")] == [("boss", blob)]
    # It is not scanned again, and so not found again.
    assert await scanning.scan_again(opened.b.s) == 1
    assert await _due(opened) == []
    with pytest.raises(NotFound):
        await file_quarantine.release(opened.b.s, BOSS, blob, "อีกครั้ง", SECOND)


async def test_what_was_never_sent_is_deleted_from_the_quarantine_for_good(opened: Desk) -> None:
    upload = await opened.whole_upload(MARKER)
    await prepare_upload(opened.b.s, upload)
    await scanning.scan_file(opened.b.s, upload)
    await _seal(opened, upload)
    with pytest.raises(Conflict, match="quarantine_not_sent"):  # nobody would open it, and nothing could delete it
        await file_quarantine.release(opened.b.s, BOSS, upload, "แบบฟอร์มของหน่วยงาน", SECOND)
    assert await opened.audited("file.release") == []
    await file_quarantine.delete_infected(opened.b.s, BOSS, upload, "ไม่ใช้แล้ว")
    assert await opened.filing.rows("SELECT id FROM blob UNION SELECT id FROM upload") == []
    assert await opened.filing.objects() == set()
    assert [(store, why) for store, why, _ in await opened.filing.receipts(upload)] == [("quarantine", "infected")]
    assert [target for _, target, _ in await opened.audited("file.delete_infected")] == [upload]
    with pytest.raises(NotFound):
        await file_quarantine.delete_infected(opened.b.s, BOSS, upload, "ไม่ใช้แล้ว")


async def test_two_people_delete_a_virus_out_of_its_messages_which_stay(opened: Desk) -> None:
    s = opened.b.s
    (blob, n), (kept, _) = await carried(opened, MARKER), await carried(opened, b"clean")
    await scanning.scan_file(s, blob)
    await _seal(opened, blob)
    sender = Actor(MALEE, MALEE, BOSS.grants)
    with pytest.raises(Conflict) as refused:
        await file_quarantine.delete_infected(s, BOSS, blob, "ไม่ใช้แล้ว")
    assert refused.value.code == "quarantine_in_message"
    for by, second in ((CLERK, BOSS), (BOSS, CLERK), (BOSS, BOSS), (sender, BOSS), (BOSS, sender)):
        with pytest.raises(Forbidden):
            await file_quarantine.delete_infected(s, by, blob, "ไม่ใช้แล้ว", second)
    assert await opened.filing.objects() == {blob, kept}
    assert await opened.audited("file.delete_infected") == []
    await file_quarantine.delete_infected(s, BOSS, blob, "มัลแวร์เรียกค่าไถ่", SECOND)
    assert await opened.filing.objects() == {kept}
    assert await opened.filing.rows("SELECT id FROM blob WHERE scan = 'infected'") == []
    receipts = [(store, why) for store, why, _ in await opened.filing.receipts(blob)]
    assert receipts == [("reference", "infected"), ("quarantine", "infected")]
    [(actor, target, detail)] = await opened.audited("file.delete_infected")
    assert (actor, target) == ("boss", blob)
    assert '"second":"head"' in detail
    assert opened.room in detail
    # The message is there, and says of its file what became of it: to who looks and to who is connected.
    page = await load_messages(s, NARIN, opened.room, MessagesQuery(around=n, limit=1))
    [event] = page.messages
    assert isinstance(event, MessageTextEvent)
    assert event.body is not None
    assert [(file.id, file.name, file.state) for file in event.body.files] == [(blob, "รายงาน.bin", "removed")]
    assert '"state":"removed"' in (await opened.events("file"))[-1]
    with pytest.raises(NotFound):
        await open_file(s, MALEE, blob)
    assert (await check_files(s, "test")).faults == []
    assert (await check_evidence(s)).faults == []
    # Who takes a reference away behind the appliance is found, with a receipt of their own making too.
    await opened.filing.run(lambda rows: file_deletions.delete_infected_references(rows, kept, s.clock()))
    assert len((await check_evidence(s)).faults) == 1
    # Nothing is left that keeps the former key of files from being forgotten.
    await key_switch.finish(switching(s), Actor.operator("tester"), Purpose.FILES)


async def test_what_is_scanned_again_keeps_its_state_until_it_was(opened: Desk) -> None:
    clean, _ = await sent(opened, b"clean")
    big, _ = await sent(opened, bytes(20 << 20))
    for blob in (clean, big):
        await scanning.scan_file(opened.b.s, blob)
    assert await scanning.scan_again(opened.b.s) == 1
    assert await _due(opened) == [big]
    assert await scanning.scan_again(opened.b.s, clean_too=True) == 2
    assert await _due(opened) == [clean, big]
    assert (await opened.blob(clean)).scan == "clean"
    fresh, _ = await sent(opened, bytes(5_000))
    assert await _due(opened) == [fresh, clean, big]


async def test_rooms_hear_when_a_file_has_waited_long_enough(tmp_path: Path) -> None:
    async with desk(tmp_path, NOBODY, scan="deliver") as at:
        blob, _ = await sent(at, b"clean")
        follower = FileFollower(at.b.s)
        follower.start()
        try:

            async def held() -> list[tuple[str, str, bool, bool]]:
                told = [msgspec.json.decode(event)["facts"] for event in await at.events("file")]
                return [
                    (facts["state"], facts["scanner"], facts.get("held", False), facts.get("opens", False))
                    for facts in told
                ]

            async def told_that_it_is_away() -> bool:
                return await held() == [("pending", "away", True, True)]

            await until(told_that_it_is_away, "that nobody scans it")
            at.b.clock.pass_(30_000)
            at.b.s.files.to_prepare.set()

            async def told_that_it_opens() -> bool:
                return await held() == [("pending", "away", True, True), ("pending", "away", False, False)]

            await until(told_that_it_opens, "that it opens")
            assert (await at.blob(blob)).scan == "pending"
        finally:
            await follower.close()


async def _seal(at: Desk, blob: str) -> None:
    await make_variants(at.b.s, blob)


async def _due(at: Desk) -> list[str]:
    rows = await at.filing.rows("SELECT id FROM blob WHERE scan_due > 0")
    return [row[0] for row in rows]
