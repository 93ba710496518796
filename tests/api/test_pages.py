"""The client's files as they travel: compressed copies, ranges, tags, and the weight of the first visit."""

from __future__ import annotations

import gzip
import re
import subprocess
from pathlib import Path

import pytest

from appliance.api import pages
from tests.agency import API, Agency
from tests.web.test_connection_limit import Said, request, tell

PLAIN = b"let words = [];\n" * 200
ZIPPED = gzip.compress(PLAIN)
BROTLI = b"what only a browser can read"
BUDGET = 300_000
NODE = Path(__file__).parents[2] / "packaging" / "node.sh"
INFLATE = "process.stdin.pipe(require('zlib').createBrotliDecompress()).pipe(process.stdout)"


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built client of two files, one of them with copies."""
    folder = tmp_path / "dist"
    for name, content in (
        ("index.html", b"<!doctype html>"),
        ("assets/a.js", PLAIN),
        ("encoded/br/assets/a.js", BROTLI),
        ("encoded/gzip/assets/a.js", ZIPPED),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    monkeypatch.setattr(pages, "DIST", folder)
    return folder


async def ask(agency: Agency, path: str, *lines: str, method: str = "GET") -> Said:
    return await tell(agency, request(method, path, *lines))


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br; q=0.1, gzip", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("brotli, x-gzip", None),
        ("br;q=much, ;;,", None),
        ("*", None),
        ("", None),
    ],
)
async def test_the_copy_that_a_browser_takes(running: Agency, accepted: str, coding: str | None) -> None:
    said = await ask(running, "/assets/a.js", *([f"Accept-Encoding: {accepted}"] if accepted else []))
    assert said.status == 200
    assert said.headers.get("content-encoding") == coding
    body = {"br": BROTLI, "gzip": ZIPPED, None: PLAIN}[coding]
    assert said.body == body
    assert int(said.headers["content-length"]) == len(body)
    # What does not depend on the copy: caches between keep them apart, and the file is what its name says.
    assert said.headers["vary"] == "Accept-Encoding"
    assert said.headers["content-type"].endswith("javascript")
    assert "immutable" in said.headers["cache-control"]


@pytest.mark.usefixtures("built")
async def test_a_file_without_a_copy_is_sent_as_it_is(running: Agency) -> None:
    said = await ask(running, "/", "Accept-Encoding: br")
    assert (said.status, said.body) == (200, b"<!doctype html>")
    assert "content-encoding" not in said.headers


@pytest.mark.usefixtures("built")
async def test_copies_have_tags_and_ranges_of_their_own(running: Agency) -> None:
    tags = {}
    for coding, body in (("br", BROTLI), ("gzip", ZIPPED), ("identity", PLAIN)):
        accept = f"Accept-Encoding: {coding}"
        tags[coding] = (await ask(running, "/assets/a.js", accept)).headers["etag"]
        known = await ask(running, "/assets/a.js", accept, f"If-None-Match: {tags[coding]}")
        assert (known.status, known.body, known.headers["vary"]) == (304, b"", "Accept-Encoding")
        part = await ask(running, "/assets/a.js", accept, "Range: bytes=2-5")
        assert (part.status, part.body) == (206, body[2:6])
        assert part.headers["content-range"] == f"bytes 2-5/{len(body)}"
        head = await ask(running, "/assets/a.js", accept, "Range: bytes=2-5", method="HEAD")
        assert (head.status, head.body, int(head.headers["content-length"])) == (200, b"", len(body))
        beyond = await ask(running, "/assets/a.js", accept, f"Range: bytes={len(body)}-")
        assert (beyond.status, beyond.error["code"]) == (416, "range_not_satisfiable")
        assert beyond.headers["content-range"] == f"bytes */{len(body)}"
    assert len(set(tags.values())) == 3


@pytest.mark.usefixtures("built")
async def test_a_part_is_of_the_copy_that_the_client_began_with(running: Agency) -> None:
    """With the ETag of another coding, a part would be joined to the beginning of other bytes."""
    brotli, zipped = "Accept-Encoding: br", "Accept-Encoding: gzip"
    began = await ask(running, "/assets/a.js", brotli)
    asked = (f"If-Range: {began.headers['etag']}", "Range: bytes=4-")
    same, other = await ask(running, "/assets/a.js", brotli, *asked), await ask(running, "/assets/a.js", zipped, *asked)
    assert (same.status, same.body) == (206, BROTLI[4:])
    assert (other.status, other.body) == (200, ZIPPED)
    dated = await ask(running, "/assets/a.js", brotli, f"If-Range: {began.headers['last-modified']}", "Range: bytes=4-")
    assert (dated.status, dated.body) == (200, BROTLI)


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "lines",
    [
        ("Range: bytes=0-1,4-5",),
        ("Range: bytes=0-1", "Range: bytes=4-5"),
        ("Range: lines=0-1",),
        ("Range: bytes=5-1",),
        ("Range: bytes=-",),
        ("Range: bytes=x",),
        ("Range: garbage",),
    ],
)
async def test_what_is_no_single_range_is_answered_with_the_whole_file(running: Agency, lines: tuple[str, ...]) -> None:
    said = await ask(running, "/assets/a.js", *lines)
    assert (said.status, said.body) == (200, PLAIN)
    assert "content-range" not in said.headers


@pytest.mark.usefixtures("built")
async def test_who_has_the_file_is_told_so_before_the_range_is_looked_at(running: Agency) -> None:
    tag = (await ask(running, "/assets/a.js")).headers["etag"]
    said = await ask(running, "/assets/a.js", f"If-None-Match: {tag}", "Range: bytes=99999999-")
    assert said.status == 304


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path", ["/encoded/br/assets/a.js", "/encoded/gzip/assets/", "/assets/../encoded/br/assets/a.js"]
)
async def test_copies_have_no_address(running: Agency, path: str) -> None:
    said = await ask(running, path)
    assert said.status == 404
    assert BROTLI not in said.body


async def test_nothing_of_the_api_is_compressed(running: Agency) -> None:
    """The length of a compressed answer tells whether it holds what an attacker guessed (BREACH)."""
    session = await running.login("narin.p")
    for path in (f"{API}/me", f"{API}/sync", f"{API}/openapi.json", "/healthz"):
        lines = ("Accept-Encoding: br, gzip, deflate", f"Authorization: Bearer {session.token}")
        said = await ask(running, path, *lines)
        assert said.status == 200
        assert "content-encoding" not in said.headers, path


# What the build made


def first_visit() -> set[str]:
    """Every file that the page names by itself, or by way of the script it begins with, before anybody signs in."""
    page = (pages.DIST / "index.html").read_text()
    named = set(re.findall(r'(?:src|href)="/([^"#]+)"', page))
    waiting, seen = [name for name in named if name.endswith((".js", ".css"))], set[str]()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        text = (pages.DIST / name).read_text()
        static = re.findall(r'(?:import|from)\s*"\./([^"]+\.js)"', text)
        fonts = re.findall(r"url\(/(assets/[^)]+\.woff2)\)", text)
        named |= set(fonts)
        waiting += [f"assets/{one}" for one in static if f"assets/{one}" not in seen]
    return (
        named | seen | {"index.html"} | {str(path.relative_to(pages.DIST)) for path in pages.DIST.glob("assets/th-*")}
    )


def weight(name: str, coding: str) -> int:
    copy = pages.DIST / pages.ENCODED / coding / name
    return (copy if copy.is_file() else pages.DIST / name).stat().st_size


@pytest.mark.parametrize("coding", pages.CODINGS)
def test_the_first_visit_stays_within_its_budget(coding: str) -> None:
    """All fonts counted, though a page fetches only those it draws with."""
    weights = {name: weight(name, coding) for name in first_visit()}
    assert any(name.endswith(".woff2") for name in weights)
    assert not any("Workspace" in name for name in weights), "the sign-in page fetches the rooms"
    heaviest = sorted(weights.items(), key=lambda one: -one[1])[:10]
    assert sum(weights.values()) <= BUDGET, heaviest


def test_each_copy_is_its_file() -> None:
    for coding in pages.CODINGS:
        folder = pages.DIST / pages.ENCODED / coding
        copies = [path for path in folder.rglob("*") if path.is_file()]
        assert {"index.html", "sw.js"} <= {path.name for path in copies}
        for copy in copies if coding == "gzip" else [folder / "index.html", folder / "sw.js"]:
            assert _inflated(copy, coding) == (pages.DIST / copy.relative_to(folder)).read_bytes(), copy


def _inflated(copy: Path, coding: str) -> bytes:
    if coding == "gzip":
        return gzip.decompress(copy.read_bytes())
    with copy.open("rb") as packed:
        done = subprocess.run(  # noqa: S603 - the Node that builds the client
            [str(NODE), "node", "-e", INFLATE], stdin=packed, capture_output=True, timeout=60, check=True
        )
    return done.stdout


def test_the_worker_keeps_the_files_and_not_their_copies() -> None:
    worker = (pages.DIST / "sw.js").read_text()
    kept = set(re.findall(r'url:"/([^"]+)"', worker)) | set(re.findall(r'"url":"/([^"]+)"', worker))
    built = {str(path.relative_to(pages.DIST)) for path in pages.DIST.rglob("*") if path.is_file()}
    apart = {"sw.js"} | {name for name in built if name.startswith((f"{pages.ENCODED}/", "screenshots/"))}
    assert kept == built - apart
