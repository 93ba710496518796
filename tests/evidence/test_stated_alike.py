"""Two verifiers and a replica judge alike whatever an agency or the registry signs: fields of every kind and shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from appliance.evidence.verification import Refused
from tests.evidence.independent import judge
from tests.evidence.room_builder import GATEWAY, LOG, OTHER_LOG, START
from tests.evidence.test_lying_hub import KNOWN
from tests.evidence.test_verification import Replica
from tests.evidence.vector_rooms import small
from tests.evidence.vector_statements import ORDER_KEYS, added, ordered, removed, transferred

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.evidence.court import Court

WRONG: Final[tuple[object, ...]] = (
    None, 0, 1, -1, 2**53 - 1, True, "", "x", "x" * 65, "x" * 641, "a\nb", "\x07", "\u200b", "moc", "moi", "p_1@moi",
    [], {}, "gchat", "active", "r_" + "b" * 26, "A" * 43 + "=", START, START // 1000, ["x"],
)  # fmt: skip
KINDS: Final[dict[str, tuple[Callable[..., Any], tuple[str, ...]]]] = {
    "card": (added, ("ag", "exp", "iat", "name_th", "name_en", "pos", "st", "u", "unit", "level", "more")),
    "revocation": (removed, ("ag", "at", "seq", "u", "why", "more")),
    "acceptance": (transferred, ("ag", "at", "room", "root", "size", "more")),
    "order": (ordered, ("at", "hub", "id", "owner", "reg", "room", "root", "size", "why", "more")),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_signed_is_judged_alike(kind: str, court: Court, tmp_path: Path) -> None:
    go_on, fields = KINDS[kind]
    policy = court.file("policy", f"log {LOG.verifier.vkey}\nlog {OTHER_LOG.verifier.vkey}\nquorum none\n")
    trust = ["--policy", policy, "--gateway", GATEWAY.verifier.vkey, *ORDER_KEYS]
    cases, ours, replicas = [], [], []
    for field in fields:
        for number, value in enumerate(WRONG):
            room = small()
            go_on(**{field: value})(room)
            log = (2, OTHER_LOG) if kind == "order" else (1, LOG)
            data = room.export(log[0], log=log[1]).data
            path = tmp_path / f"{field}-{number}.jsonl"
            path.write_bytes(data)
            cases.append(["room", str(path), *trust])
            ours.append(court.run("room", data, *trust))
            replicas.append(Replica(room.room, KNOWN).follow(room.entries))
    assert [case[1] for case, a, b in zip(cases, ours, judge(cases, tmp_path), strict=True) if a != b] == []
    # Who has the registry knows more; of fields alone they judge alike.
    differ = [case[1] for case, a, b in zip(cases, ours, replicas, strict=True) if (a == 1) != isinstance(b, Refused)]
    assert differ == []
    assert 1 in ours
    assert len(set(ours)) > 1
