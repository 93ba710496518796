"""`gchat files …`: compare files with their rows, show who uses how much room, the quarantine."""

from __future__ import annotations

import argparse

from appliance.cli.grammar import add_command, how_many


def register(_name: str, command: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    group = command.add_subparsers(required=True)
    check = add_command(group, "files check", "compare files with their rows; exit code 1 where something is wrong")
    check.add_argument("--repair", action="store_true", help="delete files that no row knows, make counts again")
    check.add_argument("--deep", action="store_true", help="open every record of every file too; takes long")
    usage = add_command(group, "files usage", "write who uses how much room, as CSV: units, people, largest files")
    usage.add_argument("--limit", type=how_many, default=20, help="how many people and files")
    receipts = add_command(group, "files receipts", "write where a deleted file was, why it went and when, as CSV")
    of = receipts.add_mutually_exclusive_group(required=True)
    of.add_argument("file", nargs="?", help="the id of the file, or of its upload")
    of.add_argument("--room", help="all files of the messages of a room, by its id")
    _register_quarantine(group.add_parser("quarantine", help="files in which a virus was found"))


def _register_quarantine(command: argparse.ArgumentParser) -> None:
    group = command.add_subparsers(required=True)
    add_command(group, "files quarantine list", "write file, time, sender, size and what was found, as CSV")
    delete = add_command(group, "files quarantine delete", "delete one for good; of one in a message two people decide")
    release = add_command(group, "files quarantine release", "let one be opened again; two people decide")
    for one in (delete, release):
        one.add_argument("file", help="its id, as the list shows it")
        one.add_argument("--why", required=True, help="goes on record")
    for one, is_always in ((delete, False), (release, True)):
        one.add_argument("--by", required=is_always, metavar="USER", help="who decides; types their password")
        one.add_argument("--second", required=is_always, metavar="USER", help="who agrees; types theirs")
