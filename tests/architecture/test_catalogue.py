"""One catalogue: what the product says stands in `appliance/locale`, in Thai and English, without leftovers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

from appliance.locale import LANGUAGES, texts

APPLIANCE = Path(__file__).parents[2] / "appliance"
FEDERATION = APPLIANCE.parent / "federation"
# The offline verifier stands without the package.
OWN = APPLIANCE / "evidence"
IN_BOTH = re.compile(r"[\u0e00-\u0e7f][^—]* — [^—]*[A-Za-z]")
# Names and abbreviations of Thai administration are shorter than any sentence.
THAI_SENTENCE = re.compile(r"[\u0e00-\u0e7f]{16}")
SENTENCE = re.compile(rf"{THAI_SENTENCE.pattern}|[A-Za-z]{{2,}},? [a-z]{{2,}},? [a-z]{{2,}}")
# What speaks of Thai text, its spelling and its forms, or invents people's texts.
OF_THAI = ("rules", "spelling", "demo")
PRINTING = {"print", "tell", "out", "err"}
DOTTED = re.compile(r"[a-z]+(?:\.[a-z0-9_]+)+")


@cache
def modules() -> list[tuple[Path, ast.Module]]:
    """Return the product's modules, read once."""
    found = [
        path for path in APPLIANCE.rglob("*.py") if not path.is_relative_to(OWN) and "node_modules" not in path.parts
    ]
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in found]


def whole(text: ast.AST) -> str:
    """Return a text as it stands in the source; blanks of f-strings, and what is no text, are `{}`."""
    pieces = text.values if isinstance(text, ast.JoinedStr) else [text]
    return "".join(str(piece.value) if isinstance(piece, ast.Constant) else "{}" for piece in pieces)


def strings() -> Iterator[tuple[Path, str]]:
    """Give every string of the product's modules, docstrings apart."""
    for path, tree in modules():
        pieces = {id(piece) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for piece in node.values}
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces | prose
            if is_text or isinstance(node, ast.JoinedStr):
                yield path, whole(node)


def test_no_module_has_a_catalogue_of_its_own() -> None:
    assert [(path.name, text) for path, text in strings() if IN_BOTH.search(text)] == []


def test_no_module_holds_a_sentence_in_thai() -> None:
    held = [
        (path.name, text)
        for path, text in strings()
        if path.relative_to(APPLIANCE).parts[0] not in OF_THAI and THAI_SENTENCE.search(text)
    ]
    assert held == []


def printed() -> Iterator[tuple[str, str]]:
    """Give what the product's modules print, as far as it stands where it is printed."""
    for path, tree in modules():
        for node in ast.walk(tree):
            called = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and called in PRINTING and "demo" not in path.parts:
                yield from ((path.name, whole(given)) for given in node.args)


def test_no_sentence_is_printed_that_is_not_in_the_catalogue() -> None:
    found = list(printed())
    assert len(found) > 20
    assert [(name, text) for name, text in found if SENTENCE.search(text)] == []


def test_what_counts_as_a_sentence() -> None:
    assert SENTENCE.search("the log ends here")
    assert THAI_SENTENCE.search("ยังไม่มีการเปลี่ยนแปลงใด ๆ")
    for short in ("SHA-256 {}", "schema {} → {}", "หน่วยงาน", 'gchat.toml: [keys] source = "{}"'):
        assert not SENTENCE.search(short)


def test_every_text_is_there_in_both_languages_with_the_same_blanks_or_none() -> None:
    thai, english = (texts(language) for language in LANGUAGES)
    assert list(thai) == list(english) == sorted(thai)
    for code in thai:
        for text in (thai[code], english[code]):
            assert all(name is None or name.isidentifier() for _, name, _, _ in Formatter().parse(text)), code


def test_what_modules_ask_for_is_there_and_nothing_else() -> None:
    """Names with a dot belong to a module; those without are codes of errors."""
    called = {
        found
        for folder in (APPLIANCE, FEDERATION)
        for path in folder.rglob("*.py")
        for found in re.findall(r"both\(\s*[\"']([\w.]+)[\"']", path.read_text())
    }
    dotted = {code for code in texts("th") if "." in code} - called
    said = {text for _, text in strings()}
    asked = {text for text in said if DOTTED.fullmatch(text)}
    families = {text.removesuffix("{}") for text in said if re.fullmatch(r"[a-z]+\.(?:[a-z]+\.)*\{\}", text)}
    assert {code for code in dotted if code not in asked and not any(code.startswith(f) for f in families)} == set()
    assert called
    assert called <= set(texts("th"))
