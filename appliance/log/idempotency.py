"""Deduplication: a command that is sent again gets the first result and changes nothing.

The idempotency key of a command (`Key`) is its room, its sender and their `txn_id`; a private chat has a second key,
its kind with its two people. Rules:
- of two commands with a key in common, the second waits until the first is committed (`split_duplicates`);
- before a batch is decided, only commands that create a room are looked up. The keys of all others are compared as the
  batch is written, with the newest in memory (`folding.py`) and with the table `txn`;
- commands that are refused, and all of a batch whose write met a known key, are looked up afterwards (`Repeats.find`);
  a repeat is answered with its first result;
- checks that come before the log must not refuse a repeat: `RoomLog.once` looks here first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from appliance.evidence.canonical import decode_header
from appliance.log.commands import THIS_ROOM, Command
from appliance.model import WAITING, Appended
from appliance.store import entries, outbox, rooms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from appliance.log.commands import AnyCommand
    from appliance.model import Home, PersonId, RoomId
    from appliance.store.db import Rows, Store


class Key(NamedTuple):
    """What a repeat has in common with the first command. `room`: `THIS_ROOM` where it creates one.

    `pair` names a private chat by its kind and its two people. Without `txn_id` and `pair` nothing is a repeat.
    """

    room: RoomId
    sender: PersonId
    txn_id: str | None
    pair: str | None = None


class Repeats:
    """The commands of one batch that were done before."""

    def __init__(self, store: Store, home: Home) -> None:
        self._store, self._home = store, home
        self._found: dict[int, tuple[Command, list[Appended]]] = {}

    def add(self, command: Command, result: list[Appended]) -> None:
        """Note that a command was done before."""
        self._found[id(command)] = (command, result)

    async def find(self, commands: Sequence[AnyCommand]) -> bool:
        """Look up which of these were done before; one that cannot be looked up was not. Say whether any is new."""
        known = len(self._found)
        suspects = [
            command for command in commands if isinstance(command, Command) and command.keys and command not in self
        ]
        if not suspects:
            return False
        results = await self._store.read_each(self.result_of, suspects, while_writing=True)
        for command, result in zip(suspects, results, strict=True):
            if isinstance(result, list):
                self.add(command, result)
        return len(self._found) > known

    def result_of(self, rows: Rows, command: Command) -> list[Appended] | None:
        """Return what an earlier command with the same key had as its result, or None."""
        draft = command.drafts[0]
        found = find_done(rows, Key(draft.room, self._home.person(draft.actor), draft.txn_id, command.pair))
        return None if found is None else [found]

    def rest(self, commands: list[AnyCommand]) -> list[AnyCommand]:
        """Return those of the commands that were not done before."""
        return [command for command in commands if command not in self] if self._found else commands

    def __contains__(self, command: AnyCommand) -> bool:
        """Return whether a command was done before."""
        return id(command) in self._found

    def __iter__(self) -> Iterator[tuple[Command, list[Appended]]]:
        return iter(self._found.values())


def split_duplicates(commands: list[AnyCommand]) -> tuple[list[AnyCommand], list[AnyCommand]]:
    """Return the commands without second copies, and those; they are answered from the first one's commit."""
    seen: set[tuple[str, ...]] = set()
    first: list[AnyCommand] = []
    duplicates: list[AnyCommand] = []
    for command in commands:
        keys = command.keys
        (duplicates if any(key in seen for key in keys) else first).append(command)
        seen.update(keys)
    return first, duplicates


def find_done(rows: Rows, key: Key) -> Appended | None:
    """Return the position of the first entry of an earlier command with this key, or None."""
    if key.room == THIS_ROOM:
        return _find_created(rows, key)
    if key.txn_id is None:
        return None
    found = entries.find_txn(rows, key.room, key.sender, key.txn_id)
    if found is None:
        waiting = outbox.find_txn(rows, key.room, key.sender, key.txn_id)
        return None if waiting is None else Appended(key.room, WAITING, waiting.id, waiting.at, 0, waiting.hub)
    n, header, at, pos = found
    return Appended(key.room, n, decode_header(header).id, at, pos)


def _find_created(rows: Rows, key: Key) -> Appended | None:
    """Return the first entry of the room that an earlier command created, or None."""
    room = rooms.id_by_pair(rows, key.pair) if key.pair else None
    if room is None and key.txn_id is not None:
        room = rooms.id_by_create_txn(rows, key.sender, key.txn_id)
    first = None if room is None else entries.one(rows, entries.room_key(rows, room), 0)
    if room is None or first is None:
        return None
    return Appended(room, 0, decode_header(first.header).id, first.at, first.pos)
