"""What must hold of an appliance whatever was done to it: nothing acknowledged is lost, doubled or out of order."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.commands import carried_out, verifier_says
from tests.faults.appliance import Caller
from tests.faults.load import Follower, Reader, Worker, Writer

Entries = Mapping[str, list[dict[str, Any]]]


async def held(callers: Mapping[str, Caller]) -> dict[str, list[dict[str, Any]]]:
    """Return every entry of rooms, each read by the member given."""
    return {room: await caller.history(room) for room, caller in callers.items()}


def whole(entries: Entries) -> None:
    """Positions have no gap, and times rise."""
    for room, found in entries.items():
        assert [event["n"] for event in found] == list(range(len(found))), room
        assert all(a["at"] <= b["at"] for a, b in itertools.pairwise(found)), room


def kept(entries: Entries, writers: Iterable[Writer]) -> None:
    """Every acknowledged message is there once, where it was acknowledged, each writer's in the order written."""
    places: dict[str, list[int]] = defaultdict(list)
    for found in entries.values():
        for event in found:
            if event.get("body"):
                places[event["body"]["text"]].append(event["n"])
    for writer in writers:
        assert writer.acked, f"{writer.name} was never answered"
        for txn_id, n in writer.acked.items():
            assert places[writer.text(txn_id)] == [n], txn_id
        order = {txn_id: places[writer.text(txn_id)] for txn_id in writer.written}
        assert all(len(place) <= 1 for place in order.values()), f"{writer.name}: a message is there twice"
        there = [place[0] for place in order.values() if place]
        assert there == sorted(there), f"{writer.name}: out of order"


def heard(
    entries: Entries, since: Mapping[str, int], followers: Iterable[Follower], rooms: Mapping[str, set[str]]
) -> None:
    """Every follower heard every entry of their rooms since the beginning once, as it stands."""
    for follower in followers:
        counted = Counter((event["room"], event["n"]) for event in follower.seen)
        doubled = [key for key, count in counted.items() if count > 1]
        assert not doubled, f"{follower.name} heard {doubled[:3]} more than once"
        for room in rooms[follower.name]:
            due = {(room, event["n"]) for event in entries[room] if event["n"] >= since[room]}
            missed = sorted(due - counted.keys())
            assert not missed, f"{follower.name} did not hear {missed[:3]} ({len(missed)})"
        texts = {(e["room"], e["n"]): e["body"]["text"] for e in follower.seen if e.get("body")}
        for room in rooms[follower.name]:
            for event in entries[room]:
                if event["n"] >= since[room] and event.get("body"):
                    assert texts[room, event["n"]] == event["body"]["text"]


async def read(readers: Iterable[Reader], caller: Caller, entries: Entries) -> None:
    """Every acknowledged receipt is there by name: for the last message it covers that is not the reader's own."""
    for reader in readers:
        assert reader.read >= 0, f"{reader.name} was never answered"
        upto = max(
            event["n"]
            for event in entries[reader.room]
            if event["n"] <= reader.read and event["type"] == "message.text" and event["sender"] != reader.caller.person
        )
        answer = await caller.call("GET", f"/rooms/{reader.room}/messages/{upto}/readers")
        assert reader.caller.person in {person["person"] for person in answer["read"]}, (reader.name, upto)


async def verified(data: Path, rooms: Iterable[str]) -> None:
    """The trees of all rooms are what the checkpoints say, and exports pass the verifier. The appliance is stopped."""
    await asyncio.to_thread(_verified, data, rooms)


def _verified(data: Path, rooms: Iterable[str]) -> None:
    done = carried_out("room", "verify", "--data", data)
    assert done.code == 0, done.out + done.err
    for room in rooms:
        path = data.parent / f"{room}.jsonl"
        path.unlink(missing_ok=True)
        exported = carried_out("room", "export", room, "--why", "ทดสอบ", "--data", data, "--output", path)
        assert exported.code == 0, exported.err
        vkey = json.loads(path.read_text(encoding="utf-8").partition("\n")[0])["vkey"]
        checked = verifier_says("room", path, "--vkey", vkey)
        assert checked.code == 0, checked.out + checked.err


def writers(team: Iterable[Worker]) -> list[Writer]:
    """Return those of a team who write."""
    return [worker for worker in team if isinstance(worker, Writer)]


def followers(team: Iterable[Worker]) -> list[Follower]:
    """Return those of a team who follow the stream."""
    return [worker for worker in team if isinstance(worker, Follower)]
