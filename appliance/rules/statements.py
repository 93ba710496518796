"""What an agency signs outside an entry's seal: one frozen dataclass for each kind of statement, and its form.

A statement is who somebody is (a card), that an account has ended, that an agency takes a room over, that a hub signed
two histories, what became of bodies that were due, and an order of the registry. Its payload is canonical JSON, kept
and signed as exact text (`evidence/statements.py`). Some statements stand inside entries, where they decide
(decision 51); whether what they say fits the entry is asked in `stated.py`.

Rules: strict and bounded, as the state of an entry (`shapes.py`): a field that is missing or of another kind is none of
this statement, and a key that is not known decides nothing. Times are milliseconds UTC, on a card seconds. Values only;
the standard library alone, since the offline verifier reads them too. Does not verify signatures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from appliance.model import Millis, Principal, is_agency
from appliance.rules.log_texts import is_card_line, is_card_name, is_id, is_line, is_note, is_text
from appliance.rules.shapes import Shape

MAX_PAYLOAD: Final = 4 * 1024
"""Bytes of a payload that stands in an entry, whose header has 8 KiB."""
MAX_EVIDENCE: Final = 48 * 1024
"""Bytes of the payload that holds two signed checkpoints."""
MAX_SIGNATURES: Final = 5
DAY_MS: Final = 24 * 3_600_000
_KEY_ID: Final = re.compile(r"[^/+\s\x00-\x1f]{1,32}")
_SIGNATURE: Final = re.compile("[A-Za-z0-9_-]{86}")
_ROOM: Final = re.compile("r_[a-z2-7]{26}")
_ROOT: Final = re.compile("[A-Za-z0-9+/]{43}=")


class StatementType(StrEnum):
    """The kinds of statements, by the name that goes into the signature."""

    USER_CARD = "gchat-user-card-v1"
    USER_REVOKED = "gchat-user-revoked-v1"
    HUB_ACCEPTANCE = "gchat-hub-acceptance-v1"
    HUB_EQUIVOCATION = "gchat-hub-equivocation-v1"
    SHRED_RECEIPT = "gchat-shred-receipt-v1"
    REGISTRY_ORDER = "gchat-registry-order-v1"


class CardState(StrEnum):
    """Whether the account on a card may be used."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class ShredResult(StrEnum):
    """What an agency did with bodies that were due: destroyed them, or holds them; why it holds them is not said."""

    DONE = "done"
    HELD = "held"


def is_key_id(text: str) -> bool:
    """Return whether the name of a key may end in this."""
    return _KEY_ID.fullmatch(text) is not None


def is_signature(text: str) -> bool:
    """Return whether this has the length and letters of a signature."""
    return _SIGNATURE.fullmatch(text) is not None


def is_room(text: str) -> bool:
    """Return whether this has the shape of the id of a room."""
    return _ROOM.fullmatch(text) is not None


def is_root(text: str) -> bool:
    """Return whether this has the shape of the root in a checkpoint."""
    return _ROOT.fullmatch(text) is not None


def is_payload(text: str) -> bool:
    """Return whether a payload may stand in a statement."""
    return len(text) <= MAX_EVIDENCE and is_text(text)


def is_checkpoint(text: str) -> bool:
    """Return whether this may be a signed checkpoint, by its length."""
    return 0 < len(text) <= MAX_EVIDENCE // 4 and is_text(text)


def _is_other_name(text: str) -> bool:
    return not text or is_card_name(text)


def _are_few(signatures: tuple[object, ...]) -> bool:
    return len(signatures) <= MAX_SIGNATURES


def _is_cause(text: str) -> bool:
    return is_line(text, 64)


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature with the id of its key."""

    k: str = field(metadata={"holds": is_key_id})
    s: str = field(metadata={"holds": is_signature})


@dataclass(frozen=True, slots=True)
class Statement:
    """What one key of an agency signed. `payload` is the exact text, whose agency (`ag`) says whose key it is."""

    type: StatementType
    payload: str = field(repr=False, metadata={"holds": is_payload})
    k: str = field(metadata={"holds": is_key_id})
    s: str = field(repr=False, metadata={"holds": is_signature})


@dataclass(frozen=True, slots=True)
class Order:
    """What several keys of the registry signed, each over the same payload."""

    type: StatementType
    payload: str = field(repr=False, metadata={"holds": is_payload})
    sigs: tuple[Signature, ...] = field(metadata={"holds": _are_few})


@dataclass(frozen=True, slots=True)
class UserCard:
    """Who a person is, said by their own agency from `iat` to before `exp` (s UTC). `level`: of their position."""

    ag: str = field(metadata={"holds": is_agency})
    exp: int
    iat: int
    name_th: str = field(metadata={"holds": is_card_name})
    pos: str = field(metadata={"holds": is_card_line})
    st: CardState
    u: Principal
    unit: str = field(metadata={"holds": is_card_line})
    name_en: str = field(default="", metadata={"holds": _is_other_name})
    level: int | None = None


@dataclass(frozen=True, slots=True)
class UserRevoked:
    """A person's account has ended at `at`. `seq` counts these statements of an agency, from 1 and without gap."""

    ag: str = field(metadata={"holds": is_agency})
    at: Millis
    seq: int
    u: Principal
    why: str = field(default="", metadata={"holds": _is_cause})


@dataclass(frozen=True, slots=True)
class HubAcceptance:
    """An agency takes a room over, as it stood when its log had this size and root (base64, as in a checkpoint)."""

    ag: str = field(metadata={"holds": is_agency})
    at: Millis
    room: str = field(metadata={"holds": is_room})
    root: str = field(metadata={"holds": is_root})
    size: int


@dataclass(frozen=True, slots=True)
class HubEquivocation:
    """A hub signed two checkpoints of a room that cannot both be true, says `ag`; both stand here, as received."""

    ag: str = field(metadata={"holds": is_agency})
    at: Millis
    first: str = field(repr=False, metadata={"holds": is_checkpoint})
    hub: str = field(metadata={"holds": is_agency})
    room: str = field(metadata={"holds": is_room})
    second: str = field(repr=False, metadata={"holds": is_checkpoint})


@dataclass(frozen=True, slots=True)
class ShredReceipt:
    """What an agency did with its copies of the bodies of positions `first` to `last`."""

    ag: str = field(metadata={"holds": is_agency})
    at: Millis
    first: int = field(metadata={"key": "from"})
    result: ShredResult
    room: str = field(metadata={"holds": is_room})
    last: int = field(metadata={"key": "to"})


@dataclass(frozen=True, slots=True)
class RegistryOrder:
    """The registry gives a room to a member, `owner`, whose agency `hub` orders its entries from `size` on.

    `id` names the order in the registry's records; `reg` is the version of the registry by which it was given.
    """

    at: Millis
    hub: str = field(metadata={"holds": is_agency})
    id: str = field(metadata={"holds": is_id})
    owner: Principal
    reg: int
    room: str = field(metadata={"holds": is_room})
    root: str = field(metadata={"holds": is_root})
    size: int
    why: str = field(default="", metadata={"holds": is_note})


Fields = UserCard | UserRevoked | HubAcceptance | HubEquivocation | ShredReceipt | RegistryOrder
"""What a statement says."""
PAYLOADS: Final[dict[StatementType, type[Fields]]] = {
    StatementType.USER_CARD: UserCard,
    StatementType.USER_REVOKED: UserRevoked,
    StatementType.HUB_ACCEPTANCE: HubAcceptance,
    StatementType.HUB_EQUIVOCATION: HubEquivocation,
    StatementType.SHRED_RECEIPT: ShredReceipt,
    StatementType.REGISTRY_ORDER: RegistryOrder,
}
PAYLOAD_SHAPES: Final[dict[StatementType, Shape[Fields]]] = {kind: Shape(struct) for kind, struct in PAYLOADS.items()}
"""How the payload of each kind is read and written."""
STATEMENT_SHAPE: Final = Shape(Statement)
ORDER_SHAPE: Final = Shape(Order)


def longest_payload(kind: StatementType) -> int:
    """Return how many bytes the payload of a kind may have."""
    return MAX_EVIDENCE if kind is StatementType.HUB_EQUIVOCATION else MAX_PAYLOAD
