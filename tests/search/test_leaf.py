from __future__ import annotations

import subprocess
import sys


def test_what_the_appliance_imports_brings_neither_numpy_nor_whoosh() -> None:
    """The appliance's process stays small: the heavy parts belong to the search process."""
    modules = ("client", "wire", "query", "snippet", "layout", "eras")
    program = "; ".join([*(f"import search_index.{name}" for name in modules), "import sys; print(*sys.modules)"])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - our own
    names = done.stdout.split()
    loaded = {name.partition(".")[0] for name in names}
    assert "search_index" in loaded
    assert not loaded & {"numpy", "whoosh", "cryptography"}
    assert {".".join(name.split(".")[:2]) for name in names if name.startswith("appliance")} == {
        "appliance",
        "appliance.ipc",
        "appliance.spelling",
    }


def test_the_search_process_does_without_whoosh() -> None:
    """The adapter stands beside the engine; what the engine needs is its own."""
    program = "import search_index.process, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - our own
    assert "numpy" in done.stdout.split()
    assert not [name for name in done.stdout.split() if name.partition(".")[0] == "whoosh"]
