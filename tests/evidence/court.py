"""The verifier as a court uses it: on files, by its command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from appliance.evidence import verifier
from tests.evidence.room_builder import GATEWAY

THAI = re.compile(r"[\u0e00-\u0e7f]")


class Court:
    """Runs the verifier on bytes as a file, and keeps what it said.

    It gives the key of the other agency's gateway where a command takes one and the test gives none itself;
    `gateways` empty: it does not.
    """

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        self.said = self.complained = ""
        self.gateways: tuple[str, ...] = ("--gateway", GATEWAY.verifier.vkey)

    def file(self, name: str, data: bytes | str) -> str:
        path = self.folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return str(path)

    def run(self, command: str, data: bytes | str, *options: str) -> int:
        takes = command in ("room", "proof") and "--gateway" not in options
        try:
            code = verifier.main([command, self.file("evidence", data), *options, *(self.gateways if takes else ())])
        except SystemExit as stopped:
            code = int(str(stopped.code))
        self.said, self.complained = self.capsys.readouterr()
        return code

    def named(self) -> range:
        """Entries that the English text names, one or a span."""
        if one := re.search(r"^FAILED: entry (\d+):", self.said, re.MULTILINE):
            span = re.search(r"entries (\d+)–(\d+) was altered", self.said)
            return range(int(span[1]), int(span[2]) + 1) if span else range(int(one[1]), int(one[1]) + 1)
        span = re.search(r"^FAILED: .*entries (\d+)–(\d+) was altered", self.said, re.MULTILINE)
        return range(int(span[1]), int(span[2]) + 1) if span else range(0)
