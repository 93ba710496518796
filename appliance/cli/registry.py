"""`gchat registry …`: the registry of agencies: its operator, its holders, agencies that ask (docs/federation.md)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

DEFAULT_FOLDER: Final = Path("/var/lib/gchat-registry")
DEFAULT_PORT: Final = 8470
_LOCAL: Final = "appliance.cli.local.registry"
_ASKING: Final = "appliance.cli.local.registry_request"


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    group = command.add_subparsers(required=True)
    _holders(group)
    _agencies(group)
    _desk(group)
    _publication(group)


def _holders(group: Any) -> None:
    key = group.add_parser("key", help="make the key of a holder, on a machine of their own")
    key.set_defaults(run=f"{_LOCAL}:key")
    key.add_argument("--holder", required=True, help="the holder's name, which everybody will read")
    _out(key, "new file for the key, under a passphrase; the card for the operator is written beside it")
    sign = group.add_parser("sign", help="sign what waits, as a holder; shows it first")
    sign.set_defaults(run=f"{_LOCAL}:sign")
    sign.add_argument("request", type=Path, help="the operator's file")
    sign.add_argument("--key", type=Path, required=True, help="the holder's key")
    _out(sign, "new file for the signature, for the operator")
    sign.add_argument("--yes", action="store_true", help="sign; without it only what would be signed is shown")


def _agencies(group: Any) -> None:
    request = group.add_parser("request", help="make an agency's request to be enrolled, or sign one further")
    request.set_defaults(run=f"{_ASKING}:request")
    request.add_argument("file", type=Path, help="the request: new with --public, otherwise the one to sign")
    request.add_argument("--public", type=Path, help="public.json of the agency's gateway")
    request.add_argument("--log", metavar="VKEY", help="the log key, as `gchat keys show --log` prints it")
    request.add_argument("--id", metavar="PUBLIC", help="the public half of the identity key (base64url)")
    for name in ("th", "en", "endpoint", "nonce"):
        request.add_argument(f"--{name}")
    request.add_argument("--tier", default="")
    request.add_argument("--letter", type=Path, help="the agency's letter, of which the request holds the hash")
    request.add_argument("--identity", type=Path, metavar="FILE", help="sign with this identity key")
    request.add_argument("--sign-log", type=Path, metavar="FOLDER", help="sign with the log key of this appliance")


def _desk(group: Any) -> None:
    nonce = _operator(group, "nonce", "give out the number that a request needs")
    nonce.add_argument("whom", help="the agency that gets it")
    review = _operator(group, "review", "show what waits, with fingerprints and words; a file is taken in first")
    review.add_argument("request", nargs="?", help="a file, or the id of what waits")
    approve = _operator(group, "approve", "put a request into the draft of the registry")
    approve.add_argument("request", help="its id")
    approve.add_argument("--letter", type=Path, help="the agency's letter, as a file")
    approve.add_argument("--words", default="", help="the words heard on the telephone")
    reject = _operator(group, "reject", "decide that a request leads to nothing")
    reject.add_argument("request", help="its id")
    _why(reject)
    for name, what in (
        ("suspend", "suspend an agency"),
        ("revoke", "revoke an agency for ever"),
        ("reinstate", "end an agency's suspension"),
    ):
        command = _operator(group, name, what)
        command.add_argument("agency", help="its short name")
        _why(command)
    end_key = _operator(group, "end-key", "end a key of an agency that was lost, after a telephone call")
    end_key.add_argument("agency", help="its short name")
    end_key.add_argument("key", help="the key's id, as in the registry")
    end_key.add_argument("--since", type=int, metavar="SECONDS", help="from when others had it (s UTC)")
    _why(end_key)


def _publication(group: Any) -> None:
    init = _operator(group, "init", "make a new registry from the cards of its holders")
    _cards(init)
    rotate = _operator(group, "rotate", "draft the next root, with these holders and no others")
    _cards(rotate)
    rotate.add_argument("--new-online", action="store_true", help="with new keys of snapshot and timestamp")
    publish = _operator(group, "publish", "publish what has all its signatures, or say who is missing")
    publish.add_argument("signatures", type=Path, nargs="*", help="signatures of holders")
    publish.add_argument("--requests", type=Path, metavar="FOLDER", help="write what waits for holders to sign")
    _operator(group, "renew", "draft the registry as it is, so that it holds for another 90 days")
    _operator(group, "timestamp", "sign the timestamp anew; for a timer, every five minutes")
    _operator(group, "status", "show versions, ends, agencies and what waits")
    serve = _operator(group, "serve", "serve the repository, and a page for the operator")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on")
    serve.add_argument("--port", type=int, default=DEFAULT_PORT, help="port to listen on")
    serve.add_argument("--files-only", action="store_true", help="serve the repository without the page")


def _operator(group: Any, name: str, what: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = group.add_parser(name, help=what)
    command.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="the registry's folder")
    command.set_defaults(run=f"{_LOCAL}:{name.replace('-', '_')}")
    return command


def _cards(command: argparse.ArgumentParser) -> None:
    for role in ("root", "targets"):
        command.add_argument(f"--{role}", type=Path, nargs="+", required=True, metavar="CARD", help="holders' cards")


def _why(command: argparse.ArgumentParser) -> None:
    command.add_argument("--why", required=True, help="the reason, for the record")


def _out(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help=what)
