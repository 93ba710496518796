"""How much of a shared room is confirmed: an entry is, once more than half of the follower agencies have cosigned it.

Pure. A follower cosigns a size, and by it every entry below; the hub's own agency does not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def confirmed_size(cosigned: Mapping[str, int], followers: Iterable[str]) -> int:
    """Return the size below which every entry is confirmed, by the largest size that each agency has cosigned.

    Without followers nothing waits for anybody, and nothing is confirmed by anybody: 0.
    """
    sizes = sorted((cosigned.get(agency, 0) for agency in followers), reverse=True)
    return sizes[len(sizes) // 2] if sizes else 0
