"""Bureaus of several agencies in one process, which give each other the bytes that a link would carry.

Each has a gateway key of its own, by which it seals; the registry knows all of them. Nothing here judges: what one
bureau makes of the bytes of another is its own log's matter.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from appliance.config import Agency
from appliance.evidence.bodies import encode_body
from appliance.evidence.canonical import Header, encode_header
from appliance.evidence.commitment import NO_BODY, commit
from appliance.evidence.leaf import encode_leaf, leaf_hash
from appliance.evidence.note import KeyType, Signer
from appliance.evidence.registry import Enrolled, GatewayKey, LogKey, Registry
from appliance.evidence.seal import seal_batch
from appliance.evidence.tree import Frontier
from appliance.evidence.verification import Body
from appliance.log.foreign import Answer, Given, Submitted
from appliance.log.heads import Head
from appliance.log.notes import log_signer
from appliance.log.rows import leaf_of
from appliance.model import Draft, EntryType, PersonId, Principal, RoomId, TextBody
from appliance.rules import entry_types
from appliance.rules.entry_states import Card, MembersAdded, OwnerReassigned
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.store import entries, replicas
from tests.bureau import MALEE, NARIN, START, Bureau, keys_of, open_bureau
from tests.signed import KEY_ID, gateway_key, signed_card

FOR_EVER = 4_102_444_800_000


def witness(agency: str) -> Signer:
    seed = sha256(f"wit {agency}".encode()).digest()
    return Signer.from_seed(f"agency.test/a/{agency}/wit", KeyType.COSIGNATURE, seed)


def registry_of(*agencies: str, version: int = 1) -> Registry:
    """Return a registry in which these agencies are enrolled, with all keys they have."""
    return Registry(version, {agency: enrolled(agency) for agency in agencies})


def enrolled(agency: str) -> Enrolled:
    log = log_signer(Agency(agency, "agency.test"), keys_of(agency)).verifier
    return Enrolled(
        keys={KEY_ID: GatewayKey(gateway_key(agency).public_key(), 0, FOR_EVER)},
        logs=(LogKey(log, 0, FOR_EVER),),
        witnesses=(LogKey(witness(agency).verifier, 0, FOR_EVER),),
    )


@asynccontextmanager
async def open_agencies(folder: Path, *agencies: str) -> AsyncIterator[dict[str, Bureau]]:
    """Open a bureau for each agency, all with the same registry."""
    async with AsyncExitStack() as stack:
        found = {}
        for agency in agencies:
            place = folder / agency
            place.mkdir(exist_ok=True)
            found[agency] = await stack.enter_async_context(open_bureau(place, agency=agency))
            found[agency].s.log.registry = registry_of(*agencies)
        yield found


def person(name: PersonId, agency: str) -> Principal:
    return Principal(f"{name}@{agency}")


async def shared_room(hub: Bureau, *others: str) -> RoomId:
    """A room of the hub's `narin` and `malee`, with `malee` of each of the other agencies."""
    room = await hub.group(NARIN, MALEE)
    await add(hub, room, *(person(MALEE, agency) for agency in others))
    return room


async def add(hub: Bureau, room: RoomId, *people: Principal) -> None:
    at = hub.clock()
    cards = tuple(signed_card(Card(who, "มาลี มีสุข", "กองควบคุมโรค", "นายแพทย์", 700), at) for who in people)
    await hub.s.log.append(
        Draft(room, hub.s.log.home.principal(NARIN), EntryType.MEMBER_ADD, state=MembersAdded(cards))
    )


async def given_from(hub: Bureau, room: RoomId, first: int = 0, last: int | None = None) -> list[Given]:
    """Return stored entries of a room as a hub gives them, straight from its rows."""
    head = await hub.s.log.head(room)
    async with hub.s.store.read() as reader:
        rows = await reader.run(entries.between, head.key, first, head.size - 1 if last is None else last)
        bodies = {
            row.n: Body(*await reader.run(hub.s.log.bodies.open_bytes, room, row.n, row.epoch, row.sealed))
            for row in rows
            if row.sealed is not None and row.epoch is not None
        }
    return [Given(leaf_of(row), bodies.get(row.n)) for row in rows]


async def note_of(hub: Bureau, room: RoomId, size: int | None = None) -> str:
    """Return the note that the hub keeps at a size."""
    head = await hub.s.log.head(room)
    async with hub.s.store.read() as reader:
        found = await reader.run(replicas.note_at, head.key, head.size if size is None else size)
    assert found is not None
    return found.note


async def follow(hub: Bureau, follower: Bureau, room: RoomId) -> None:
    """Bring a follower up to the hub, in one piece."""
    first = size_of(follower, room)
    given = await given_from(hub, room, first)
    await follower.s.log.replicate(room, hub.s.log.home.agency, given, await note_of(hub, room))


def size_of(b: Bureau, room: RoomId) -> int:
    head = b.s.log.cached(room)
    return 0 if head is None else head.size


@dataclass
class Gateway:
    """Makes and seals the events of one agency's people for rooms of another's, from its replica."""

    b: Bureau
    made: int = 0
    ids: list[str] = field(default_factory=list)

    @property
    def agency(self) -> str:
        return self.b.s.log.home.agency

    def header(self, head: Head, body: Body | None, counter: int, kind: EntryType, **more: object) -> Header:
        self.made += 1
        return Header(
            commitment=str(more.pop("commitment")),
            body_length=0 if body is None else len(body.data),
            id=str(more.pop("id", f"e_{self.agency}{self.made:06d}")),
            origin=str(more.pop("origin", self.agency)),
            counter=counter,
            room=head.state.room,
            rules_version=1,
            seen=(head.size, b64encode(head.frontier.root()).decode()),
            sender=str(more.pop("sender", person(MALEE, self.agency))),
            written_at=START,
            type=kind,
            v=1,
            **more,  # type: ignore[arg-type]
        )

    async def texts(self, room: RoomId, *words: str, counter: int | None = None, **more: object) -> list[Submitted]:
        """Return one sealed batch of messages."""
        head = await self.b.s.log.head(room)
        first = head.counters.get(self.agency, 0) if counter is None else counter
        headers, bodies = [], []
        for n, text in enumerate(words):
            data = encode_body(ENTRY_TYPES[EntryType.MESSAGE_TEXT], TextBody(text))
            salt, commitment = commit(data)
            bodies.append(Body(salt, data))
            made = self.header(head, bodies[-1], first + n, EntryType.MESSAGE_TEXT, commitment=commitment, **more)
            headers.append(encode_header(made))
        return self.sealed(headers, bodies)

    def sealed(self, headers: list[bytes], bodies: Iterable[Body | None]) -> list[Submitted]:
        seals = seal_batch(headers, KEY_ID, gateway_key(self.agency))
        return [Submitted(*one) for one in zip(headers, seals, bodies, strict=True)]

    async def submit(self, hub: Bureau, room: RoomId, *words: str) -> list[Answer]:
        """Submit messages to the hub and return what it answers."""
        return await hub.s.log.receive(room, self.agency, await self.texts(room, *words))


def ordered_entry(b: Bureau, head: Head, state: OwnerReassigned) -> tuple[Given, Frontier]:
    """The entry by which an agency goes on with a room as the registry ordered, and the tree with it."""
    agency = b.s.log.home.agency
    header = encode_header(
        Header(
            commitment=NO_BODY,
            body_length=0,
            id="e_ordered",
            origin=agency,
            counter=head.counters.get(agency, 0),
            room=head.state.room,
            rules_version=1,
            seen=(head.size, b64encode(head.frontier.root()).decode()),
            sender=b.s.log.home.system,
            state=entry_types.write(EntryType.OWNER_REASSIGN, state),
            written_at=START,
            type=EntryType.OWNER_REASSIGN,
            v=1,
        )
    )
    [seal] = seal_batch([header], KEY_ID, gateway_key(agency))
    leaf = encode_leaf(header, hub_time=b.clock(), n=head.size, registry=head.registry, seal=seal)
    return Given(leaf, None), head.frontier.append(leaf_hash(leaf))
