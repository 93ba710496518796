"""The vectors of `docs/evidence.md` are what the builder makes, and every verifier gives the verdicts they state."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from appliance.evidence import verifier
from appliance.evidence.note import Checkpoint, sign_checkpoint
from appliance.evidence.tree import leaf_hash, root_of
from tests.evidence.independent import answers, judge
from tests.evidence.make_vectors import FOLDER, make
from tests.evidence.room_builder import GATEWAY, LOG, OTHER_LOG, created, eventful, handed_over
from tests.evidence.test_verifier import alterations, canonical
from tests.evidence.vector_cases import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.evidence.court import Court
    from tests.evidence.room_builder import ExportedRoom, RoomBuilder

INDEX: dict[str, Any] = json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))
CASES: dict[str, dict[str, Any]] = {case["name"]: case for case in INDEX["cases"]}


def test_the_vectors_are_what_the_builder_makes() -> None:
    kept = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    assert kept == make()


def options(case: dict[str, Any]) -> Iterator[str]:
    """The arguments of a case, files by their path."""
    for argument in case["arguments"]:
        is_file = "." in argument and "/" not in argument and "+" not in argument
        yield str(FOLDER / argument) if is_file else argument


@pytest.mark.parametrize("name", CASES)
def test_the_verifier_gives_the_verdict_of_the_vectors(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = verifier.main(list(options(CASES[name])))
    except SystemExit as stopped:
        code = int(str(stopped.code))
    said = capsys.readouterr()
    assert code == CASES[name]["exit"], said
    if "output" in CASES[name]:
        assert said.out.encode() == (FOLDER / CASES[name]["output"]).read_bytes()


def test_the_independent_verifier_gives_the_verdicts_of_the_vectors(tmp_path: Path) -> None:
    given = answers([list(options(case)) for case in CASES.values()], tmp_path)
    found = dict(zip(CASES, given, strict=True))
    assert {name: code for name, (code, _) in found.items()} == {name: case["exit"] for name, case in CASES.items()}
    written = {name: text for name, (_, text) in found.items() if text is not None}
    kept = {name: (FOLDER / case["output"]).read_text("utf-8") for name, case in CASES.items() if "output" in case}
    assert written == kept


@pytest.mark.parametrize(("members", "code"), [(5_000, 0), (5_001, 1)])
def test_the_largest_room(members: int, code: int, court: Court, tmp_path: Path) -> None:
    """Not among the vectors, since each of these rooms takes half a megabyte."""
    room = created()
    people = [{"name": "x", "p": str(number), "post": "", "unit": ""} for number in range(members - 1)]
    for start in range(0, len(people), 100):
        room.append("moc", "member.add", st={"members": people[start : start + 100]})
    data = room.export().data
    path = tmp_path / "room"
    path.write_bytes(data)
    assert court.run("room", data, *KEY) == code
    assert judge([["room", str(path), *KEY]], tmp_path) == [code]


def resign(exported: ExportedRoom, n: int, line: dict[str, Any]) -> bytes:
    """The export with another line for entry `n`, under a checkpoint of the tree it makes."""
    lines = exported.lines
    lines[n + 1] = canonical(line).encode() + b"\n"
    hashes = list(exported.hashes)
    if isinstance(line.get("l"), str):
        hashes[n] = leaf_hash(line["l"].encode())
    checkpoint = Checkpoint(exported.head.origin, len(hashes), root_of(hashes))
    note = {"cp": sign_checkpoint(checkpoint, exported.log), "t": "checkpoint"}
    return b"".join([*lines[:-1], canonical(note).encode() + b"\n"])


@pytest.mark.slow
@pytest.mark.parametrize("make_room", [eventful, handed_over], ids=["eventful", "handed over"])
def test_two_verifiers_agree_on_what_a_hub_altered_and_signed(
    make_room: Callable[[], RoomBuilder], court: Court, tmp_path: Path
) -> None:
    """Every field of every leaf and header altered, dropped or joined by another, under a true signature."""
    room = make_room()
    log = OTHER_LOG if room.hub == "moi" else LOG
    exported = room.export(epoch=2 if room.hub == "moi" else 1, log=log)
    cases, ours = [], []
    for n in range(len(exported.entries)):
        for name, altered in alterations(json.loads(exported.lines[n + 1])):
            data = resign(exported, n, altered)
            path = tmp_path / f"{n}-{name}.jsonl"
            path.write_bytes(data)
            arguments = ["room", str(path), "--vkey", exported.vkey, "--gateway", GATEWAY.verifier.vkey]
            cases.append(arguments)
            ours.append(court.run("room", data, *arguments[2:]))
    assert {0, 1, 3} >= set(ours)
    theirs = judge(cases, tmp_path)
    assert [c[1] for c, a, b in zip(cases, ours, theirs, strict=True) if a != b] == []
    assert len(cases) > 500


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The data with one or two bytes altered, dropped, doubled or put in."""
    spoiled = bytearray(data)
    for _ in range(chance.randint(1, 2)):
        at, other = chance.randrange(len(spoiled)), chance.randrange(len(spoiled))
        match chance.randrange(4):
            case 0:
                spoiled[at] ^= 1 << chance.randrange(8)
            case 1:
                del spoiled[at : at + chance.randint(1, 3)]
            case 2:
                spoiled[at:at] = chance.choice((b"\n", b" ", b'"', b"\\", b"\r", b"\0", b"0", "é".encode()))
            case _:
                spoiled[at:at] = spoiled[other : other + chance.randint(1, 40)]
    return bytes(spoiled)


@pytest.mark.slow
def test_two_verifiers_agree_on_damaged_files(court: Court, tmp_path: Path) -> None:
    chance = random.Random(2569)  # noqa: S311  (the same damage at every run)
    sources = [
        case for case in CASES.values() if case["exit"] == 0 and case["arguments"][0] in ("room", "checkpoint", "proof")
    ]
    cases, ours = [], []
    for number in range(400):
        command, file, *others = options(sources[number % len(sources)])
        data = damaged(Path(file).read_bytes(), chance)
        path = tmp_path / f"{number}"
        path.write_bytes(data)
        cases.append([command, str(path), *others])
        ours.append(court.run(command, data, *others))
    theirs = judge(cases, tmp_path)
    assert [case for case, a, b in zip(cases, ours, theirs, strict=True) if a != b] == []
    assert ours.count(1) > 250
