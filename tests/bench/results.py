"""Results of benchmarks: percentiles, bars, and the one JSON line of each."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


class Bar(msgspec.Struct, frozen=True):
    """A bar: `value` may be at most (or at least) `bar`."""

    figure: str
    value: float
    bar: float
    reached: bool


class Result(msgspec.Struct, frozen=True):
    """One line of output. `ratio` is `value / limit`, both of this run; `server_cpu_s` is of the main window."""

    bench: str
    value: float
    unit: str
    limit: float
    ratio: float
    server_cpu_s: float
    details: dict[str, Any]


def at_most(figure: str, value: float, bar: float) -> Bar:
    """Return a bar that a figure must stay below."""
    return Bar(figure, rounded(value), bar, value <= bar)


def at_least(figure: str, value: float, bar: float) -> Bar:
    """Return a bar that a figure must reach."""
    return Bar(figure, rounded(value), bar, value >= bar)


def result(bench: str, value: float, unit: str, limit: float, server_cpu_s: float, details: dict[str, Any]) -> Result:
    """Return a result with its ratio."""
    ratio = value / limit if limit else 0.0
    return Result(
        bench, rounded(value), unit, rounded(limit), rounded(ratio), rounded(server_cpu_s), round_all(details)
    )


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` percent of the values lie; 0 for none."""
    return float(np.percentile(values, share)) if len(values) else 0.0


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Return the median and the 99th percentile of some times, in ms."""
    return {"p50": percentile(seconds, 50) * 1000, "p99": percentile(seconds, 99) * 1000}


def rounded(value: float) -> float:
    """Return a figure with the four digits that mean anything."""
    return float(f"{value:.4g}")


def round_all(value: Any) -> Any:
    """Return a structure with every float in it rounded."""
    if isinstance(value, float):
        return rounded(value)
    if isinstance(value, dict):
        return {name: round_all(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [round_all(item) for item in value]
    return value


def progress(text: str) -> None:
    """Say what is going on to whoever watches; standard output carries results only."""
    print(text, file=sys.stderr, flush=True)


def emit(line: Result) -> None:
    """Print one result as one line of JSON."""
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()
