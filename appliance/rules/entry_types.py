"""The registry of entry types: one row says everything about a type of entry, and a new type is a new row.

Who uses a row: `read` (the state in a header, strictly), `rooms.authorize` and `rooms.apply` (who may append it, and
how it changes the room), `visibility.shown`, `concerns.concerned`, `marks`; further the log, the reads and the search
feed. Pure; it needs the standard library alone (`shapes.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from appliance.model import (
    EVERYONE,
    RULES_VERSION,
    Ability,
    Body,
    Deny,
    EntryType,
    Principal,
    Proposed,
    State,
    TextBody,
)
from appliance.rules import entry_states as states
from appliance.rules import files, marks, membership, messages, stated
from appliance.rules.shapes import Shape, WrongShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.model import Member, Millis, RoomState, Target
    from appliance.rules.policy import KeyKind

    May = Callable[[RoomState, Any, Proposed, Any, Any], Deny | None]
    """Of the room, the sender's part in it (None: the system), the entry, its state, the entry that it points at."""
    ShownTo = Callable[[Any, Principal, Principal, Millis], bool]
    """Says, for an entry's state and its sender, whether somebody sees it now; `EVERYONE`: all members alike."""
    Apply = Callable[[RoomState, Any, int], RoomState]
    Stated = Callable[[Any, Proposed, Any, stated.Facts], Deny | None]
    """Of the room before (None: it begins), the entry, its state, and the facts that statements are judged by."""


def to_nobody(*_: object) -> bool:
    """Hide an entry of a type that does not say whom it is shown to."""
    return False


def to_everyone(*_: object) -> bool:
    """Show an entry to all members."""
    return True


_READ_WITH_TARGET: Final = frozenset((Ability.EDIT, Ability.RETRACT, Ability.REACT))


def characters(value: object) -> int:
    """Return how many characters the texts of a body have, whatever its fields are."""
    if isinstance(value, str):
        return len(value)
    return sum(map(characters, value)) if isinstance(value, tuple) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryKind:
    """One type of entry: a row of the registry.

    - `state`: the dataclass of its fields in the header.
    - `may`: returns why a member may not append it (the system, where `by_system` is set), or None.
    - `shown_to`: returns who sees it (`visibility.py`). Without it, nobody does.
    - `apply`: returns the room after it. None: it changes nothing of the room.
    - `by_system`: only the system of an agency appends it, no person.
    - `needs`: it points at an earlier entry (`target`), and that entry must have this in its `takes`.
    - `takes`: what later entries may do to it.
    - `body`: the type of its body, a named tuple. None: it has none.
    - `weight`: returns what its body takes of a batch (`log/waiting.py`), in characters.
    - `key_kind`: the kind of epoch key that seals the body; `text` stands for the kind that the room's policy names.
    - `message`: it counts as unread for others and is the newest line of its room.
    - `words`: returns the text by which search finds it, from its body.
    - `says`: returns the text that members read, from its body. The hub takes the entry in only where a member could
      have written it (`evidence/admission.py`).
    - `carries`: returns how many files its header says that it carries. Their keys are wrapped under the epoch key of
      kind `file`, when it is appended.
    - `fits`: says whether its body may stand beside this state: that the files in it are those which the header counts.
      The hub takes the entry in only then.
    - `names`: returns all people whom its body names. Their agencies must be enrolled when the hub takes the entry in
      (`evidence/admission.py`).
    - `mentions`: returns the members to be told that it mentions them, from its state and its body.
    - `concerns`: returns the people for whom it counts as unread though it is no message (`concerns.py`).
    - `adds`, `removes`: return the people who join or leave by it, without an owner who joins.
    - `brings`: returns the people who join or become the owner. Their agencies must be enrolled, which `judge` of
      `evidence/verification.py` checks.
    - `stated`: returns why the statements in it are not those that it needs, or None (`stated.py`).
    - `retracts`: the message that it points at is hidden from then on.
    - `erases`: returns the first and last position of the entries whose bodies it destroys.
    - `mark`: how many entries of this type a message may have (`marks.py`).
    """

    state: type[State]
    may: May
    shown_to: ShownTo = to_nobody
    apply: Apply | None = None
    by_system: bool = False
    needs: Ability | None = None
    takes: frozenset[Ability] = frozenset()
    body: type[Body] | None = None
    weight: Callable[[Any], int] = characters
    key_kind: KeyKind = "text"
    message: bool = False
    words: Callable[[Any], str] | None = None
    says: Callable[[Any], str] | None = None
    carries: Callable[[Any], int] | None = None
    fits: Callable[[Any, Any], bool] | None = None
    names: Callable[[Any], tuple[Principal, ...]] | None = None
    mentions: Callable[[Any, Any, Mapping[Principal, Member]], tuple[Principal, ...]] | None = None
    concerns: Callable[[Any], tuple[Principal, ...]] | None = None
    adds: Callable[[Any], tuple[Principal, ...]] | None = None
    removes: Callable[[Any], tuple[Principal, ...]] | None = None
    brings: Callable[[Any], tuple[Principal, ...]] | None = None
    stated: Stated | None = None
    retracts: bool = False
    erases: Callable[[Any], tuple[int, int]] | None = None
    mark: marks.Mark | None = None
    shape: Shape[State] = field(init=False, repr=False)
    """How `state` is read and written."""
    body_shape: Shape[Body] | None = field(init=False, repr=False)
    """How `body` is read and written; None for a type that has none."""

    def __post_init__(self) -> None:
        """Make the shapes. Raises ValueError for a row of marks on marks, and of marks that not everyone is shown.

        `visibility.py` follows one `target` only, so what marks an entry cannot be marked itself. A message is read
        with its newest words and its reactions, so what edits, retracts or reacts to one is shown to whom that one is.
        """
        object.__setattr__(self, "shape", Shape(self.state))
        object.__setattr__(self, "body_shape", Shape(self.body) if self.body else None)
        if self.marks_another and self.takes:
            raise ValueError("what changes or marks an entry takes nothing itself")
        if self.needs in _READ_WITH_TARGET and not self.for_all:
            raise ValueError("what is read with the entry that it marks is shown to whom that entry is")

    @property
    def for_all(self) -> bool:
        """Whether all members are shown it, at all times."""
        return self.shown_to is to_everyone

    @property
    def marks_another(self) -> bool:
        """Whether it changes or marks an earlier entry, and is shown to whom that one is."""
        return self.needs is not None and self.needs is not Ability.ANSWER

    @property
    def changes_words(self) -> bool:
        """Whether it changes what an earlier message says, or takes its words away."""
        return self.needs is Ability.EDIT or self.retracts or self.erases is not None


def _members(state: states.MembersRemoved | states.RemovedBySystem) -> tuple[Principal, ...]:
    return state.members


def _cards(state: states.MembersAdded) -> tuple[Principal, ...]:
    return tuple(card.p for card in state.members)


def _new_owner(state: states.OwnerTransferred | states.OwnerReassigned) -> tuple[Principal, ...]:
    return (state.to,)


def _everyone(_: State) -> tuple[Principal, ...]:
    return (EVERYONE,)


def _text(body: TextBody) -> str:
    return body.text


def _text_and_names(body: TextBody) -> str:
    return "\n".join((body.text, *(one.name for one in body.files))).lstrip("\n") if body.files else body.text


def _length(body: TextBody) -> int:
    return len(body.text) + sum(len(one.name) for one in body.files)


def _named(body: TextBody) -> tuple[Principal, ...]:
    return body.mentions


def _carried(state: states.TextSaid) -> int:
    return state.files


def _files_fit(state: states.TextSaid, body: TextBody) -> bool:
    return files.fit(body.files, state.files, state.label)


def _no_files(_: State, body: TextBody) -> bool:
    return not body.files


ENTRY_TYPES: Final[dict[str, EntryKind]] = {
    EntryType.ROOM_CREATE: EntryKind(
        state=states.RoomCreated, may=membership.may_create, shown_to=to_everyone, stated=stated.creator
    ),
    EntryType.ROOM_RENAME: EntryKind(
        state=states.RoomRenamed,
        may=membership.may_rename,
        shown_to=to_everyone,
        apply=membership.renamed,
        concerns=_everyone,
    ),
    EntryType.ROOM_CLOSE: EntryKind(
        state=states.RoomClosed,
        may=membership.may_close,
        shown_to=to_everyone,
        apply=membership.closed,
        concerns=_everyone,
    ),
    EntryType.MEMBER_ADD: EntryKind(
        state=states.MembersAdded,
        may=membership.may_add,
        shown_to=to_everyone,
        apply=membership.added,
        concerns=_cards,
        adds=_cards,
        brings=_cards,
        stated=stated.newcomers,
    ),
    EntryType.MEMBER_REMOVE: EntryKind(
        state=states.MembersRemoved,
        may=membership.may_remove,
        shown_to=to_everyone,
        apply=membership.removed,
        removes=_members,
    ),
    EntryType.SYSTEM_REMOVE: EntryKind(
        state=states.RemovedBySystem,
        by_system=True,
        may=membership.system_may_remove,
        shown_to=to_everyone,
        apply=membership.removed,
        removes=_members,
        stated=stated.removed,
    ),
    EntryType.SYSTEM_CLOSE: EntryKind(
        state=states.ClosedBySystem,
        by_system=True,
        may=membership.system_may_close,
        shown_to=to_everyone,
        apply=membership.closed,
        concerns=_everyone,
    ),
    EntryType.OWNER_TRANSFER: EntryKind(
        state=states.OwnerTransferred,
        may=membership.may_transfer,
        shown_to=to_everyone,
        apply=membership.handed_over,
        concerns=_new_owner,
        brings=_new_owner,
        stated=stated.new_owner,
    ),
    EntryType.OWNER_REASSIGN: EntryKind(
        state=states.OwnerReassigned,
        by_system=True,
        may=membership.system_may_reassign,
        shown_to=to_everyone,
        apply=membership.handed_over,
        concerns=_new_owner,
        brings=_new_owner,
        stated=stated.new_hub,
    ),
    EntryType.MESSAGE_TEXT: EntryKind(
        state=states.TextSaid,
        body=TextBody,
        weight=_length,
        needs=Ability.ANSWER,
        takes=frozenset(Ability),
        may=messages.may_write,
        shown_to=to_everyone,
        message=True,
        words=_text_and_names,
        says=_text,
        carries=_carried,
        fits=_files_fit,
        names=_named,
        mentions=messages.mentioned,
    ),
    EntryType.MESSAGE_EDIT: EntryKind(
        state=states.TextEdited,
        body=TextBody,
        weight=_length,
        says=_text,
        fits=_no_files,
        names=_named,
        needs=Ability.EDIT,
        may=messages.may_edit,
        shown_to=to_everyone,
        mark=marks.EDITS,
    ),
    EntryType.MESSAGE_REDACT: EntryKind(
        state=states.MessageRetracted,
        needs=Ability.RETRACT,
        may=messages.may_redact,
        shown_to=to_everyone,
        retracts=True,
    ),
    EntryType.MESSAGE_REACTION: EntryKind(
        state=states.Reacted, needs=Ability.REACT, may=messages.may_react, shown_to=to_everyone, mark=marks.REACTIONS
    ),
    EntryType.SHRED: EntryKind(
        state=states.BodiesDestroyed,
        by_system=True,
        may=membership.system_may_destroy,
        shown_to=to_everyone,
        erases=lambda state: (state.first, state.last),
    ),
}


VERSIONS: Final[dict[int, Mapping[str, EntryKind]]] = {RULES_VERSION: ENTRY_TYPES}
"""The rows by the version of the rules (`rv` of a header).

An entry is judged, shown, projected and searched by those of its own version, for ever; `ENTRY_TYPES` are those by
which this release writes. The database finds messages by the name of their type, so a type counts as a message in all
versions or in none.
"""


def find(kind: str, version: int) -> EntryKind | None:
    """Return the row of a type by its name, or None for one that the rules of this version do not know."""
    rows = VERSIONS.get(version)
    return None if rows is None else rows.get(kind)


def find_alike(kind: str) -> EntryKind | None:
    """Return the row of a type that all versions of the rules have alike, or None."""
    row, *others = (rows.get(kind) for rows in VERSIONS.values())
    return row if all(other is row for other in others) else None


def row_of(entry: Proposed | Target) -> EntryKind:
    """Return the row of an entry that has been read, by the rules of its own version."""
    return VERSIONS[entry.rules][entry.type]


def types_where(holds: Callable[[EntryKind], bool]) -> list[str]:
    """Return the names of types of which this holds in some version: what the database is asked for by name."""
    return sorted({kind for rows in VERSIONS.values() for kind, row in rows.items() if holds(row)})


def read(kind: str, fields: Mapping[str, object] | None, version: int = RULES_VERSION) -> State | Deny:
    """Return what the header of an entry says, or why it is none that can be judged: an unknown type, a wrong shape."""
    row = find(kind, version)
    if row is None:
        return Deny.WRONG_TYPE
    try:
        return row.shape.read(fields or {})
    except WrongShapeError:
        return Deny.WRONG_SHAPE


def write(kind: str, state: State | None) -> dict[str, object]:
    """Return the fields of a header; what `read` gives the struct back for."""
    return {} if state is None else ENTRY_TYPES[kind].shape.write(state)


def proposed(
    kind: str,
    origin: str,
    sender: Principal,
    at: Millis,
    fields: Mapping[str, object] | None,
    *,
    n: int,
    hub_time: Millis,
    rules: int = RULES_VERSION,
) -> Proposed | Deny:
    """Return an entry as the rules see it, or why it is none that can be judged."""
    state = read(kind, fields, rules)
    if isinstance(state, Deny):
        return state
    return Proposed(
        kind if isinstance(kind, EntryType) else EntryType(kind), origin, sender, at, state, n, hub_time, rules
    )
