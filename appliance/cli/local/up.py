"""`gchat up`: starts the processes under the supervisor, and says where to go.

It imports little: it must start at once.
"""

from __future__ import annotations

import argparse
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from appliance import config
from appliance.cli.main import main
from appliance.cli.questions import ask
from appliance.config import Config, is_loopback
from appliance.data_folder import DEMO_LOGINS
from appliance.errors import AppError, ConfigError
from appliance.late import load
from appliance.locale import both
from appliance.process import sockets, supervisor
from appliance.vault import unlock
from appliance.vault.record import has_keyring

if TYPE_CHECKING:
    from appliance.vault.keyring import Keyring
    from appliance.vault.master import MasterKey

LOGINS_SHOWN: Final = 10
GATEWAY_FOLDER: Final = "gateway"
GATEWAY_SETTINGS: Final = "gateway.toml"


def run(arguments: argparse.Namespace) -> int:
    """Open the keys and the port, then supervise the processes until asked to end."""
    data: Path = arguments.data.resolve()
    if arguments.agencies is not None:
        return int(_run_agencies(data, arguments))
    seeded = _require_appliance(data, arguments.seed)
    loaded = config.load(data, tls=arguments.tls)
    port = loaded.staff.port if arguments.port is None else arguments.port
    if problems := config.check_port("--port", port):
        raise ConfigError(problems)
    sockets.require_no_demo(data, loaded.staff.host)
    # Before anything is started: a wrong key is said once, here, and not by a process that is restarted over and over.
    # A passphrase is asked for and made into the key once, whatever is restarted.
    master = unlock.open_master(loaded, ask)
    keys = unlock.unlock_keys(loaded, ask, master)
    unlock.require_database(loaded.database)
    bound, inside = _listening(loaded, port)
    if loaded.staff.tls and not loaded.staff.certificate:
        load("appliance.process.tls:ensure_own")(loaded, keys, time.time_ns() // 1_000_000)
    logins = supervisor.read_logins(data)
    url = sockets.staff_url(loaded, bound)

    def report(line: str) -> None:
        if line == url:
            _announce(loaded, bound, logins)
        else:
            print(line, file=sys.stderr, flush=True)

    # Making the demo has started threads, and with threads nobody forks.
    children = [_appliance(loaded, bound, master, fork=not seeded), _search(loaded, inside, keys), *_gateway(loaded)]
    site = supervisor.Site(data, url, sockets.page_urls(loaded, bound), arguments.ready_file)
    return supervisor.run(site, children, report)


def _run_agencies(data: Path, arguments: argparse.Namespace) -> int:
    """Run a demo of several agencies."""

    def report(line: str) -> None:
        print(line, flush=True)

    start = load("appliance.demo.running:run")
    code: int = start(data, arguments.agencies, arguments.port, arguments.ready_file, report)
    return code


def _require_appliance(data: Path, seed: str | None) -> bool:
    """Make the demo's appliance where it is asked for and there is none; return whether it has been made."""
    if seed is None:
        unlock.require_appliance(data)
    if seed is None or has_keyring(data):
        return False
    print(both("up.preparing_demo"), file=sys.stderr, flush=True)
    load("appliance.demo.world:seed")(data)
    return True


def _listening(loaded: Config, port: int) -> tuple[socket.socket, socket.socket]:
    """Open the sockets for staff and for the search process.

    Raises AppError (`cannot_listen`, `folder_unsafe`).
    """
    try:
        bound = sockets.listening_socket(loaded.staff.host, port)
    except OSError as error:
        raise AppError(code="cannot_listen", host=loaded.staff.host, port=port, why=str(error)) from error
    try:
        return bound, sockets.search_socket(loaded.data)
    except AppError:
        bound.close()
        raise


def _appliance(loaded: Config, bound: socket.socket, master: MasterKey, *, fork: bool) -> supervisor.Child:
    return supervisor.Child(
        "appliance",
        supervisor.Role.MAIN,
        ["serve", "--data", str(loaded.data), *(["--tls"] if loaded.staff.tls else [])],
        bound,
        secret_fd_option="--key-fd",  # noqa: S106 - the name of an option
        secret=master.secret.hex(),
        entry=main if fork else None,
    )


def _search(loaded: Config, inside: socket.socket, keys: Keyring) -> supervisor.Child:
    return supervisor.Child(
        "search",
        supervisor.Role.HELPER,
        ["search", "--data", str(loaded.data)],
        inside,
        secret_fd_option="--key-fd",  # noqa: S106 - the name of an option
        secret=keys.index_key.hex(),
    )


def _gateway(loaded: Config) -> list[supervisor.Child]:
    """Return the gateway where one was made in the folder `gateway` of the data folder."""
    folder = loaded.data / GATEWAY_FOLDER
    if not (folder / GATEWAY_SETTINGS).exists():
        return []
    listen = load("federation.gateway.settings:load")(folder).listen
    try:
        bound = sockets.listening_socket(listen.host, listen.port)
    except OSError as error:
        raise AppError(code="gateway_cannot_listen", host=listen.host, port=listen.port, why=str(error)) from error
    arguments = ["gateway", "serve", "--folder", str(folder)]
    return [supervisor.Child("gateway", supervisor.Role.HELPER, arguments, bound)]


def _announce(loaded: Config, bound: socket.socket, logins: list[dict[str, Any]]) -> None:

    print(f"\nG-Chat — {loaded.agency.name_th}")
    print(both("up.open_browser"))
    for page in sockets.page_urls(loaded, bound):
        print(f"  {page}")
    host, port = bound.getsockname()[:2]
    print(both("up.listening_port", host=host, port=port))
    if is_loopback(host):
        print(both("up.loopback_only"))
    elif set(loaded.staff.names) <= {"localhost"}:
        print(both("up.no_name"))
    if loaded.staff.tls and not loaded.staff.certificate:
        print(both("up.trust_ca", pem=loaded.data / "ca.pem"))
    print()
    if logins:
        width = max(len(login["user"]) for login in logins)
        for login in logins[:LOGINS_SHOWN]:
            print(f"  {login['user']:<{width}}  {login['password']}  {login['name']} · {login['unit']}")
        if more := len(logins) - LOGINS_SHOWN:
            print(both("up.more", more=more, demo_logins=loaded.data / DEMO_LOGINS))
        print()
    print(both("up.stop_ctrl_c"))
    sys.stdout.flush()
