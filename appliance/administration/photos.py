"""`gchat user photo …`: photographs of people's cards that wait for a moderator, and those that are shown (F17)."""

from __future__ import annotations

import msgspec

from appliance.actions.portraits import approve_photo, refuse_photo, remove_photo
from appliance.administration.accounts import by_user
from appliance.administration.formats import shown
from appliance.administration.terminal import Nothing, Terminal
from appliance.locale import both
from appliance.reads.portraits import load_waiting, open_photo, read_photo
from appliance.services import Services

LARGE = 512


class Shown(msgspec.Struct, kw_only=True):
    """`user photo show`: whose, and whether the one that is shown to everybody in place of the one that waits."""

    user: str
    current: bool


class Approved(msgspec.Struct, kw_only=True):
    """`user photo approve`: whose, and which they looked at."""

    user: str
    photo: str


class Refused(msgspec.Struct, kw_only=True):
    """`user photo refuse`."""

    user: str
    photo: str
    reason: str


class Removed(msgspec.Struct, kw_only=True):
    """`user photo remove`."""

    user: str
    reason: str


async def list_waiting(s: Services, terminal: Terminal, given: Nothing) -> int:
    """Print the photographs that wait, the longest first."""
    del given
    waiting = await load_waiting(s, terminal.operator)
    for one in waiting:
        account, card = s.accounts.get(one.person), s.directory.people[one.person]
        user = account.user if account else one.person
        await terminal.out(f"{user}\t{card.name}\t{shown(one.at)}\t{one.waiting}")
    if not waiting:
        await terminal.err(both("admin.nothing_found"))
    return 0


async def show(s: Services, terminal: Terminal, given: Shown) -> int:
    """Write the picture, a WebP file."""
    person = by_user(s, given.user)
    photo = await open_photo(s, person, size=LARGE, waiting=not given.current)
    await terminal.data(await read_photo(s, photo))
    return 0


async def approve(s: Services, terminal: Terminal, given: Approved) -> int:
    """Show everybody the picture that waits."""
    await approve_photo(s, terminal.operator, by_user(s, given.user), given.photo)
    await terminal.out(both("admin.photo_approved", user=given.user))
    return 0


async def refuse(s: Services, terminal: Terminal, given: Refused) -> int:
    """Delete the picture that waits and tell the person why."""
    await refuse_photo(s, terminal.operator, by_user(s, given.user), given.photo, given.reason)
    await terminal.out(both("admin.photo_refused", user=given.user))
    return 0


async def remove(s: Services, terminal: Terminal, given: Removed) -> int:
    """Delete a photograph that is shown, and one that waits."""
    await remove_photo(s, terminal.operator, by_user(s, given.user), given.reason)
    await terminal.out(both("admin.photo_removed", user=given.user))
    return 0
