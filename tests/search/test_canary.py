"""No word of a message is in any file in clear: of the index, beside it, or temporary, at any moment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from search_index.analyzer import gram_keys
from search_index.query import parse
from search_index.storage import SealedStorage
from search_index.wire import Range, Search
from tests.search import corpus

CANARY = "นกขมิ้นเหลืองอ่อน"
ROOM = "r_canary-room"
SENDER = "p_canary-sender"


def traces() -> list[bytes]:
    """Return what of the canary must be nowhere: in the encodings that texts, grams and names could be written in."""
    keys = gram_keys(list(parse(CANARY).needles))[0]
    pairs = [keys[i : i + 2] for i in range(len(keys) - 4)]  # one gram alone can be in a file by chance
    return [
        *(CANARY[at : at + 4].encode(encoding) for at in range(8) for encoding in ("utf-8", "utf-16-le", "utf-32-le")),
        CANARY[:4].encode("tis-620"),
        *(pair.astype(order).tobytes() for pair in pairs for order in ("<u4", ">u4")),
        ROOM.encode(),
        SENDER.encode(),
    ]


def files_in_clear(folder: Path) -> list[str]:
    wanted = traces()
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found += [f"{path.name}: {trace!r}" for trace in wanted if trace in content or trace in path.name.encode()]
    return found


def test_no_word_is_in_any_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    written: list[bytes] = []
    sync = os.fsync

    def watched(fd: int) -> None:
        """Look at everything whenever something becomes durable: staged files are there then."""
        sync(fd)
        found = files_in_clear(tmp_path)
        assert not found
        written.append(b"")

    monkeypatch.setattr(os, "fsync", watched)
    with corpus.opened(tmp_path / "index") as index:
        for step in range(6):
            texts = [f"{CANARY} ครั้งที่ {step} {n}" for n in range(20)]
            told = [
                type(e)(ROOM, e.n, SENDER, e.at, e.text, e.type) for e in corpus.entries(texts, first=step * 20)
            ]  # fmt: skip
            index.apply(step, step + 1, told)
            index.flush()
        index.settle()
        index.apply(6, 7, [], [Range(ROOM, 0, 60)])
        index.settle()
        asked = Search(needles=list(parse(CANARY).needles), rooms=[ROOM], limit=500)
        assert len(corpus.find(index, asked)) == 59
    assert len(written) > 20
    assert not list((tmp_path / "tmp").iterdir())
    assert not files_in_clear(tmp_path)


def test_the_look_would_find_it(tmp_path: Path) -> None:
    """The canary is found where it is in clear: in a text, and in the terms of a segment that was not sealed."""
    storage = SealedStorage(tmp_path / "index", corpus.KEY, corpus.CACHE)
    with corpus.opened(tmp_path / "other") as index:
        index.apply(0, 1, corpus.entries([CANARY]))
        index.flush()
        [segment] = index.segments.values()
        file = index.storage.open_sealed(f"{segment.record.name}.terms")
        (tmp_path / "index" / "unsealed").write_bytes(file.read_uncached(0, file.length))
    (tmp_path / "index" / "text").write_text(CANARY, encoding="utf-8")
    storage.close()
    found = files_in_clear(tmp_path / "index")
    assert any(line.startswith("text") for line in found)
    assert any(line.startswith("unsealed") for line in found)
