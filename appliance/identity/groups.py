"""Which groups may be as they are, by the ranks of their members today (F38)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.rules import contact
from appliance.rules.agency_settings import CONTACT_MODE
from appliance.rules.policy import policy_of

if TYPE_CHECKING:
    from appliance.identity.accounts import Accounts
    from appliance.identity.current import CurrentDirectory
    from appliance.identity.settings import Settings
    from appliance.model import Deny, Home, Millis, RoomState

    MayKeepGroup = Callable[[Home, RoomState, Millis], Deny | None]


def group_rule(directory: CurrentDirectory, accounts: Accounts, settings: Settings) -> MayKeepGroup:
    """Return what says why a group may not be one of these members; whose account has ended does not count (F38).

    The log's writer asks it of every group whose members a command has changed.
    """

    def may_keep_group(home: Home, state: RoomState, now: Millis) -> Deny | None:
        smallest = policy_of(state.kind).smallest
        if not smallest:
            return None
        ended, cards = accounts.ended(), directory.people
        known = {principal: home.person(principal) for principal in state.members}
        staying = {principal: cards.get(person) for principal, person in known.items() if person not in ended}
        ranks = {principal: card.rank if card else None for principal, card in staying.items()}
        return contact.may_keep_group(ranks, state.owner, settings.get(CONTACT_MODE, now), smallest)

    return may_keep_group
