"""The metadata of the registry's TUF repository: who signs what, how many it takes, and for how long it holds.

| role | signed by | holds for |
|---|---|---|
| `root` | 3 of 5 holders, each with a key of their own, offline | a year |
| `targets` | 2 of 3 holders, offline | 90 days |
| `snapshot` | the operator's online key | a week |
| `timestamp` | another online key | 24 hours |

Root lists all keys; the name of each holder stands beside their key and is signed with it. The holders of `targets`
sign the registry's orders too, with the same keys: what they sign there has another form (DSSE), so that no signature
counts for both. Values in, values out; python-tuf makes and checks the metadata (The Update Framework, 1.0.34).

Does not touch files (`repository`), nor judge documents (`changes`).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta
from securesystemslib.signer import SSlibKey
from tuf.api.exceptions import RepositoryError, UnsignedMetadataError
from tuf.api.metadata import Metadata, MetaFile, Root, Signed, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization import DeserializationError
from tuf.api.serialization.json import JSONSerializer

from appliance.evidence import base64url
from appliance.evidence.errors import EvidenceError
from federation.registry.document import DAY_S, Key, Name, Orders, RegistryError, Use
from federation.registry.freshness import TIMESTAMP_S
from federation.registry.words import Fingerprint, fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TARGET: Final = "registry.json"
ROOT_S: Final = 365 * DAY_S
TARGETS_S: Final = 90 * DAY_S
SNAPSHOT_S: Final = 7 * DAY_S
MAX_METADATA: Final = 500_000
ROOT_THRESHOLD: Final = 3
ROOT_HOLDERS: Final = 5
TARGETS_THRESHOLD: Final = 2
TARGETS_HOLDERS: Final = 3
_HOLDER: Final = "x-gchat-holder"

S = TypeVar("S", Root, Targets, Snapshot, Timestamp)


class Holder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who holds a key of a role, and its public half: the card that a holder gives to the operator."""

    holder: Name
    pub: Annotated[str, Meta(min_length=43, max_length=43)]

    @property
    def key(self) -> SSlibKey:
        """The key as metadata lists it. Raises RegistryError."""
        try:
            public = Ed25519PublicKey.from_public_bytes(base64url.decode(self.pub, 32))
        except (EvidenceError, ValueError) as error:
            raise RegistryError("holder", self.holder) from error
        key = SSlibKey.from_crypto(public)
        key.unrecognized_fields[_HOLDER] = self.holder
        return key

    @property
    def fingerprint(self) -> Fingerprint:
        """What is compared by telephone."""
        return fingerprint(base64url.decode(self.pub, 32))


def parse_holder(data: bytes) -> Holder:
    """Return a holder's card. Raises RegistryError."""
    try:
        found = msgspec.json.decode(data, type=Holder)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise RegistryError("holder", str(error)) from error
    found.key  # noqa: B018 - raises for a key that is none
    return found


class Missing(msgspec.Struct, frozen=True):
    """What a role still lacks: how many signatures, and by whom they may come."""

    role: str
    lacking: int
    holders: tuple[str, ...]


def first_root(root: list[Holder], targets: list[Holder], online: Mapping[str, SSlibKey], now: int) -> Metadata[Root]:
    """Return the first root, unsigned. `online` are the keys of snapshot and timestamp. Raises RegistryError."""
    made = Root(version=1, expires=_time(now + ROOT_S), consistent_snapshot=True)
    return Metadata(_with_keys(made, root, targets, online))


def next_root(
    before: Root, root: list[Holder], targets: list[Holder], online: Mapping[str, SSlibKey], now: int
) -> Metadata[Root]:
    """Return the root that follows one, unsigned, with these holders and no others. Raises RegistryError."""
    made = Root(version=before.version + 1, expires=_time(now + ROOT_S), consistent_snapshot=True)
    return Metadata(_with_keys(made, root, targets, online))


def _with_keys(made: Root, root: list[Holder], targets: list[Holder], online: Mapping[str, SSlibKey]) -> Root:
    for role, holders, least in (("root", root, ROOT_HOLDERS), ("targets", targets, TARGETS_HOLDERS)):
        if len(holders) < least:
            raise RegistryError("too_few_holders", f"{role}: {least}")
        for holder in holders:
            _add(made, holder.key, role)
    for role in ("snapshot", "timestamp"):
        _add(made, online[role], role)
    made.roles["root"].threshold = ROOT_THRESHOLD
    made.roles["targets"].threshold = TARGETS_THRESHOLD
    return made


def _add(made: Root, key: SSlibKey, role: str) -> None:
    if key.keyid in made.keys:
        raise RegistryError("key_twice", holder_of(key.unrecognized_fields, role))
    made.add_key(key, role)


def new_targets(document: bytes, version: int, now: int) -> Metadata[Targets]:
    """Return the metadata of a document, unsigned."""
    found = TargetFile.from_data(TARGET, document, ["sha256"])
    return Metadata(Targets(version=version, expires=_time(now + TARGETS_S), targets={TARGET: found}))


def new_snapshot(targets: bytes, targets_version: int, version: int, now: int) -> Metadata[Snapshot]:
    """Return the snapshot of one file of targets, unsigned."""
    meta = {"targets.json": MetaFile.from_data(targets_version, targets, ["sha256"])}
    return Metadata(Snapshot(version=version, expires=_time(now + SNAPSHOT_S), meta=meta))


def new_timestamp(snapshot: bytes, snapshot_version: int, version: int, now: int) -> Metadata[Timestamp]:
    """Return the timestamp of a snapshot, unsigned."""
    meta = MetaFile.from_data(snapshot_version, snapshot, ["sha256"])
    return Metadata(Timestamp(version=version, expires=_time(now + TIMESTAMP_S), snapshot_meta=meta))


def target_name(targets: Targets) -> str:
    """Return the name under which the document of these targets is served. Raises RegistryError for none."""
    found = targets.targets.get(TARGET)
    if found is None:
        raise RegistryError("no_document")
    return f"{found.hashes['sha256']}.{TARGET}"


def read(data: bytes, kind: type[S]) -> Metadata[S]:
    """Return metadata of a role, unverified. Raises RegistryError."""
    try:
        found: Metadata[Any] = Metadata.from_bytes(data)
    except (DeserializationError, RecursionError) as error:
        raise RegistryError("metadata", str(error)) from error
    if not isinstance(found.signed, kind):
        raise RegistryError("metadata", f"not of {kind.type}")
    return found


def write(metadata: Metadata[Any]) -> bytes:
    """Return the bytes of metadata, as they are served."""
    return metadata.to_bytes(JSONSerializer(compact=False))


def missing(root: Root, metadata: Metadata[Any], before: Root | None = None) -> Missing | None:
    """Return what a draft still lacks; a root is signed by its own holders and by those of the one before it."""
    role = metadata.signed.type
    payload, signatures = metadata.signed_bytes, metadata.signatures
    found = [root.get_verification_result(role, payload, signatures)]
    if before is not None:
        found.append(before.get_verification_result(role, payload, signatures))
    if all(found):
        return None
    lacking = max(result.missing for result in found)
    unsigned = {
        keyid: holder_of(key.unrecognized_fields, keyid)
        for result in found
        if not result
        for keyid, key in result.unsigned.items()
    }
    return Missing(role, lacking, tuple(sorted(unsigned.values())))


def is_signed(root: Root, metadata: Metadata[Any]) -> bool:
    """Return whether metadata has all signatures that a root asks for."""
    try:
        root.verify_delegate(metadata.signed.type, metadata.signed_bytes, metadata.signatures)
    except (UnsignedMetadataError, RepositoryError, ValueError):
        return False
    return True


def holders(root: Root, role: str) -> list[Holder]:
    """Return the holders of a role, in the order in which the root lists them."""
    return [_card(root, keyid) for keyid in root.roles[role].keyids]


def _card(root: Root, keyid: str) -> Holder:
    key = root.keys[keyid]
    public = base64url.encode(bytes.fromhex(str(key.keyval["public"])))
    return Holder(holder=holder_of(key.unrecognized_fields, keyid), pub=public)


def holder_of(fields: Mapping[str, Any], otherwise: str) -> str:
    """Return the name beside a key."""
    return str(fields.get(_HOLDER, otherwise))


def order_keys(root: Root, before: Orders, now: int) -> Orders:
    """Return the registry's order keys: those of the holders of `targets`. One that is a holder's no more has ended."""
    current = {f"order-{holder.key.keyid[:16]}": holder.pub for holder in holders(root, "targets")}
    keys = {
        key_id: key if key_id in current or key.revoked_at is not None else _revoked(key, now)
        for key_id, key in before.keys.items()
    }
    for key_id, pub in current.items():
        keys.setdefault(key_id, Key(use=Use.ORDER, pub=pub, nbf=now))
    return Orders(keys=keys, threshold=TARGETS_THRESHOLD)


def _revoked(key: Key, now: int) -> Key:
    return msgspec.structs.replace(key, revoked_at=now)


def expires(signed: Signed) -> int:
    """Return the end of metadata (s UTC)."""
    return int(signed.expires.timestamp())


def _time(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at, dt.UTC)


def signers_of(metadata: Metadata[Any], known: Iterable[Root]) -> list[str]:
    """Return who has signed so far, by name."""
    keys = {keyid: key for root in known for keyid, key in root.keys.items()}
    return [holder_of(keys[one].unrecognized_fields, one) for one in metadata.signatures if one in keys]
