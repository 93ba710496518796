"""The other agencies, as this appliance knows them now: who is enrolled, and which of them can be reached.

Owns the names and the standing of the agencies as the newest verified registry has them, and the state of each link as
the gateway tells it. Rules: an agency that the registry suspends or revokes is never linked, whatever the gateway says;
outside of any federation there is the own agency alone. Held in memory: both are told again after a start.
Does not: verify a registry, hold what entries are judged by (`RoomLog.registry`), open a link.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from appliance.model import Millis


class Standing(StrEnum):
    """What the registry says of an agency."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class Reach(StrEnum):
    """Whether an agency can be reached now; what staff are shown of it."""

    LINKED = "linked"
    UNREACHABLE = "unreachable"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Agency:
    """An enrolled agency: its slug, its names, and how it stands in the registry."""

    slug: str
    name_th: str
    name_en: str
    standing: Standing = Standing.ACTIVE


@dataclass(frozen=True, slots=True)
class Link:
    """The link to an agency: whether it is open, and when something was last heard over it (ms UTC), None for never."""

    is_open: bool = False
    heard: Millis | None = None


_NEVER = Link()


@dataclass(slots=True)
class Agencies:
    """The agencies of the registry and the links to them; `home` is the own one."""

    home: Agency
    version: int = 0
    _known: dict[str, Agency] = field(init=False)
    _links: dict[str, Link] = field(default_factory=dict)
    _on_change: list[Callable[[frozenset[str]], object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._known = {self.home.slug: self.home}

    def on_change(self, follow: Callable[[frozenset[str]], object]) -> None:
        """Have `follow` called with the slugs of the agencies whose names, standing or link are others now."""
        self._on_change.append(follow)

    def take(self, version: int, known: Iterable[Agency]) -> None:
        """Put the agencies of a newer verified registry in the place of those so far. An older one changes nothing."""
        if version < self.version:
            return
        before = self._known
        self.version, self._known = version, {agency.slug: agency for agency in known}
        self._known.setdefault(self.home.slug, self.home)
        slugs = before.keys() | self._known.keys()
        self._tell(slug for slug in slugs if before.get(slug) != self._known.get(slug))

    def opened(self, slug: str, at: Millis) -> None:
        """Note that the link to an agency is open."""
        self._put(slug, Link(is_open=True, heard=at))

    def heard(self, slug: str, at: Millis) -> None:
        """Note that something came from an agency. Nobody is told of it."""
        self._links[slug] = Link(self.link(slug).is_open, at)

    def closed(self, slug: str) -> None:
        """Note that the link to an agency has ended."""
        self._put(slug, Link(is_open=False, heard=self.link(slug).heard))

    def gateway_gone(self) -> None:
        """Note that no link can be used: the gateway itself is away."""
        for slug in [slug for slug, link in self._links.items() if link.is_open]:
            self.closed(slug)

    def link(self, slug: str) -> Link:
        """Return the link to an agency."""
        return self._links.get(slug, _NEVER)

    def get(self, slug: str) -> Agency | None:
        """Return an agency that is, or was, enrolled."""
        return self._known.get(slug)

    def all(self) -> Mapping[str, Agency]:
        """Return every agency of the registry by its slug, the own one among them."""
        return self._known

    def reach(self, slug: str) -> Reach:
        """Say whether an agency can be reached. The own one always is; one that nobody enrolled never."""
        if slug == self.home.slug:
            return Reach.LINKED
        known = self._known.get(slug)
        if known is not None and known.standing is not Standing.ACTIVE:
            return Reach(known.standing.value)
        return Reach.LINKED if known is not None and self.link(slug).is_open else Reach.UNREACHABLE

    def _put(self, slug: str, link: Link) -> None:
        was = self.reach(slug)
        self._links[slug] = link
        if self.reach(slug) is not was:
            self._tell((slug,))

    def _tell(self, slugs: Iterable[str]) -> None:
        changed = frozenset(slugs)
        if changed:
            for follow in self._on_change:
                follow(changed)
