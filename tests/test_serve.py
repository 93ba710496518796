"""How the appliance's process is set up before it serves."""

from __future__ import annotations

import sys
from collections.abc import Coroutine
from contextlib import nullcontext
from pathlib import Path

import pytest
import uvloop

from appliance import serve, wiring
from appliance.config import Config
from tests.bureau import KEYS


def test_threads_hand_the_interpreter_over_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Security 4, 14: a heavy read on another thread does not keep the event loop waiting at each of its events."""
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
