"""People who talk, arrange their rooms and lose their lines: the steps of the hypothesis machine in `test_hub.py`.

A step is a word and a number that picks who and where. One that makes no sense at its moment does nothing or something
else of its kind, so that every list of steps can be played. What its stations were told is checked by `stations.py`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from appliance.actions import disposal, messages, owner_requests, removal_requests, rooms
from appliance.log.file_events import announce
from appliance.log.file_facts import scanning_of
from appliance.model import Draft, EntryType, PersonId, RoomId
from appliance.rules.entry_states import OwnerReassigned
from appliance.rules.owner_requests import Outcome
from appliance.wire.messages import TextBody
from tests.bureau import CLERK, DAY, HOME, MALEE, NARIN, OUTSIDER, SECOND, SOMCHAI, Bureau, principal
from tests.log.stations import Station, Tape, connect, station
from tests.made_files import an_upload, clean

STREAMS: Final = ["stick", "free", "breathe", "reconnect"]
WORDS: Final = ["say", "say", "many", "mention", "reply", "private", "attach"]
CHANGES: Final = ["edit", "retract", "erase", "react", "take back", "find out"]
ROOMS: Final = ["membership", "membership", "add again", "rename", "hand over", "reassign", "ask", "close", "end"]
OWN: Final = ["read", "read part", "mute", "clear", "uncover", "hide", "pin", "mark", "unmark"]
STEPS: Final = [*STREAMS, *WORDS, *CHANGES, *ROOMS, *OWN]


@dataclass
class Play:
    """Streams that get stuck, break and come back, while people talk and rooms change."""

    b: Bureau
    rooms: list[RoomId]
    """The groups that are open; Narin is in each."""
    stations: list[Station]
    chats: dict[PersonId, RoomId] = field(default_factory=dict)
    """Narin's private chats, by the other person."""
    closed: list[RoomId] = field(default_factory=list)
    newest: dict[RoomId, int] = field(default_factory=dict)
    """The newest message of Narin's that stands, by room where it can still be changed."""
    files: list[str] = field(default_factory=list)
    """What was attached to messages, whether they stand or not."""

    @classmethod
    async def begun(cls, b: Bureau) -> Play:
        """Return a play with two groups and three people, each with a snapshot and a stream from it."""
        made = [await b.group(NARIN, OUTSIDER, MALEE, SOMCHAI), await b.group(NARIN, OUTSIDER, SOMCHAI, CLERK)]
        return cls(b, made, [await station(b, who) for who in (MALEE, SOMCHAI, CLERK)])

    async def step(self, what: str, which: int) -> None:
        self.b.clock.pass_(SECOND)
        found = self.stations[which % len(self.stations)]
        room = self.rooms[which % len(self.rooms)]
        if what in STREAMS:
            await self._stream(what, found)
        elif what in WORDS:
            await self._speak(what, which, found.who, room)
        elif what in CHANGES and self.newest:
            await self._change_message(what, which, list(self.newest)[which % len(self.newest)])
        elif what in ROOMS:
            await self._change_room(what, which, found.who, room)
        elif what in OWN:
            known = [*self.rooms, *self.chats.values(), *self.closed]
            await self._arrange(what, which, found.who, known[which % len(known)])

    async def _stream(self, what: str, found: Station) -> None:
        match what:
            case "stick":
                found.tape.stuck = True
            case "free":
                found.tape.stuck = False
            case "breathe":
                await asyncio.sleep(0.003)
            case "reconnect":
                await self._reconnect(found)

    async def _speak(self, what: str, which: int, who: PersonId, room: RoomId) -> None:
        services, inside = self.b.s, await self._inside(who, room)
        match what:
            case "say":
                await self.b.say(who if inside and which % 2 else NARIN, room, f"{which}")
            case "many":
                await asyncio.gather(*(self.b.say(NARIN, at, f"{n}") for n in range(3) for at in self.rooms))
            case "mention":
                body = TextBody(text="@", mentions=[who]) if inside else TextBody(text="@ทุกคน", everyone=True)
                sent = await messages.send_message(services, NARIN, room, body, self.b.txn(), None)
                self.newest[room] = sent.n
            case "reply":
                self.newest[room] = (await self.b.say(NARIN, room, "ตอบ", reply_to=self.newest.get(room))).n
            case "attach":
                made = [await an_upload(services, NARIN, f"แผนที่ {which}.pdf") for _ in range(1 + which % 2)]
                text = TextBody(text="ตามแนบ" if which % 3 else "")
                self.newest[room] = (
                    await messages.send_message(services, NARIN, room, text, self.b.txn(), files=made)
                ).n
                self.files += made
            case "private":
                # Narin is the first to write: a clerk may not write to them first.
                author, other = (who, NARIN) if which % 2 and who in self.chats else (NARIN, who)
                sent = await rooms.write_to(services, author, other, TextBody(text=f"{which}"), self.b.txn())
                self.chats[who] = sent.room
                if author == NARIN:
                    self.newest[sent.room] = sent.n

    async def _change_message(self, what: str, which: int, room: RoomId) -> None:
        services, n = self.b.s, self.newest[room]
        someone = self.stations[which % len(self.stations)].who
        who = someone if await self._inside(someone, room) else NARIN
        match what:
            case "edit":
                await messages.edit_message(services, NARIN, room, n, TextBody(text=f"แก้ {which}"), self.b.txn())
            case "retract":
                await messages.retract_message(services, NARIN, room, self.newest.pop(room), "", self.b.txn())
            case "erase":
                n = self.newest.pop(room)
                await disposal.erase_bodies(services, room, max(0, n - which), n, "ระเบียบ 90 วัน")
            case "react":
                await messages.react(services, who, room, n, "👍🙏"[which % 2], on=True)
            case "find out" if self.files:
                file = self.files[which % len(self.files)]
                await clean(services, file)
                scanning = scanning_of(services.config.files, services.files.health)
                await services.log.change(lambda tx: announce(tx, services.log.bodies, scanning, file))
            case "take back":
                for emoji in "👍🙏":
                    await messages.react(services, who, room, n, emoji, on=False)

    async def _change_room(self, what: str, which: int, who: PersonId, room: RoomId) -> None:
        """What its owner does with a room. Narin stays a member, and is the owner again after somebody else was."""
        services, state = self.b.s, (await self.b.s.log.head(room)).state
        owner, members = HOME.person(state.owner), set(map(HOME.person, state.members))
        match what:
            case "membership" if who != owner:
                add, remove = ([], [who]) if who in members else ([who], [])
                await rooms.change_members(services, owner, room, add, remove, self.b.txn())
            case "add again" if who != owner and who in members:
                await rooms.change_members(services, owner, room, [], [who], self.b.txn())
                await self.b.say(NARIN, room, "ระหว่างนั้น")
                await rooms.change_members(services, owner, room, [who], [], self.b.txn())
            case "rename":
                await rooms.rename_room(services, owner, room, f"ห้อง {which}", self.b.txn())
            case "hand over":
                others = sorted(members - {owner})
                to = NARIN if owner != NARIN else others[which % len(others)]
                await rooms.transfer_room(services, owner, room, to, self.b.txn())
            case "reassign" if len(members) > 1:
                others = sorted(members - {owner})
                to = NARIN if owner != NARIN else others[which % len(others)]
                # An administrator does this when the owner's account has ended; everybody here goes on.
                given = OwnerReassigned(to=principal(to), why="ปฏิบัติหน้าที่แทน", by=(principal(CLERK),))
                await services.log.append(Draft(room, HOME.system, EntryType.OWNER_REASSIGN, state=given))
            case "ask" if who != owner and who in members:
                await self._ask(which, who, owner, room)
            case "close":
                await rooms.close_room(services, owner, room)
                await self._replace(room)
            case "end":
                await rooms.end_room(services, "operator:root", room, "ห้องก่อกวน")
                await self._replace(room)

    async def _ask(self, which: int, who: PersonId, owner: PersonId, room: RoomId) -> None:
        """Have a member ask to be taken off: the owner grants it or not, or the member takes it back."""
        services = self.b.s
        self.b.clock.pass_(8 * DAY)  # the same question may be asked again after seven
        self.newest.clear()  # and what was said before then can no longer be changed
        request = await removal_requests.ask_removal(services, who, room, "")
        if which % 4 == 3:
            await owner_requests.withdraw(services, who, request.id)
        else:
            outcome = Outcome.REFUSED if which % 4 == 2 else Outcome.GRANTED
            await removal_requests.answer_removal(services, owner, room, request.id, outcome, "")
        await owner_requests.mark_seen(services, who, self.b.clock())

    async def _replace(self, room: RoomId) -> None:
        """Have a new group where one was closed, so that the play goes on."""
        self.closed.append(room)
        self.newest.pop(room, None)
        new = await self.b.group(NARIN, OUTSIDER, *(found.who for found in self.stations))
        self.rooms[self.rooms.index(room)] = new

    async def _arrange(self, what: str, which: int, who: PersonId, room: RoomId) -> None:
        """What a member does for themselves alone."""
        if not await self._inside(who, room):
            return
        services, size = self.b.s, (await self.b.s.log.head(room)).size
        match what:
            case "read":
                await self.b.read(NARIN, room, size - 1)
            case "read part":
                first, upto = sorted(place % size for place in (which, which * 7))
                await self.b.read(who, room, upto, first)
            case "clear":
                await rooms.clear_room(services, who, room)
            case "uncover":
                await rooms.uncover_room(services, who, room)
            case "mute" | "hide" | "pin":
                change = {"mute": "muted", "hide": "hidden", "pin": "pinned"}[what]
                await rooms.set_preferences(services, who, room, **{change: which % 2 == 0})
            case "mark":
                await rooms.mark_unread(services, who, room, min(which, size - 1))
            case "unmark":
                await rooms.end_unread_mark(services, who, room)

    async def _inside(self, who: PersonId, room: RoomId) -> bool:
        return principal(who) in (await self.b.s.log.head(room)).state.members

    async def _reconnect(self, found: Station) -> None:
        open_ones = list(self.b.s.hub._by_person[found.who])  # noqa: SLF001 - the stream to break
        for connection in open_ones:
            self.b.s.hub.remove(connection)
        found.reel_in()
        found.tape = Tape()
        await connect(self.b, found.who, found.tape, found.cursor)
