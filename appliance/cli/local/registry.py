"""`gchat registry …`, as its operator and its holders use it."""

from __future__ import annotations

import argparse
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.cli.local.stopped import operator
from appliance.cli.terminal import ask_secret
from appliance.errors import AppError, Conflict, Invalid
from appliance.evidence import base64url
from appliance.late import load
from appliance.locale import both
from appliance.vault.keyfile import read_private, replace_file, replace_private
from appliance.vault.master import MIN_PASSPHRASE_LENGTH
from federation.registry import roles, signing
from federation.registry.changes import Loss
from federation.registry.desk import Desk, Waiting
from federation.registry.document import Document, RegistryError, Standing
from federation.registry.enrolment import Enrolment
from federation.registry.repository import Published, Repository, create
from federation.registry.roles import Holder
from federation.registry.words import Fingerprint

_READABLE = 0o644
_OF_A_STICK = 0o000
"""A stick's file system has no owners: the passphrase guards the key."""


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the registry refuses into an error of the command line."""
    try:
        yield
    except RegistryError as error:
        said = str(error).removeprefix(error.code).removeprefix(": ")
        raise AppError(said or error.code, code=f"registry.{error.code}") from error


def key(arguments: argparse.Namespace) -> int:
    """Make a holder's key and card."""
    out: Path = arguments.out
    if out.exists():
        raise Conflict(code="registry.exists")
    passphrase = ask_secret(f"{both('registry.ask_new', least=MIN_PASSPHRASE_LENGTH)}: ")
    if len(passphrase) < MIN_PASSPHRASE_LENGTH:
        raise Invalid(code="registry.passphrase_short", least=MIN_PASSPHRASE_LENGTH)
    if ask_secret(f"{both('registry.ask_again')}: ") != passphrase:
        raise Invalid(code="registry.passphrases_differ")
    made = Ed25519PrivateKey.generate()
    sealed = made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
    card = Holder(holder=arguments.holder, pub=base64url.encode(made.public_key().public_bytes_raw()))
    with refusals():
        card = roles.parse_holder(msgspec.json.encode(card))
    replace_private(out, sealed)
    _write(_card_of(out), card)
    print(both("registry.key_made", card=_card_of(out)))
    _print_fingerprint(card.fingerprint)
    return 0


def sign(arguments: argparse.Namespace) -> int:
    """Show what waits and, with `--yes`, sign it."""
    with refusals():
        asked = signing.parse_request(arguments.request.read_bytes())
        _print_asked(asked)
        if not arguments.yes:
            print(both("registry.sign_repeat"))
            return 1
        card = roles.parse_holder(_card_of(arguments.key).read_bytes())
        private = opened(arguments.key, ask_secret(f"{both('registry.ask')}: "))
        _write(arguments.out, signing.sign(asked, card, private))
    print(both("registry.signed", file=arguments.out))
    return 0


def init(arguments: argparse.Namespace) -> int:
    """Make a new registry."""
    with refusals():
        create(arguments.folder.resolve(), _cards(arguments.root), _cards(arguments.targets), _now())
    print(both("registry.made", folder=arguments.folder))
    return 0


def rotate(arguments: argparse.Namespace) -> int:
    """Draft the next root."""
    with refusals():
        repository = _repository(arguments)
        repository.rotate_root(
            _cards(arguments.root), _cards(arguments.targets), _now(), new_online=arguments.new_online
        )
    print(both("registry.drafted"))
    return 0


def nonce(arguments: argparse.Namespace) -> int:
    """Give out the number of a request."""
    given = secrets.token_hex(16)  # no character that a command line takes for an option
    with refusals():
        _desk(arguments).give_nonce(given, arguments.whom, operator().name, _now())
    print(given)
    return 0


def review(arguments: argparse.Namespace) -> int:
    """Show what waits; take a file in first."""
    with refusals():
        desk = _desk(arguments)
        if arguments.request is None:
            for one in desk.waiting():
                print(f"{one.id}  {one.slug}")
            return 0
        file = Path(arguments.request)
        if file.is_file():
            found = desk.take(file.read_bytes(), operator().name, _now())
        else:
            found = desk.review(arguments.request, _now())
        _print_waiting(found)
    return 0


def approve(arguments: argparse.Namespace) -> int:
    """Put a request into the draft."""
    letter = "" if arguments.letter is None else sha256(arguments.letter.read_bytes()).hexdigest()
    with refusals():
        _desk(arguments).approve(
            arguments.request, operator().name, _now(), letter_sha256=letter, words=arguments.words
        )
    print(both("registry.drafted"))
    return 0


def reject(arguments: argparse.Namespace) -> int:
    """Decide that a request leads to nothing."""
    with refusals():
        _desk(arguments).reject(arguments.request, operator().name, _now(), arguments.why)
    return 0


def suspend(arguments: argparse.Namespace) -> int:
    """Suspend an agency."""
    return _stand(arguments, Standing.SUSPENDED)


def revoke(arguments: argparse.Namespace) -> int:
    """Revoke an agency."""
    return _stand(arguments, Standing.REVOKED)


def reinstate(arguments: argparse.Namespace) -> int:
    """End an agency's suspension."""
    return _stand(arguments, Standing.ACTIVE)


def end_key(arguments: argparse.Namespace) -> int:
    """End a key of an agency."""
    now = _now()
    with refusals():
        loss = Loss(revoked_at=now, compromised_since=arguments.since)
        _desk(arguments).end_key(arguments.agency, arguments.key, loss, operator().name, now, arguments.why)
    print(both("registry.drafted"))
    return 0


def renew(arguments: argparse.Namespace) -> int:
    """Draft the registry as it is."""
    with refusals():
        _repository(arguments).renew(_now())
    print(both("registry.drafted"))
    return 0


def publish(arguments: argparse.Namespace) -> int:
    """Add signatures and publish; write what waits where holders are to sign it."""
    with refusals():
        repository = _repository(arguments)
        for file in arguments.signatures:
            repository.add_signature(signing.parse_signature(file.read_bytes()))
        if arguments.requests is not None:
            arguments.requests.mkdir(parents=True, exist_ok=True)
            for role, request in repository.requests().items():
                _write(arguments.requests / f"{role}.json", request)
                print(both("registry.to_sign", file=arguments.requests / f"{role}.json"))
        _print_published(repository.publish(_now()))
    return 0


def timestamp(arguments: argparse.Namespace) -> int:
    """Sign the timestamp anew."""
    with refusals():
        _repository(arguments).sign_timestamp(_now())
    return 0


def status(arguments: argparse.Namespace) -> int:
    """Show versions, ends, agencies and what waits."""
    with refusals():
        _print_published(_repository(arguments).published())
    return 0


def serve(arguments: argparse.Namespace) -> int:
    """Serve the repository until the process is asked to end."""
    with refusals():
        desk = None if arguments.files_only else _desk(arguments)
        load("federation.registry.page:run")(_repository(arguments), desk, arguments.host, arguments.port, _now)
    return 0


def _stand(arguments: argparse.Namespace, standing: Standing) -> int:
    with refusals():
        _desk(arguments).stand(arguments.agency, standing, operator().name, _now(), arguments.why)
    print(both("registry.drafted"))
    return 0


def _repository(arguments: argparse.Namespace) -> Repository:
    return Repository(arguments.folder.resolve())


def _desk(arguments: argparse.Namespace) -> Desk:
    return Desk(_repository(arguments))


def _now() -> int:
    return int(time.time())


def _cards(files: list[Path]) -> list[Holder]:
    return [roles.parse_holder(file.read_bytes()) for file in files]


def _card_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.card")


def _write(file: Path, content: msgspec.Struct) -> None:
    replace_file(file, msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n", _READABLE)


def opened(file: Path, passphrase: str) -> Ed25519PrivateKey:
    """Return a holder's key. Raises AppError (`registry.key_closed`)."""
    try:
        found = serialization.load_pem_private_key(read_private(file, _OF_A_STICK), passphrase.encode())
    except (ValueError, TypeError) as error:
        raise AppError(code="registry.key_closed", file=str(file)) from error
    if not isinstance(found, Ed25519PrivateKey):
        raise AppError(code="registry.key_closed", file=str(file))
    return found


def _print_fingerprint(found: Fingerprint) -> None:
    for line in found:
        print(f"  {line}" if isinstance(line, str) else f"  {found.thai}\n  {found.latin}")


def _print_asked(asked: signing.Asked) -> None:
    signed = asked.metadata.signed
    print(f"{signed.type} {signed.version}  → {signed.expires.date()}")
    if asked.document is None:
        for role in ("root", "targets"):
            print(f"{role}:")
            for holder in roles.holders(signed, role):
                print(f"  {holder.holder}  {holder.fingerprint.groups}")
        return
    _print_agencies(asked.document, asked.before)


def _print_agencies(document: Document, before: Document | None) -> None:
    """Print each agency; what is not as before has a star."""
    print(f"registry {document.reg}")
    for slug, agency in document.agencies.items():
        same = before is not None and before.agencies.get(slug) == agency
        print(f"{' ' if same else '*'} {slug}  {agency.status}  {agency.th}  {agency.en}  {agency.domain}")


def _print_waiting(found: Waiting) -> None:
    print(f"{found.id}  {found.slug}")
    if isinstance(found.content, Enrolment):
        names = found.content.agency
        print(f"  {names.th}  {names.en}  {names.domain}  {' '.join(found.content.ep)}")
        print(f"  {both('registry.letter')}: {found.content.letter_sha256}")
        print(f"  {both('registry.words')}:")
    else:
        print(msgspec.json.format(msgspec.json.encode(found.content), indent=2).decode())
    if found.fingerprint is not None:
        _print_fingerprint(found.fingerprint)


def _print_published(found: Published) -> None:
    root = found.root.signed
    print(f"root {root.version}  → {root.expires.date()}")
    if found.targets is not None and found.document is not None:
        print(f"targets {found.targets.signed.version}  → {found.targets.signed.expires.date()}")
        _print_agencies(found.document, found.document)
    for one in found.waiting:
        print(both("registry.waits", role=one.role, lacking=one.lacking, holders=", ".join(one.holders)))
