"""What actions and reads about people need of `Services`: so that the command line can do them without a server.

`Services` has all of it; `OfflineServices` is what the administrator's commands build over the same database while a
server may be running on it. Whatever they change there, the server notices within a second (`Identity.refresh`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.config import Config
    from appliance.identity import Identity
    from appliance.model import Millis
    from appliance.store.db import Store
    from appliance.vault.keyring import Keyring


class PeopleServices(Protocol):
    """The part of `Services` that people's matters use."""

    @property
    def config(self) -> Config:
        """The configuration."""

    @property
    def clock(self) -> Callable[[], Millis]:
        """The time, milliseconds UTC."""

    @property
    def new_id(self) -> Callable[[str], str]:
        """A new opaque id with a prefix."""

    @property
    def new_token(self) -> Callable[[], str]:
        """256 random bits as text."""

    @property
    def keys(self) -> Keyring:
        """The appliance's keys."""

    @property
    def store(self) -> Store:
        """The database."""

    @property
    def identity(self) -> Identity:
        """Sessions, accounts and the directory in memory."""


@dataclass(frozen=True, slots=True)
class OfflineServices:
    """`PeopleServices` of a process that serves nobody."""

    config: Config
    clock: Callable[[], Millis]
    new_id: Callable[[str], str]
    new_token: Callable[[], str]
    keys: Keyring
    store: Store
    identity: Identity
