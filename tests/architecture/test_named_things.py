"""What documents, docstrings, comments and product texts name is there: files, parts of files, make targets, commands.

A name that is nowhere sends a reader looking for it; so each is looked up, and the commands are asked of the command
line's own grammar. Only what is written as code (in backticks or a block) counts as a target or a command. Nothing
points at a document that is not in the repository; a code such as F38 has its line in docs/requirements.md, and each
line there is cited; decisions are numbered without gaps.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import shlex
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from appliance.cli.main import COMMANDS, parser

ROOT: Final = Path(__file__).parents[2]
NOT_OURS: Final = {"node_modules", "dist", "__pycache__"}
CODE: Final = (".py", ".ts", ".tsx", ".sql", ".sh", ".css", ".c")
FILE: Final = re.compile(
    r"(?<![\w./<-])((?:[\w-]+/)*[\w-]+\.(?:py|tsx?|sql|sh|css|mjs|md|json|txt|csv))(?:: (\w+)\b)?(?![\w/-])"
)
MAKE: Final = re.compile(r"^make ([a-z-]+)")
SAID: Final = re.compile(r"\bgchat ([a-z][a-z-]*(?: [a-z][a-z-]*)*)")
GCHAT: Final = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?gchat (.+)")
IDENTIFIER: Final = re.compile(r"^[a-z]+(?:_[a-z0-9]+)+(?:\(\))?$")
# Requirements: promises (F), decisions on them (Q), the client (C), accessibility (A), languages (L).
CODE_CITED: Final = re.compile(r"(?<![\w/+#-])([FQCAL]\d{1,3})(?![\w-])")
NOQA: Final = re.compile(r"noqa: [A-Z0-9, ]+")
REQUIREMENTS: Final = Path("docs/requirements.md")
# Numbers of findings, in reviews that are nowhere here.
FINDING: Final = re.compile(
    r"(?<![\w./-])(?:(?:security|ux|features|evidence|bugs?) [A-Z]?\d+(?:\.\d+)?)(?![\w.]*\w)", re.IGNORECASE
)
# What an appliance, a build or an administrator makes, and what belongs to others.
MADE_LATER: Final = {
    *("keyring.json", "demo-logins.json", "demo-cast.json", "openapi.json", "ready.json", "units.csv", "people.csv"),
    *("keys.json", "restored.json"),
    *("accounts.csv", "acceptances.csv", "leaf.json", "body.json", "head.txt", "change.txt", "next.txt"),
    # Files of a registry and of a gateway.
    *(
        "registry.json",
        "root.json",
        "targets.json",
        "timestamp.json",
        "known.json",
        "public.json",
        "registry-root.json",
    ),
    # Stand for any name.
    *("FooModel.ts", "FooView.tsx", "foo.css", "planted.ts", "sql/NAME.sql"),
    "ssl_certificate",
    # A file that a test of the client pretends.
    "planted.ts",
}


@cache
def tree() -> list[Path]:
    """Return every file of the repository, relative to its root."""
    found: list[Path] = []
    folders = [ROOT]
    while folders:
        for path in folders.pop().iterdir():
            if path.name.startswith(".") or path.name in NOT_OURS or path.name.endswith(".egg-info"):
                continue
            if path.is_dir():
                folders.append(path)
            else:
                found.append(path.relative_to(ROOT))
    return sorted(found)


@cache
def text_of(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def named(name: str) -> list[Path]:
    """Return the files whose path ends in this name."""
    parts = Path(name).parts
    return [path for path in tree() if path.parts[-len(parts) :] == parts]


def documents() -> list[Path]:
    return [path for path in tree() if path.suffix == ".md"]


def prose_of_code(path: Path) -> Iterator[str]:
    """Give the docstrings and comments of a module."""
    source = text_of(path)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


@cache
def prose() -> list[tuple[str, str]]:
    """Return everything that is written for readers, with where it stands."""
    return list(_prose())


def _prose() -> Iterator[tuple[str, str]]:
    """Give everything that is written for readers, with where it stands."""
    for path in documents():
        yield str(path), text_of(path)
    for path in tree():
        if path.suffix == ".py":
            for part in prose_of_code(path):
                yield str(path), part
        elif path.parts[:2] == ("appliance", "locale") or path.suffix == ".po":
            yield str(path), text_of(path)
        elif path.suffix in (".ts", ".tsx"):
            for part in re.findall(r"/\*.*?\*/|//[^\n]*", text_of(path), re.DOTALL):
                yield str(path), part


def code_in(text: str) -> Iterator[str]:
    """Give what is written as code: each line of a block, and what stands in backticks."""
    blocks = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
    for block in blocks.findall(text):
        # Columns of a block of commands are set apart by several spaces.
        yield from (part.strip() for line in block.splitlines() for part in re.split(r" {3,}|  #", line))
    yield from (found.replace("\n", " ").strip() for found in re.findall(r"`([^`]+)`", blocks.sub("", text)))


def missing_files() -> Iterator[str]:
    for where, text in prose():
        for name, part in FILE.findall(text):
            if name in MADE_LATER or (
                "/" not in name and not name.endswith((*CODE, ".md")) and not where.endswith(".md")
            ):
                continue
            files = named(name)
            if not files:
                yield f"{where}: {name}"
            elif part and name.endswith(CODE) and not any(part in text_of(path) for path in files):
                yield f"{where}: {name}: {part}"


def cited_elsewhere() -> Iterator[str]:
    """Give what points at a document that is not in this repository."""
    for where, text in prose():
        if "the specification, " in text:
            yield f"{where}: the specification"
        yield from (f"{where}: {found}" for found in FINDING.findall(text))


def cited_codes() -> dict[str, str]:
    """Return the codes of requirements that are cited, each with one place."""
    return {
        code: where
        for where, text in prose()
        if where != str(REQUIREMENTS)
        for code in CODE_CITED.findall(NOQA.sub("", text))
    }


def unlisted_requirements() -> Iterator[str]:
    """Give the codes that have no line in the list of requirements, and the lines that nothing cites."""
    listed = re.findall(r"^\| ([A-Z]\d+) \| .+ \|$", text_of(REQUIREMENTS), re.MULTILINE)
    cited = cited_codes()
    yield from (f"{where}: {code} has no line in {REQUIREMENTS}" for code, where in cited.items() if code not in listed)
    yield from (f"{REQUIREMENTS}: {code} is cited nowhere" for code in listed if code not in cited)
    yield from (f"{REQUIREMENTS}: {code} twice" for code in sorted({code for code in listed if listed.count(code) > 1}))


def misnumbered_decisions() -> Iterator[str]:
    """Give the decisions whose number is out of turn, or whose title or status is not written as the others are."""
    paths = sorted(path for path in documents() if path.parent == Path("docs/decisions"))
    for number, path in enumerate(paths, 1):
        if not path.name.startswith(f"{number:04}-"):
            yield f"{path}: number {number} is due"
        if not re.match(rf"# {number}\. [^\n]+\n\nStatus: \w+\n\n## Context\n", text_of(path)):
            yield f"{path}: does not begin with title, status and context"


def undecided() -> Iterator[str]:
    """Give the decisions that are cited by a number that none has."""
    numbers = {int(path.name[:4]) for path in documents() if path.parent == Path("docs/decisions")}
    for where, text in prose():
        for found in re.findall(r"\bdecision (\d+)\b", text):
            if int(found) not in numbers:
                yield f"{where}: decision {found}"


@cache
def said_by_the_product() -> list[tuple[str, str]]:
    """Return the texts that people read while they use it, with where they stand."""
    return list(_said_by_the_product())


def _said_by_the_product() -> Iterator[tuple[str, str]]:
    """Give the texts that people read while they use it."""
    for path in tree():
        if path.parts[:2] == ("appliance", "locale") or path.suffix == ".po":
            yield str(path), text_of(path)
        elif path.parts[0] == "appliance" and path.suffix == ".py":
            for node in ast.walk(ast.parse(text_of(path))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield str(path), node.value


def missing_targets() -> Iterator[str]:
    targets = set(re.findall(r"^([a-z-]+):", text_of(Path("Makefile")), re.MULTILINE))
    for where, text in (*prose(), *said_by_the_product()):
        for line in code_in(text):
            if (found := MAKE.match(line)) and found[1] not in targets:
                yield f"{where}: {line}"


def missing_commands() -> Iterator[str]:
    for where, text in prose():
        for line in code_in(text):
            if (found := GCHAT.match(line)) and (wrong := wrong_command(found[1])):
                yield f"{where}: {line}: {wrong}"
    for where, text in said_by_the_product():
        for words in SAID.findall(text):
            if wrong := wrong_command(words):
                yield f"{where}: gchat {words}: {wrong}"


@cache
def grammar() -> argparse.ArgumentParser:
    return parser(*COMMANDS)


def wrong_command(line: str) -> str:
    """Return what the command line does not know of this one; as far as it is written down, nothing else is asked."""
    parser = grammar()
    for word in shlex.split(line.replace("…", ""), comments=True):
        below = next((a for a in parser._actions if isinstance(a, argparse._SubParsersAction)), None)  # noqa: SLF001
        if word.startswith("--"):
            if word.partition("=")[0] not in parser._option_string_actions:  # noqa: SLF001 - the grammar itself
                return word
        elif below is not None:
            if word not in below.choices:
                return word
            parser = below.choices[word]
    return ""


def missing_identifiers() -> Iterator[str]:
    sources = [text_of(path) for path in tree() if path.suffix in (*CODE, ".json", ".toml", ".csv")]
    for path in documents():
        for line in code_in(text_of(path)):
            if (
                IDENTIFIER.match(line)
                and line not in MADE_LATER
                and not any(line.removesuffix("()") in source for source in sources)
            ):
                yield f"{path}: {line}"


@pytest.mark.parametrize(
    "missing",
    [
        *(missing_files, missing_targets, missing_commands, missing_identifiers),
        *(cited_elsewhere, unlisted_requirements, misnumbered_decisions, undecided),
    ],
    ids=lambda each: each.__name__,
)
def test_what_is_named_is_there(missing: object) -> None:
    assert callable(missing)
    assert list(missing()) == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("people import FILE --apply", ""),
        ("people export FILE", "export"),
        ("user add --from-fiel x", "--from-fiel"),
        ("setup", ""),
        ("nothing", "nothing"),
    ],
)
def test_a_command_that_is_not_there_is_noticed(line: str, wrong: str) -> None:
    assert wrong_command(line) == wrong


def test_a_file_that_is_not_there_is_noticed() -> None:
    found = dict(FILE.findall("`rules/rooms.py: may_add` and `rules/no_such.py`, tests/rules/tables/may_add.json."))
    assert found == {"rules/rooms.py": "may_add", "rules/no_such.py": "", "tests/rules/tables/may_add.json": ""}
    assert named("rules/rooms.py") == [Path("appliance/rules/rooms.py")]
    assert named("rules/no_such.py") == []


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("(F19; security 4)", ["security 4"]),
        ("Ux 22: unread", ["Ux 22"]),
        ("bug G3)", ["bug G3"]),
        ("evidence 2.0.1", []),
    ],
)
def test_a_finding_of_a_review_is_noticed(comment: str, found: list[str]) -> None:
    assert FINDING.findall(comment) == found


def test_codes_of_requirements_are_told_from_others() -> None:
    said = "F38 and C11 (Q4), U+FE0F, ACF02, A4-paper, #C11, noqa: C419"
    assert CODE_CITED.findall(NOQA.sub("", said)) == ["F38", "C11", "Q4"]
