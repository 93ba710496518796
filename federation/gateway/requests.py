"""The requests that gateways make of each other beside their link: one table for who asks and who answers.

Rules: a request says everything in path, query and body of a fixed form; what is not of the form, or says more, is
refused as a whole (`Malformed`). Each kind has a bound for its body and for its answer.

| kind | request |
|---|---|
| `directory` | `POST /fed/v1/directory` `{"q": …, "on_behalf": …, "limit": …}` |
| `card` | `POST /fed/v1/card` `{"u": …}` |
| `head` | `GET /fed/v1/rooms/{room}/head` |
| `log` | `GET /fed/v1/rooms/{room}/log?from=…&to=…`, at most `MAX_ENTRIES` entries |
| `blob` | `GET /fed/v1/blob/{id}?room=…&ev=…&chunk=…`: one chunk of 1 MiB |
| `witness` | `POST /fed/v1/witness/add-checkpoint`, as C2SP tlog-witness has it |

Pure. Does not: sign, send, answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from appliance.evidence.canonical import MAX_INT
from federation.gateway.messages import Kind

REGISTRY: Final = "/fed/v1/registry/"
"""Under it the files of the registry by their names, as the operator serves them."""
JSON: Final = "application/json"
TEXT: Final = "text/plain"
MAX_ENTRIES: Final = 4_096
_KIB: Final = 1024
_MIB: Final = 1024**2
_ROOM: Final = r"r_[a-z2-7]{26}"
_NUMBER: Final = r"0|[1-9][0-9]{0,15}"
_ID: Final = r"[A-Za-z0-9_-]{1,64}"


class Malformed(ValueError):
    """A request that is not of the form."""


class DirectoryQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom somebody looks for at another agency, and on whose behalf."""

    q: Annotated[str, Meta(min_length=3, max_length=100)]
    on_behalf: Annotated[str, Meta(min_length=3, max_length=200)]
    limit: Annotated[int, Meta(ge=1, le=50)] = 20


class CardQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose card is asked for."""

    u: Annotated[str, Meta(min_length=3, max_length=200)]


@dataclass(frozen=True, slots=True)
class Form:
    """How one kind is asked: `path` has its parts in braces, `query` and `parts` say what each value looks like."""

    method: str
    path: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    body: type[msgspec.Struct] | None
    media_type: str
    most_body: int
    most_answer: int


_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
FORMS: Final[Mapping[Kind, Form]] = MappingProxyType(
    {
        Kind.DIRECTORY: Form(
            "POST", "/fed/v1/directory", _NOTHING, _NOTHING, DirectoryQuery, JSON, 4 * _KIB, 256 * _KIB
        ),
        Kind.CARD: Form("POST", "/fed/v1/card", _NOTHING, _NOTHING, CardQuery, JSON, 4 * _KIB, 16 * _KIB),
        Kind.HEAD: Form("GET", "/fed/v1/rooms/{room}/head", {"room": _ROOM}, _NOTHING, None, JSON, 0, 64 * _KIB),
        Kind.LOG: Form(
            "GET", "/fed/v1/rooms/{room}/log", {"room": _ROOM}, {"from": _NUMBER, "to": _NUMBER}, None, JSON, 0,
            4 * _MIB,
        ),
        Kind.BLOB: Form(
            "GET", "/fed/v1/blob/{id}", {"id": _ID}, {"room": _ROOM, "ev": _ID, "chunk": _NUMBER}, None, JSON, 0,
            _MIB + 64 * _KIB,
        ),
        Kind.WITNESS: Form(
            "POST", "/fed/v1/witness/add-checkpoint", _NOTHING, _NOTHING, None, TEXT, 64 * _KIB, 16 * _KIB
        ),
    }
)  # fmt: skip


def read(kind: Kind, parts: Mapping[str, str], query: Iterable[tuple[str, str]], body: bytes) -> dict[str, str]:
    """Return what path and query of a request say, all of it checked. Raises Malformed."""
    form, pairs = FORMS[kind], list(query)
    given = dict(pairs)
    if len(given) != len(pairs) or set(given) != set(form.query) or set(parts) != set(form.parts):
        raise Malformed("other parameters than those of the form")
    target = {**parts, **given}
    _check(form, target, body)
    return target


def path_of(kind: Kind, target: Mapping[str, str], body: bytes) -> str:
    """Return path and query of a request to a peer. Raises Malformed."""
    form = FORMS[kind]
    if set(target) != set(form.parts) | set(form.query):
        raise Malformed("other parameters than those of the form")
    _check(form, target, body)
    path = form.path.format_map(target)
    query = "&".join(f"{name}={target[name]}" for name in form.query)
    return f"{path}?{query}" if query else path


def _check(form: Form, target: Mapping[str, str], body: bytes) -> None:
    for name, pattern in (*form.parts.items(), *form.query.items()):
        if not re.fullmatch(pattern, target[name]):
            raise Malformed(f"{name} is not of the form")
    if "to" in target and not 0 < _number(target["to"]) - _number(target["from"]) <= MAX_ENTRIES:
        raise Malformed(f"a range of 1 to {MAX_ENTRIES} entries")
    if len(body) > form.most_body or (form.method == "GET" and body):
        raise Malformed(f"a body of {len(body)} bytes")
    if form.body is not None:
        try:
            msgspec.json.decode(body, type=form.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Malformed(str(error)) from error


def _number(text: str) -> int:
    number = int(text)
    if number > MAX_INT:
        raise Malformed("a number too large")
    return number
