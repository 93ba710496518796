"""Which of two links to one peer stays.

Either side may dial, so both may at once. Both sides decide alike and without a word: the link stays that the agency
with the smaller slug has dialled. Of two that the same side has dialled the later one stays, since who dials again
knows that its first one is dead.
"""

from __future__ import annotations


def newer_stays(own: str, peer: str, *, older_is_ours: bool, newer_is_ours: bool) -> bool:
    """Say whether of two links the newer stays; each was dialled by us (`…_is_ours`) or by the peer."""
    if older_is_ours == newer_is_ours:
        return True
    return newer_is_ours == (own < peer)
