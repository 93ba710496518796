"""Who somebody was when they came into a room, from the entry that added them: for people of other agencies.

The directory of this appliance knows its own people alone; of others the log keeps a card, frozen when they came in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.model import Deny
from appliance.rules import entry_types
from appliance.rules.entry_states import MembersAdded
from appliance.store import entries

if TYPE_CHECKING:
    from appliance.model import Principal, State
    from appliance.rules.entry_states import Card
    from appliance.store.db import Rows


def card_on_record(rows: Rows, room: int, n: int, who: Principal) -> Card | None:
    """Return the card by which entry `n` brought somebody into a room, None where there is none to read."""
    row = entries.without_body(rows, room, n)
    if row is None:
        return None
    header = entries.stored_header(row.header)
    state = entry_types.read(row.type, header.state, header.rules_version)
    return None if isinstance(state, Deny) else next((card for card in _cards(state) if card.p == who), None)


def _cards(state: State) -> tuple[Card, ...]:
    """Return the cards in an entry: of members it adds, or of the owner it brings in."""
    card: Card | None = getattr(state, "card", None)
    return (card,) if card else state.members if isinstance(state, MembersAdded) else ()
