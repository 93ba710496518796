"""Whatever reads entries asks who is shown them: a new read that does not is found here (`rules/visibility.py`)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parents[2] / "appliance"
ABOVE_THE_LOG: Final = ("actions", "administration", "api", "followers", "identity", "reads", "web")
"""Folders that answer people. The log itself projects, audits and exports; `log/export.py` asks on its own."""
OF_ENTRIES: Final = {"entries": None, "receipts": {"first_reads"}, "feed": {"entries_of_room"}}
"""Modules of the store that give something of entries, and which functions of them; None: all."""
TELL_NOTHING: Final = frozenset(("room_key", "txn_ids_of_sender", "update"))
"""The key of a room, what somebody sent themselves, and a method of dictionaries."""
ASK: Final = frozenset(
    ("audience", "bare_event", "found_by", "is_hidden", "is_there", "stored_event", "stored_events", "stored_one",
     "version_of", "words_of")
)  # fmt: skip
"""Functions of `log/events.py` that ask `shown`."""


def calls(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Give module and function of what is called as `module.function`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.value.id, node.attr


def reads_entries(called: set[tuple[str, str]]) -> bool:
    """Say whether something of entries is read by these calls."""
    return any(
        module in OF_ENTRIES
        and function not in TELL_NOTHING
        and ((wanted := OF_ENTRIES[module]) is None or function in wanted)
        for module, function in called
    )


def test_whatever_reads_entries_asks_who_is_shown_them() -> None:
    paths = [path for folder in ABOVE_THE_LOG for path in (PACKAGE / folder).rglob("*.py")]
    called = {str(path.relative_to(PACKAGE)): set(calls(ast.parse(path.read_text(encoding="utf-8")))) for path in paths}
    reading = {name for name, found in called.items() if reads_entries(found)}
    asking = {name for name, found in called.items() if any(of == "events" and what in ASK for of, what in found)}
    assert reading >= {
        f"reads/{name}.py" for name in ("messages", "readers", "search", "search_batch", "sync", "unread")
    }
    assert reading - asking == set()
    opening = {name for name, found in called.items() if found & {("bodies", "open"), ("bodies", "open_bytes")}}
    assert opening == set(), "bodies are opened in the log alone"


def test_every_function_that_asks_does() -> None:
    tree = ast.parse((PACKAGE / "log" / "events.py").read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}

    def asks(name: str, seen: frozenset[str] = frozenset()) -> bool:
        names = {node.id for node in ast.walk(functions[name]) if isinstance(node, ast.Name)}
        further = (names & functions.keys()) - seen - {name}
        return "shown" in names or any(asks(one, seen | {name}) for one in further)

    assert {name for name in functions if not name.startswith("_") and asks(name)} == ASK
