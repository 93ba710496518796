"""What a route takes and gives beside JSON: bytes, and headers that mean something. For the OpenAPI document.

A route with an `Exchange` reads its body itself, as it arrives (`streams.py`), and answers with a response of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

BINARY: Final = {"type": "string", "format": "binary"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """`takes` and `gives` are media types of bytes, None for none; `statuses` say what each answer means.

    `asks` are headers of the request and `tells` those of the answer, each with its description. Of `asks` those in
    `needs` must be there.
    """

    statuses: Mapping[int, str]
    takes: str | None = None
    gives: str | None = None
    asks: Mapping[str, str] = field(default_factory=dict)
    tells: Mapping[str, str] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()

    def parameters(self) -> list[dict[str, Any]]:
        """Return the headers of the request as OpenAPI describes them."""
        return [
            {"name": name, "in": "header", "required": name in self.needs, "description": about, "schema": _TEXT}
            for name, about in self.asks.items()
        ]

    def request_body(self) -> dict[str, Any] | None:
        """Return the body of the request, None where there is none."""
        return {"required": False, "content": {self.takes: {"schema": BINARY}}} if self.takes else None

    def responses(self) -> dict[str, Any]:
        """Return the answers that are no error."""
        headers = {name: {"description": about, "schema": _TEXT} for name, about in self.tells.items()}
        found: dict[str, Any] = {}
        for status, about in self.statuses.items():
            found[str(status)] = {"description": about, "headers": headers}
            if self.gives and status < 300 and status != 204:
                found[str(status)]["content"] = {self.gives: {"schema": BINARY}}
        return found


_TEXT: Final = {"type": "string"}
