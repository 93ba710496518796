"""The walk-through of `docs/add-a-feature.md` names every file that knows its type of entry, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
TYPE: Final = re.compile(r"message\.reaction|MESSAGE_REACTION|[mM]essageReaction|\bReacted\b|\bNewReaction\b")
CLIENT: Final = "appliance/client/src"
ROW: Final = re.compile(r"^\| `(?P<file>[^`]+)` \|", re.MULTILINE)
MAX_FILES: Final = 14
"""Files that one more type of entry is written into: more would mean that the registry is being gone round."""


def naming() -> set[str]:
    """Return the product's own source files that name the type: no tests, and nothing that is generated."""
    return {str(path.relative_to(ROOT)) for path in sources() if TYPE.search(path.read_text(encoding="utf-8"))}


def sources() -> Iterator[Path]:
    """Give the files that people write and that ship."""
    for folder, kinds in ((ROOT / "appliance", {".py", ".sql"}), (ROOT / CLIENT, {".ts", ".tsx"})):
        for path in folder.rglob("*"):
            tested = ".test." in path.name or "tests" in path.parts[len(ROOT.parts) :]
            if path.suffix in kinds and not tested and path.name != "schema.ts" and "node_modules" not in path.parts:
                yield path


def test_the_list_of_files_is_the_code() -> None:
    listed = ROW.findall((ROOT / "docs" / "add-a-feature.md").read_text(encoding="utf-8"))
    assert len(set(listed)) == len(listed)
    assert set(listed) == naming()


def test_one_more_type_is_written_into_few_files() -> None:
    assert len(naming()) <= MAX_FILES
