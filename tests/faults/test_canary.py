"""Nothing readable in the data folder: a word said in a room is found in no file, in no encoding, at no time.

Looked for while the appliance runs, after kill −9, after a restart and after a clean stop; so are each word of it by
itself, which is what a search index is made of, a room's name, a status line, the reason of a removal request and a
session's token.
"""

from __future__ import annotations

import base64
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from appliance.data_folder import search_path
from search_index.client import SearchClient, SearchUnavailable
from tests.faults.appliance import Appliance, Caller, Refused, clients, sign_in
from tests.waiting import until

CANARY = "ปลาบู่ทองกลางหนองน้ำ-canary-7f3a9c"
WORDS = ("ปลาบู่ทองกลาง", "กลางหนองน้ำ", "canary-7f3a9c")
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "cp874")


def forms(secret: str) -> Iterator[bytes]:
    """Give the secret as it could stand in a file: in every encoding, escaped as JSON, in base64 at every offset."""
    for encoding in ENCODINGS:
        yield secret.encode(encoding)
    yield secret.encode("ascii", "backslashreplace")
    plain = secret.encode()
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + plain)
        # The first and last characters depend on what stands around.
        yield encoded[4:-4]


def found_in(data: Path, *secrets: str) -> list[str]:
    """Return the files under `data` that show one of the secrets, or carry one in their name."""
    wanted = [form for secret in secrets for form in forms(secret)]
    files = [path for path in data.rglob("*") if path.is_file()]
    assert any(path.name.endswith(".db") for path in files)
    return [
        str(path.relative_to(data))
        for path in files
        if any(form in path.read_bytes() or form in path.name.encode() for form in wanted)
    ]


async def test_the_search_finds_what_lies_open(tmp_path: Path) -> None:
    """The test can fail: what is written in clear is found, whichever way."""
    (tmp_path / "some.db").write_bytes(b"nothing")
    assert found_in(tmp_path, CANARY) == []
    for form in forms(CANARY):
        (tmp_path / "open").write_bytes(b"\0\1" + form + b"\2")
        assert found_in(tmp_path, CANARY) == ["open"]


async def test_no_word_lies_readable_on_the_disk(appliance: Callable[..., Appliance]) -> None:
    served = appliance(supervised=True)
    served.start()
    async with clients() as session:
        narin = await sign_in(session, served, "narin.p")
        lalita = await sign_in(session, served, "lalita.w")
        room = served.room("dengue")
        secrets = [CANARY, *WORDS, narin.token, lalita.token]
        for i in range(200):
            await narin.say(room, f"{CANARY} {i} {CANARY}", f"canary-{i}")
        edit = {"txn_id": "canary-edit", "body": {"text": f"แก้ไข {CANARY}"}}
        last = await narin.say(room, CANARY, "canary-last")
        await narin.call("PATCH", f"/rooms/{room}/messages/{last['n']}", edit)
        await narin.call("PATCH", f"/rooms/{room}", {"name": f"ห้อง {CANARY}"})
        await narin.call("PATCH", "/me", {"status": f"อยู่ {CANARY}"})
        await lalita.call("POST", f"/rooms/{room}/removal-requests", {"reason": f"เพราะ {CANARY}"})
        assert found_in(served.data, *secrets) == []

        await written_to_the_index(served, narin)
        assert found_in(served.data, *secrets) == []
        killed = served.pids["search"]
        os.kill(killed, signal.SIGKILL)
        before = served.pid
        served.kill()
        assert found_in(served.data, *secrets) == []
        served.wait_ready(but=before)
        assert CANARY in str(await narin.history(room))
        await written_to_the_index(served, narin, but=killed)
        assert found_in(served.data, *secrets) == []
    served.stop()
    assert found_in(served.data, *secrets) == []
    assert CANARY not in served.said()


async def written_to_the_index(served: Appliance, who: Caller, but: int | None = None) -> None:
    """Wait until the index finds the word, by another process than `but`, and have all it holds in memory written.

    A search process that ends in order writes it; the supervisor starts another, which opens it.
    """
    for word in WORDS:
        await found_at_last(who, word, 201)
    ended = await another_search_process(served, but)
    index = SearchClient(search_path(served.data))
    received = (await index.status()).received
    os.kill(ended, signal.SIGTERM)
    await another_search_process(served, ended)

    async def written() -> bool:
        with suppress(SearchUnavailable):  # the connection was to the one that ended
            return (await index.status()).durable >= received
        return False

    await until(written, "the index has written what it had received")
    assert (await index.status()).segments
    await index.close()
    assert list((served.data / "search").iterdir())


async def another_search_process(served: Appliance, but: int | None) -> int:
    """Wait until the supervisor has another search process than `but`; return its pid."""
    await until(lambda: served.pids.get("search", but) != but, "there is another search process")
    return served.pids["search"]


async def found_at_last(who: Caller, word: str, count: int) -> None:
    async def found() -> bool:
        with suppress(Refused):
            page = await who.call("GET", "/search", q=word, limit=100)
            hits = len(page["hits"])
            while "cursor" in page:
                page = await who.call("GET", "/search", q=word, limit=100, cursor=page["cursor"])
                hits += len(page["hits"])
            return hits == count
        return False

    await until(found, f"{word} is found {count} times")
