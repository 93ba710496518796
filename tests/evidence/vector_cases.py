"""Collects the files and cases of the test vectors, and the arguments that most cases share."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from appliance.evidence.tree import inclusion_proof
from tests.evidence.room_builder import GATEWAY, LOG, OTHER_LOG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.evidence.room_builder import ExportedRoom

KEY = ("--vkey", LOG.verifier.vkey)
OTHER_KEY = ("--vkey", OTHER_LOG.verifier.vkey)
GATEWAY_KEY = ("--gateway", GATEWAY.verifier.vkey)
DAY = 24 * 3_600_000


class Vectors:
    """Collects files and cases."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cases: list[dict[str, Any]] = []

    def file(self, name: str, data: bytes | str) -> str:
        """Keep a file; returns its name."""
        data = data.encode() if isinstance(data, str) else data
        assert self.files.setdefault(name, data) == data, name
        return name

    def case(self, name: str, code: int, *arguments: str, output: str | None = None) -> None:
        """Add a case: what it shows, its exit code, the arguments, the file that holds what `prove` must write."""
        assert all(case["name"] != name for case in self.cases), name
        written = {} if output is None else {"output": output}
        self.cases.append({"name": name, "exit": code, "arguments": list(arguments), **written})

    def room(self, name: str, code: int, data: bytes, *options: str, file: str | None = None) -> None:
        """Add a room's export and a case of it."""
        file = self.file(file or f"{name.replace(' ', '-')}.jsonl", data)
        self.case(name, code, "room", file, *(options or (*KEY, *GATEWAY_KEY)))


def proof(exported: ExportedRoom, n: int, extra: bytes | None, path: Sequence[bytes] | None = None) -> str:
    """A proof file of entry `n`; `path` in the place of the true one."""
    nodes = inclusion_proof(exported.hashes, n) if path is None else path
    carried = [] if extra is None else [f"extra {b64encode(extra).decode()}"]
    lines = ["c2sp.org/tlog-proof@v1", *carried, f"index {n}", *(b64encode(node).decode() for node in nodes), ""]
    return "\n".join([*lines, exported.note])
