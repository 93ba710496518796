"""How many marks a message may have: edits and reactions (F83).

Pure. This bounds the size of an answer that holds the message. It is a limit of this appliance, not a rule of the log:
replicas and verifiers do not apply it, and it may change without a new version of the rules. A type of entry that marks
messages has a `Mark` in its row (`entry_types.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from appliance.model import Deny, Marks, Principal

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.rules.entry_states import Reacted

MAX_EDITS: Final = 100
MAX_EMOJI: Final = 100
MAX_EMOJI_OF_ONE: Final = 20


@dataclass(frozen=True, slots=True)
class Mark:
    """One kind of mark. `may` says why a message cannot take another one, `marked` is what it then carries.

    `stands_already` says whether the entry would change nothing. `by_person`: what each person gave counts.
    """

    may: Callable[[Principal, Any, Marks], Deny | None]
    marked: Callable[[Principal, Any, Marks], Marks]
    stands_already: Callable[[Principal, Any, Marks], bool]
    by_person: bool = False


def _may_edit_more(_sender: Principal, _state: object, marks: Marks) -> Deny | None:
    return Deny.TOO_MANY_EDITS if marks.edits >= MAX_EDITS else None


def _edited(_sender: Principal, _state: object, marks: Marks) -> Marks:
    return replace(marks, edits=marks.edits + 1)


def _never(*_: object) -> bool:
    return False


def _may_react_more(sender: Principal, state: Reacted, marks: Marks) -> Deny | None:
    given = marks.given.get(sender, frozenset())
    if not state.on or state.emoji in given:
        return None
    if len(given) >= MAX_EMOJI_OF_ONE or (state.emoji not in marks.emoji and len(marks.emoji) >= MAX_EMOJI):
        return Deny.TOO_MANY_REACTIONS
    return None


def _reacted(sender: Principal, state: Reacted, marks: Marks) -> Marks:
    """Return what a message carries then. An emoji that one person takes back may still be another's."""
    given, emoji = marks.given.get(sender, frozenset()), frozenset((state.emoji,))
    if not state.on:
        return replace(marks, given={**marks.given, sender: given - emoji})
    return replace(marks, emoji=marks.emoji | emoji, given={**marks.given, sender: given | emoji})


def _reaction_stands(sender: Principal, state: Reacted, marks: Marks) -> bool:
    return (state.emoji in marks.given.get(sender, frozenset())) is state.on


EDITS: Final = Mark(_may_edit_more, _edited, _never)
REACTIONS: Final = Mark(_may_react_more, _reacted, _reaction_stands, by_person=True)
