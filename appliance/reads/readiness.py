"""Whether the appliance can do its work now: its database answers and its one writer writes (`GET /readyz`).

Monitoring may ask often, and anybody may: the database is asked at most once every `FRESH_S`, by one of them, and the
others get the same answer.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from appliance.errors import AppError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.services import Services

FRESH_S: Final = 1.0
ANSWER_S: Final = 5.0


class Readiness:
    """Asks the writer and the database; `monotonic()` is seconds, `answer_s` how long they may take."""

    def __init__(self, s: Services, monotonic: Callable[[], float], answer_s: float = ANSWER_S) -> None:
        self._services, self._monotonic, self._answer_s = s, monotonic, answer_s
        self._asking = asyncio.Lock()
        self._until = float("-inf")
        self._fault: AppError | None = None

    async def load_fault(self) -> AppError | None:
        """Return why nothing can be written or read now, or None."""
        async with self._asking:
            if self._monotonic() >= self._until:
                self._fault = await self._ask()
                self._until = self._monotonic() + FRESH_S
            return self._fault

    async def _ask(self) -> AppError | None:
        s = self._services
        try:
            async with asyncio.timeout(self._answer_s):
                s.log.check()
                await s.store.check()
        except TimeoutError:
            return Unavailable("the writer or the database does not answer", code="writer_slow")
        except AppError as error:
            return error
        return None
