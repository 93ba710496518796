"""The files of a message that is about to be sent: uploads of its sender, and files that they are shown already.

What the message says of a file is read first (`with_files`). Its rider takes the files in the message's own
transaction, where everything is asked once more: an upload belongs to one message and ends with it, a file that is sent
again is still shown to its sender, and what is referred to then fits the quotas.

Does not: judge who may send files in a room, or with which label. That is in the header, which the log judges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from appliance.actions.file_quota import refuse_above
from appliance.errors import Conflict, Forbidden, Invalid, NotReady
from appliance.files import keys
from appliance.files.uploaded import ready_file
from appliance.log import file_facts
from appliance.log.events import Viewer
from appliance.log.file_access import find_file
from appliance.log.file_events import announce_at
from appliance.log.file_facts import scanning_of
from appliance.model import Deny, TextBody
from appliance.rules.entry_states import TextSaid
from appliance.store import entries, file_refs, uploads
from appliance.store.file_refs import NewReference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.attachments import FileRef
    from appliance.files.uploaded import ReadyFile
    from appliance.log.riders import Rider, RiderTx
    from appliance.model import Draft, PersonId
    from appliance.services import Services
    from appliance.store.db import Rows
    from appliance.store.uploads import UploadRow
    from appliance.wire.files import FileFacts


class _Source(NamedTuple):
    """A file to be sent: what the message will say of it, its key, and the upload that it came by, if it did."""

    file: FileRef
    key: bytes
    upload: str | None
    facts: FileFacts | None

    def __repr__(self) -> str:
        """Name the file alone: the key must not show in a log."""
        return f"_Source({self.file})"


async def with_files(
    s: Services, actor: PersonId, draft: Draft, ids: Sequence[str], *, place: int = 0
) -> tuple[Draft, Rider[None]]:
    """Return the draft of a message with its files, and the rider that takes them.

    `place` is that of the draft in its command.

    Raises NotReady (`file_not_ready`) for an upload on its way, Conflict with the reason for one that was refused,
    Forbidden (`file_not_yours`, `file_infected`) for what the sender may not send, Invalid.
    """
    async with s.store.read() as reader:
        sources = await reader.run(_sources, s, actor, ids)
    files = tuple(source.file for source in sources)
    if len({file.id for file in files}) != len(files):
        raise Invalid(field="files")
    body, state = cast("TextBody", draft.body), cast("TextSaid", draft.state)
    whole = draft._replace(
        body=body._replace(files=files),
        state=TextSaid(state.reply_to, state.everyone, len(files), max(file.label for file in files)),
        facts={source.file.id: source.facts for source in sources},
    )

    def take(tx: RiderTx) -> None:
        _take(s, tx, actor, sources, place)

    return whole, take


def _sources(rows: Rows, s: Services, actor: PersonId, ids: Sequence[str]) -> list[_Source]:
    return [_source(rows, s, actor, one) for one in ids]


def _source(rows: Rows, s: Services, actor: PersonId, one: str) -> _Source:
    upload = uploads.get(rows, one)
    if upload is not None and upload.person == actor:
        file, key = _uploaded(rows, s, upload)
    else:
        found = find_file(rows, s.log.bodies, actor, _viewer(s, actor), one)
        if found is None:
            raise Forbidden(Deny.FILE_NOT_YOURS)
        file, key = found.file, found.key
    facts = file_facts.facts_of(rows, file.id, scanning_of(s.config.files, s.files.health), s.clock())
    if facts is not None and facts.state == "infected":
        raise Forbidden(Deny.FILE_INFECTED)
    return _Source(file, key, upload.id if upload else None, facts)


def _uploaded(rows: Rows, s: Services, upload: UploadRow) -> ReadyFile:
    """Return what came of an upload, and its key. Raises NotReady, Conflict."""
    if upload.state == uploads.REFUSED:
        raise Conflict(code=upload.refused)
    found = ready_file(rows, s.keys.files_keys, upload)
    if found is None:
        raise NotReady(code="file_not_ready")
    return found


def _take(s: Services, tx: RiderTx, actor: PersonId, sources: Sequence[_Source], place: int) -> None:
    """Refer to the files in the message's transaction, and say what has changed of them since they were read."""
    sent, rows = tx.appended[place], tx.rows
    assert tx.file_key is not None  # noqa: S101 - the log makes it for a message that carries files
    room = entries.room_key(rows, sent.room)
    cipher, epoch = tx.file_key.cipher, tx.file_key.key
    for number, (file, key, upload, _) in enumerate(sources):
        _require(rows, s, actor, file, upload)
        wrapped = keys.wrap_for_reference(cipher, file.id, sent.room, sent.n, key)
        reference = NewReference(room, sent.n, number, file.id, epoch, wrapped, file.form.value, file.label)
        file_refs.insert(rows, reference)
    if any(source.upload for source in sources):
        # What is sent on is kept already, and counts for who uploaded it.
        refuse_above(s, rows, actor)
    for file, _, _, before in sources:
        facts = file_facts.facts_of(rows, file.id, scanning_of(s.config.files, s.files.health), tx.at)
        if facts is not None and facts != before:
            announce_at(tx, sent.room, sent.n, file.id, facts)


def _require(rows: Rows, s: Services, actor: PersonId, file: FileRef, upload: str | None) -> None:
    """Ask again whether the sender may send a file; an upload ends with it. Raises Forbidden."""
    if upload is not None:
        mine = uploads.take(rows, upload, actor, file.id)
    else:
        mine = find_file(rows, s.log.bodies, actor, _viewer(s, actor), file.id) is not None
    if not mine:
        raise Forbidden(Deny.FILE_NOT_YOURS)


def _viewer(s: Services, actor: PersonId) -> Viewer:
    return Viewer(s.log.home.principal(actor), s.clock())
