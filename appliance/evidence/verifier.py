"""`gchat-verify`: checks a room log, checkpoint, proof, two exports or change of keys offline, says what it found.

Owns the command line: arguments, what is printed, exit codes. The checks are in `offline`, which needs the standard
library and `cryptography` only; `make verifier` packs them into one file that a court runs alone. Exit codes: 0 all
holds, 1 something does not (naming the entry, or the entries among which one was altered), 2 usage, 3 the file is whole
but nobody knows who signed it, or whether an agency speaks that it names. `docs/evidence.md` says what is checked.
"""

from __future__ import annotations

import argparse
import os
import sys
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from appliance.evidence.errors import NoteError
from appliance.evidence.key_change import open_change
from appliance.evidence.offline import histories, proofs
from appliance.evidence.offline.names import room_origin
from appliance.evidence.offline.outcome import Exit, Failed, Report, Usage
from appliance.evidence.offline.reports import about_head, about_keys, about_proof, about_room
from appliance.evidence.offline.room import check_room
from appliance.evidence.offline.seals import Seals
from appliance.evidence.offline.texts import TEXTS, say
from appliance.evidence.offline.timeline import Timeline
from appliance.evidence.offline.trust import Trust, check_checkpoint, log_key, parse_policy

if TYPE_CHECKING:
    from appliance.evidence.offline.entries import ParsedEntry
    from appliance.evidence.offline.export_file import EntryLine
    from appliance.evidence.offline.room import RoomCheck


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a command in both languages."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        _say(*say("usage", {"message": message}), stream=sys.stderr)
        raise SystemExit(int(Exit.USAGE))


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    code = _answer(_arguments().parse_args(_salt_joined(sys.argv[1:] if argv is None else argv)))
    _say(end="")
    return int(code)


def _salt_joined(words: list[str]) -> list[str]:
    """Return the arguments with `--salt TEXT` as one word, since base64url text may begin with `-`."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] == "--salt":
            joined[-1] = f"--salt={word}"
        else:
            joined.append(word)
    return joined


def _say(*lines: str, end: str = "\n", stream: TextIO | None = None) -> None:
    """Print lines to `stream`, standard output by default.

    When the reader has closed the pipe (`… | head`), the rest of the output is dropped without an error, so that the
    exit code is still the verdict.
    """
    stream = stream or sys.stdout
    try:
        print(*lines, sep="\n", end=end, file=stream, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _answer(arguments: argparse.Namespace) -> Exit:
    try:
        _require_files(arguments)
        return _checked(arguments)
    except Usage as usage:
        _say(*say(usage.code, usage.values), stream=sys.stderr)
        return Exit.USAGE
    except OSError as error:
        _say(*say("unreadable", {"path": error.filename}), stream=sys.stderr)
        return Exit.USAGE


def _checked(arguments: argparse.Namespace) -> Exit:
    try:
        return _COMMANDS[arguments.command](arguments).exit
    except Failed as failure:
        return _print_failure(failure, arguments)


def _print_failure(failure: Failed, arguments: argparse.Namespace) -> Exit:
    verdict = TEXTS["failed" if failure.n is None else "failed_entry"]
    reasons = say(failure.code, {"n": failure.n, **failure.values})
    for text, reason in zip(verdict, reasons, strict=True):
        _say(text.format(reason=reason, n=failure.n))
    if "file" in failure.values:
        _say(*say("in_file", failure.values))
    report = Report()
    _about_files(report, arguments)
    trust = _trust(arguments)
    if trust is None and failure.keys and failure.code != "seal":
        report.add("own_key")
    about_keys(report, failure.keys or (trust.logs if trust else []))
    _print(report)
    return Exit.FAILED


def _print(report: Report, stream: TextIO | None = None) -> None:
    for code, values in report.lines:
        _say(*say(code, values), stream=stream)


# --- commands


def _room(arguments: argparse.Namespace) -> Report:
    trust, seals = _trust(arguments), Seals.of(arguments.gateway)
    with arguments.file.open("rb") as file:
        check = check_room(file, trust, seals, None, arguments.order_key)
    report = Report()
    if check.unproved and (trust is not None or arguments.trust_file_key):
        report.exit = Exit.UNKNOWN
        agencies = ", ".join(f"{agency} ({count})" for agency, count in sorted(check.unproved.items()))
        code = "speakers_not_proved" if trust is not None else "speakers_not_proved_claimed"
        report.add(code, keys=check.finished.names, agencies=agencies)
    else:
        _verdict(report, arguments, trust, "pass_room", room=check.head.room, last=check.history.size - 1)
    _about_files(report, arguments, check)
    about_room(report, check, trust)
    _print(report)
    if arguments.show:
        _show(arguments, check, trust)
    return report


def _show(arguments: argparse.Namespace, done: RoomCheck, trust: Trust | None) -> None:
    timeline = Timeline(done)

    def each(_check: RoomCheck, entry: ParsedEntry, line: EntryLine) -> None:
        _say(*timeline.lines(entry, line))

    with arguments.file.open("rb") as file:
        again = check_room(file, trust, Seals.of(arguments.gateway), each, arguments.order_key)
    if again.digest != done.digest:
        raise Failed("changed")


def _checkpoint(arguments: argparse.Namespace) -> Report:
    signed = check_checkpoint(_text(arguments.file, "note"), _required(arguments))
    report = Report()
    report.add("pass_checkpoint", keys=signed.names)
    _about_files(report, arguments)
    about_head(report, signed)
    if room_origin(signed.head.origin):
        report.add("hub_not_shown", keys=signed.names)
    _print(report)
    return report


def _proof(arguments: argparse.Namespace) -> Report:
    given = proofs.Given(
        arguments.record.read_bytes() if arguments.record else None,
        arguments.body.read_bytes() if arguments.body else None,
        arguments.salt,
    )
    seals = Seals.of(arguments.gateway)
    proved = proofs.check_proof(_text(arguments.file, "proof"), given, _required(arguments), seals)
    report = Report()
    if proved.entry is None or proved.speaker_proved:
        report.add("pass_proof", index=proved.index, size=proved.signed.head.size)
    else:
        report.exit = Exit.UNKNOWN
        agency, keys = proved.entry.origin, proved.signed.names
        report.add("speaker_not_proved", index=proved.index, agency=agency, keys=keys)
    _about_files(report, arguments)
    about_proof(report, proved, seals)
    _print(report)
    return report


def _prove(arguments: argparse.Namespace) -> Report:
    """Write a proof file to standard output or `--output`; what was checked is said on standard error."""
    trust, kept = _trust(arguments), dict[int, "EntryLine"]()

    def each(_check: RoomCheck, entry: ParsedEntry, line: EntryLine) -> None:
        if entry.n == arguments.entry:
            kept[entry.n] = line

    with arguments.file.open("rb") as file:
        check = check_room(file, trust, Seals(), each)
    line = kept.get(arguments.entry)
    if line is None:
        raise Usage("no_entry", n=arguments.entry)
    text = proofs.make_proof(check, line, arguments.entry)
    if arguments.output:
        arguments.output.write_bytes(text.encode())
    else:
        _say(text, end="")
    report = Report()
    _verdict(report, arguments, trust, "pass_room", room=check.head.room, last=check.history.size - 1)
    _about_files(report, arguments, check)
    about_keys(report, check.finished.signed)
    _print(report, sys.stderr)
    return report


def _extends(arguments: argparse.Namespace) -> Report:
    trust = _trust(arguments)
    compared = histories.check_extends(arguments.old, arguments.new, trust)
    report, later = Report(), compared.later
    _verdict(report, arguments, trust, "pass_extends", old=compared.size, new=later.history.size)
    _about_files(report, arguments, later)
    about_room(report, later, trust)
    about_keys(report, [key for key in compared.signed if key not in later.finished.signed])
    _print(report)
    return report


def _key_change(arguments: argparse.Namespace) -> Report:
    """Follow statements from the key that is trusted to the newest."""
    former = key = log_key(arguments.vkey)
    for path in arguments.files:
        try:
            key = open_change(_text(path, "key_change"), key)
        except NoteError as error:
            failed = Failed("key_change", file=path.name)
            failed.keys = [key]
            raise failed from error
    report = Report()
    report.add("pass_key_change")
    _about_files(report, arguments)
    report.add("new_key", vkey=key.vkey)
    about_keys(report, [former, key])
    _print(report)
    return report


_COMMANDS = {
    "room": _room,
    "checkpoint": _checkpoint,
    "proof": _proof,
    "prove": _prove,
    "extends": _extends,
    "key-change": _key_change,
}


# --- reports


def _files(arguments: argparse.Namespace) -> list[Path]:
    """Return the files of evidence that a command reads; of two exports the newer is the last."""
    named = (getattr(arguments, name, None) for name in ("file", "record", "body", "old", "new"))
    return [*filter(None, named), *getattr(arguments, "files", [])]


def _require_files(arguments: argparse.Namespace) -> None:
    """Refuse what cannot be read a second time, and so has no digest to report. Raises `Usage`."""
    for path in _files(arguments):
        if path.exists() and not path.is_file():
            raise Usage("not_a_file", path=path)


def _about_files(report: Report, arguments: argparse.Namespace, check: RoomCheck | None = None) -> None:
    """Add name and SHA-256 of each file. Raises `Failed` if the log of `check`, the last, is not what was checked."""
    digest = b""
    for path in _files(arguments):
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").digest()
        report.add("file", file=path.name, digest=digest.hex())
    if check and check.digest != digest:
        raise Failed("changed")


def _verdict(report: Report, arguments: argparse.Namespace, trust: Trust | None, code: str, **values: object) -> None:
    if trust is None and not arguments.trust_file_key:
        report.exit = Exit.UNKNOWN
        report.add("unknown_signer")
        return
    report.add(code, **values)


# --- arguments


def _arguments() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="gchat-verify",
        description="ตรวจหลักฐานของ G-Chat แบบออฟไลน์ / Check G-Chat evidence offline",
        epilog="ผลลัพธ์ / exit: 0 ผ่าน good, 1 ไม่ผ่าน failed, 2 คำสั่งไม่ถูกต้อง usage, 3 ไม่รู้ผู้ลงนามหรือผู้ส่ง not proved who",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    room = _command(commands, "room", "บันทึกของห้อง (JSON Lines) / an exported room log")
    room.add_argument("--show", action="store_true", help="แสดงข้อความที่ตรวจแล้ว / print the verified timeline")
    _command(commands, "checkpoint", "จุดตรวจสอบที่ลงนาม / a signed checkpoint", own_key=False)
    proof = _command(commands, "proof", "หลักฐานของรายการเดียว / a proof of one entry (tlog-proof)", own_key=False)
    proof.add_argument("--record", type=Path, metavar="FILE", help="รายการที่พิสูจน์ / the leaf's exact bytes")
    proof.add_argument("--body", type=Path, metavar="FILE", help="เนื้อหา / the body's exact bytes")
    proof.add_argument("--salt", metavar="TEXT", help="เกลือของเนื้อหา / the body's salt (base64url)")
    for command in (room, proof):
        command.add_argument(
            "--gateway", action="append", default=[], metavar="VKEY", help="กุญแจเกตเวย์ / a gateway key; may be repeated"
        )
    room.add_argument(
        "--order-key", action="append", default=[], metavar="VKEY", help="กุญแจคำสั่งของทะเบียน / a key of the registry"
    )
    prove = _command(commands, "prove", "ทำหลักฐานของรายการเดียว / make the proof of one entry")
    prove.add_argument("--entry", type=int, required=True, metavar="N", help="ลำดับรายการ / position of the entry")
    prove.add_argument(
        "--output", type=Path, metavar="FILE", help="แฟ้มผลลัพธ์ / file to write; otherwise standard output"
    )
    extends = _command(
        commands, "extends", "บันทึกใหม่ต่อจากบันทึกเก่าหรือไม่ / whether one export continues another", files=("old", "new")
    )
    extends.epilog = "OLD: แฟ้มส่งออก จุดตรวจสอบ หรือแฟ้มค่าราก / an export, a checkpoint or the file of heads"
    change = commands.add_parser("key-change", help="คำแถลงเปลี่ยนกุญแจ ตามลำดับ / statements of key changes, in order")
    change.add_argument("files", nargs="+", type=Path, metavar="FILE")
    change.add_argument("--vkey", required=True, help="กุญแจเดิมที่เชื่อถือ / the former key, from a trusted source")
    change.set_defaults(policy=None)
    return parser


def _command(
    commands: argparse._SubParsersAction[_Parser],
    name: str,
    text: str,
    *,
    files: tuple[str, ...] = ("file",),
    own_key: bool = True,
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    for file in files:
        command.add_argument(file, type=Path, metavar=file.upper())
    keys = command.add_mutually_exclusive_group(required=not own_key)
    keys.add_argument("--vkey", help="กุญแจของบันทึกจากแหล่งที่เชื่อถือ / the log's key from a trusted source")
    keys.add_argument("--policy", type=Path, metavar="FILE", help="นโยบาย (c2sp.org/tlog-policy) / a policy file")
    if own_key:
        keys.add_argument(
            "--trust-file-key", action="store_true", help="เชื่อกุญแจในแฟ้ม / trust the key inside the file itself"
        )
    return command


def _trust(arguments: argparse.Namespace) -> Trust | None:
    if arguments.policy is not None:
        try:
            return parse_policy(arguments.policy.read_bytes().decode())
        except UnicodeDecodeError as error:
            raise Usage("policy_text") from error
    return None if arguments.vkey is None else Trust([log_key(arguments.vkey)])


def _required(arguments: argparse.Namespace) -> Trust:
    trust = _trust(arguments)
    assert trust is not None  # noqa: S101 - the parser demands a key or a policy
    return trust


def _text(path: Path, code: str) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise Failed(code) from error


if __name__ == "__main__":
    sys.exit(main())
