"""Pack `gchat-verify` into one file that a court runs with Python and `cryptography` alone: `verifier.py OUT.pyz`.

It takes the offline checks, the formats they share with the appliance, and the rules of the room; nothing that reads a
database or a network. The same sources give the same bytes, so anybody can compare a copy with the source.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = (
    "appliance/__init__.py",
    "appliance/attachments.py",
    "appliance/model.py",
    "appliance/rules/__init__.py",
    "appliance/rules/contact.py",
    "appliance/rules/entry_states.py",
    "appliance/rules/entry_types.py",
    "appliance/rules/files.py",
    "appliance/rules/log_texts.py",
    "appliance/rules/marks.py",
    "appliance/rules/membership.py",
    "appliance/rules/messages.py",
    "appliance/rules/policy.py",
    "appliance/rules/rooms.py",
    "appliance/rules/shapes.py",
    "appliance/rules/stated.py",
    "appliance/rules/statements.py",
    "appliance/rules/versions.py",
    "appliance/rules/visibility.py",
    "appliance/spelling/__init__.py",
    "appliance/spelling/ignorable.py",
    "appliance/evidence/__init__.py",
    "appliance/evidence/errors.py",
    "appliance/evidence/key_change.py",
    "appliance/evidence/note.py",
    "appliance/evidence/room_id.py",
    "appliance/evidence/tree.py",
    "appliance/evidence/verifier.py",
)
MAIN = "import sys\nfrom appliance.evidence.verifier import main\nsys.exit(main())\n"


def pack(out: Path) -> None:
    """Write the packed program to `out`."""
    offline = sorted((ROOT / "appliance/evidence/offline").glob("*.py"))
    names = [*MODULES, *(path.relative_to(ROOT).as_posix() for path in offline)]
    with out.open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name in names:
                archive.writestr(zipfile.ZipInfo(name), (ROOT / name).read_bytes())
            archive.writestr(zipfile.ZipInfo("__main__.py"), MAIN)
    out.chmod(0o755)


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
