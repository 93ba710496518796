"""What people do with rooms: create, rename, close, add, remove, hand over; their own view of one (F15, F32 to F40).

Each is one command to the room log, which decides. What only the directory knows is checked here first: that those who
are added are on the staff. What the log judges a private chat by, two ranks and the mode in force (F38, F39), goes into
its entries from here (`_pair_drafts`, `card_of`). A group of two is a private chat by another name; whether one may
come about is judged by the log's writer (`log/plan.py`). `removal_drafts` makes the entries of every removal. What the
system does when people leave is `room_settling.py`.
"""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING, Final

from appliance.actions import owner_requests
from appliance.actions.audit_records import recording
from appliance.actions.message_files import with_files
from appliance.actions.messages import message_draft, send_message
from appliance.actions.refusals import record_refusal
from appliance.errors import Forbidden, Invalid
from appliance.log.commands import THIS_ROOM
from appliance.log.idempotency import Key
from appliance.model import (
    MAX_LISTED,
    SYSTEM,
    Appended,
    Deny,
    Draft,
    EntryType,
    PersonId,
    PostId,
    Proposed,
    Role,
    RoomId,
    RoomKind,
)
from appliance.rules.agency_settings import CONTACT_MODE
from appliance.rules.entry_states import (
    Card,
    ClosedBySystem,
    MembersAdded,
    MembersRemoved,
    OwnerReassigned,
    OwnerTransferred,
    RemovedBySystem,
    RoomClosed,
    RoomCreated,
    RoomRenamed,
)
from appliance.rules.log_texts import is_note
from appliance.rules.names import room_name
from appliance.rules.policy import CHAT_KIND, NEW_ROOM_KIND, Members, policy_of
from appliance.rules.roles import may_reassign_room
from appliance.rules.rooms import authorize, denied_actions
from appliance.rules.text import has_visible, written
from appliance.store import rooms
from appliance.store.rooms import RoomPreferences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from appliance.log.heads import Head
    from appliance.log.riders import Rider, RiderTx
    from appliance.model import Home, Principal, RoomState, State
    from appliance.rules.roles import Actor
    from appliance.services import Services
    from appliance.wire.messages import TextBody as WireBody
    from appliance.wire.rooms import CreateRoom

# Cards in one entry, so that its header stays within 8 KiB.
CARDS_AN_ENTRY: Final = 25
# People in one entry: as many as an entry may list.
REMOVED_AN_ENTRY: Final = MAX_LISTED
NAMES_IN_A_REFUSAL: Final = 5


async def create_room(s: Services, actor: PersonId, asked: CreateRoom) -> RoomId:
    """Create a room of any kind, or open the private chat with one person. Raises Invalid, Forbidden."""
    members = [PersonId(person) for person in asked.members]
    policy = policy_of(asked.kind)
    if policy.members is Members.PAIR:
        others = set(members) - {actor}
        if asked.name is not None or len(others) != 1:
            raise Invalid(field="members" if asked.name is None else "name")
        return await create_direct(s, actor, others.pop(), asked.txn_id, kind=RoomKind(asked.kind))
    if policy.members is Members.FIXED:
        raise Invalid(field="kind")
    post = PostId(asked.options.owner_post) if asked.options.owner_post else None
    return await create_group(s, actor, asked.name, members, asked.txn_id, post, kind=RoomKind(asked.kind))


async def create_group(
    s: Services,
    actor: PersonId,
    name: str | None,
    members: Sequence[PersonId],
    txn_id: str,
    post: PostId | None = None,
    *,
    kind: RoomKind = NEW_ROOM_KIND,
) -> RoomId:
    """Create a group with its first members, who are in at once. A repeat of `txn_id` answers the same room.

    Raises Invalid, Forbidden: also for a group so small that it is a private chat which could not be started (F38).
    """
    clean = room_name(name)
    if clean is None:
        raise Invalid(field="name", code="room_name")
    if post is not None and s.directory.now.holder_of(post) != actor:
        raise Forbidden(Deny.NOT_OWNER)
    others = _others(s, actor, members)
    owner, card = s.log.home.principal(actor), card_of(s, actor)
    state = RoomCreated(kind=kind, owner=owner, name=clean, owner_post=post, card=card)
    return await _create(s, actor, state, others, txn_id, None)


async def create_direct(
    s: Services, actor: PersonId, other: PersonId, txn_id: str, *, kind: RoomKind = CHAT_KIND
) -> RoomId:
    """Return the private chat of two people, created if they have none of this kind yet.

    Raises Forbidden by rank (F38), Invalid.
    """
    pair = rooms.pair_key(kind, (actor, other))
    existing = await _direct_of(s, actor, other, pair)
    return existing or await _create(s, actor, *_first_of_direct(s, actor, other, kind), txn_id, pair)


async def write_to(
    s: Services, actor: PersonId, other: PersonId, body: WireBody, txn_id: str, *, files: Sequence[str] = ()
) -> Appended:
    """Send a message in the private chat of two people, which begins with it if they have none yet.

    The room and the message are one command: the other person never sees a chat in which nothing was said. A repeat of
    `txn_id` gets the first result, also when both began at once. Raises Forbidden by rank (F38), Invalid, and of files
    what `send_message` raises.
    """
    pair = rooms.pair_key(CHAT_KIND, (actor, other))
    room = await _direct_of(s, actor, other, pair)
    if room is None:
        state, others = _first_of_direct(s, actor, other, CHAT_KIND)
        # A repeat is known by the pair, and the message's own id is the message's.
        create = Draft(THIS_ROOM, s.log.home.principal(actor), EntryType.ROOM_CREATE, token_hex(), state=state)
        first = message_draft(s, actor, THIS_ROOM, body, txn_id, None, has_files=bool(files))
        opening = (create, *_pair_drafts(s, actor, others))
        riders: list[Rider[None]] = []
        if files:
            first, rider = await with_files(s, actor, first, files, place=len(opening))
            riders.append(rider)
        drafts = (*opening, first)
        appended = await s.log.append(*drafts, pair=pair, riders=riders)
        if len(appended) == len(drafts):
            return appended[-1]
        # The other person, or an earlier try, made it meanwhile.
        room = appended[0].room
    return await send_message(s, actor, room, body, txn_id, files=files)


async def rename_room(s: Services, actor: PersonId, room: RoomId, name: str, txn_id: str | None) -> None:
    """Rename a group; the old name stays in its history (F36)."""
    head = await _head_for(s, actor, room, EntryType.ROOM_RENAME)
    clean = room_name(name)
    if clean is None:
        raise Invalid(field="name", code="room_name")
    if clean == head.state.name and "rename" not in denied_actions(head.state, s.log.home.principal(actor)):
        return  # It has this name already: nothing is written.
    state = RoomRenamed(name=clean, old=head.state.name or "")
    await _append(s, actor, Draft(room, s.log.home.principal(actor), EntryType.ROOM_RENAME, txn_id, state=state))


async def close_room(s: Services, actor: PersonId, room: RoomId) -> None:
    """Close a group for writing; what was said stays until its period ends (F37, Q6)."""
    await _append(s, actor, Draft(room, s.log.home.principal(actor), EntryType.ROOM_CLOSE, state=RoomClosed()))


async def change_members(
    s: Services,
    actor: PersonId,
    room: RoomId,
    add: Sequence[PersonId],
    remove: Sequence[PersonId],
    txn_id: str,
    *,
    reason: str = "",
) -> tuple[list[PersonId], list[PersonId]]:
    """Add and remove members, all or none, at once (F32, F33). Return who was added and who removed.

    `reason` is shown to those who are removed, and to nobody else.
    """
    kind = EntryType.MEMBER_REMOVE if remove else EntryType.MEMBER_ADD
    state = (await _head_for(s, actor, room, kind)).state
    if not add and not remove:
        raise Invalid(field="add")
    if not set(add).isdisjoint(remove):
        raise Invalid(field="remove")
    gone = list(dict.fromkeys(remove))

    async def change() -> list[Appended]:
        drafts = await change_drafts(s, actor, state, list(dict.fromkeys(add)), gone, txn_id, reason=reason)
        return await _append(s, actor, *drafts, riders=(owner_requests.settling(s, actor),))

    first = (await s.log.once(Key(room, actor, txn_id), change)).n
    members = (await s.log.head(room)).state.members
    return [
        p for p in dict.fromkeys(add) if (member := members.get(s.log.home.principal(p))) and member.since >= first
    ], gone


async def change_drafts(
    s: Services,
    actor: PersonId,
    state: RoomState,
    add: Sequence[PersonId],
    remove: Sequence[PersonId],
    txn_id: str,
    *,
    reason: str = "",
) -> list[Draft]:
    """Make the entries of a change of members, of those who are not in yet. Raises Forbidden, Invalid."""
    await _check_change(s, actor, state, add, remove)
    new = [person for person in add if s.log.home.principal(person) not in state.members]
    if not new and not remove:
        raise Forbidden(Deny.ALREADY_MEMBER)
    check_found(s, actor, new)
    check_active(s, new)
    drafts = removal_drafts(s.log.home, state.room, actor, remove, reason=written(reason))
    drafts += _add_drafts(s, actor, state.room, new)
    return [drafts[0]._replace(txn_id=txn_id), *drafts[1:]]


async def transfer_room(s: Services, actor: PersonId, room: RoomId, to: PersonId, txn_id: str | None) -> None:
    """Hand a group to another member; there is one owner at any time (F37)."""
    state = (await _head_for(s, actor, room, EntryType.OWNER_TRANSFER)).state
    await s.log.once(Key(room, actor, txn_id), lambda: _transfer(s, actor, state, to, txn_id))


async def _transfer(s: Services, actor: PersonId, state: RoomState, to: PersonId, txn_id: str | None) -> list[Appended]:
    sender, asked = s.log.home.principal(actor), OwnerTransferred(to=s.log.home.principal(to))
    if denied := authorize(state, _proposed(s, EntryType.OWNER_TRANSFER, sender, asked)):
        # Before anything is said of the person named.
        await record_refusal(s, actor, EntryType.OWNER_TRANSFER.value, state.room, denied.value)
        raise Forbidden(denied)
    check_active(s, (to,))
    draft = Draft(state.room, sender, EntryType.OWNER_TRANSFER, txn_id, state=asked)
    return await _append(
        s, actor, draft, riders=(owner_requests.notifying_new_owner(s, s.log.home.person(state.owner)),)
    )


async def reassign_room(s: Services, actor: Actor, room: RoomId, to: PersonId, why: str, second: Actor | None) -> None:
    """Give a room whose owner has left to another member: an administrator with a reason, and a second one (F37).

    Both have proved who they are (`actions/second_person.py`). Raises Forbidden, Invalid, NotFound.
    """
    if not has_visible(why):
        raise Invalid(field="why", code="why_missing")
    if not is_note(why):
        raise Invalid(field="why")
    if denied := may_reassign_room(actor, to, second):
        raise Forbidden(denied)
    check_active(s, (to,))
    head = await s.log.head(room)
    if s.log.home.person(head.state.owner) not in s.accounts.ended():
        # A suspension ends by itself; a room is not given away because of it.
        raise Forbidden(Deny.NOT_OWNER)
    agreed = second.person if second else None
    by = tuple(s.log.home.principal(person) for person in (actor.person, agreed) if person is not None)
    state = OwnerReassigned(to=s.log.home.principal(to), why=why, by=by)
    riders = (
        owner_requests.notifying_new_owner(s, s.log.home.person(head.state.owner)),
        recording(actor.name, "room.reassign", room, to=to, why=why, second=str(agreed)),
    )
    await s.log.append(Draft(room, s.log.home.system, EntryType.OWNER_REASSIGN, state=state), riders=riders)


async def end_room(s: Services, operator: str, room: RoomId, why: str) -> None:
    """Close a group and take everybody but its owner off: for rooms that people were put into and cannot leave (F40).

    `operator` is who runs the command and `why` their reason; both are recorded with the change. The owner stays, since
    a room is never without one. Raises NotFound, Invalid without a reason, Forbidden for a private chat.
    """
    if not has_visible(why):
        raise Invalid(field="why", code="reason_missing")
    if not is_note(why):
        raise Invalid(field="why")
    state = (await s.log.head(room)).state
    if policy_of(state.kind).members is not Members.OWNER_ADDS:
        raise Forbidden(Deny.DIRECT_ROOM_FIXED)
    owner = s.log.home.person(state.owner)
    others = [person for person in map(s.log.home.person, state.members) if person != owner]
    record = recording(operator, "room.end", room, why=why, owner=owner, members=str(len(others)))
    drafts = (
        [] if state.closed else [Draft(room, s.log.home.system, EntryType.SYSTEM_CLOSE, state=ClosedBySystem(why=why))]
    )
    drafts += removal_drafts(s.log.home, room, SYSTEM, others, why=why)
    if drafts:
        await s.log.append(*drafts, riders=(owner_requests.settling(s, SYSTEM), record))
    else:
        await s.log.change(record)


async def set_preferences(
    s: Services,
    actor: PersonId,
    room: RoomId,
    *,
    muted: bool | None = None,
    hidden: bool | None = None,
    pinned: bool | None = None,
) -> None:
    """Mute, hide or pin a room for oneself; a hidden room returns with its next message (F40)."""
    head = await s.log.head_for(actor, room)

    def change(old: RoomPreferences) -> RoomPreferences:
        until = head.size - 1 if hidden else None
        return old._replace(
            muted=old.muted if muted is None else muted,
            pinned=old.pinned if pinned is None else pinned,
            hidden=old.hidden if hidden is None else until,
        )

    await _change_preferences(s, actor, room, change)


async def clear_room(s: Services, actor: PersonId, room: RoomId) -> None:
    """Hide the conversation so far from oneself: it is deleted for nobody, and search still finds it (F19).

    Nothing counts as unread any more, but nothing was read by that either: no receipt is given.
    """
    head = await s.log.head_for(actor, room)
    last = head.size - 1
    now = s.clock()

    def change(old: RoomPreferences) -> RoomPreferences:
        at = old.cleared_at if old.cleared == last else now
        return old._replace(cleared=last, cleared_at=at, hidden=last, unread_from=None)

    await _change_preferences(s, actor, room, change)


async def uncover_room(s: Services, actor: PersonId, room: RoomId) -> None:
    """Take back the clearing of a conversation: it was kept all along, so it is shown and counted as before (F19)."""
    await _change_preferences(s, actor, room, lambda old: old._replace(cleared=None, cleared_at=None, hidden=None))


async def mark_unread(s: Services, actor: PersonId, room: RoomId, n: int) -> None:
    """Show a room as unread from message `n` on, for oneself; first reads stay as they are (F16).

    The mark holds whatever is read meanwhile, here or on another device, until `end_unread_mark`.
    """
    head = await s.log.head_for(actor, room)
    if n >= head.size:
        raise Invalid(field="n")
    await _change_preferences(s, actor, room, lambda old: old._replace(unread_from=n))


async def end_unread_mark(s: Services, actor: PersonId, room: RoomId) -> None:
    """Take one's mark as unread off a room: the person has come back to it."""
    await _change_preferences(s, actor, room, lambda old: old._replace(unread_from=None))


async def _change_preferences(
    s: Services, actor: PersonId, room: RoomId, change: Callable[[RoomPreferences], RoomPreferences]
) -> None:
    """Change a person's own settings for a room, with an event for their devices; nothing is written without a change.

    Raises TooMany: each change is a line of the feed for good, and counts as an entry of the person.
    """
    head = await s.log.head_for(actor, room)
    async with s.store.read() as reader:
        old = await reader.run(rooms.preferences, head.key, actor)
    if change(old) == old:
        return
    s.log.take_share(actor)

    def put(tx: RiderTx) -> None:
        rooms.put_preferences(tx.rows, head.key, actor, change(rooms.preferences(tx.rows, head.key, actor)))
        tx.announce("room", {}, room=room, person=actor)

    await s.log.change(put)


async def _direct_of(s: Services, actor: PersonId, other: PersonId, pair: str) -> RoomId | None:
    if other == actor:
        raise Invalid(field="members")
    async with s.store.read() as reader:
        return await reader.run(rooms.id_by_pair, pair)


def _first_of_direct(
    s: Services, actor: PersonId, other: PersonId, kind: RoomKind
) -> tuple[RoomCreated, list[PersonId]]:
    """Return the state a private chat begins with and whom it adds. Raises Forbidden, Invalid."""
    others = _others(s, actor, (other,))
    return RoomCreated(kind=kind, owner=s.log.home.principal(actor), card=card_of(s, actor)), others


async def _create(
    s: Services,
    actor: PersonId,
    state: RoomCreated,
    others: list[PersonId],
    txn_id: str,
    pair: str | None,
) -> RoomId:
    create = Draft(THIS_ROOM, s.log.home.principal(actor), EntryType.ROOM_CREATE, txn_id, state=state)
    adding = _pair_drafts(s, actor, others) if pair else _add_drafts(s, actor, THIS_ROOM, others)
    # A repeat takes nothing from what a person may create.
    key = Key(THIS_ROOM, actor, txn_id, pair)
    return (await s.log.once(key, lambda: s.log.append(create, *adding, pair=pair))).room


def _add_drafts(s: Services, actor: PersonId, room: RoomId, people: Iterable[PersonId]) -> list[Draft]:
    """Make the entries that add people, each with their cards."""
    cards = [card_of(s, person) for person in people]
    return [
        Draft(
            room,
            s.log.home.principal(actor),
            EntryType.MEMBER_ADD,
            state=MembersAdded(tuple(cards[at : at + CARDS_AN_ENTRY])),
        )
        for at in range(0, len(cards), CARDS_AN_ENTRY)
    ]


def _pair_drafts(s: Services, actor: PersonId, people: Iterable[PersonId]) -> list[Draft]:
    """Make the entry that adds the other person of a private chat, with what every replica judges it by."""
    rank, contact, sender = (
        s.directory.people[actor].rank,
        s.settings.get(CONTACT_MODE, s.clock()),
        s.log.home.principal(actor),
    )
    states = [MembersAdded((card_of(s, person),), rank, contact) for person in people]
    return [Draft(THIS_ROOM, sender, EntryType.MEMBER_ADD, state=state) for state in states]


def card_of(s: Services, person: PersonId) -> Card:
    """Return the card that freezes for evidence who a person was when they came in."""
    card = s.directory.people[person]
    principal = s.log.home.principal(person)
    return Card(principal, name=card.name, unit=card.unit_name or "", post=card.post or "", rank=card.rank)


def _others(s: Services, actor: PersonId, members: Iterable[PersonId]) -> list[PersonId]:
    others = [person for person in dict.fromkeys(members) if person != actor]
    check_found(s, actor, others)
    check_active(s, others)
    return others


def check_found(s: Services, actor: PersonId, people: Iterable[PersonId]) -> None:
    """Refuse people whom the actor does not find in the directory, as if there were none such (F13). Raises Invalid."""
    if not all(s.directory.now.may_find(actor, person) for person in people):
        raise Invalid(field="members", code="unknown_person")


def check_active(s: Services, people: Iterable[PersonId]) -> None:
    """Refuse people who are not on the staff, or whose account is not active, by name. Raises Invalid, Forbidden."""
    now = s.clock()
    inactive = []
    for person in people:
        card = s.directory.people.get(person)
        if card is None:
            raise Invalid(field="members", code="unknown_person")
        if not s.accounts.is_active(person, now):
            inactive.append(card.name)
    if inactive:
        named = ", ".join(inactive[:NAMES_IN_A_REFUSAL])
        raise Forbidden(Deny.PEOPLE_NOT_ACTIVE, names=f"{named} …" if len(inactive) > NAMES_IN_A_REFUSAL else named)


def removal_drafts(
    home: Home,
    room: RoomId,
    actor: PersonId,
    people: Sequence[PersonId],
    *,
    must: bool = False,
    reason: str = "",
    why: str = "",
    by: tuple[PersonId, ...] = (),
) -> list[Draft]:
    """Make the entries that take people off a group: the owner's, or the system's for what has to happen.

    `why` and `by` go into each entry of the system; `reason` goes into none, it is shown to these people alone. `must`:
    the owner does what has to happen. Where those left could not have begun a private chat, the log's writer closes the
    group together with what has to happen, and refuses what has not (F38).
    """
    drafts = []
    for at in range(0, len(people), REMOVED_AN_ENTRY):
        part = tuple(map(home.principal, people[at : at + REMOVED_AN_ENTRY]))
        by_system = RemovedBySystem(part, why=why, by=tuple(map(home.principal, by))) if actor == SYSTEM else None
        kind = EntryType.SYSTEM_REMOVE if by_system else EntryType.MEMBER_REMOVE
        sender = home.principal(actor)
        drafts.append(Draft(room, sender, kind, state=by_system or MembersRemoved(part), must=must, reason=reason))
    return drafts


async def _check_change(
    s: Services, actor: PersonId, state: RoomState, add: Sequence[PersonId], remove: Sequence[PersonId]
) -> None:
    """Refuse who may not change the members, before anything is said of the people named (F32 to F34, F40)."""
    home = s.log.home
    sender = home.principal(actor)
    if state.role_of(sender) is Role.OWNER:
        return
    kind = EntryType.MEMBER_REMOVE if remove else EntryType.MEMBER_ADD
    asked: State = MembersRemoved(tuple(map(home.principal, remove)), oneself=list(remove) == [actor])
    if not remove:
        asked = MembersAdded(tuple(Card(home.principal(person), name="", unit="", post="") for person in add))
    if denied := authorize(state, _proposed(s, kind, sender, asked)):
        await record_refusal(s, actor, kind.value, state.room, denied.value)
        raise Forbidden(denied)


def _proposed(s: Services, kind: EntryType, sender: Principal, state: State) -> Proposed:
    """Return an entry as the rules see it, of a type that they judge alike wherever it would stand."""
    now = s.clock()
    return Proposed(kind, s.log.home.agency, sender, now, state, n=1, hub_time=now)


async def _head_for(s: Services, actor: PersonId, room: RoomId, kind: EntryType) -> Head:
    """Return the room to a member; an outsider's attempt is put on record before it is refused (F32)."""
    try:
        return await s.log.head_for(actor, room)
    except Forbidden as error:
        await record_refusal(s, actor, kind.value, room, error.code)
        raise


async def _append(s: Services, actor: PersonId, *drafts: Draft, riders: Sequence[Rider[object]] = ()) -> list[Appended]:
    """Append; a refusal by a rule is recorded before it is raised (F32)."""
    try:
        return await s.log.append(*drafts, riders=riders)
    except Forbidden as error:
        await record_refusal(s, actor, drafts[0].type.value, drafts[0].room, error.code)
        raise
