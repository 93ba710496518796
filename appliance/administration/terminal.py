"""The person who gave a command, as the command sees them: what is printed for them and asked of them.

Two kinds: at this process's own terminal (`cli/local/stopped.py`), or at the other end of the socket (`server.py`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import msgspec

from appliance.rules.roles import Actor


class File(msgspec.Struct, frozen=True):
    """A file that was named on the command line."""

    name: str
    content: bytes

    def __repr__(self) -> str:
        """Name the file alone: it may hold people's data."""
        return f"File({self.name})"


class Nothing(msgspec.Struct):
    """The arguments of a command that has none."""


class Terminal(ABC):
    """Where a command prints and asks. `operator` is who gave it."""

    def __init__(self, operator: Actor) -> None:
        self.operator = operator

    @abstractmethod
    async def out(self, line: str) -> None:
        """Print a line of the result."""

    @abstractmethod
    async def err(self, line: str) -> None:
        """Print a line that is no part of the result."""

    @abstractmethod
    async def data(self, content: bytes) -> None:
        """Write bytes of the result."""

    @abstractmethod
    async def ask_secret(self, prompt: str) -> str:
        """Ask for something that is typed unseen. Raises ConnectionError when nobody is there any more."""
