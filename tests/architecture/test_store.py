"""The store has one idiom: sync functions over `Rows`, statements by name, named parameters; and nobody else has any.

A text that looks like SQL is looked for in `test_layers.py`; here is what such a pattern does not see.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from appliance.store.queries import load
from tests.architecture.test_layers import ROOT, outside_the_stores

WORDS: Final = {"all", "one", "value", "run", "many"}
OF_THE_DRIVER: Final = {"execute", "executemany", "executescript", "cursor", "fetchone", "fetchall"}
# How connections are opened, and the schema: they speak to the driver.
BELOW: Final = {"db", "transactions", "disk_errors", "migrate", "queries", "__init__"}
MODULES: Final = sorted(path for path in (ROOT / "appliance" / "store").glob("*.py") if path.stem not in BELOW)


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def rows_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the names of the parameters of a function that are `Rows`."""
    args = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return {arg.arg for arg in args if arg.annotation is not None and ast.unparse(arg.annotation) == "Rows"}


def statements_run(tree: ast.AST) -> Iterator[str]:
    """Give where statements are run: a word of `Rows` on a parameter that is one, or on a field that holds one."""
    for function in functions(tree):
        names = rows_of(function)
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and node.attr in WORDS:
                holder = node.value
                if (isinstance(holder, ast.Name) and holder.id in names) or (
                    isinstance(holder, ast.Attribute) and holder.attr in ("rows", "_rows")
                ):
                    yield f"line {node.lineno}: {ast.unparse(node)}"


def driver_calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in OF_THE_DRIVER:
            yield f"line {node.lineno}: {ast.unparse(node.func)}"


@pytest.mark.parametrize("path", outside_the_stores(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_else_runs_a_statement_or_names_the_driver(path: Path) -> None:
    tree = parse(path)
    assert [*statements_run(tree), *driver_calls(tree)] == []
    imported = {
        alias.name if isinstance(node, ast.Import) else f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert not {name for name in imported if name.startswith("sqlcipher3") or name.endswith(".Queries")}


def subjects(tree: ast.Module) -> dict[str, str]:
    """Return the names that a module gives to the statements of a subject."""
    found: dict[str, str] = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.Call) and ast.unparse(value.func) == "Queries":
            found[target.id] = ast.literal_eval(value.args[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_store_function_is_sync_over_rows(path: Path) -> None:
    tree = parse(path)
    assert [node.name for node in functions(tree) if isinstance(node, ast.AsyncFunctionDef)] == []
    named = subjects(tree)
    for function in functions(tree):
        speaks = any(isinstance(node, ast.Name) and node.id in named for node in ast.walk(function))
        if speaks:
            assert rows_of(function) == {"rows"}, function.name
            assert function.args.args[0].arg == "rows", function.name
    assert [*driver_calls(tree)] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_parameters_are_named_but_for_rows_written_by_the_thousand(path: Path) -> None:
    tree = parse(path)
    named = subjects(tree)
    unnamed = [
        f"line {node.lineno}: {ast.unparse(node.args[0])}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WORDS - {"many"}
        and node.args
        and isinstance(node.args[0], ast.Attribute)
        and isinstance(node.args[0].value, ast.Name)
        and (subject := named.get(node.args[0].value.id))
        and "?" in re.sub(r"'[^']*'", "", load(subject)[node.args[0].attr])
    ]
    assert unnamed == []


def test_what_is_looked_for_is_found() -> None:
    source = """
def f(rows: Rows, s):
    rows.one(statement)
    s.run(function)
class C:
    def g(self):
        self._rows.many(a, b)
        tx.rows.run(c)
        connection.execute(d).fetchall()
"""
    tree = ast.parse(source)
    assert len([*statements_run(tree)]) == 3
    assert len([*driver_calls(tree)]) == 2
    assert subjects(ast.parse('SQL = Queries("a")\nMORE: Final = Queries("b")')) == {"SQL": "a", "MORE": "b"}
