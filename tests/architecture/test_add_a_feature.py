"""`docs/add-a-feature.md` lists every existing file that one more type of entry is written into, and no other.

Counted by what the code says and not by memory, over all that people write and ship: server, client, search, packaging.
Three searches find candidates. A file that names several types, in any spelling, holds a list of types. A file that
names reactions, the type that a new one is most like, in more than its prose has something of it. A file that names the
body of a text, or reads its fields, may take every body for a text. Each is in the document's table or stands here,
with the reason why a new type leaves it alone. Left out of all: what is generated, texts for people, tests, documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, get_args

import pytest

from appliance.model import EntryType
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.wire.entries import EntryEvent

ROOT: Final = Path(__file__).parents[2]
CLIENT: Final = "appliance/client/src"
PYTHON: Final = ("appliance", "search_index", "federation", "console", "packaging")
GENERATED: Final = frozenset(("schema.ts", "entryTypes.ts", "roomPolicies.ts"))
ROW: Final = re.compile(r"^\| `(?P<file>[^`]+)` \|", re.MULTILINE)
PROSE: Final = re.compile(r'^ *"""[\s\S]*?"""|^ *#.*|/\*[\s\S]*?\*/|^ *//.*|^ *-- .*', re.MULTILINE)
MAX_FILES: Final = 14
"""Files that one more type of entry is written into: more would mean that the registry is being gone round."""

SEVERAL_TYPES: Final = {
    "what members and owners do": ("appliance/actions/rooms.py", "appliance/rules/membership.py"),
    "what other agencies sign of members and owners": ("appliance/rules/rooms.py", "appliance/rules/stated.py"),
    "what people say: a poll has its own module": ("appliance/actions/messages.py",),
    "what was there when it was released": (
        "appliance/store/migrations/0013_fill_told.sql",
        "appliance/store/migrations/0014_told_everyone.sql",
    ),
    "a type of the client that is done like another one": (
        f"{CLIENT}/core/entries/messageText.ts",
        f"{CLIENT}/core/entries/ownerReassign.ts",
        f"{CLIENT}/core/entries/systemClose.ts",
        f"{CLIENT}/core/entries/systemRemove.ts",
    ),
}
"""Why these files name several types though a new one is not written into them."""
REACTIONS: Final = {
    "reactions themselves, where a poll has new files": (
        "appliance/actions/messages.py",
        "appliance/api/messages.py",
        "appliance/rules/log_texts.py",
        "appliance/store/entries.py",
        "appliance/store/migrations/0002_rooms.sql",
        "appliance/store/sql/entries.sql",
        "appliance/wire/messages.py",
        f"{CLIENT}/core/entries/messageReaction.ts",
        f"{CLIENT}/features/timeline/Reactions.tsx",
        f"{CLIENT}/ui/Emoji.tsx",
        f"{CLIENT}/ui/ReactionChip.tsx",
        f"{CLIENT}/ui/emoji.ts",
    ),
    "how many a message may carry: a poll has one vote of each person": ("appliance/rules/marks.py",),
    "which tables the start can do without: one that is not named is checked": ("appliance/store/damage.py",),
    "the picker of emoji, which writing shares": (
        f"{CLIENT}/features/composer/EmojiPicker.tsx",
        f"{CLIENT}/features/timeline/TimelineView.tsx",
        f"{CLIENT}/features/timeline/messageActions.ts",
        f"{CLIENT}/ui/Gallery.tsx",
        f"{CLIENT}/ui/Icon.tsx",
    ),
    "reactions are shown before the log confirms them; votes wait for it": (
        f"{CLIENT}/core/entries/kind.ts",
        f"{CLIENT}/core/incoming.ts",
        f"{CLIENT}/core/rooms.ts",
        f"{CLIENT}/core/timelineStore.ts",
        f"{CLIENT}/features/timeline/TimelineModel.ts",
    ),
    "a message that shows reactions": (
        f"{CLIENT}/core/entries/hidden.ts",
        f"{CLIENT}/core/entries/messageText.ts",
        f"{CLIENT}/core/protocol.ts",
        f"{CLIENT}/features/timeline/fixtures.ts",
    ),
    "a refusal of its own": (f"{CLIENT}/i18n/reasons.ts",),
}
"""Why these files name reactions though a poll is not written into them."""


TEXT_BODY: Final = re.compile(r"\b(TextBody|BodyView|text_view)\b|\b(body|words)\b\)?[?!]?\.(text|mentions)\b")
TEXTS: Final = {
    "texts themselves, where a poll has new files": (
        "appliance/actions/message_files.py",
        "appliance/actions/messages.py",
        "appliance/actions/rooms.py",
        "appliance/demo/agencies.py",
        "appliance/demo/world.py",
        "appliance/rules/messages.py",
        "appliance/wire/messages.py",
        f"{CLIENT}/core/entries/messageText.ts",
    ),
    "what is typed is sent as a text, on the stream too; a poll has a call of its own": (
        "appliance/wire/sync.py",
        f"{CLIENT}/core/unsent.ts",
    ),
    "the wordings of a text that was edited; a poll is not": (f"{CLIENT}/features/timeline/MessageDialogs.tsx",),
    "what a text has, where a body is one: any other has fields of its own": (f"{CLIENT}/core/protocol.ts",),
    "a body without people mentions nobody": (f"{CLIENT}/core/roomState.ts",),
    "texts that the client finds while the server cannot be reached; the server finds a poll": (
        f"{CLIENT}/core/keptHits.ts",
    ),
}
"""Why these files have to do with the body of a text though a poll is not written into them."""


def sources() -> Iterator[Path]:
    """Give the files that people write and that ship."""
    python = [ROOT / folder for folder in PYTHON if folder != "appliance"]
    python += [folder for folder in (ROOT / "appliance").iterdir() if folder.name != "client"]
    for folder, kinds in [(folder, {".py", ".sql"}) for folder in python] + [(ROOT / CLIENT, {".ts", ".tsx"})]:
        for path in folder.rglob("*") if folder.is_dir() else (folder,):
            if path.suffix in kinds and ".test." not in path.name and path.name not in GENERATED:
                yield path


@cache
def texts() -> dict[str, str]:
    """Return each source without its comments and docstrings, by its path in the repository."""
    return {str(path.relative_to(ROOT)): PROSE.sub("", path.read_text(encoding="utf-8")) for path in sources()}


def spellings(kind: EntryType) -> re.Pattern[str]:
    """Return what finds a type by any of its names: on the wire, in Python, its structs, in TypeScript."""
    event = next(one for one in get_args(EntryEvent) if one.__struct_config__.tag == kind.value)
    first, *rest = re.split(r"[._]", kind.value)
    names = [
        f"[\"'`]{re.escape(kind.value)}[\"'`]",
        rf"EntryType\.{kind.name}\b",
        rf"^ +{kind.name} = ",
        rf"\b{ENTRY_TYPES[kind].state.__name__}\b",
        rf"\b{event.__name__.removesuffix('Event')}(Event|State)\b",
    ]
    if rest:
        names.append(rf"\b{first}{''.join(map(str.title, rest))}\b")
    return re.compile("|".join(names), re.MULTILINE)


def listed() -> set[str]:
    """Return the files of the document's table."""
    found = ROW.findall((ROOT / "docs" / "add-a-feature.md").read_text(encoding="utf-8"))
    assert len(set(found)) == len(found)
    return set(found)


def explained(reasons: dict[str, tuple[str, ...]]) -> set[str]:
    """Return the files that stand here with a reason."""
    found = [file for files in reasons.values() for file in files]
    assert len(set(found)) == len(found)
    return set(found)


def test_every_list_of_types_is_in_the_table() -> None:
    patterns = [spellings(kind) for kind in EntryType]
    named = {file: sum(bool(one.search(text)) for one in patterns) for file, text in texts().items()}
    several = {file for file, count in named.items() if count > 1}
    assert len([file for file in several & listed() if named[file] > len(EntryType) // 2]) >= 8, "what finds them works"
    assert several - listed() == explained(SEVERAL_TYPES)


def test_whatever_has_something_of_reactions_is_in_the_table_or_has_a_reason() -> None:
    naming = {file for file, text in texts().items() if re.search(r"reaction|reacted", text, re.IGNORECASE)}
    assert naming - listed() == explained(REACTIONS)


def test_whatever_reads_the_body_of_a_text_is_in_the_table_or_has_a_reason() -> None:
    naming = {file for file, text in texts().items() if TEXT_BODY.search(text)}
    assert naming - listed() == explained(TEXTS)


@pytest.mark.parametrize(
    "line",
    ["weight += len(draft.body.text)", "if body.mentions:", "def f(b: TextBody)", "event.body?.text", "row.body!.text"],
)
def test_what_takes_a_body_for_a_text_is_found(line: str) -> None:
    assert TEXT_BODY.search(line)


def test_the_table_has_existing_files_and_few() -> None:
    assert listed() <= texts().keys()
    assert len(listed()) <= MAX_FILES
