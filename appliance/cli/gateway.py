"""`gchat gateway …`: the process that other agencies reach (docs/federation.md)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

DEFAULT_FOLDER: Final = Path("/var/lib/gchat-gateway")
_LOCAL: Final = "appliance.cli.local.gateway"


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    group = command.add_subparsers(required=True)
    _init(_add(group, "init", "make a gateway: its folder, its keys, and the agency's identity key on a stick"))
    request = _add(group, "request", "print what the registry's operator needs to enrol the agency, signed")
    request.add_argument("--identity", type=Path, required=True, metavar="FILE", help="the agency's identity key")
    request.add_argument("--nonce", required=True, help="the number that the operator gave for this request")
    request.add_argument("--letter", type=Path, required=True, metavar="FILE", help="the agency's letter")
    request.add_argument("--officer", required=True, metavar="NAME", help="who answers for the request")
    request.add_argument("--appliance", type=Path, default=Path("/var/lib/gchat"), help="the appliance's data folder")
    sign = _add(group, "sign", "sign a request that gchat registry request has drafted, with the gateway's keys")
    sign.add_argument("file", type=Path, help="the request; it is replaced")
    next_key = _add(group, "next-key", "make the key that follows one, for the operator to list before it is used")
    next_key.add_argument("use", choices=["gw", "wit", "tls"], help="seals and requests, cosignatures, or the channel")
    serve = _add(group, "serve", "run the gateway process")
    for name in ("--listen-fd", "--ready-fd", "--parent-fd"):
        serve.add_argument(name, type=int)
    status = _add(group, "status", "show links, keys and registry of the gateway that runs in the folder")
    status.add_argument("--json", action="store_true", help="for programs")


def _add(group: Any, name: str, what: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = group.add_parser(name, help=what)
    command.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="the gateway's folder")
    command.set_defaults(run=f"{_LOCAL}:{name.replace('-', '_')}")
    return command


def _init(command: argparse.ArgumentParser) -> None:
    command.add_argument("--slug", required=True, help="the agency's short name, as in gchat.toml")
    command.add_argument("--domain", required=True, help="the domain its evidence is signed under, as in gchat.toml")
    command.add_argument("--endpoint", required=True, metavar="URL", help="where others reach it: https://host:port")
    command.add_argument("--registry", required=True, metavar="URL", help="where the registry's files are served")
    command.add_argument("--identity", type=Path, required=True, metavar="FILE", help="new file, on a stick")
    command.add_argument("--host", default="0.0.0.0", help="address to listen on")  # noqa: S104 - others are elsewhere
    command.add_argument("--port", type=int, default=8443, help="port to listen on (8443)")
    command.add_argument("--appliance", type=Path, default=Path("/var/lib/gchat"), help="the appliance's data folder")
    command.add_argument("--keys", choices=["file", "credential"], default="file", help="source of its master key")
