"""The references to files that a room must have by its entries, and the first entry whose stored ones differ (F72).

A message says its files in its body, and how many there are in its header too; so where the body cannot be read their
number is compared alone. An entry that erases bodies lets their references go, and so does a record of the audit log
that a file with a virus was deleted or a key of files destroyed: the message stays. Each kept one names a key of this
room of the kind `file`, and the file's key opens under it, where the keys are given.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from appliance.attachments import FileRef
from appliance.log.file_access import key_of
from appliance.log.new_entry import FILE
from appliance.store import epoch_keys, file_deletions, file_refs

if TYPE_CHECKING:
    from appliance.log.bodies import Bodies
    from appliance.model import Body
    from appliance.store.db import Rows
    from appliance.store.file_refs import ReferenceRow


class ExpectedFiles(msgspec.Struct):
    """By entry the files that it says, or how many they are."""

    said: dict[int, tuple[FileRef, ...] | int] = msgspec.field(default_factory=dict)

    def add(self, n: int, count: int, body: Body | None) -> None:
        """Take what entry `n` says: `count` files, those of its body where it can be read."""
        if count:
            self.said[n] = count if body is None else getattr(body, "files", ())

    def erase(self, first: int, last: int) -> None:
        """Take an entry that erases the bodies of others."""
        self.said = {n: files for n, files in self.said.items() if not first <= n <= last}

    def differing(self, rows: Rows, room: int, bodies: Bodies | None) -> int | None:
        """Return the first entry of a room, by its key, whose references are not those that it says, or None."""
        deleted = file_deletions.deleted_on_record(rows, room) if self.said else set()
        found: dict[int, list[ReferenceRow]] = defaultdict(list)
        for ref in file_refs.in_room(rows, room):
            found[ref.n].append(ref)
        of_files = {key for key, _, kind, _ in epoch_keys.of_room(rows, room) if kind == FILE} if found else set()
        for n in sorted(found.keys() | self.said.keys()):
            refs = found[n]
            if not self._are_said(n, refs, deleted) or any(ref.epoch not in of_files for ref in refs):
                return n
            if bodies is not None and any(key_of(rows, bodies, ref) is None for ref in refs):
                return n
        return None

    def _are_said(self, n: int, refs: list[ReferenceRow], deleted: set[tuple[int, str]]) -> bool:
        said = self.said.get(n, 0)
        if isinstance(said, int):
            places = {ref.place for ref in refs}
            gone = sum(at == n for at, _ in deleted)
            return len(places) + gone == said and places <= set(range(said))
        expected = [
            (place, one.id, one.form.value, one.label) for place, one in enumerate(said) if (n, one.id) not in deleted
        ]
        return [(ref.place, ref.blob, ref.form, ref.label) for ref in refs] == expected
