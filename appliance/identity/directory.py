"""The organisation as of now: a card of everyone, the unit tree, who fills a post.

Built at once from the store and then only replaced as a whole, so a reader never sees half a change. Holdings begin
and end by the calendar: `next_change` says when the picture is no longer true and has to be built again.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from appliance.rules.finding import digits_of, name_starts
from appliance.rules.profiles import english_name, may_see, thai_name
from appliance.rules.ranks import highest
from appliance.spelling.normalize import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from appliance.model import Millis, PersonId, PostId, UnitId
    from appliance.people import Holding, PersonCard, Post, Profile, Unit
    from appliance.rules.ranks import Ladder

from appliance.people import PersonCard as Card
from appliance.people import Visibility


class Directory(msgspec.Struct, frozen=True):
    """The organisation at one time: `units` holds those that exist now, `all_units` those that ever did.

    `ordered` holds everyone in Thai order, and `in_english` their places there in the order of English names, those who
    have none at the end; `english_places` is its inverse. For each of those in `ordered`, `search_texts` holds what a
    search looks into, `names` the folded parts of the name, given before family, and `numbers` the digits of their
    telephones with who may see each. `name_starts` and `shown_ends` are what `rules/finding.py: tiers` looks into, and
    `guarded` holds the places of those who are not shown to everybody. `headcount` is how many active people a unit has
    by itself and with all under it. `next_change` is None when no date is ahead.
    """

    people: Mapping[PersonId, PersonCard]
    ordered: Sequence[PersonCard]
    in_english: Sequence[int]
    english_places: Sequence[int]
    search_texts: Sequence[str]
    names: Sequence[tuple[str, ...]]
    numbers: Sequence[tuple[tuple[str, Visibility], ...]]
    name_starts: Sequence[str]
    shown_ends: Sequence[int]
    guarded: frozenset[int]
    units: Mapping[UnitId, Unit]
    all_units: Mapping[UnitId, Unit]
    children: Mapping[UnitId | None, Sequence[UnitId]]
    holders: Mapping[PostId, Sequence[tuple[PersonId, bool]]]
    headcount: Mapping[UnitId, tuple[int, int]]
    ladder: Ladder
    next_change: Millis | None

    def holder_of(self, post: PostId) -> PersonId | None:
        """Return who fills a post now: its holder, else who acts in it, else None: it is vacant (Q8)."""
        holders = self.holders.get(post, ())
        return next((person for person, acting in holders if not acting), holders[0][0] if holders else None)

    def below(self, unit: UnitId) -> frozenset[UnitId]:
        """Return a unit and all units under it."""
        found = {unit} if unit in self.units else set()
        waiting = list(found)
        while waiting:
            under = self.children.get(waiting.pop(), ())
            found.update(under)
            waiting.extend(under)
        return frozenset(found)

    def above(self, unit: UnitId | None) -> Iterator[UnitId]:
        """Give a unit and then each unit over it, up to the root."""
        while unit is not None and unit in self.units:
            yield unit
            unit = self.units[unit].parent

    def may_find(self, viewer: PersonId, person: PersonId) -> bool:
        """Return whether a viewer finds a person: in the directory, to write to, or to bring into a room (F13)."""
        card = self.people.get(person)
        return card is not None and may_see(
            card.listing, own_unit=self.shares_unit(viewer, person), is_self=viewer == person
        )

    def units_over(self, person: PersonId) -> frozenset[UnitId]:
        """Return the units a person serves in today and all units over them."""
        card = self.people.get(person)
        served = card.units if card else ()
        return frozenset(over for unit in served for over in self.above(unit))

    def shares_unit(self, one: PersonId, other: PersonId) -> bool:
        """Return whether two people serve in a common unit today."""
        first, second = self.people.get(one), self.people.get(other)
        return first is not None and second is not None and not first.units.isdisjoint(second.units)


class Records(msgspec.Struct, frozen=True):
    """Everything the store knows of the organisation, past and planned."""

    units: list[Unit]
    posts: list[Post]
    people: list[tuple[Profile, str]]
    holdings: list[Holding]


def build(records: Records, ladder: Ladder, now: Millis) -> Directory:
    """Return the organisation as of `now`."""
    units = {unit.id: unit for unit in records.units}
    posts = {post.id: post for post in records.posts}
    alive = {unit.id: unit for unit in records.units if _is_now(unit.valid_from, unit.valid_to, now)}
    served = _served(records, posts, now)
    make = _Cards(units, posts, served, ladder, now)
    cards = [make.card(profile, sort_key) for profile, sort_key in records.people]
    search_texts = _SearchTexts(units)
    texts = [search_texts.of(card, [posts[post] for post in card.posts]) for card in cards]
    children = _children(alive, units, now)
    in_english = _in_english([profile for profile, _ in records.people])
    names = [_name_parts(profile) for profile, _ in records.people]
    return Directory(
        people=MappingProxyType({card.id: card for card in cards}),
        ordered=cards,
        in_english=in_english,
        english_places=sorted(range(len(cards)), key=in_english.__getitem__),
        search_texts=texts,
        names=names,
        numbers=[_numbers(profile) for profile, _ in records.people],
        name_starts=[name_starts(parts) for parts in names],
        shown_ends=[text.index("\n") if "\n" in text else len(text) for text in texts],
        guarded=frozenset(place for place, card in enumerate(cards) if _is_guarded(card)),
        units=MappingProxyType(alive),
        all_units=MappingProxyType(units),
        children=children,
        holders=served.holders,
        headcount=_headcount(cards, children),
        ladder=ladder,
        next_change=_next_change(records, now),
    )


class _Served(NamedTuple):
    """Who serves where: the holdings of today for each active person, the last one of the past, who fills a post."""

    present: dict[PersonId, list[Holding]]
    past: dict[PersonId, Holding]
    holders: dict[PostId, list[tuple[PersonId, bool]]]


def _served(records: Records, posts: Mapping[PostId, Post], now: Millis) -> _Served:
    served = _Served(defaultdict(list), {}, defaultdict(list))
    active = {profile.id for profile, _ in records.people if profile.active}
    for held in records.holdings:
        post = posts[held.post]
        if (
            held.person in active
            and _is_now(held.held_from, held.held_to, now)
            and _is_now(post.valid_from, post.valid_to, now)
        ):
            served.present[held.person].append(held)
            served.holders[held.post].append((held.person, held.acting))
        elif held.held_from <= now and _is_later(held, served.past.get(held.person)):
            served.past[held.person] = held
    return served


class _Cards(NamedTuple):
    """Makes a person's card: the main post first, or the last one where there is none today."""

    units: Mapping[UnitId, Unit]
    posts: Mapping[PostId, Post]
    served: _Served
    ladder: Ladder
    now: Millis

    def card(self, profile: Profile, sort_key: str) -> PersonCard:
        held = sorted(
            self.served.present.get(profile.id, ()), key=lambda held: (not held.main, held.acting, held.held_from)
        )
        posts = [self.posts[one.post] for one in held]
        last = self.served.past.get(profile.id)
        shown = posts[0] if posts else self.posts[last.post] if last else None
        home = self.units[successor(self.units, shown.unit, self.now)] if shown else None
        return Card(
            id=profile.id,
            staff_no=profile.staff_no,
            name=thai_name(profile.title, profile.given_name, profile.family_name),
            name_en=english_name(profile.title_en, profile.given_name_en, profile.family_name_en),
            unit=home.id if home else None,
            unit_name=home.name_th if home else None,
            unit_name_en=home.name_en if home else None,
            post=shown.title_th if shown else None,
            post_en=shown.title_en if shown else None,
            rank=highest(self.ladder.level(post.rank) for post in posts),
            posts=tuple(post.id for post in posts),
            units=frozenset(successor(self.units, post.unit, self.now) for post in posts),
            listing=profile.listing,
            active=profile.active,
            sort_key=sort_key,
        )


def _is_guarded(card: PersonCard) -> bool:
    return not card.active or card.listing not in (Visibility.AGENCY, Visibility.CROSS_AGENCY)


def successor(units: Mapping[UnitId, Unit], unit: UnitId, now: Millis) -> UnitId:
    """Return the unit that stands for `unit` now: itself, or the one it was merged into, however often."""
    seen = {unit}
    while (into := units[unit].merged_into) and not _is_now(units[unit].valid_from, units[unit].valid_to, now):
        if into in seen:
            break
        seen.add(into)
        unit = into
    return unit


def _children(
    alive: Mapping[UnitId, Unit], units: Mapping[UnitId, Unit], now: Millis
) -> dict[UnitId | None, list[UnitId]]:
    children: dict[UnitId | None, list[UnitId]] = defaultdict(list)
    for unit in alive.values():
        children[successor(units, unit.parent, now) if unit.parent else None].append(unit.id)
    return children


def _headcount(
    cards: Iterable[PersonCard], children: Mapping[UnitId | None, Sequence[UnitId]]
) -> dict[UnitId, tuple[int, int]]:
    serving: dict[UnitId, set[PersonId]] = defaultdict(set)
    for card in cards:
        if card.active:
            for unit in card.units:
                serving[unit].add(card.id)
    counted: dict[UnitId, tuple[int, int]] = {}

    def count(unit: UnitId) -> set[PersonId]:
        own = serving.get(unit, set())
        everyone = own.union(*map(count, children.get(unit, ())))
        counted[unit] = (len(own), len(everyone))
        return everyone

    for root in children.get(None, ()):
        count(root)
    return counted


def _name_parts(profile: Profile) -> tuple[str, ...]:
    parts = (profile.given_name, profile.family_name, profile.given_name_en or "", profile.family_name_en or "")
    return tuple(fold(part) for part in parts)


def _in_english(people: Sequence[Profile]) -> list[int]:
    def key(place: int) -> tuple[bool, str, str, int]:
        given, family = people[place].given_name_en, people[place].family_name_en
        return (not given, (given or "").casefold(), (family or "").casefold(), place)

    return sorted(range(len(people)), key=key)


def _numbers(profile: Profile) -> tuple[tuple[str, Visibility], ...]:
    written = ((profile.phone, profile.phone_visibility), (profile.mobile, profile.mobile_visibility))
    return tuple((digits_of(number), visibility) for number, visibility in written if number)


class _SearchTexts:
    """What words are looked for in; never a telephone number, which not everybody may see, an address or a date (F86).

    Units and posts are folded once, however many people serve in them.
    """

    def __init__(self, units: Mapping[UnitId, Unit]) -> None:
        self._units = units
        self._unit_texts: dict[UnitId, str] = {}
        self._post_texts: dict[PostId, str] = {}

    def of(self, card: PersonCard, posts: Iterable[Post]) -> str:
        """Return the text of one person, each thing on a line of its own."""
        named = fold(f"{card.name} {card.name_en or ''} {card.staff_no}")
        return "\n".join((named, *map(self._post, posts), *map(self._unit, sorted(card.units))))

    def _post(self, post: Post) -> str:
        if post.id not in self._post_texts:
            self._post_texts[post.id] = fold(f"{post.title_th} {post.title_en or ''}")
        return self._post_texts[post.id]

    def _unit(self, unit: UnitId) -> str:
        if unit not in self._unit_texts:
            self._unit_texts[unit] = fold(f"{self._units[unit].name_th} {self._units[unit].name_en or ''}")
        return self._unit_texts[unit]


def _is_now(start: Millis, end: Millis | None, now: Millis) -> bool:
    return start <= now and (end is None or now < end)


def _is_later(held: Holding, other: Holding | None) -> bool:
    return other is None or (held.held_to or held.held_from) > (other.held_to or other.held_from)


def _next_change(records: Records, now: Millis) -> Millis | None:
    dates = chain(
        ((item.valid_from, item.valid_to) for item in records.units),
        ((item.valid_from, item.valid_to) for item in records.posts),
        ((item.held_from, item.held_to) for item in records.holdings),
    )
    return min((date for date in chain.from_iterable(dates) if date is not None and date > now), default=None)
