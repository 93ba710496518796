"""The keys of the log, the agency and the files switched in two phases, on a real agency; and killed at any write."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from appliance import config, wiring
from appliance.actions.disposal import erase_bodies
from appliance.actions.file_deletion import Why, delete_uploads
from appliance.actions.messages import send_message
from appliance.errors import NotFound, WrongKey
from appliance.evidence.errors import NoteError
from appliance.evidence.key_change import open_change
from appliance.evidence.note import Verifier, open_checkpoint
from appliance.files import keys as file_keys
from appliance.files.content import read_clear
from appliance.log.notes import log_signer, log_verifiers
from appliance.model import PersonId, RoomId
from appliance.reads.files import open_file
from appliance.services import Services
from appliance.store import epoch_keys
from appliance.store.db import connect
from appliance.vault import unlock
from appliance.vault.epochs import EpochId, unwrap_any
from appliance.vault.keyring import Keyring
from appliance.wire.messages import TextBody
from tests.bureau import Bureau, Clock
from tests.commands import carried_out, verifier_says
from tests.faults.appliance import Appliance, clients, gchat, sign_in
from tests.filing import CONTENT, Filing
from tests.forking import forks
from tests.made_files import an_upload
from tests.sql import edit_entries

UPLOADS = 3
# Every write is tried in a soak; a sample otherwise.
EVERY = int(os.environ.get("GCHAT_FAULT_EVERY", "29"))


def keys_of(data: Path) -> Keyring:
    return unlock.unlock_keys(config.load(data), wiring.no_terminal)


def log_key(data: Path) -> Verifier:
    return log_signer(config.load(data).agency, keys_of(data)).verifier


async def switch(data: Path, *words: str) -> str:
    done = await asyncio.to_thread(carried_out, "keys", "switch", *words, "--data", data)
    assert done.code == 0, done.err
    return done.out


def records(data: Path, action: str) -> list[dict[str, str]]:
    raw = connect(data / "gchat.db", keys_of(data).database_key, read_only=True)
    try:
        found = raw.execute("SELECT detail FROM audit WHERE action = ? ORDER BY n", (action,)).fetchall()
        return [json.loads(row[0]) for row in found]
    finally:
        raw.close()


def all_sound(data: Path) -> None:
    """Rooms and the audit log verify, and every epoch key opens."""
    for words in (("room", "verify"), ("audit", "verify")):
        done = carried_out(*words, "--data", data)
        assert done.code == 0, done.out + done.err
    keys = keys_of(data)
    raw = connect(data / "gchat.db", keys.database_key, read_only=True)
    try:
        kept = epoch_keys.list_after(raw, 0, 100_000)
        assert kept
        for _, room, week, _, wrapped in kept:
            assert len(unwrap_any(keys.agency_keys, EpochId(room, week, "text"), wrapped)) == 32
    finally:
        raw.close()


def room_notes(data: Path) -> list[str]:
    raw = connect(data / "gchat.db", keys_of(data).database_key, read_only=True)
    try:
        return [row[0] for row in raw.execute("SELECT note FROM checkpoint ORDER BY room").fetchall()]
    finally:
        raw.close()


async def at_work(served: Appliance, text: str) -> None:
    """Start it, send a message and read the room, and stop it."""
    await asyncio.to_thread(served.start)
    async with clients() as session:
        narin = await sign_in(session, served, "narin.p")
        await narin.say(served.room("dengue"), text, text)
        assert text in str(await narin.history(served.room("dengue")))
    await asyncio.to_thread(served.stop)


async def exported(data: Path, to: Path) -> Path:
    room = json.loads((data / "demo-cast.json").read_text())["rooms"]["dengue"]
    words = ("room", "export", room, "--why", "court", "--output", to, "--data", data)
    done = await asyncio.to_thread(carried_out, *words)
    assert done.code == 0, done.err
    return to


def verifies(*words: str | Path) -> bool:
    return verifier_says(*words).code == 0


async def test_the_log_key_is_switched(appliance: Callable[..., Appliance], data: Path, tmp_path: Path) -> None:
    old = log_key(data)
    before = await exported(data, tmp_path / "before.jsonl")
    statement = await switch(data, "log")
    new = open_change(statement[statement.index("gchat-key-change") :].rstrip("\n") + "\n", old)
    assert log_key(data) == old
    await asyncio.to_thread(all_sound, data)
    await at_work(appliance(), "ระหว่างสองกุญแจ")
    signed_twice = [len(open_checkpoint(note, [old, new])[1].signatures) for note in room_notes(data)]
    assert 2 in signed_twice
    assert 1 in signed_twice
    await asyncio.to_thread(all_sound, data)

    await switch(data, "log", "--finish")
    assert log_key(data) == new
    for note in room_notes(data):
        assert len(open_checkpoint(note, [old, new])[1].signatures) == 2
    await asyncio.to_thread(all_sound, data)
    await at_work(appliance(), "หลังเปลี่ยน")
    await asyncio.to_thread(all_sound, data)
    newest = [note for note in room_notes(data) if len(open_checkpoint(note, [old, new])[1].signatures) == 1]
    assert newest
    for note in newest:
        with pytest.raises(NoteError):
            open_checkpoint(note, [old])
    for action in ("keys.switch_begun", "keys.switch_finished"):
        (detail,) = records(data, action)
        assert (detail["former"], detail["new"]) == (old.vkey, new.vkey)
        assert open_change(detail["statement"], old) == new
    assert log_verifiers(config.load(data).agency, keys_of(data)) == (new, old)
    # A court that has either key verifies what was exported in its time, and with both that one extends the other.
    after, policy = await exported(data, tmp_path / "after.jsonl"), tmp_path / "policy"
    policy.write_text(f"log {old.vkey}\nlog {new.vkey}\nquorum none\n")
    assert verifies("room", before, "--vkey", old.vkey)
    assert verifies("room", after, "--vkey", new.vkey)
    assert not verifies("room", after, "--vkey", old.vkey)
    assert verifies("extends", before, after, "--policy", policy)


async def test_the_files_key_is_switched(appliance: Callable[..., Appliance], data: Path) -> None:
    old = keys_of(data).files_key
    await switch(data, "files")
    await at_work(appliance(), "ระหว่างสองกุญแจ")
    await switch(data, "files", "--finish")
    keys = keys_of(data)
    assert keys.files_keys == (keys.files_key,)
    assert keys.files_key != old
    await at_work(appliance(), "หลังเปลี่ยน")
    assert len(records(data, "keys.switch_begun")) == len(records(data, "keys.switch_finished")) == 1


async def test_the_agency_key_is_switched(appliance: Callable[..., Appliance], data: Path) -> None:
    old = keys_of(data).agency_key
    await switch(data, "agency")
    await at_work(appliance(), "ระหว่างสองกุญแจ")
    assert "agency" in (await asyncio.to_thread(carried_out, "keys", "check", "--data", data)).out
    await switch(data, "agency", "--finish")
    keys = keys_of(data)
    assert keys.agency_keys == (keys.agency_key,)
    assert keys.agency_key != old
    await asyncio.to_thread(all_sound, data)
    await at_work(appliance(), "หลังเปลี่ยน")
    assert len(records(data, "keys.switch_begun")) == len(records(data, "keys.switch_finished")) == 1


def test_what_was_not_begun_is_not_finished(data: Path) -> None:
    done = carried_out("keys", "switch", "log", "--finish", "--data", data)
    assert done.code == 1
    assert "No switch of this key" in done.err


async def test_not_beside_a_server(appliance: Callable[..., Appliance], data: Path) -> None:
    served = appliance()
    served.start()
    assert gchat("keys", "switch", "log", "--data", data).returncode == 1
    served.stop()
    assert not keys_of(data).second


async def test_a_room_that_was_altered_is_not_signed_by_the_new_key(data: Path) -> None:
    await switch(data, "log")
    raw = connect(data / "gchat.db", keys_of(data).database_key)
    edit_entries(raw, "UPDATE entry SET ht = ht + 1 WHERE n = 1 AND room = 1")
    raw.close()
    done = await asyncio.to_thread(carried_out, "keys", "switch", "log", "--finish", "--data", data)
    assert done.code == 1
    assert "is not what the agency signed" in done.err
    assert keys_of(data).next_log_signing_seed is not None


@pytest.mark.parametrize("key", ["log", "agency", "files"])
def test_killed_at_any_write_it_is_finished_by_repeating(
    data: Path, broken_disk: Path, tmp_path: Path, key: str
) -> None:
    asyncio.run(with_files(data))
    killed, at = 0, 1
    phases: tuple[tuple[str, ...], ...] = ((), ("--finish",))
    with forks(LD_PRELOAD=str(broken_disk)) as forked:
        for words in phases:
            while True:
                folder = shutil.copytree(data, tmp_path / "killed")
                switching = ("keys", "switch", key, *words, "--data", str(folder))
                done = forked.run(*switching, BROKEN_DISK_KILL=str(at), BROKEN_DISK_PATH=str(folder))
                if done.code == 0:
                    break
                assert done.code == -signal.SIGKILL, done.said
                killed += 1
                repeated = carried_out(*switching)
                assert repeated.code == 0 or "No switch of this key" in repeated.err, repeated.err
                whole(folder, key, finished=bool(words))
                shutil.rmtree(folder)
                at += EVERY
            whole(folder, key, finished=bool(words))
            shutil.rmtree(data)
            folder.rename(data)
            at = 1
    assert killed > 2


def whole(data: Path, key: str, *, finished: bool) -> None:
    all_sound(data)
    assert bool(keys_of(data).second) is not finished
    assert len(records(data, "keys.switch_begun")) == 1
    assert len(records(data, "keys.switch_finished")) == finished
    keys = keys_of(data)
    if key == "log":
        assert len(keys.retired_log_keys) == finished
    # Between the phases either key opens; afterwards the new one alone is there to do it.
    assert len(keys.files_keys) == (2 if key == "files" and not finished else 1)
    raw = connect(data / "gchat.db", keys.database_key, read_only=True)
    try:
        kept = raw.execute("SELECT id, wrapped_key FROM upload UNION ALL SELECT id, wrapped_key FROM blob").fetchall()
    finally:
        raw.close()
    assert len(kept) == 2 * UPLOADS
    for name, wrapped in kept:
        assert len(file_keys.unwrap(keys.files_keys, name, wrapped)) == 32


async def test_what_a_backup_opens_of_files_ends_with_both_switches(data: Path, tmp_path: Path) -> None:
    """A backup opens what was erased since, and an upload that was on its way, until both keys are switched.

    What opens it afterwards is the keyring of its day alone, whose copies have to be destroyed (docs/keys.md).
    """
    cast = json.loads((data / "demo-cast.json").read_text())
    narin, room = PersonId(cast["people"]["narin.p"]), RoomId(cast["rooms"]["dengue"])
    backup = tmp_path / "backup"
    async with wiring.services(config.load(data)) as s:
        filing = Filing(Bureau(s, Clock(s.clock())))
        sent, waits = await filing.ready(narin, "ส่งแล้ว.pdf"), await filing.ready(narin, "ยังไม่ส่ง.pdf")
        n = (await send_message(s, narin, room, TextBody(text=""), "backup", files=[sent])).n
    shutil.copytree(data, backup, ignore=shutil.ignore_patterns("*.sock"))
    async with wiring.services(config.load(data)) as s:
        await erase_bodies(s, room, n, n, "rule")
        await delete_uploads(s, [waits], Why.CANCELLED)
        assert await opened(s, narin, sent, waits) == []
    for key in ("agency", "files"):
        await switch(data, key)
    assert await restored(backup, data, tmp_path, narin, sent, waits) == [sent, waits]
    await switch(data, "agency", "--finish")
    assert await restored(backup, data, tmp_path, narin, sent, waits) == [waits]
    await switch(data, "files", "--finish")
    assert await restored(backup, data, tmp_path, narin, sent, waits) == []
    assert await restored(backup, backup, tmp_path, narin, sent, waits) == [sent, waits]


async def restored(backup: Path, keyring: Path, beside: Path, person: PersonId, *files: str) -> list[str]:
    """Return which files a backup opens with the keyring of another folder."""
    folder = shutil.copytree(backup, beside / "restored")
    shutil.copyfile(keyring / "keyring.json", folder / "keyring.json")
    async with wiring.services(config.load(folder)) as s:
        found = await opened(s, person, *files)
    shutil.rmtree(folder)
    return found


async def opened(s: Services, person: PersonId, *files: str) -> list[str]:
    """Return the files whose bytes a person gets."""
    found = []
    for one in files:
        with suppress(NotFound, WrongKey):
            file = await open_file(s, person, one)
            pieces = read_clear(s.files.objects, one, file.key, file.stored.size)
            assert b"".join([piece async for piece in pieces]) == CONTENT
            found.append(one)
    return found


async def with_files(data: Path) -> None:
    """Put uploads into the tables that are ready and that no message refers to."""
    person = PersonId(json.loads((data / "demo-cast.json").read_text())["people"]["narin.p"])
    async with wiring.services(config.load(data)) as s:
        for _ in range(UPLOADS):
            await an_upload(s, person)
