"""Every action that the product puts into the audit log is in the table of docs/people.md, and nothing else is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
WRITERS: Final = {"record": 3, "record_at": 3, "_record_once": 2, "recording": 1, "append": -1, "_judge": -1}
"""Functions that put a record, with the place of its action among the arguments; -1: it is taken by name."""
# Parts that the code puts together.
DUTIES: Final = ("account.suspend", "account.lift")
ANSWERED: Final = ("room.removal_request", "room.member_suggestion")


def constants(modules: dict[Path, ast.Module]) -> dict[str, str]:
    """Return the named texts of all modules."""
    return {
        node.target.id: node.value.value
        for module in modules.values()
        for node in module.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }


def written() -> Iterator[tuple[str, ast.expr]]:
    """Give where a record is put and the expression of its action."""
    for path, module in parsed().items():
        for node in ast.walk(module):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "run" and node.args and isinstance(node.args[0], ast.Attribute):
                name = node.args[0].attr
            place = WRITERS.get(name)
            named = next((word.value for word in node.keywords if word.arg == "action"), None)
            if place is not None and named is not None:
                yield f"{path}:{node.lineno}", named
            elif place is not None and 0 <= place < len(node.args):
                yield f"{path}:{node.lineno}", node.args[place]


def parsed() -> dict[Path, ast.Module]:
    folders = (ROOT / "appliance", ROOT / "federation")
    paths = (path for one in folders for path in one.rglob("*.py") if "node_modules" not in path.parts)
    return {path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def actions() -> set[str]:
    """Return every action. Fails for one that is put together in a way that is not known here."""
    texts, found = constants(parsed()), {*DUTIES, *ANSWERED}
    for where, action in written():
        spelled = ast.unparse(action)
        if isinstance(action, ast.Constant):
            found.add(str(action.value))
        elif isinstance(action, ast.Name) and action.id in texts:
            found.add(texts[action.id])
        else:
            # Passed through, or one of the two kinds above.
            known = ("action", "refusal.action", "f'account.{duty.value}'", "f'room.{EVENT[answered.kind]}'")
            assert spelled in known, f"{where}: {spelled}"
    return found


def test_every_action_is_explained_to_administrators() -> None:
    page = (ROOT / "docs" / "people.md").read_text(encoding="utf-8")
    table = page.partition("| action |")[2].partition("\n\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines()[2:]]
    listed = [name for row in rows if "such as" not in row for name in re.findall("`([a-z_.]+)`", row)]
    assert sorted(listed) == sorted(actions())
