"""`gchat gateway …`: make, run and look at the process that other agencies reach."""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
import time
from hashlib import sha256
from pathlib import Path

from appliance import config
from appliance.cli.questions import ask
from appliance.cli.terminal import ask_secret
from appliance.config import check_port, is_host
from appliance.errors import AppError, ConfigError, Invalid
from appliance.late import load
from appliance.locale import both
from appliance.log.notes import log_signer
from appliance.model import is_agency, is_domain
from appliance.process.sockets import listening_socket
from appliance.vault import unlock
from appliance.vault.keyfile import replace_file
from appliance.vault.master import MIN_PASSPHRASE_LENGTH, MasterSource
from appliance.vault.record import SourceKind
from federation.gateway import enrolling, folder, identity, settings
from federation.gateway.keys import KeyUse, new_key
from federation.gateway.status import Status
from federation.registry import enrolment
from federation.registry.document import RegistryError
from federation.registry.words import fingerprint


def init(arguments: argparse.Namespace) -> int:
    """Make a gateway's folder with its keys, and the agency's identity key in a file elsewhere."""
    place: Path = arguments.folder.resolve()
    _check(arguments)
    if (place / folder.KEYS_FILE).exists():
        raise AppError(code="gateway_exists", folder=str(place))
    chosen = _chosen(arguments)
    settings.parse(place, chosen)
    passphrase = _new_passphrase()
    identity.write(arguments.identity, place, passphrase)
    own = tuple(new_key(use, arguments.slug, (), int(time.time())) for use in KeyUse)
    source = MasterSource(SourceKind(arguments.keys))
    folder.create(place, arguments.slug, arguments.domain, source, own)
    settings.write(place, chosen)
    print(both("gateway.made", folder=place, identity=arguments.identity))
    return 0


def request(arguments: argparse.Namespace) -> int:
    """Print the request to be listed, signed by every key that it names: the log key is the appliance's."""
    place: Path = arguments.folder.resolve()
    loaded, keys = settings.load(place), folder.open_keys(place)
    own = config.load(arguments.appliance.resolve())
    log = log_signer(own.agency, unlock.unlock_keys(own, ask))
    key = identity.read(arguments.identity, ask_secret(f"{both('ask.identity', least=MIN_PASSPHRASE_LENGTH)}: "))
    names = enrolment.Names(slug=keys.agency, th=own.agency.name_th, en=own.agency.name_en, domain=keys.domain)
    letter = sha256(arguments.letter.read_bytes()).hexdigest()
    asked = enrolling.Asked(names, loaded.listen.endpoint, letter, arguments.nonce, arguments.officer)
    try:
        print(enrolling.request(keys, key, log, asked, int(time.time())).decode())
    except RegistryError as error:
        raise AppError(str(error), code="enrolment_refused") from error
    told = fingerprint(key.public_key().public_bytes_raw())
    print(told.thai, told.groups, sep="\n", file=sys.stderr)
    return 0


def sign(arguments: argparse.Namespace) -> int:
    """Put the signatures of the gateway's keys into a request that was drafted elsewhere."""
    file: Path = arguments.file
    keys = folder.open_keys(arguments.folder.resolve())
    try:
        replace_file(file, enrolling.sign(keys, file.read_bytes()), 0o644)
    except RegistryError as error:
        raise AppError(str(error), code="enrolment_refused") from error
    return 0


def next_key(arguments: argparse.Namespace) -> int:
    """Make the key that follows one, and print what is public of all keys."""
    place: Path = arguments.folder.resolve()
    keys = folder.open_keys(place)
    added = new_key(KeyUse(arguments.use), keys.agency, [key.id for key in keys.own], int(time.time()))
    folder.save(place, folder.with_key(keys, added))
    print((place / folder.PUBLIC_FILE).read_text(encoding="utf-8"), end="")
    return 0


def serve(arguments: argparse.Namespace) -> int:
    """Serve until the process is asked to end."""
    place: Path = arguments.folder.resolve()
    loaded = settings.load(place)
    keys = folder.open_keys(place)
    bound = _bound(loaded.listen) if arguments.listen_fd is None else socket.socket(fileno=arguments.listen_fd)
    run = load("federation.gateway.process:run")
    run(loaded, keys, lambda: time.time_ns() // 1_000_000, bound, arguments.ready_fd, arguments.parent_fd)
    return 0


def status(arguments: argparse.Namespace) -> int:
    """Print how the running gateway does; exit code 1 where there is something to act on."""
    found: Status = asyncio.run(load("federation.gateway.status:ask")(arguments.folder.resolve()))
    if arguments.json:
        print(json.dumps(load("federation.gateway.status:plain")(found), ensure_ascii=False, indent=2))
    else:
        print("\n".join(load("federation.gateway.status:lines")(found)))
    return 1 if found.alarms else 0


def _bound(listen: settings.Listen) -> socket.socket:
    try:
        return listening_socket(listen.host, listen.port)
    except OSError as error:
        raise AppError(code="gateway_cannot_listen", host=listen.host, port=listen.port, why=str(error)) from error


def _check(arguments: argparse.Namespace) -> None:
    """Refuse everything that cannot be used, at once."""
    problems = check_port("--port", arguments.port)
    if not is_agency(arguments.slug):
        problems.append(f"--slug: {both('config.slug')}")
    if not is_domain(arguments.domain):
        problems.append(f"--domain: {both('config.domain')}")
    if not is_host(arguments.host):
        problems.append(f"--host: {both('config.host_name', name=arguments.host)}")
    for flag in ("endpoint", "registry"):
        if not settings.is_registry_url(getattr(arguments, flag)):
            problems.append(f"--{flag}: {both('config.registry_url')}")
    if problems:
        raise ConfigError(problems)


def _chosen(arguments: argparse.Namespace) -> dict[str, dict[str, str | int]]:
    return {
        "listen": {"host": arguments.host, "port": arguments.port, "endpoint": arguments.endpoint},
        "registry": {"url": arguments.registry},
        "appliance": {"socket": str(arguments.appliance.resolve() / "gateway.sock")},
        "keys": {"source": arguments.keys},
    }


def _new_passphrase() -> str:
    first = ask_secret(f"{both('ask.identity', least=MIN_PASSPHRASE_LENGTH)}: ")
    if len(first) < MIN_PASSPHRASE_LENGTH:
        raise Invalid(code="identity_passphrase", least=MIN_PASSPHRASE_LENGTH)
    if ask_secret(f"{both('ask.identity_again')}: ") != first:
        raise Invalid(code="identity_passphrases_differ")
    return first
