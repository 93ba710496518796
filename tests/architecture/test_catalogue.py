"""One catalogue: what the product says stands in `appliance/locale`, in Thai and English, without leftovers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from appliance.locale import LANGUAGES, texts

APPLIANCE = Path(__file__).parents[2] / "appliance"
# The offline verifier stands without the package.
OWN = APPLIANCE / "evidence"
IN_BOTH = re.compile(r"[\u0e00-\u0e7f][^—]* — [^—]*[A-Za-z]")
DOTTED = re.compile(r"[a-z]+(?:\.[a-z0-9_]+)+")


def strings() -> Iterator[tuple[Path, str]]:
    """Give every string of the product's modules, docstrings apart; blanks of f-strings are `{}`."""
    for path in APPLIANCE.rglob("*.py"):
        if not path.is_relative_to(OWN) and "node_modules" not in path.parts:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            pieces = {id(piece) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for piece in node.values}
            prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if isinstance(node, ast.JoinedStr):
                    yield (
                        path,
                        "".join(str(piece.value) if isinstance(piece, ast.Constant) else "{}" for piece in node.values),
                    )
                elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces | prose:
                    yield path, node.value


def test_no_module_has_a_catalogue_of_its_own() -> None:
    assert [(path.name, text) for path, text in strings() if IN_BOTH.search(text)] == []


def test_every_text_is_there_in_both_languages_with_the_same_blanks_or_none() -> None:
    thai, english = (texts(language) for language in LANGUAGES)
    assert list(thai) == list(english) == sorted(thai)
    for code in thai:
        for text in (thai[code], english[code]):
            assert all(name is None or name.isidentifier() for _, name, _, _ in Formatter().parse(text)), code


def test_what_modules_ask_for_is_there_and_nothing_else() -> None:
    """Names with a dot belong to a module; those without are codes of errors."""
    dotted = {code for code in texts("th") if "." in code}
    said = {text for _, text in strings()}
    asked = {text for text in said if DOTTED.fullmatch(text)}
    families = {text.removesuffix("{}") for text in said if re.fullmatch(r"[a-z]+\.(?:[a-z]+\.)*\{\}", text)}
    assert {code for code in dotted if code not in asked and not any(code.startswith(f) for f in families)} == set()
    called = {
        found
        for path in APPLIANCE.rglob("*.py")
        for found in re.findall(r"both\(\s*[\"']([\w.]+)[\"']", path.read_text())
    }
    assert called
    assert called <= set(texts("th"))
