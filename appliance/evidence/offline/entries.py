"""The form of one entry: leaf, header and seal, each with its fields (`docs/evidence.md` §4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from appliance.evidence.offline.bodies import NO_BODY
from appliance.evidence.offline.names import is_gateway_id
from appliance.evidence.offline.outcome import Failed
from appliance.evidence.offline.values import decode64url, is_count, is_one, parse_canonical
from appliance.evidence.room_id import room_id
from appliance.evidence.tree import HASH_BYTES
from appliance.model import is_agency, is_principal
from appliance.rules.log_texts import is_id

MAX_HEADER: Final = 8192
MAX_BODY: Final = 65536
MAX_BATCH: Final = 64
CREATE: Final = "room.create"
# Between 1 January 2020 and 1 January 2100 (ms UTC): a clock outside was never right.
FIRST_TIME: Final = 1_577_836_800_000
LAST_TIME: Final = 4_102_444_800_000
LEAF_KEYS: Final = {"h", "ht", "n", "rg", "sl"}
_TEXTS: Final = {"bc": 43, "id": 64, "or": 63, "sn": 128, "ty": 64}  # longest allowed, in characters
_COUNTS: Final = {"bl", "os", "rv", "ts"}
_ALWAYS: Final = {*_TEXTS, *_COUNTS, "v"}


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """An entry in right form: leaf fields, the header's exact text and its fields."""

    n: int
    hub_time: int
    seal: dict[str, Any] | None
    header_text: str
    header: dict[str, Any]

    @property
    def origin(self) -> str:
        """Slug of the sender's agency."""
        return str(self.header["or"])

    @property
    def kind(self) -> str:
        """Type of the entry."""
        return str(self.header["ty"])

    @property
    def room(self) -> str | None:
        """Room the entry belongs to: the hash of the create header, or the id in any other."""
        if self.kind == CREATE:
            return room_id(self.header_text.encode())
        return str(self.header["room"])


def read_entry(leaf_text: str, n: int) -> ParsedEntry:
    """Return entry `n` from its leaf text. Raises `Failed`."""
    leaf = parse_canonical(leaf_text, "leaf", n)
    if not isinstance(leaf, dict) or set(leaf) != LEAF_KEYS or not isinstance(leaf["h"], str):
        raise Failed("bad_leaf", n)
    if not all(is_count(leaf[key]) for key in ("ht", "n", "rg")) or not _is_seal(leaf["sl"]):
        raise Failed("bad_leaf", n)
    if leaf["n"] != n:
        raise Failed("position", n, found=leaf["n"])
    if len(leaf["h"].encode()) > MAX_HEADER:
        raise Failed("big_header", n, most=MAX_HEADER)
    header = parse_canonical(leaf["h"], "header", n)
    check_header(header, n)
    for key, time in (("ht", leaf["ht"]), ("ts", header["ts"])):
        if not FIRST_TIME <= time < LAST_TIME:
            raise Failed("time_insane", n, key=key)
    if not is_principal(header["sn"]) or not header["sn"].endswith("@" + header["or"]):
        raise Failed("sender", n, sender=header["sn"], origin=header["or"])
    return ParsedEntry(n, leaf["ht"], leaf["sl"], leaf["h"], header)


def check_header(header: Any, n: int) -> None:
    """Check that a header has its fields, each of its type and size; further ones decide nothing. Raises `Failed`."""
    if not isinstance(header, dict):
        raise Failed("bad_header", n, what="{}")
    for key in sorted(_ALWAYS - set(header)):
        raise Failed("bad_header", n, what=key)
    right = {key: isinstance(header[key], str) and 0 < len(header[key]) <= most for key, most in _TEXTS.items()}
    right |= {key: is_count(header[key]) for key in _COUNTS}
    right["v"] = is_one(header["v"])
    right["rv"] = right["rv"] and header["rv"] > 0
    right["bc"] = right["bc"] and _is_bytes(header["bc"], HASH_BYTES)
    right["or"] = right["or"] and is_agency(header["or"])
    right["id"] = right["id"] and is_id(header["id"])
    # The create header names no room, since the room id is its hash.
    right["room"] = ("room" in header) == (header["ty"] != CREATE) and isinstance(header.get("room", ""), str)
    right["bl"] = right["bl"] and header["bl"] <= MAX_BODY and (header["bl"] == 0) == (header["bc"] == NO_BODY)
    right["st"] = isinstance(header.get("st", {}), dict)
    seen = header.get("seen", [0, ""])
    right["seen"] = isinstance(seen, list) and len(seen) == 2 and is_count(seen[0]) and isinstance(seen[1], str)
    for key in sorted(key for key, good in right.items() if not good):
        raise Failed("bad_header", n, what=key)


def _is_seal(seal: object) -> bool:
    if seal is None:
        return True
    if not isinstance(seal, dict) or set(seal) != {"i", "k", "n", "p", "s"} or not isinstance(seal["p"], list):
        return False
    if not all(isinstance(text, str) for text in (seal["k"], seal["s"], *seal["p"])):
        return False
    batch = is_count(seal["i"]) and is_count(seal["n"]) and seal["i"] < seal["n"] <= MAX_BATCH
    hashes = all(_is_bytes(node, HASH_BYTES) for node in seal["p"])
    return batch and hashes and is_gateway_id(seal["k"]) and _is_bytes(seal["s"], 64)


def _is_bytes(text: str, length: int) -> bool:
    data = decode64url(text)
    return data is not None and len(data) == length
