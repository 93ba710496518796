"""The signed statement that one log key of an agency takes the place of another.

A note (C2SP signed-note) of five lines: `gchat-key-change/1`, the key's name, the former and the new key as `vkey`, and
the time in milliseconds UTC. Both keys sign it: the former, so that whoever trusts it learns of the new one from the
agency itself; the new one, so that nobody names a key that is not theirs.

Example: open_change(statement, former).vkey. Does not keep keys, nor say which key is trusted first.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from appliance.evidence.errors import NoteError
from appliance.evidence.note import Signer, Verifier, join_note, open_note, split_note

TITLE: Final = "gchat-key-change/1"


def sign_change(former: Signer, new: Signer, at: int) -> str:
    """The statement, signed by both keys; `at` in milliseconds UTC. Raises `NoteError` for keys of two names."""
    if former.name != new.name:
        raise NoteError("a key's successor has its name")
    text = "\n".join((TITLE, former.name, former.verifier.vkey, new.verifier.vkey, str(at))) + "\n"
    return join_note(text, [replace(former, successor=None).sign(text), new.sign(text)])


def open_change(statement: str, former: Verifier) -> Verifier:
    """The key that `former` names as its successor. Raises `NoteError` unless both signed and name each other."""
    lines = split_note(statement)[0].split("\n")
    timed = len(lines) == 6 and re.fullmatch("[1-9][0-9]{0,15}", lines[4])
    if not timed or lines[0] != TITLE or lines[1] != former.name or lines[2] != former.vkey:
        raise NoteError("not a statement of this key's change")
    new = Verifier.from_vkey(lines[3])
    if new.name != former.name or new.key_type != former.key_type or new == former:
        raise NoteError("a key's successor has its name and type")
    if len(open_note(statement, (former, new)).signatures) != 2:
        raise NoteError("a change of keys is signed by both")
    return new
