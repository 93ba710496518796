"""`gchat registry request`: an agency's request to be enrolled, made from public keys, and signed key by key.

The request is one file that goes from machine to machine: the gateway signs with its keys, the appliance with its log
key, an officer with the identity key. Each adds its signature to the file, and the operator refuses one that lacks any.
"""

from __future__ import annotations

import argparse
import time
from hashlib import sha256
from pathlib import Path

import msgspec

from appliance import config
from appliance.cli.local.registry import opened, refusals
from appliance.cli.questions import ask
from appliance.cli.terminal import ask_secret
from appliance.errors import Conflict, Invalid
from appliance.evidence.note import Verifier
from appliance.locale import both
from appliance.log.notes import log_signer
from appliance.vault import unlock
from appliance.vault.keyfile import replace_file
from federation.registry import enrolment, signed
from federation.registry.document import DAY_S, Key, Pin, RegistryError, Use
from federation.registry.enrolment import Enrolment

_READABLE = 0o644
_NEEDED = ("log", "id", "th", "en", "endpoint", "nonce", "letter")


class GatewayPublic(msgspec.Struct, frozen=True):
    """`public.json` of a gateway's folder: what the registry needs to know of its keys."""

    agency: str
    domain: str
    keys: dict[str, Key]
    tls: list[Pin]


def request(arguments: argparse.Namespace) -> int:
    """Make a request from `--public`, or add signatures to one."""
    file: Path = arguments.file
    with refusals():
        envelope = _drafted(arguments) if arguments.public is not None else signed.parse(file.read_bytes())
        asked = enrolment.read(envelope)
        if arguments.sign_log is not None:
            loaded = config.load(arguments.sign_log.resolve())
            signer = log_signer(loaded.agency, unlock.unlock_keys(loaded, ask))
            envelope = signed.sign(envelope, _name_of_log(asked, signer.verifier), signer.key)
        if arguments.identity is not None:
            name = next(key_id for key_id, key in asked.keys.items() if key.use is Use.IDENTITY)
            envelope = signed.sign(envelope, name, opened(arguments.identity, ask_secret(f"{both('registry.ask')}: ")))
        replace_file(file, signed.encode(envelope), _READABLE)
        missing = signed.missing(envelope, enrolment.signers(asked))
    print(f"{asked.identity.thai}\n{asked.identity.latin}\n{asked.identity.groups}")
    if missing:
        print(both("registry.request_lacks", names=", ".join(missing)))
    return 0


def _drafted(arguments: argparse.Namespace) -> signed.Envelope:
    """Return a new request. Raises Invalid, Conflict, RegistryError."""
    if arguments.file.exists():
        raise Conflict(code="registry.exists")
    if lacking := [name for name in _NEEDED if getattr(arguments, name) is None]:
        raise Invalid(code="registry.request_needs", names=", ".join(f"--{name}" for name in lacking))
    try:
        public = msgspec.json.decode(arguments.public.read_bytes(), type=GatewayPublic)
        names = {"slug": public.agency, "domain": public.domain, "th": arguments.th, "en": arguments.en}
        agency = msgspec.convert(names | {"tier": arguments.tier}, enrolment.Names)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise RegistryError("shape", str(error)) from error
    now = int(time.time())
    year = time.gmtime(now).tm_year
    keys = {
        f"id-{year}a": Key(use=Use.IDENTITY, pub=arguments.id, nbf=now, exp=now + enrolment.LIFE_S[Use.IDENTITY]),
        f"log-{year}a": Key(use=Use.LOG, vkey=arguments.log, nbf=now, exp=now + 365 * DAY_S),
    }
    content = Enrolment(
        agency=agency,
        ep=[arguments.endpoint],
        keys=public.keys | keys,
        tls=public.tls,
        letter_sha256=sha256(arguments.letter.read_bytes()).hexdigest(),
        nonce=arguments.nonce,
        ts=now,
    )
    return enrolment.draft(_checked(content))


def _checked(content: Enrolment) -> Enrolment:
    """Return the request as whoever reads it will see it: the bounds of texts are checked when they are read."""
    try:
        return msgspec.json.decode(msgspec.json.encode(content), type=Enrolment)
    except msgspec.MsgspecError as error:
        raise RegistryError("shape", str(error)) from error


def _name_of_log(asked: Enrolment, verifier: Verifier) -> str:
    """Return the id of the appliance's log key in the request. Raises RegistryError (`no_such_key`)."""
    found = [key_id for key_id, key in asked.keys.items() if key.vkey == verifier.vkey]
    if not found:
        raise RegistryError("no_such_key", verifier.name)
    return found[0]
