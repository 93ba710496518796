"""A client in a page: applies events to a snapshot of one person's rooms, as the web client's core does.

An entry below a view's `size` is part of that view and changes nothing; reading marks only rise; messages of others
are counted from the view's size on, and what the server counted before is taken from it. Where a mark stops inside
that part, only the server can say: the room is `stale` and has to be fetched again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec.structs import replace

from appliance.model import EVERYONE, Member, PersonId, Role, RoomId, RoomKind, RoomState
from appliance.rules.concerns import concerned
from appliance.rules.receipts import after
from appliance.rules.rooms import denied_actions
from appliance.wire.messages import Edited, Event
from appliance.wire.rooms import MemberView, RoomView


@dataclass(slots=True)
class Seen:
    """A room as the client knows it. `others` and `naming` are positions after the view that count while unread."""

    view: RoomView
    base: tuple[int, int, int]
    others: list[int] = field(default_factory=list)
    naming: list[int] = field(default_factory=list)
    stale: bool = False


@dataclass(slots=True)
class Client:
    """What one person's device knows."""

    me: PersonId
    rooms: dict[str, Seen] = field(default_factory=dict)
    requests: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    cursor: int = 0

    def take(self, events: list[Event]) -> None:
        for event in events:
            assert event.room is not None
            self._take(event, event.room)
            self.cursor = max(self.cursor, event.pos)

    def view(self, room: str) -> RoomView:
        return self.rooms[room].view

    def _take(self, event: Event, room: str) -> None:
        if event.type == "room":
            view = msgspec.convert(event.state, RoomView)
            if room not in self.rooms or view.size >= self.rooms[room].view.size:
                self.rooms[room] = Seen(view, (view.size, view.unread, view.mentions))
        elif event.type == "room.left":
            self.rooms.pop(room, None)
        elif event.type in {"removal_request", "member_suggestion"}:
            assert event.state is not None
            self.requests[event.type, event.state["id"]] = event.state
        elif room in self.rooms and event.type == "receipt":
            assert event.state is not None
            self._receipt(self.rooms[room], event.state)
        elif room in self.rooms and event.n is not None and event.n >= self.rooms[room].view.size:
            self._entry(self.rooms[room], event, event.n)

    def _entry(self, seen: Seen, event: Event, n: int) -> None:
        state = event.state or {}
        view = replace(seen.view, size=n + 1)
        self._uncall(seen, event)
        match event.type:
            case "message.text":
                view = replace(view, last=replace(event, reactions=[], txn_id=None), hidden=False)
                if event.sender != self.me:
                    seen.others.append(n)
                    body = event.body
                    if body is not None and (body.everyone or self.me in body.mentions):
                        seen.naming.append(n)
            case "message.edit" | "message.redact" if view.last is not None and view.last.n == event.target:
                view = replace(view, last=_changed(view.last, event, n))
            case "room.rename":
                view = replace(view, name=state["name"])
            case "room.close" | "sys.close":
                view = replace(view, closed=True)
            case "member.add":
                view = replace(view, member_count=view.member_count + len(state["members"]))
            case "member.remove" | "sys.remove":
                view = replace(view, member_count=view.member_count - len(state["members"]))
            case "owner.transfer" | "owner.reassign":
                role = Role.OWNER if state["to"] == self.me else Role.MEMBER
                joins = 1 if "card" in state else 0
                view = replace(
                    view, owner=state["to"], role=role.value, owner_post=state.get("post"),
                    member_count=view.member_count + joins,
                )  # fmt: skip
        view = self._concern(seen, view, event, n)
        seen.view = replace(view, denied=_denied(view, self.me))
        self._count(seen)

    def _concern(self, seen: Seen, view: RoomView, event: Event, n: int) -> RoomView:
        """Count what was done to this person; it is the room's newest line."""
        people = concerned(RoomKind(view.kind), event.type, event.sender or "", event.state or {})
        if self.me not in people and (EVERYONE not in people or event.sender == self.me):
            return view
        seen.others.append(n)
        return replace(view, last=replace(event, txn_id=None), hidden=False)

    def _uncall(self, seen: Seen, event: Event) -> None:
        """A retracted message calls nobody; whether one that the server counted named this person only it can say."""
        target = event.target
        if event.type != "message.redact" or target is None:
            return
        if target in seen.naming:
            seen.naming.remove(target)
        elif target < seen.base[0] and target >= _mark(seen.view) and seen.base[2]:
            seen.stale = True

    def _receipt(self, seen: Seen, state: dict[str, Any]) -> None:
        reads: dict[str, int] = state["read"]
        view = seen.view
        if view.members:
            view = replace(view, members=[_shown(member, state["shown"]) for member in view.members])
        own = reads.get(self.me)
        if own is not None:
            before = _mark(view)
            view = replace(view, read=max(view.read, own))
            if before != _mark(view) and _mark(view) < seen.base[0] and seen.base[1]:
                seen.stale = True
        seen.view = view
        self._count(seen)

    @staticmethod
    def _count(seen: Seen) -> None:
        mark = _mark(seen.view)
        size, unread, mentions = seen.base
        if mark >= size:
            unread = mentions = 0
        seen.view = replace(
            seen.view,
            unread=unread + sum(n >= mark for n in seen.others),
            mentions=mentions + sum(n >= mark for n in seen.naming),
        )


def _shown(member: MemberView, shown: dict[str, list[tuple[int, int]]]) -> MemberView:
    read, gaps = member.read or 0, member.skipped
    for first, last in shown.get(member.person, ()):
        read, gaps = after(read, gaps, member.since, (first, last))
    return replace(member, read=read, skipped=gaps)


def _mark(view: RoomView) -> int:
    return view.read + 1 if view.unread_from is None else min(view.read + 1, view.unread_from)


def _changed(last: Event, event: Event, n: int) -> Event:
    if event.type == "message.redact":
        return replace(last, body=None, hidden="retracted", edited=None)
    return replace(last, body=event.body, edited=Edited(n=n, at=event.at))


def _denied(view: RoomView, me: PersonId) -> dict[str, str]:
    people = [me, *(PersonId(f"other-{n}") for n in range(view.member_count - 1))]
    members = {person: Member(person, Role(view.role) if person == me else Role.MEMBER, 0) for person in people}
    state = RoomState(
        RoomId(view.id), RoomKind(view.kind), view.name, PersonId(view.owner), members, "test", closed=view.closed
    )
    return denied_actions(state, me)
