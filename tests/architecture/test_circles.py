"""No circle of imports: who reads one module never has to know what imports it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("appliance", "federation", "console", "search_index")


def sources() -> dict[str, ast.Module]:
    """Return the product's modules by name."""
    found = {}
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[:2] != ("appliance", "client"):
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def for_types(tree: ast.AST) -> set[ast.AST]:
    """Return what stands under `if TYPE_CHECKING:` and so is imported by no process."""
    guarded = (node for node in ast.walk(tree) if isinstance(node, ast.If))
    return {
        inner
        for node in guarded
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }


def imported(tree: ast.Module, modules: set[str]) -> Iterator[str]:
    """Yield the modules that one imports when it runs, in functions too, or names for a late import ("module:name")."""
    skipped = for_types(tree)
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & modules
            yield from inner
            if node.module in modules and len(inner) < len(node.names):
                yield node.module
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value.partition(":")[0]
            if name in modules and name != node.value:
                yield name


def graph(trees: dict[str, ast.Module]) -> dict[str, set[str]]:
    return {name: set(imported(tree, set(trees))) - {name} for name, tree in trees.items()}


def circle(edges: dict[str, set[str]]) -> list[str]:
    """Return the modules of one circle, none if there is none."""
    try:
        list(TopologicalSorter(edges).static_order())
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_module_imports_itself_by_a_detour() -> None:
    edges = graph(sources())
    assert "appliance.wiring" in edges["appliance.process.serve"]
    assert circle(edges) == []


def test_imports_in_functions_and_late_ones_count() -> None:
    trees = {
        "a": ast.parse("from b import x\nif TYPE_CHECKING:\n import c"),
        "b": ast.parse("def f():\n import c"),
        "c": ast.parse("load('a:f')"),
    }
    assert graph(trees) == {"a": {"b"}, "b": {"c"}, "c": {"a"}}
    assert set(circle(graph(trees))) == {"a", "b", "c"}
    assert circle({**graph(trees), "c": set()}) == []
