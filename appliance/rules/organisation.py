"""The organisation by codes, as imports compare it, and what differs between two states of it (F14). Values only."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from appliance.model import Millis
    from appliance.people import UnitKind, Visibility

Operation = Literal["added", "changed", "ended"]


@dataclass(frozen=True, slots=True)
class UnitState:
    """A unit by codes; what is compared of it."""

    code: str
    parent: str | None
    name_th: str
    name_en: str | None
    kind: UnitKind
    position: int
    valid_from: Millis
    valid_to: Millis | None
    merged_into: str | None


@dataclass(frozen=True, slots=True)
class PostState:
    """A post by codes."""

    code: str
    unit: str
    title_th: str
    title_en: str | None
    rank: str | None
    head: bool


@dataclass(frozen=True, slots=True)
class PersonState:
    """A person by staff number; what the directory owns of them."""

    staff_no: str
    title: str
    given_name: str
    family_name: str
    title_en: str | None
    given_name_en: str | None
    family_name_en: str | None
    email: str | None
    phone: str | None
    mobile: str | None
    birth_date: str | None
    email_visibility: Visibility
    phone_visibility: Visibility
    mobile_visibility: Visibility
    listing: Visibility
    active: bool = True


@dataclass(frozen=True, slots=True)
class HoldingState:
    """A post held by a person, not over yet."""

    staff_no: str
    post: str
    held_from: Millis
    held_to: Millis | None
    acting: bool
    main: bool


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation as it is: current units, all posts, everybody, and holdings that are not over."""

    units: Mapping[str, UnitState]
    posts: Mapping[str, PostState]
    people: Mapping[str, PersonState]
    holdings: Mapping[tuple[str, str], HoldingState]


Key = TypeVar("Key", bound="Hashable")
State = TypeVar("State", UnitState, PostState, PersonState, HoldingState)


@dataclass(frozen=True, slots=True)
class Change(Generic[State]):
    """One thing that would be added, changed or ended; `before` is None for what is new."""

    operation: Operation
    before: State | None
    after: State

    def differing(self) -> list[str]:
        """Return the names of the fields that differ."""
        if self.before is None:
            return []
        names = (field.name for field in fields(self.after))
        return [name for name in names if getattr(self.before, name) != getattr(self.after, name)]


def differences(
    before: Mapping[Key, State], after: Mapping[Key, State], is_over: Callable[[State], bool]
) -> list[Change[State]]:
    """Return what was added, changed or ended from one state to another; what is missing after is no change."""
    changes = []
    for key, state in after.items():
        old = before.get(key)
        if old is None:
            changes.append(Change("added", None, state))
        elif old != state:
            ended = is_over(state) and not is_over(old)
            changes.append(Change("ended" if ended else "changed", old, state))
    return changes
