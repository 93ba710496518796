"""How many marks a message carries: edits and reactions (F83, bug G3).

Pure. This bounds what an answer with the message holds. It is a limit of this appliance, not a rule of the log: neither
replicas nor verifiers ask it, and it may change without a new version of the rules.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from appliance.model import Deny, EntryType, Marks, PersonId

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_EDITS: Final = 100
MAX_EMOJI: Final = 100
MAX_EMOJI_OF_ONE: Final = 20


def changes_nothing(sender: PersonId, kind: str, fields: Mapping[str, Any], marks: Marks) -> bool:
    """Say whether this is a reaction that stands already, or takes back one that does not stand."""
    if kind != EntryType.MESSAGE_REACTION:
        return False
    stands = fields["emoji"] in marks.given.get(sender, frozenset())
    return stands is bool(fields["on"])


def may_mark_more(sender: PersonId, kind: str, fields: Mapping[str, Any], marks: Marks) -> Deny | None:
    """Say why the message cannot take this edit or reaction besides what it carries, or None."""
    if kind == EntryType.MESSAGE_EDIT:
        return Deny.TOO_MANY_EDITS if marks.edits >= MAX_EDITS else None
    given = marks.given.get(sender, frozenset())
    if kind != EntryType.MESSAGE_REACTION or not fields["on"] or fields["emoji"] in given:
        return None
    if len(given) >= MAX_EMOJI_OF_ONE or (fields["emoji"] not in marks.emoji and len(marks.emoji) >= MAX_EMOJI):
        return Deny.TOO_MANY_REACTIONS
    return None


def marked(sender: PersonId, kind: str, fields: Mapping[str, Any], marks: Marks) -> Marks:
    """Return what a message carries after this entry. An emoji that one person takes back may still be another's."""
    if kind == EntryType.MESSAGE_EDIT:
        return replace(marks, edits=marks.edits + 1)
    if kind != EntryType.MESSAGE_REACTION:
        return marks
    given, emoji = marks.given.get(sender, frozenset()), frozenset((fields["emoji"],))
    if not fields["on"]:
        return replace(marks, given={**marks.given, sender: given - emoji})
    return replace(marks, emoji=marks.emoji | emoji, given={**marks.given, sender: given | emoji})
