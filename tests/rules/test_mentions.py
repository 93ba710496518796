"""Whom a message names: people by its body, everyone by its header, so that who has no body knows that too (C11)."""

from __future__ import annotations

import pytest

from appliance.evidence.bodies import decode_body
from appliance.model import EVERYONE, EntryType, Member, Principal, Role, TextBody
from appliance.rules.concerns import named
from appliance.rules.entry_states import TextSaid
from appliance.rules.entry_types import ENTRY_TYPES
from appliance.rules.visibility import EntryFacts

AUTHOR, OTHER, GONE = (Principal(f"p_{who}@moph") for who in "abc")
MEMBERS = {who: Member(who, Role.MEMBER, 0) for who in (AUTHOR, OTHER)}


def names(body: TextBody | None, *, everyone: bool) -> tuple[Principal, ...]:
    said = EntryFacts(EntryType.MESSAGE_TEXT, TextSaid(everyone=everyone), AUTHOR)
    return named(said, 0, body, MEMBERS)


@pytest.mark.parametrize("body", [None, TextBody("คำ")])
def test_that_everyone_is_called_is_known_without_the_body(body: TextBody | None) -> None:
    assert names(body, everyone=True) == (EVERYONE,)
    assert names(body, everyone=False) == ()


def test_a_body_calls_nobody_but_members() -> None:
    body = TextBody("คำ", (OTHER, GONE, OTHER))
    assert names(body, everyone=False) == (OTHER,)
    assert names(body, everyone=True) == (OTHER, EVERYONE)


def test_a_body_that_says_everyone_calls_nobody() -> None:
    """A peer may write it there; no rule has judged it."""
    body = decode_body(ENTRY_TYPES[EntryType.MESSAGE_TEXT], b'{"everyone":true,"text":"x"}')
    assert isinstance(body, TextBody)
    assert names(body, everyone=False) == ()
