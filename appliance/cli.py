"""`gchat …`: what an administrator and a developer type.

Owns the commands and the exit codes (0 done, 1 refused or failed with the reason in Thai and English, 2 wrong usage).
Each command imports what it needs when it runs, so that none pays for the others; the processes of the appliance, which
people wait for, are not even told the grammar of the others. It holds no rule: commands call actions, as the API does.
Ctrl+C and Ctrl+D end a command in words; after Ctrl+C the exit code is 130, as shells have it.
"""

from __future__ import annotations

import argparse
import gc
import getpass
import json
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from appliance import hardening
from appliance.errors import AppError, ConfigError, Invalid

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from appliance.config import Config
    from appliance.vault.master import Question

DEFAULT_DATA = Path("/var/lib/gchat")
LOGINS_SHOWN = 10
INTERRUPTED = 130
_PROMPTS = {
    "passphrase": "วลีผ่าน — passphrase",
    "new_passphrase": "วลีผ่านใหม่ อย่างน้อย {shortest} อักขระ — new passphrase, at least {shortest} characters",
    "share": "ส่วนกุญแจ 33 คำ คำละสี่ตัวแรกก็พอ — key share, 33 words, the first four letters of each will do",
    "new_share": "พิมพ์ส่วนกุญแจกลับ คำละสี่ตัวแรกก็พอ — type a share back, the first four letters of each word will do",
}


def main(argv: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    hardening.protect_memory()
    words = sys.argv[1:] if argv is None else argv
    arguments = parser(words[0] if words else None).parse_args(words)
    logging.basicConfig(
        level=os.environ.get("GCHAT_LOG", "WARNING").upper(), format="%(levelname)s %(name)s %(message)s"
    )
    # It logs each call with its arguments: words of messages, needles of searches, hashes of passwords.
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)
    try:
        _refuse_unfit(arguments)
        return int(arguments.run(arguments) or 0)
    except AppError as error:
        print(explain(error), file=sys.stderr)
    except OSError as error:
        print(f"ระบบปฏิบัติการปฏิเสธ — the operating system refused: {error}", file=sys.stderr)
    except Cancelled as cancelled:
        # The cursor is still behind the question.
        print("\nยกเลิกแล้ว สิ่งที่สั่งยังไม่ได้ทำ — cancelled; what was asked for was not done", file=sys.stderr)
        return cancelled.exit_code
    except KeyboardInterrupt:
        print("\nหยุดแล้ว คำสั่งยังทำไม่เสร็จ — stopped; the command did not finish", file=sys.stderr)
        return INTERRUPTED
    return 1


class Cancelled(KeyboardInterrupt):
    """The person at the terminal ended a question with Ctrl+C or Ctrl+D: no handler of errors asks again."""

    def __init__(self, exit_code: int) -> None:
        super().__init__()
        self.exit_code = exit_code


def explain(error: AppError) -> str:
    """Return an error in Thai and English, with what the log would say; the vault's reason where that is the cause."""
    from appliance.locale import text  # noqa: PLC0415 - see the module's docstring

    if isinstance(error, ConfigError):
        return "\n  ".join(["การตั้งค่าไม่ถูกต้อง — the configuration cannot be used:", *error.problems])
    if "reason" in error.detail:
        from appliance.vault.refusals import TEXTS, Reason  # noqa: PLC0415 - see the module's docstring

        facts = ", ".join(f"{name}={value}" for name, value in error.detail.items() if name != "reason")
        named = f"{error.detail['reason']}: {facts}" if facts else error.detail["reason"]
        return "\n".join([*TEXTS[Reason(str(error.detail["reason"]))], f"  ({named})"])
    said = str(error)
    more = f"\n  ({said})" if said and said != error.code else ""
    return f"{text(error.code, 'th', **error.detail)}\n{text(error.code, 'en', **error.detail)}{more}"


class _Parser(argparse.ArgumentParser):
    """Says in Thai too that a command is not used as it is meant; those below it are of this class as well."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: ใช้คำสั่งไม่ถูกต้อง — wrong usage: {message}\n")


def _refuse_unfit(arguments: argparse.Namespace) -> None:
    """Check the texts of the command line as those of requests are checked. Raises Invalid."""
    given = {name: value for name, value in vars(arguments).items() if isinstance(value, str)}
    if all(value.isascii() and value.isprintable() for value in given.values()):
        return
    from appliance.web.texts import refuse_unfit  # noqa: PLC0415 - see the module's docstring

    refuse_unfit(given)


def parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the command line's grammar; for a command that is one of the processes, that of the processes alone."""
    top = _Parser(prog="gchat", description="G-Chat: communication for government agencies")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    _register_processes(commands)
    if command not in commands.choices:
        _register_the_rest(commands)
    return top


def _register_processes(commands: Any) -> None:
    up = commands.add_parser("up", help="run the appliance under a supervisor")
    _with_data(up)
    up.add_argument("--seed", choices=["demo"], help="fill a new folder with the demo agency first")
    up.add_argument("--port", type=int, help="another port than staff.port; 0 picks a free one")
    up.add_argument("--tls", action="store_true", help="HTTPS with a certificate of the agency's own CA")
    up.add_argument("--ready-file", type=Path, help="written when logins are accepted")
    up.set_defaults(run=_up)

    serve = commands.add_parser("serve", help="run the appliance process alone")
    _with_data(serve)
    serve.add_argument("--tls", action="store_true", help="HTTPS, whatever the configuration says")
    serve.add_argument("--listen-fd", type=int)
    serve.add_argument("--ready-fd", type=int)
    serve.add_argument("--parent-fd", type=int)
    serve.add_argument("--key-fd", type=int, help="read the master key from here, and ask nobody")
    serve.set_defaults(run=_serve)

    search = commands.add_parser("search", help="run the search process alone")
    _with_data(search)
    search.add_argument("--rebuild", action="store_true", help="have a running one forget and be told everything again")
    search.add_argument("--key-fd", type=int, help="read the index key from here; it is all the process is given")
    search.add_argument("--listen-fd", type=int)
    search.add_argument("--ready-fd", type=int)
    search.add_argument("--parent-fd", type=int)
    search.set_defaults(run=_search)


def _register_the_rest(commands: Any) -> None:
    from appliance import cli_keys, cli_people, cli_rooms, cli_setup, cli_tls  # noqa: PLC0415 - see the module's docstring

    cli_setup.register(commands)
    migrate = commands.add_parser("migrate", help="bring the database to this release's schema")
    _with_data(migrate)
    migrate.set_defaults(run=_migrate)

    demo = commands.add_parser("demo", help="the demonstration's messages").add_subparsers(required=True)
    load = demo.add_parser("load", help="send a file of messages, one a line, through the API as their authors")
    load.add_argument("file", type=Path)
    load.add_argument("--ready-file", type=Path, required=True, help="of the running demo")
    load.add_argument("--limit", type=int, help="send only the first so many")
    load.add_argument("--verify", action="store_true", help="read everything back and compare")
    load.set_defaults(run=_demo_load)

    openapi = commands.add_parser("openapi", help="print the API's description")
    openapi.set_defaults(run=_openapi)

    cli_people.register(commands)
    cli_keys.register(commands)
    cli_rooms.register(commands)
    cli_tls.register(commands)


def _with_data(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", type=Path, default=DEFAULT_DATA, help="the appliance's folder")


def ask(question: Question) -> str:
    """Ask the person at the terminal; from a pipe, take the next line."""
    prompt = _prompt(question)
    if sys.stdin.isatty():
        return typed(getpass.getpass, f"{prompt}: ")
    line = sys.stdin.readline()
    if not line:
        raise Invalid(code="no_answer", value=prompt)
    return line.rstrip("\n")


def typed(read: Callable[[str], str], prompt: str) -> str:
    """Return what the person at the terminal types. Raises Cancelled.

    An event loop keeps Ctrl+C to itself until its turn comes, which this question holds up; so it is taken from it.
    """
    before = None
    if threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return read(prompt)
    except EOFError:
        raise Cancelled(1) from None
    except KeyboardInterrupt:
        raise Cancelled(INTERRUPTED) from None
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)


def _prompt(question: Question) -> str:
    from appliance.vault.master import SHORTEST_PASSPHRASE, Secret  # noqa: PLC0415 - see the module's docstring

    if question.secret is Secret.NEW_PASSPHRASE and question.number > 1:
        return "พิมพ์วลีผ่านอีกครั้ง — type the passphrase again"
    prompt = _PROMPTS[question.secret].format(shortest=SHORTEST_PASSPHRASE)
    return f"{prompt} {question.number}" if question.number > 1 else prompt


def teller() -> Callable[[AppError], None] | None:
    """Return what tells the person at the terminal why they are asked again; None where nobody can be asked again."""
    return tell if sys.stdin.isatty() else None


def tell(error: AppError) -> None:
    """Say why something is asked again."""
    print(explain(error), file=sys.stderr, flush=True)


def _up(arguments: argparse.Namespace) -> int:
    from appliance import config, listening, supervisor, unlocking  # noqa: PLC0415 - see the module's docstring
    from appliance.vault.record import has_keyring  # noqa: PLC0415

    data: Path = arguments.data.resolve()
    if arguments.seed is None:
        unlocking.require_appliance(data)
    elif not has_keyring(data):
        _seed_demo(data)
    loaded = config.load(data, tls=arguments.tls)
    port = loaded.staff.port if arguments.port is None else arguments.port
    if problems := config.check_port("--port", port):
        raise ConfigError(problems)
    listening.require_no_demo(data, loaded.staff.host)
    # Before anything is started: a wrong key is said once, here, and not by a process that is restarted over and over.
    # A passphrase is asked for and made into the key once, whatever is restarted.
    master = unlocking.open_master(loaded, ask)
    keys = unlocking.unlock_keys(loaded, ask, master)
    unlocking.require_database(loaded.database)
    try:
        bound = listening.listening_socket(loaded.staff.host, port)
    except OSError as error:
        raise AppError(code="cannot_listen", host=loaded.staff.host, port=port, why=str(error)) from error
    if loaded.staff.tls and not loaded.staff.certificate:
        from appliance import tls  # noqa: PLC0415 - start-up time that plain HTTP need not pay

        tls.ensure_own(loaded, keys, _now())
    logins = supervisor.read_logins(data)
    url = listening.staff_url(loaded, bound)

    def tell(line: str) -> None:
        if line == url:
            _announce(loaded, bound, logins)
        else:
            print(line, file=sys.stderr, flush=True)

    children = [
        supervisor.Child(
            "appliance",
            ["serve", "--data", str(data), *(["--tls"] if loaded.staff.tls else [])],
            bound,
            given_by="--key-fd",
            given=master.secret.hex(),
            says_ready=True,
        ),
        supervisor.Child(
            "search",
            ["search", "--data", str(data)],
            listening.search_socket(data),
            given_by="--key-fd",
            given=keys.index_key.hex(),
        ),
    ]
    site = supervisor.Site(data, url, listening.page_urls(loaded, bound), arguments.ready_file)
    return supervisor.run(site, children, tell)


def _announce(loaded: Config, bound: socket.socket, logins: list[dict[str, Any]]) -> None:
    from appliance import listening  # noqa: PLC0415 - see the module's docstring
    from appliance.config import is_loopback  # noqa: PLC0415

    print(f"\nG-Chat — {loaded.agency.name_th}")
    print("เปิดในเบราว์เซอร์ — open in a browser:")
    for page in listening.page_urls(loaded, bound):
        print(f"  {page}")
    host, port = bound.getsockname()[:2]
    print(f"เปิดรับที่ {host} พอร์ต {port} — listening on {host}, port {port}")
    if is_loopback(host):
        print("  เครื่องอื่นเข้าไม่ได้ — other machines cannot connect (docs/first-day.md)")
    elif set(loaded.staff.names) <= {"localhost"}:
        print("  ตั้งชื่อที่เจ้าหน้าที่พิมพ์ใน gchat.toml — set the name that staff type: [staff] names")
    if loaded.staff.tls and not loaded.staff.certificate:
        print(f"  ให้เครื่องของเจ้าหน้าที่เชื่อถือ — staff's devices have to trust {loaded.data / 'ca.pem'}")
    print()
    if logins:
        width = max(len(login["user"]) for login in logins)
        for login in logins[:LOGINS_SHOWN]:
            print(f"  {login['user']:<{width}}  {login['password']}  {login['name']} · {login['unit']}")
        if more := len(logins) - LOGINS_SHOWN:
            print(f"  … และอีก {more} คน — and {more} more in {loaded.data / listening.DEMO_LOGINS}")
        print()
    print("หยุดด้วย Ctrl+C — stop with Ctrl+C")
    sys.stdout.flush()


def _seed_demo(data: Path) -> None:
    """Build the demo world, which lives with the tests it is shared with."""
    root = Path(__file__).resolve().parent.parent
    if not (root / "tests" / "world.py").exists():
        raise AppError("the demo world comes with the source tree only", code="no_demo_world")
    sys.path.insert(0, str(root))
    import importlib  # noqa: PLC0415 - only a source tree has it

    print("กำลังเตรียมข้อมูลตัวอย่าง… — preparing the demo…", file=sys.stderr, flush=True)
    importlib.import_module("tests.world").seed(data)


def _serve(arguments: argparse.Namespace) -> int:
    # What is imported stays: to look through it for garbage over and over would take an eighth of the start.
    gc.disable()
    from appliance import config, serve, unlocking  # noqa: PLC0415 - see the module's docstring
    from appliance.vault.master import MasterKey  # noqa: PLC0415

    gc.enable()
    loaded = config.load(arguments.data.resolve(), tls=arguments.tls)
    handover = serve.Handover(arguments.listen_fd, arguments.ready_fd, arguments.parent_fd)
    master = None if arguments.key_fd is None else MasterKey(_key_from(arguments.key_fd))
    serve.run(loaded, handover, lambda: unlocking.unlock_keys(loaded, ask, master))
    return 0


def _search(arguments: argparse.Namespace) -> int:
    data: Path = arguments.data.resolve()
    if arguments.rebuild:
        import asyncio  # noqa: PLC0415 - see the module's docstring

        return asyncio.run(_rebuild_search(data))
    key = _index_key(arguments, data)
    _confine_search(data, makes_socket=arguments.listen_fd is None)
    from appliance import search_process  # noqa: PLC0415 - once confined: what it imports may start threads

    search_process.run(
        data,
        key,
        _now,
        listen_fd=arguments.listen_fd,
        ready_fd=arguments.ready_fd,
        parent_fd=arguments.parent_fd,
    )
    return 0


def _index_key(arguments: argparse.Namespace, data: Path) -> bytes:
    if arguments.key_fd is not None:
        return _key_from(arguments.key_fd)
    from appliance import config, unlocking  # noqa: PLC0415 - see the module's docstring

    return unlocking.unlock_keys(config.load(data), ask).index_key


def _key_from(descriptor: int) -> bytes:
    """Return the key that a pipe holds in hexadecimal."""
    with os.fdopen(descriptor, encoding="ascii") as pipe:
        return bytes.fromhex(pipe.read())


def _confine_search(data: Path, *, makes_socket: bool) -> None:
    """Leave the search process its own folder and the program alone: not the database, nor a key beside it."""
    index = data / "search"
    index.mkdir(mode=0o700, exist_ok=True)
    sockets = [(data, hardening.REPLACE_SOCKETS)] if makes_socket else []
    hardening.confine([*hardening.program_files(but=data), (index, hardening.READ_AND_WRITE), *sockets])


async def _rebuild_search(data: Path) -> int:
    from appliance.listening import search_path  # noqa: PLC0415 - see the module's docstring
    from appliance.searching import Searching  # noqa: PLC0415

    search = Searching(search_path(data))
    await search.rebuild()
    await search.close()
    return 0


def _now() -> int:
    return time.time_ns() // 1_000_000


def _migrate(arguments: argparse.Namespace) -> int:
    from appliance import config, unlocking, wiring  # noqa: PLC0415 - see the module's docstring
    from appliance.store.migrate import migrate  # noqa: PLC0415

    loaded = config.load(arguments.data.resolve())
    with wiring.only_process(loaded):
        keys = unlocking.unlock_keys(loaded, ask)
        before, after = migrate(loaded.database, keys.database_key)
    print(f"schema {before} → {after}")
    return 0


def _demo_load(arguments: argparse.Namespace) -> int:
    import asyncio  # noqa: PLC0415 - see the module's docstring

    from appliance import demo  # noqa: PLC0415

    ready = json.loads(arguments.ready_file.read_text(encoding="utf-8"))
    # Only a line feed ends a message: other separators of Unicode may stand inside one.
    lines = [line for line in arguments.file.read_text(encoding="utf-8").split("\n") if line.strip()]
    return asyncio.run(demo.load(ready, lines[: arguments.limit], verify=arguments.verify))


def _openapi(_arguments: argparse.Namespace) -> int:
    import msgspec  # noqa: PLC0415 - see the module's docstring

    from appliance.api.openapi import document  # noqa: PLC0415

    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
