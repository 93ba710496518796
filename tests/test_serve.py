"""How the appliance's process is set up before it serves."""

from __future__ import annotations

import gc
import sys
from collections.abc import Coroutine
from contextlib import nullcontext
from pathlib import Path

import pytest
import uvloop

from appliance import wiring
from appliance.config import Config
from appliance.files.fences import BwrapFence
from appliance.files.workers import Workers
from appliance.process import serve
from tests.bureau import KEYS


def test_threads_hand_the_interpreter_over_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A heavy read on another thread does not keep the event loop waiting at each of its events."""
    seen: list[float] = []

    def run(serving: Coroutine[object, object, None]) -> None:
        serving.close()
        seen.append(sys.getswitchinterval())

    monkeypatch.setattr(uvloop, "run", run)
    monkeypatch.setattr(wiring, "only_process", lambda *_, **__: nullcontext())
    before = sys.getswitchinterval()
    try:
        serve.run(Config(data=tmp_path), serve.Handover(), lambda: KEYS)
    finally:
        sys.setswitchinterval(before)
    assert seen == [pytest.approx(serve.SWITCH_S)]
    assert before / 5 >= serve.SWITCH_S


async def test_what_looks_at_files_and_is_missing_is_told_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    await serve._look_for_what_is_missing(Workers(BwrapFence(), 1))  # noqa: SLF001 - all that `_serve` does with it
    assert caplog.text.count("ALERT") == 1
    assert "bubblewrap is not installed" in caplog.text


def test_garbage_is_collected_in_small_pieces() -> None:
    """The garbage of a flood does not stop the event loop for longer than that of a quiet minute."""
    pieces: list[int] = []

    def note(phase: str, told: dict[str, int]) -> None:
        if phase == "stop" and told["generation"] == 0:
            pieces.append(told["collected"])

    before = gc.get_threshold()
    gc.callbacks.append(note)
    try:
        serve._collect_less_garbage()  # noqa: SLF001 - no part of it can be seen from outside
        for _ in range(60_000):
            cycle: list[object] = []
            cycle.append(cycle)
    finally:
        gc.callbacks.remove(note)
        gc.set_threshold(*before)
        gc.unfreeze()
    assert sum(pieces) > 30_000
    assert max(pieces) < 5_000
