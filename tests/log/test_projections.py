"""Every type of entry says which tables it writes, and what it writes is what `integrity.py` then expects of them."""

from __future__ import annotations

import sqlite3
from dataclasses import astuple

import pytest

from appliance.log.projections import NONE, PROJECTIONS, EntryRef, Tables
from appliance.model import EntryType, PersonId, State
from appliance.rules.entry_states import BodiesDestroyed, MessageRetracted, Reacted, TextEdited
from appliance.store.batch import WRITES, Batch
from tests.rules.test_entry_types import FULL

A, B = PersonId("p_a"), PersonId("p_b")
SCHEMA = """
CREATE TABLE message_mark (room, n, edit, redact, PRIMARY KEY (room, n));
CREATE TABLE message_edit (room, target, n);
CREATE TABLE reaction (room, target, emoji, person, n, PRIMARY KEY (room, target, emoji, person));
"""


def test_every_type_is_projected_or_has_no_tables_of_its_own() -> None:
    assert set(PROJECTIONS) | NONE == set(EntryType)
    assert not set(PROJECTIONS) & NONE


@pytest.mark.parametrize("kind", sorted(PROJECTIONS))
def test_a_projection_writes_rows(kind: EntryType) -> None:
    batch = Batch()
    PROJECTIONS[kind].write(batch, EntryRef(1, 9, A), FULL[kind])
    assert any(astuple(batch))


SAID: list[tuple[EntryType, PersonId, State]] = [
    (EntryType.MESSAGE_EDIT, A, TextEdited(2)),
    (EntryType.MESSAGE_REACTION, A, Reacted(2, "👍", on=True)),
    (EntryType.MESSAGE_REACTION, A, Reacted(2, "👍", on=True)),
    (EntryType.MESSAGE_REACTION, B, Reacted(2, "👍", on=True)),
    (EntryType.MESSAGE_EDIT, A, TextEdited(2)),
    (EntryType.MESSAGE_REACTION, B, Reacted(2, "👍", on=False)),
    (EntryType.MESSAGE_REDACT, A, MessageRetracted(2)),
    (EntryType.MESSAGE_REDACT, A, MessageRetracted(2)),
    (EntryType.SHRED, A, BodiesDestroyed(1, 2, "R1", 5)),
    (EntryType.MESSAGE_REACTION, B, Reacted(3, "❤", on=True)),
    (EntryType.MESSAGE_REACTION, A, Reacted(2, "👍", on=False)),
    (EntryType.MESSAGE_REACTION, A, Reacted(2, "👍", on=True)),
]


@pytest.mark.parametrize("batches", [1, 2, len(SAID)])
def test_what_is_written_is_what_is_expected(batches: int) -> None:
    """Whatever entries share a transaction."""
    raw, tables = sqlite3.connect(":memory:"), Tables()
    raw.executescript(SCHEMA)
    size = len(SAID) // batches
    for start in range(0, len(SAID), size):
        batch = Batch()
        for n, (kind, sender, state) in enumerate(SAID[start : start + size], start + 10):
            PROJECTIONS[kind].write(batch, EntryRef(1, n, sender), state)
            if expect := PROJECTIONS[kind].expect:
                expect(tables, EntryRef(1, n, sender), state)
        for name, _, statement in WRITES:
            if name in {"edited", "edits", "redacted", "reactions_off", "reactions_on"}:
                raw.executemany(statement, getattr(batch, name))
    marks = {n: (edit, redact) for n, edit, redact in raw.execute("SELECT n, edit, redact FROM message_mark")}
    assert marks == tables.marks == {2: (14, 16)}
    assert set(raw.execute("SELECT target, n FROM message_edit")) == tables.edits
    found = {
        (target, emoji, who): n
        for target, emoji, who, n in raw.execute("SELECT target, emoji, person, n FROM reaction")
    }
    assert found == tables.reactions
    raw.close()
