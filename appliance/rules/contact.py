"""Who may start a private chat with whom (F38, F39, Q4).

In normal mode nobody may start a chat with the holder of a higher position; with an equal or lower one everybody may.
In public mode positions do not count within the own organisation; across organisations they always do. A chat that
exists stays open, also after a promotion or a change of mode. The refusal has one neutral reason, so it does not
disclose a rank. A group of fewer than three counts as a private chat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.model import ContactMode, Deny

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from appliance.model import Principal
    from appliance.rules.ranks import Level


def is_higher(one: Level | None, other: Level | None) -> bool:
    """Return whether `one` is the higher position; an unknown one is equal (Q4)."""
    return one is not None and other is not None and one > other


def may_start_direct(
    actor_rank: Level | None,
    target_rank: Level | None,
    mode: ContactMode,
    *,
    own_organisation: bool = True,
) -> Deny | None:
    """Check whether the actor may start a private chat; ranks are the highest of today's posts, acting ones included.

    `own_organisation` is False for people of other agencies, whom federation brings.
    """
    if mode is ContactMode.PUBLIC and own_organisation:
        return None
    return Deny.CONTACT_NOT_ALLOWED if is_higher(target_rank, actor_rank) else None


def may_start_group(
    actor_rank: Level | None,
    other_ranks: Iterable[Level | None],
    mode: ContactMode,
    smallest: int,
) -> Deny | None:
    """Check whether the actor may make a group with these others.

    One of fewer than `smallest` people is a private chat, whatever it is called, and judged as one.
    """
    others = list(other_ranks)
    if len(others) + 1 >= smallest:
        return None
    verdicts = (may_start_direct(actor_rank, rank, mode) for rank in others)
    return next((deny for deny in verdicts if deny), None)


def may_keep_group(
    ranks: Mapping[Principal, Level | None],
    owner: Principal,
    mode: ContactMode,
    smallest: int,
) -> Deny | None:
    """Check whether a group may continue with these people alone, whoever took the others off (F38).

    The owner is who would have started a private chat with the rest; where the owner's account has ended, any of them.
    """
    if len(ranks) >= smallest:
        return None
    starters = [owner] if owner in ranks else list(ranks)
    verdicts = (
        may_start_group(
            ranks[starter],
            [rank for person, rank in ranks.items() if person != starter],
            mode,
            smallest,
        )
        for starter in starters
    )
    return next((deny for deny in verdicts if deny), None)
