"""What the system does to rooms when people come and go: ended accounts lose their rooms, rooms of a post change hands.

Called whenever accounts or the directory have changed (F37, F40, F95, Q8). Every person and every room is settled on
its own: one that fails is named in the log, keeps nobody else waiting, and is tried again at the next call. Doing it
twice changes nothing. Who owns a room whose owner's account has ended is an administrator's decision
(`rooms.reassign_room`); here it is put on record, once, that there is such a room.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from appliance.actions import owner_requests
from appliance.actions.rooms import card_of, removal_drafts
from appliance.errors import AppError, Unavailable
from appliance.log.commands import private_close
from appliance.model import SYSTEM, AccountState, Draft, EntryType, PersonId, PostId, agency_of
from appliance.rules.entry_states import OwnerReassigned
from appliance.rules.policy import Members, policy_of
from appliance.store import audit, rooms

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from appliance.log.riders import Rider, RiderTx
    from appliance.model import RoomId
    from appliance.services import Services

logger = logging.getLogger(__name__)
OWNER_LOST: Final = "room.owner_lost"


async def settle_rooms(s: Services) -> bool:
    """Bring all rooms in line with today's accounts and posts; say whether everything could be done."""
    try:
        async with s.store.read() as reader:
            members = await reader.run(rooms.people_with_rooms)
    except Unavailable:
        logger.warning("the members of some rooms cannot be read; looking at everybody the directory knows")
        members = list(s.directory.people)
    done = [await _guarded(remove_everywhere(s, person), person) for person in members if _has_ended(s, person)]
    done.append(await _guarded(follow_posts(s), "posts"))
    return all(done)


async def remove_everywhere(s: Services, person: PersonId) -> list[RoomId]:
    """Take someone whose account has ended off every group; return the rooms that now need an owner.

    A private chat stays as it is: what was said in it belongs to the other person too. Raises what one of the rooms
    raised, after all the others were settled.
    """
    async with s.store.read() as reader:
        keys = await reader.run(rooms.member_keys, person)
    ownerless, failed = [], None
    for room in await s.store.read_each(rooms.id_of, keys):
        try:
            if isinstance(room, AppError):
                raise room  # noqa: TRY301 - a room whose name cannot be read is one that could not be settled
            if await _remove_from(s, person, room):
                ownerless.append(room)
        except Exception as error:  # noqa: BLE001 - raised again when the other rooms are settled
            logger.warning("%s could not be taken off %s: %s", person, room, error)
            failed = error
    if failed is not None:
        raise failed
    return ownerless


async def _remove_from(s: Services, person: PersonId, room: RoomId) -> bool:
    """Take a person off one room; say whether the room needs another owner first."""
    state = (await s.log.head(room)).state
    if state.hub != s.log.home.agency:
        # Another agency orders the room: it takes off whom this one says has gone.
        return False
    if policy_of(state.kind).members is not Members.OWNER_ADDS or state.role_of(s.log.home.principal(person)) is None:
        return False
    if state.owner == s.log.home.principal(person):
        if not state.closed and s.may_keep_group(s.log.home, state, s.clock()) is not None:
            await s.log.append(private_close(s.log.home, room), riders=(_reporting_ownerless(state.room, person),))
        else:
            await s.log.change(_reporting_ownerless(state.room, person))
        return True
    riders = (owner_requests.settling(s, SYSTEM),)
    await s.log.append(*removal_drafts(s.log.home, room, SYSTEM, [person], why="account_ended"), riders=riders)
    return False


async def follow_posts(s: Services) -> list[RoomId]:
    """Give rooms that belong to a post to whoever fills it now (Q8); return those that changed hands.

    Raises what one of the rooms raised, after all the others were handed over.
    """
    changed, failed = [], None
    async with s.store.read() as reader:
        keys = await reader.run(rooms.keys_bound_to_posts)
    for key, bound in zip(keys, await s.store.read_each(rooms.bound_to_post, keys), strict=True):
        try:
            if isinstance(bound, AppError):
                raise bound  # noqa: TRY301 - a room that cannot be read is one that could not be handed over
            if bound is not None and await _hand_over(s, *bound):
                changed.append(bound[0])
        except Exception as error:  # noqa: BLE001 - raised again when the other rooms are handed over
            logger.warning("room number %d could not be given to whoever fills its post: %s", key, error)
            failed = error
    if failed is not None:
        raise failed
    return changed


async def _hand_over(s: Services, room: RoomId, post: PostId, owner: PersonId) -> bool:
    """Give a room to whoever fills its post; say whether it changed hands."""
    holder = s.directory.now.holder_of(post)
    if holder is None or holder == owner or not s.accounts.is_active(holder, s.clock()):
        return False
    head = await s.log.head(room)
    if head.state.hub != s.log.home.agency:
        return False
    to = s.log.home.principal(holder)
    card = card_of(s, holder) if to not in head.state.members else None
    state = OwnerReassigned(to=to, post=post, why="post", card=card)
    riders = (owner_requests.notifying_new_owner(s, owner),)
    await s.log.append(Draft(room, s.log.home.system, EntryType.OWNER_REASSIGN, state=state), riders=riders)
    return True


def _has_ended(s: Services, person: PersonId) -> bool:
    """Return whether somebody of this agency has no account any more; of others, their agencies know."""
    if agency_of(s.log.home.principal(person)) != s.log.home.agency:
        return False
    card, account = s.directory.people.get(person), s.accounts.get(person)
    return card is None or not card.active or account is None or account.state is AccountState.REVOKED


def _reporting_ownerless(room: RoomId, owner: PersonId) -> Rider[None]:
    """Return what puts on record that a room has lost its owner, once for each owner it loses (F37)."""

    def report(tx: RiderTx) -> None:
        known = audit.find_last(tx.rows, OWNER_LOST, room)
        if known is not None and known.actor == owner:
            return
        audit.append(tx.rows, at=tx.at, actor=owner, action=OWNER_LOST, target=room, outcome="needs_owner")
        logger.warning("room %s needs a new owner: the account of %s has ended (gchat room reassign)", room, owner)

    return report


async def _guarded(work: Awaitable[object], what: str) -> bool:
    """Do one person's or room's part; a fault is logged and reported, and does not reach the others."""
    try:
        await work
    except Exception:
        logger.exception("rooms could not be settled for %s; tried again later", what)
        return False
    return True
