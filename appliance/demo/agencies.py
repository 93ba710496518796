"""Several agencies of the demo that federate on this machine: a registry, an appliance and a gateway for each.

| in the folder | what it is |
|---|---|
| `registry/` | the registry of agencies, as its operator has it |
| `SLUG/` | the appliance of an agency, with its gateway in `SLUG/gateway` |
| `agencies.json` | which agencies, and the registry's port; written last: a making that was killed begins anew |

Everything is made by the ways that real agencies take: keys of holders, requests that every key signs, an approval, a
publication. The holders' keys are forgotten then, so nothing can be changed in this registry. One room is shared: its
hub is the first agency, and people of the second are in it by signed cards.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import secrets
import shutil
import time
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance import config, wiring
from appliance.actions import messages, rooms
from appliance.demo import world
from appliance.demo.ministries import MOI, MOPH
from appliance.evidence import base64url
from appliance.evidence.statements import read_payload, sign
from appliance.log.notes import log_signer
from appliance.model import Draft, EntryType, PersonId, RoomId
from appliance.process import setup, supervisor
from appliance.process.sockets import listening_socket
from appliance.rules.entry_states import Card, MembersAdded
from appliance.rules.passwords import one_time_code
from appliance.rules.statements import StatementType, UserCard
from appliance.vault.keyfile import replace_file
from appliance.vault.master import MasterSource
from appliance.vault.record import SourceKind
from appliance.vault.unlock import unlock_keys
from appliance.wire.messages import TextBody
from federation.exchange import cards, recovering
from federation.gateway import enrolling, folder, settings
from federation.gateway.keys import KeyUse, new_key
from federation.registry import enrolment, signing
from federation.registry.desk import Desk
from federation.registry.repository import PUBLIC, Repository, create
from federation.registry.roles import Holder
from federation.registry.words import fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from appliance.config import Config
    from appliance.demo.ministries import Ministry
    from appliance.services import Services
    from federation.gateway.folder import Keys

FILE: Final = "agencies.json"
REGISTRY: Final = "registry"
GATEWAY: Final = "gateway"
LOOPBACK: Final = "127.0.0.1"
OPERATOR: Final = "demo"
ROOM: Final = "ศูนย์ประสานน้ำท่วมภาคใต้"
OWNER, OTHERS, GUESTS = "narin.p", ("suphawadi.c",), ("suraphon.h", "kanchana.p", "bandit.w")
SAID: Final = (
    ("narin.p", "เรียนทุกท่าน ขอใช้ห้องนี้ประสานงานระหว่างกระทรวงเรื่องน้ำท่วมภาคใต้ครับ"),
    ("suphawadi.c", "โรงพยาบาลในพื้นที่ยังเปิดให้บริการตามปกติค่ะ หากน้ำเข้าพื้นที่จะแจ้งในห้องนี้ทันที"),
)


class Site(msgspec.Struct, frozen=True):
    """Which agencies there are, in order, and where the registry is served."""

    slugs: tuple[str, ...]
    registry_port: int


def ministries(count: int) -> list[Ministry]:
    """Return so many ministries: the two of the demo, then the people of the small one under other names."""
    made = [MOPH, MOI]
    for number in range(3, count + 1):
        name = setup.NewAgency(f"a{number}", f"a{number}.test", f"หน่วยงานที่ {number}", f"Agency {number}")
        made.append(dataclasses.replace(MOI, agency=name))
    return made[:count]


def find(data: Path) -> Site | None:
    """Return the agencies of a folder, None where none were made."""
    path = data / FILE
    return msgspec.json.decode(path.read_bytes(), type=Site) if path.exists() else None


def make(data: Path, count: int) -> Site:
    """Make so many agencies in a folder that has none, and enrol them."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    site = Site(tuple(ministry.agency.slug for ministry in ministries(count)), _free_port())
    for name in (REGISTRY, *site.slugs):
        shutil.rmtree(data / name, ignore_errors=True)
    officers = _Officers()
    create(data / REGISTRY, officers.holders("root", 5), officers.holders("targets", 3), _now())
    officers.sign(data / REGISTRY)
    password = one_time_code(secrets.token_hex()).lower()
    gateways = {one.agency.slug: _agency(data, one, site, password) for one in ministries(count)}
    desk = Desk(Repository(data / REGISTRY))
    for ministry in ministries(count):
        _enrol(desk, data / ministry.agency.slug, gateways[ministry.agency.slug])
        officers.sign(data / REGISTRY)
    _hand_over_root(data, site)
    if count > 1:
        asyncio.run(_shared_room(data, site, gateways[site.slugs[1]]))
    replace_file(data / FILE, msgspec.json.encode(site), 0o600)
    return site


class _Officers:
    """Those who hold keys of the demo's registry, while it is made."""

    def __init__(self) -> None:
        self._keys: dict[str, dict[str, Ed25519PrivateKey]] = {}

    def holders(self, role: str, count: int) -> list[Holder]:
        self._keys[role] = {f"{role}-{number}": Ed25519PrivateKey.generate() for number in range(1, count + 1)}
        return [_holder(name, key) for name, key in self._keys[role].items()]

    def sign(self, registry: Path) -> None:
        """Sign everything that waits, and publish it."""
        repository = Repository(registry)
        for role, asked in repository.requests().items():
            for name, key in self._keys[role].items():
                repository.add_signature(
                    signing.sign(signing.parse_request(msgspec.json.encode(asked)), _holder(name, key), key)
                )
        repository.publish(_now())


def _holder(name: str, key: Ed25519PrivateKey) -> Holder:
    return Holder(holder=name, pub=base64url.encode(key.public_key().public_bytes_raw()))


def _agency(data: Path, ministry: Ministry, site: Site, password: str) -> Keys:
    """Make an agency's appliance and its gateway; return the gateway's keys."""
    place, agency, port = data / ministry.agency.slug, ministry.agency, _free_port()
    world.seed(place, ministry, password=password)
    with (place / config.FILE_NAME).open("a", encoding="utf-8") as file:
        file.write("\n[federation]\ngateway = true\n")
    own = tuple(new_key(use, agency.slug, (), _now()) for use in KeyUse)
    keys = folder.create(place / GATEWAY, agency.slug, agency.domain, MasterSource(SourceKind.FILE), own)
    settings.write(
        place / GATEWAY,
        {
            "listen": {"host": LOOPBACK, "port": port, "endpoint": f"https://{LOOPBACK}:{port}"},
            "registry": {"url": f"http://{LOOPBACK}:{site.registry_port}/", "poll_s": settings.MIN_POLL_S},
            "peers": {"networks": [f"{LOOPBACK}/32"]},
            "appliance": {"socket": str(place / "gateway.sock")},
        },
    )
    return keys


def _enrol(desk: Desk, place: Path, keys: Keys) -> None:
    """Ask for an agency to be listed, and approve it, as both sides do."""
    loaded, identity = config.load(place), Ed25519PrivateKey.generate()
    log = log_signer(loaded.agency, unlock_keys(loaded, wiring.no_terminal))
    names = enrolment.Names(
        slug=keys.agency, th=loaded.agency.name_th, en=loaded.agency.name_en, domain=keys.domain, tier="ministry"
    )
    letter, nonce = hashlib.sha256(keys.agency.encode()).hexdigest(), secrets.token_hex(16)
    desk.give_nonce(nonce, keys.agency, OPERATOR, _now())
    endpoint = settings.load(place / GATEWAY).listen.endpoint
    asked = enrolling.Asked(names, endpoint, letter, nonce, OPERATOR)
    waiting = desk.take(enrolling.request(keys, identity, log, asked, _now()), OPERATOR, _now())
    words = fingerprint(identity.public_key().public_bytes_raw()).thai
    desk.approve(waiting.id, OPERATOR, _now(), letter_sha256=letter, words=words)


def _hand_over_root(data: Path, site: Site) -> None:
    root = (data / REGISTRY / PUBLIC / "1.root.json").read_bytes()
    for slug in site.slugs:
        place = data / slug
        replace_file(place / config.load(place).federation.root, root, 0o644)
        replace_file(settings.load(place / GATEWAY).root_file, root, 0o644)


async def _shared_room(data: Path, site: Site, guests_keys: Keys) -> None:
    """Make the room that both agencies see: its entries reach the other one when they are linked."""
    hub, other = (config.load(data / slug) for slug in site.slugs[:2])
    async with _open(other) as s:
        guests = [_signed_card(s, PersonId(found), guests_keys) for found in _people(other, GUESTS)]
    async with _open(hub) as s:
        s.log.registry = Repository(data / REGISTRY).working().as_evidence()
        owner, *others = (PersonId(found) for found in _people(hub, (OWNER, *OTHERS)))
        room = await rooms.create_group(s, owner, ROOM, others, "demo-shared")
        add = Draft(room, s.log.home.principal(owner), EntryType.MEMBER_ADD, state=MembersAdded(tuple(guests)))
        await s.log.append(add)
        for number, (user, text) in enumerate(SAID):
            [person] = _people(hub, (user,))
            await messages.send_message(s, PersonId(person), RoomId(room), TextBody(text=text), f"demo-shared-{number}")
        recovering.keep(s, recovering.mark_of(s))


def _open(loaded: Config) -> AbstractAsyncContextManager[Services]:
    return wiring.compose(loaded, unlock_keys(loaded, wiring.no_terminal))


def _people(loaded: Config, users: Sequence[str]) -> list[str]:
    """Return the ids of those of the users that there are."""
    logins = {login["user"]: login["person"] for login in supervisor.read_logins(loaded.data)}
    return [logins[user] for user in users if user in logins]


def _signed_card(s: Services, person: PersonId, keys: Keys) -> Card:
    payload = cards.payload_of(s, person)
    kind = StatementType.USER_CARD
    said = read_payload(kind, payload, kind)
    assert isinstance(said, UserCard)  # noqa: S101 - what was just written
    key = keys.of(KeyUse.GATEWAY)[-1]
    assert isinstance(key.private, Ed25519PrivateKey)  # noqa: S101 - a key of this use
    return Card(said.u, said.name_th, said.unit, said.pos, said.level, sign(kind, said, key.id, key.private))


def _free_port() -> int:
    with listening_socket(LOOPBACK, 0) as bound:
        return int(bound.getsockname()[1])


def _now() -> int:
    return int(time.time())
