"""Photographs of people's cards as somebody may see them: the bytes, one's own, and those that wait for a moderator.

Rules: whoever finds a person in the directory is shown their photograph; one that waits is shown to the person and to
those who may judge it. What the scan says decides as for any file. Nobody who is no longer on the staff is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from appliance.errors import NotFound
from appliance.files import keys
from appliance.identity.moderators import as_actor, is_moderator, may_moderate
from appliance.log.file_content import read_stored
from appliance.log.file_facts import denied_of, scanning_of
from appliance.rules.portraits import PhotoMode
from appliance.store import blobs, portraits
from appliance.wire.photos import OwnPhoto, PhotosToJudge, PhotoToJudge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import PersonId
    from appliance.rules.portraits import Portrait
    from appliance.rules.roles import Actor
    from appliance.services import Services
    from appliance.store.blobs import BlobRow
    from appliance.store.db import Rows

SMALL: Final = 96
MOST_JUDGED: Final = 50
"""So many are listed at once; the next come when these are judged."""
NOT_FOUND: Final = "photo_not_found"


class OpenedPhoto(NamedTuple):
    """A photograph that somebody may see, in one of its sizes."""

    stored: BlobRow
    key: bytes

    def __repr__(self) -> str:
        """Name the object alone: the key must not show in a log."""
        return f"OpenedPhoto({self.stored.id})"


def shown_of(rows: Rows, s: Services, people: Iterable[PersonId]) -> dict[PersonId, str]:
    """Return the photographs that everybody who finds these people is shown, by the ids of their files."""
    return {} if s.config.files.photos == PhotoMode.OFF else portraits.shown_of(rows, people)


async def load_photo(s: Services, viewer: PersonId, person: PersonId, *, size: int, waiting: bool) -> OpenedPhoto:
    """Return a person's photograph, or the one that waits. Raises NotFound (`photo_not_found`) whatever the reason."""
    may_see = s.directory.now.may_find(viewer, person) and s.accounts.is_active(person, s.clock())
    if waiting:
        may_see = (
            viewer == person or may_moderate(s.directory.now, s.accounts, as_actor(s.accounts, viewer), person) is None
        )
    if not may_see or s.config.files.photos == PhotoMode.OFF:
        raise NotFound(code=NOT_FOUND)
    return await open_photo(s, person, size=size, waiting=waiting)


async def open_photo(s: Services, person: PersonId, *, size: int, waiting: bool) -> OpenedPhoto:
    """Return a person's photograph, or the one that waits, for whoever may see it. Raises NotFound."""
    async with s.store.read() as reader:
        opened = await reader.run(_open, s, person, size, waiting)
    if opened is None:
        raise NotFound(code=NOT_FOUND)
    return opened


def _open(rows: Rows, s: Services, person: PersonId, size: int, waiting: bool) -> OpenedPhoto | None:  # noqa: FBT001 - as asked
    kept = portraits.get(rows, person)
    file = None if kept is None else kept.waiting if waiting else kept.shown
    row = None if file is None else blobs.get(rows, file)
    if row is None or row.wrapped_key is None:
        return None
    if denied_of(row, scanning_of(s.config.files, s.files.health), s.clock(), is_sender=False):
        return None
    key = keys.unwrap(s.keys.files_keys, row.id, row.wrapped_key)
    small = next(iter(blobs.variants_of(rows, row.id)), None) if size <= SMALL else None
    return OpenedPhoto(row, key) if small is None else OpenedPhoto(small, keys.variant_key(key, small.id))


async def read_photo(s: Services, photo: OpenedPhoto) -> bytes:
    """Return the bytes. Raises Unavailable (`storage_damaged`)."""
    stored, scanning = photo.stored, scanning_of(s.config.files, s.files.health)
    pieces = read_stored(s.files.objects, s.log, scanning, stored.id, photo.key, stored.size)
    return b"".join([piece async for piece in pieces])


async def load_own_photo(s: Services, person: PersonId) -> OwnPhoto:
    """Return what there is of one's own photograph."""
    async with s.store.read() as reader:
        kept = await reader.run(portraits.get, person)
    return OwnPhoto(
        mode=PhotoMode(s.config.files.photos).value,
        shown=kept.shown if kept else None,
        waiting=kept.waiting if kept else None,
        refused=kept.refused if kept else None,
    )


async def load_waiting(s: Services, actor: Actor) -> list[Portrait]:
    """Return the photographs that wait and that this moderator may judge, the longest first."""
    async with s.store.read() as reader:
        return judged_by(s, actor, await reader.run(portraits.list_waiting))


def judged_by(s: Services, actor: Actor, waiting: Iterable[Portrait]) -> list[Portrait]:
    """Return those of the photographs that wait which this moderator may judge."""
    return [one for one in waiting if may_moderate(s.directory.now, s.accounts, actor, one.person) is None]


async def load_to_judge(s: Services, person: PersonId) -> PhotosToJudge:
    """Return the photographs that wait for this moderator; to everybody else there are none."""
    if not is_moderator(s.accounts, person):
        return PhotosToJudge(photos=[], waiting=0)
    waiting = await load_waiting(s, as_actor(s.accounts, person))
    return PhotosToJudge(photos=[_to_judge(s, one) for one in waiting[:MOST_JUDGED]], waiting=len(waiting))


def _to_judge(s: Services, portrait: Portrait) -> PhotoToJudge:
    card = s.directory.people[portrait.person]
    return PhotoToJudge(
        person=portrait.person,
        name=card.name,
        name_en=card.name_en,
        unit=card.unit_name,
        unit_en=card.unit_name_en,
        post=card.post,
        post_en=card.post_en,
        photo=portrait.waiting or "",
        at=portrait.at,
        shown=portrait.shown,
    )
