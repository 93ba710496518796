"""A database of a former schema, migrated: what newer tables say of older entries is what those entries say."""

from __future__ import annotations

from typing import Final

from appliance.actions import evidence, removal_requests, rooms
from appliance.log.bodies import Bodies
from appliance.log.integrity import Check
from appliance.log.verification import LogFiles, verify_rooms
from appliance.model import EVERYONE, SYSTEM, Draft, EntryType, PersonId, RoomId
from appliance.reads.owner_requests import load_my_requests
from appliance.rules.entry_states import OwnerReassigned
from appliance.rules.owner_requests import Outcome
from appliance.store import entries
from appliance.store.db import connect
from appliance.store.migrate import migrate
from tests.bureau import CLERK, KEYS, MALEE, NARIN, SIGNER, SOMCHAI, Bureau, principal

# What takes the rooms of a database of today back to the schema in which a leaf was made from assumptions.
TO_17: Final = (
    *(f"DROP TRIGGER {name}" for name in ("reference_retracted", "reference_retracted_later")),
    *(
        f"DROP TABLE {name}"
        for name in (
            *("room_note", "cosignature", "entry_id", "quarantine", "peer_cursor", "peer_room", "outbox"),
            *("portrait", "file_ref", "upload", "blob", "file_use", "file_deletion", "file_receipt"),
        )
    ),
    """CREATE TABLE former_entry (place INTEGER PRIMARY KEY,
    room INTEGER NOT NULL GENERATED ALWAYS AS (place >> 32) VIRTUAL REFERENCES room (key),
    n INTEGER NOT NULL GENERATED ALWAYS AS (place & 4294967295) VIRTUAL,
    pos INTEGER NOT NULL, at INTEGER NOT NULL, type TEXT NOT NULL, sender TEXT NOT NULL, target INTEGER,
    header BLOB NOT NULL, epoch INTEGER, sealed BLOB, ht INTEGER) STRICT""",
    """INSERT INTO former_entry (place, pos, at, type, sender, target, header, epoch, sealed, ht)
    SELECT place, pos, at, type, sender, target, header, epoch, sealed, ht FROM entry""",
    """CREATE TABLE former_feed (pos INTEGER PRIMARY KEY, at INTEGER NOT NULL, type TEXT NOT NULL, room INTEGER,
    n INTEGER, person TEXT, data TEXT) STRICT""",
    """INSERT INTO former_feed (pos, at, type, room, n, person, data)
    SELECT pos, at, type, room, NULL, person, data FROM feed UNION ALL
    SELECT pos, at, type, room, n, NULL, NULL FROM entry""",
    # A lagging index would hide these from the schema of then.
    "INSERT INTO txn SELECT place >> 32, sender, txn_id, n FROM entry WHERE txn_id IS NOT NULL ON CONFLICT DO NOTHING",
    "DROP VIEW entry",
    "DROP VIEW entry_line",
    "DROP TABLE log",
    "DROP TABLE entry_at",
    "DROP TABLE unfolded_at",
    "DROP TABLE feed",
    "ALTER TABLE former_entry RENAME TO entry",
    "ALTER TABLE former_feed RENAME TO feed",
    "CREATE INDEX feed_room ON feed (room) WHERE n IS NULL AND person IS NULL",
    "CREATE INDEX feed_person ON feed (person) WHERE person IS NOT NULL",
    "ALTER TABLE room DROP COLUMN hub",
    "ALTER TABLE room DROP COLUMN hub_epoch",
    "ALTER TABLE room DROP COLUMN hub_since",
    "ALTER TABLE checkpoint DROP COLUMN counters",
    "UPDATE room SET pair = substr(pair, instr(pair, ' ') + 1)",
    "CREATE TABLE version (subject TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID",
)
# The last schema before `concern`, `departure` and `told`, and what takes a database of today back to it.
FORMER: Final = 11
BACK: Final = (
    *TO_17,
    "DROP TABLE concern",
    "DROP TABLE departure",
    "DROP TABLE told",
    "DROP INDEX owner_request_person",
    "DROP INDEX owner_request_escalated",
    f"PRAGMA user_version = {FORMER}",
)

# What takes the departures of a database of today back to the schema in which a room had many of one person.
TO_16: Final = (
    *TO_17,
    """CREATE TABLE former (person TEXT NOT NULL, at INTEGER NOT NULL, room INTEGER NOT NULL REFERENCES room (key),
    by TEXT NOT NULL, name TEXT NOT NULL, why TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (person, at, room))
    STRICT, WITHOUT ROWID""",
    "INSERT INTO former SELECT person, at, room, by, name, why, reason FROM departure",
    "DROP TABLE departure",
    "ALTER TABLE former RENAME TO departure",
    "PRAGMA user_version = 16",
)


async def some_rooms(b: Bureau) -> list[RoomId]:
    """Make a group with every entry that concerns somebody, and a private chat, in which nothing does."""
    group = await b.group(NARIN, MALEE, SOMCHAI)
    await rooms.change_members(b.s, NARIN, group, [CLERK], [], b.txn())
    await b.say(MALEE, group)
    await rooms.transfer_room(b.s, NARIN, group, MALEE, None)
    await b.s.log.append(
        Draft(
            group,
            principal(SYSTEM),
            EntryType.OWNER_REASSIGN,
            state=OwnerReassigned(principal(SOMCHAI), why="post"),
        )
    )
    await rooms.rename_room(b.s, SOMCHAI, group, "ชื่อใหม่", b.txn())
    await rooms.close_room(b.s, SOMCHAI, group)
    direct = await rooms.create_direct(b.s, NARIN, MALEE, b.txn())
    await b.say(NARIN, direct)
    return [group, direct]


def upgrade(b: Bureau) -> None:
    """Take the database back to the former schema, then migrate it."""
    raw = connect(b.s.config.database, KEYS.database_key)
    try:
        for statement in BACK:
            raw.execute(statement)
    finally:
        raw.close()
    assert migrate(b.s.config.database, KEYS.database_key)[0] == FORMER
    raw = connect(b.s.config.database, KEYS.database_key)
    try:
        # Entries of that time named people without their agency, and so do the rows made from them.
        raw.execute("UPDATE concern SET person = replace(person, '@test', '')")
    finally:
        raw.close()


async def test_of_former_departures_the_last_of_each_room_is_kept(bureau: Bureau) -> None:
    left, again = [await bureau.group(NARIN, MALEE, SOMCHAI) for _ in range(2)]
    await rooms.change_members(bureau.s, NARIN, left, [], [MALEE], bureau.txn(), reason="ล่าสุด")
    raw = connect(bureau.s.config.database, KEYS.database_key)
    try:
        for statement in TO_16:
            raw.execute(statement)
        for room in (left, again):
            key = (await bureau.s.log.head(room)).key
            row = (MALEE, bureau.clock() - 1, key, NARIN, "เดิม", "", "ครั้งก่อน")
            raw.execute("INSERT INTO departure VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    finally:
        raw.close()
    migrate(bureau.s.config.database, KEYS.database_key)
    gone = (await load_my_requests(bureau.s, MALEE)).departures
    assert [(one.room, one.at, one.reason) for one in gone] == [(left, bureau.clock(), "ล่าสุด")]


async def concerns(b: Bureau, made: list[RoomId]) -> list[set[tuple[int, str]]]:
    keys = [(await b.s.log.head(room)).key for room in made]
    async with b.s.store.read() as reader:
        return [await reader.run(entries.concerns_of_room, key) for key in keys]


async def test_rooms_of_before_verify_and_count_what_concerned_somebody(bureau: Bureau) -> None:
    made = await some_rooms(bureau)
    before = await concerns(bureau, made)
    assert {PersonId(who) for _, who in before[0]} == {MALEE, SOMCHAI, CLERK, EVERYONE}
    assert before[1] == set()
    await evidence.record_heads(bureau.s)
    upgrade(bureau)
    assert await concerns(bureau, made) == before
    place = LogFiles(bureau.s.config.database, KEYS.database_key, bureau.s.config.heads_file)
    found = verify_rooms(place, Check(SIGNER.verifier, Bodies(KEYS)), wait=lambda _: None)
    assert (found.faults, found.rooms) == ([], 2)


async def test_answers_of_before_are_not_told_anew_and_later_ones_are(bureau: Bureau) -> None:
    for room in [await bureau.group(NARIN, MALEE, SOMCHAI) for _ in range(2)]:
        request = await removal_requests.ask_removal(bureau.s, MALEE, room, "")
        await removal_requests.answer_removal(bureau.s, NARIN, room, request.id, Outcome.REFUSED, "")
    upgrade(bureau)
    assert [one.fresh for one in (await load_my_requests(bureau.s, MALEE)).requests] == [False, False]
    bureau.clock.pass_(1)
    later = await bureau.group(NARIN, MALEE, SOMCHAI)
    request = await removal_requests.ask_removal(bureau.s, MALEE, later, "")
    await removal_requests.answer_removal(bureau.s, NARIN, later, request.id, Outcome.REFUSED, "")
    assert {one.room for one in (await load_my_requests(bureau.s, MALEE)).requests if one.fresh} == {later}
