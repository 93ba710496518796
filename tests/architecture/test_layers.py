"""Imports point one way, and the contract that says so bites."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("appliance", "federation", "console", "search_index")
# The rim and what the rim needs: the layers say nothing of the client (TypeScript) and of `python -m` entry points.
OUTSIDE_THE_LAYERS = {"appliance.client", "appliance.__init__", "appliance.__main__"}


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    lint = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(  # noqa: S603 - our own tool on our own tree
        [lint, "--no-logo", "--no-cache"],
        cwd=tree,
        env={"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_contracts_hold() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("client", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "planted", "contract"),
    [
        ("appliance/rules/rooms.py", "import appliance.actions", "Imports point one way"),
        ("appliance/store/db.py", "import appliance.services", "Imports point one way"),
        ("appliance/web/__init__.py", "import appliance.api", "Imports point one way"),
        ("search_index/wire.py", "import appliance.rules", "The search process knows nothing of the others"),
        ("appliance/ipc/frames.py", "import appliance.errors", "Imports point one way"),
        (
            "appliance/ipc/frames.py",
            "import search_index.wire",
            "The leaves know nothing of who uses them",
        ),
        ("appliance/evidence/tree.py", "import asyncio", "Rules, model, evidence and protocol do no I/O"),
        ("federation/protocol/frames.py", "import asyncio", "Rules, model, evidence and protocol do no I/O"),
        ("appliance/api/__init__.py", "import aiosqlite", "Only the store speaks to the database"),
        ("appliance/api/__init__.py", "import appliance.store.rooms", "The edge parses, makes one call, renders"),
        ("search_index/__init__.py", "import appliance.model", "The search process knows nothing of the others"),
    ],
)
def test_a_planted_wrong_import_fails(copy: Path, module: str, planted: str, contract: str) -> None:
    source = copy / module
    before = source.read_text(encoding="utf-8")
    source.write_text(f"{before}\n{planted}\n", encoding="utf-8")
    try:
        done = lint_imports(copy)
    finally:
        source.write_text(before, encoding="utf-8")
    assert done.returncode == 1
    assert f"{contract} BROKEN" in done.stdout


def test_every_module_of_the_appliance_stands_in_a_layer() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [layers] = [c["layers"] for c in pyproject["tool"]["importlinter"]["contracts"] if c["id"] == "layers"]
    named = {name.strip("() ") for layer in layers for name in re.split(r"[|:]", layer)}
    modules = {
        f"appliance.{entry.stem}"
        for entry in (ROOT / "appliance").iterdir()
        if entry.suffix == ".py" or (entry.is_dir() and any(entry.glob("*.py")))
    }
    assert modules - named - OUTSIDE_THE_LAYERS == set()


DATABASE = {"aiosqlite", "sqlcipher3", "sqlite3"}
STATEMENT = re.compile(
    r"\s*(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s.+\sSET|DELETE\s+FROM|PRAGMA|CREATE\s+(TABLE|INDEX)"
    r"|BEGIN(\s+IMMEDIATE)?$|COMMIT$|ROLLBACK|SAVEPOINT|RELEASE\s)\b",
    re.DOTALL,
)


def outside_the_stores() -> list[Path]:
    sources = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(path for path in sources if not {"client", "store"} & set(path.relative_to(ROOT).parts))


def run_time_imports(tree: ast.AST) -> set[str]:
    """Top-level names of the packages that a module imports when it runs: all but those under `if TYPE_CHECKING:`."""
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    names: set[str] = set()
    for node in set(ast.walk(tree)) - for_types:
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("path", outside_the_stores(), ids=lambda path: str(path.relative_to(ROOT)))
def test_outside_the_stores_there_is_no_database(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    assert [f"line {node.lineno}" for node in texts if STATEMENT.match(str(node.value))] == []
    assert run_time_imports(tree) & DATABASE == set()


def test_what_counts_as_a_statement_and_as_an_import() -> None:
    assert STATEMENT.match("SELECT n\n FROM entry WHERE room = ?")
    assert STATEMENT.match("INSERT INTO entry VALUES (?)")
    assert STATEMENT.match("BEGIN")
    assert STATEMENT.match("SAVEPOINT part")
    assert not STATEMENT.match("Select a room from the list")
    assert not STATEMENT.match("Update the room's name.")
    source = "if TYPE_CHECKING:\n from sqlcipher3 import dbapi2\ndef f():\n import aiosqlite.core\n"
    assert run_time_imports(ast.parse(source)) == {"aiosqlite"}


# What a handler may ask of the services itself: settings, the time, who is connected and whether they still may be.
FOR_EDGES = {"config", "clock", "hub", "sessions"}


@pytest.mark.parametrize("path", sorted((ROOT / "appliance" / "api").glob("*.py")), ids=lambda path: path.stem)
def test_the_edge_reaches_for_nothing_behind_actions_and_reads(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    reached = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and (isinstance(node.value, ast.Attribute) and node.value.attr in ("services", "_s"))
        | (isinstance(node.value, ast.Name) and node.value.id in ("s", "services"))
    }
    assert reached <= FOR_EDGES


NAMES_AN_OPERATOR = re.compile(r"getpass\.getuser|import getuser|getlogin|LOGNAME|Actor\.operator\(|SUDO_USER")


def test_one_function_says_who_gives_a_command() -> None:
    """What the audit log calls the operator is the kernel's word, never the environment's."""
    naming = {
        path.relative_to(ROOT).as_posix(): len(found)
        for path in sorted((ROOT / "appliance").rglob("*.py"))
        # The demo's operator is its seeding itself.
        if not path.is_relative_to(ROOT / "appliance" / "demo")
        if (found := NAMES_AN_OPERATOR.findall(path.read_text(encoding="utf-8")))
    }
    assert naming == {"appliance/administration/operators.py": 1}


def imports_inside(tree: ast.AST) -> list[int]:
    """Return the lines of imports inside functions."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return sorted(
        {
            inner.lineno
            for node in functions
            for inner in ast.walk(node)
            if isinstance(inner, ast.Import | ast.ImportFrom)
        }
    )


@pytest.mark.parametrize("folder", ["appliance", "search_index", "tests"])
def test_what_is_imported_late_is_imported_by_name(folder: str) -> None:
    """Through `late.load`, one way for all; ruff says so too (PLC0415), but lets itself be silenced."""
    assert imports_inside(ast.parse("def f():\n import a\n async def g():\n  from b import c\n")) == [2, 4]
    found = {
        str(path.relative_to(ROOT)): lines
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "node_modules" not in path.parts
        if (lines := imports_inside(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert found == {}
