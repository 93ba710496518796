"""Rooms of random entries under a true signature: the rules of the appliance and those of the document decide alike."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.evidence.independent import judge
from tests.evidence.room_builder import GATEWAY, GUEST, LOG, OTHER_LOG, OWNER, START, THIRD, RoomBuilder, card

if TYPE_CHECKING:
    from tests.evidence.court import Court

PEOPLE = (OWNER, THIRD, f"{GUEST}@moi", f"{OWNER}@moc", GUEST, f"{OWNER}@moi", "system")
HOUR = 3_600_000


def random_state(ty: str, n: int, chance: random.Random) -> dict[str, Any] | None:
    """Fields that mostly fit the type."""
    position = chance.randrange(n + 1)
    some = chance.sample(PEOPLE[:6], chance.choice((1, 1, 2)))
    fields: dict[str, dict[str, Any]] = {
        "room.rename": {"name": "ใหม่"},
        "member.add": {"members": [card(person, "ชื่อ") for person in some]},
        "member.remove": {"members": some},
        "sys.remove": {"members": some, "why": "x"},
        "owner.transfer": {"to": some[0]},
        "owner.reassign": {"to": some[0]} | ({"card": card(some[0], "ชื่อ")} if chance.random() < 0.5 else {}),
        "message.text": {"reply_to": position} if chance.random() < 0.2 else {},
        "message.edit": {"target": position},
        "message.redact": {"target": position},
        "message.reaction": {"target": position, "emoji": "👍", "on": True},
        "shred": {"from": 0, "to": position, "rule": "x", "at": START},
    }
    return fields.get(ty) or None


def random_room(chance: random.Random) -> RoomBuilder:
    """A room of which most entries are allowed, and some perhaps not."""
    room = RoomBuilder()
    kind = chance.choice(("group", "group", "group", "direct"))
    room.append("moc", "room.create", st={"kind": kind, "owner": OWNER, "card": card(OWNER, "ก")})
    room.append("moc", "member.add", st={"members": [card(f"{GUEST}@moi", "ข")]})
    for _ in range(chance.randint(1, 5)):
        n = len(room.entries)
        ty = chance.choice(
            ("message.text",) * 8
            + ("message.edit", "message.redact", "message.reaction") * 2
            + ("room.rename", "member.add", "member.remove", "sys.remove", "owner.transfer", "owner.reassign")
            + ("room.close", "sys.close", "shred")
        )
        by_system = ty in ("sys.remove", "sys.close", "owner.reassign", "shred")
        sender = "system" if by_system and chance.random() < 0.95 else chance.choice((OWNER, OWNER, OWNER, THIRD))
        origin = room.hub if by_system or chance.random() < 0.7 else "moi"
        st = random_state(ty, n, chance)
        text = "x" if ty in ("message.text", "message.edit") else None
        by = GUEST if origin == "moi" and not by_system else sender
        late = 25 * HOUR if chance.random() < 0.05 else 0
        room.append(origin, ty, text=text, st=st, sender=by, ts=START + 1000 * n + late)
        if ty in ("owner.transfer", "owner.reassign") and st and st["to"].endswith("@moi"):
            room.hub = "moi"
    return room


@pytest.mark.slow
def test_two_verifiers_judge_random_rooms_alike(court: Court, tmp_path: Path) -> None:
    chance = random.Random(2026)  # noqa: S311  (the same rooms at every run)
    policy = court.file("policy", f"log {LOG.verifier.vkey}\nlog {OTHER_LOG.verifier.vkey}\nquorum none\n")
    trust = ["--policy", policy, "--gateway", GATEWAY.verifier.vkey]
    cases, ours, said = [], [], []
    for number in range(400):
        room = random_room(chance)
        epoch, log = (2, OTHER_LOG) if room.hub == "moi" and chance.random() < 0.8 else (1, LOG)
        data = room.export(epoch, log=log).data
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(data)
        cases.append(["room", str(path), *trust])
        ours.append(court.run("room", data, *trust))
        said.append(court.said)
    theirs = judge(cases, tmp_path)
    differ = [(case[1], a, b, words) for case, a, b, words in zip(cases, ours, theirs, said, strict=True) if a != b]
    assert differ == []
    assert ours.count(0) > 40
    assert ours.count(1) > 50
