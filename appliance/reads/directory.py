"""The organisation chart and its people as one person may see them (F14, F17, F38, F86).

Searching and paging work on the cards in memory; what is shown of a page is read from the store. Who answers by name
comes before who answers by anything else, then the order of names decides, in Thai or in English as it is asked for.
Words that nobody answers are read once more as typed with the keyboard in the other layout. A telephone number finds
those whose number the viewer may see. Everything shown counts against the viewer's budget. A cursor is the last person
of a page, so that pages stay whole while people come and go.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Final

from appliance.errors import Invalid, NotFound, TooMany
from appliance.identity.directory import successor
from appliance.model import PersonId, StaffRole, UnitId
from appliance.people import Visibility
from appliance.reads.bounds import page_after
from appliance.reads.portraits import shown_of
from appliance.rules.agency_settings import CONTACT_MODE
from appliance.rules.contact import may_start_direct
from appliance.rules.finding import Fit, asked_number, fit, holding, rarest_first, tiers
from appliance.rules.profiles import may_see, visible_fields
from appliance.spelling.normalize import fold
from appliance.store import audit, people, units
from appliance.wire import cursors
from appliance.wire.directory import People, PersonView, PostView, UnitRef, Units, UnitView
from search_index.layout import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from appliance.identity.directory import Directory
    from appliance.locale import Language
    from appliance.model import PostId
    from appliance.people import Holding, PersonCard, Post, Profile, Unit
    from appliance.services import Services
    from appliance.store.db import Reader

_MAX_WORDS: Final = 8
_FEW: Final = 2_000
"""Fewer people than this are sorted faster than picked out of all in their order."""


async def load_people(
    s: Services,
    viewer: PersonId,
    *,
    q: str = "",
    unit: UnitId | None = None,
    below: bool = False,
    cursor: str | None = None,
    limit: int = 50,
    language: Language = "th",
) -> People:
    """Return a page of active people, the best answers first.

    Raises Invalid (cursor), NotFound (unit), TooMany (budget).
    """
    directory = s.directory.now
    within = _within(directory, unit, below)
    asked = _Asked(s, viewer, q, language)
    found = asked.answers(within, cursor)
    page = list(islice(found, limit + 1))
    reading = suggest(q) if not page and cursor is None else None
    if reading is not None:
        asked = _Asked(s, viewer, reading, language)
        page = list(islice(asked.answers(within, None), limit + 1))
    shown, more = page[:limit], len(page) > limit
    elsewhere = asked.count_outside(within) if within is not None and cursor is None and not more else 0
    await _spend(s, viewer, len(shown))
    async with s.store.read() as reader:
        views = await load_views(s, reader, viewer, [card.id for card in shown])
    return People(
        people=views,
        cursor=cursors.written(cursors.PEOPLE, shown[-1].id) if more else None,
        reading=reading if shown or elsewhere else None,
        elsewhere=elsewhere,
    )


async def load_person(s: Services, viewer: PersonId, person: PersonId) -> PersonView:
    """Return one person, also one no longer on the staff. Raises NotFound for none, or one the viewer may not find."""
    card = s.directory.people.get(person)
    if card is None or not s.directory.now.may_find(viewer, person):
        raise NotFound(code="person_not_found")
    if person != viewer:
        await _spend(s, viewer, 1)
    async with s.store.read() as reader:
        return (await load_views(s, reader, viewer, [person]))[0]


async def load_views(s: Services, reader: Reader, viewer: PersonId, ids: Sequence[PersonId]) -> list[PersonView]:
    """Return what the viewer may see of these people, in the same order."""
    now = s.clock()
    profiles = await reader.run(people.list_by_id, ids)
    holdings: dict[PersonId, list[Holding]] = defaultdict(list)
    for held in await reader.run(people.list_holdings_of, ids):
        if held.held_from <= now and (held.held_to is None or now < held.held_to):
            holdings[held.person].append(held)
    posts = await reader.run(units.list_posts_by_id, {held.post for each in holdings.values() for held in each})
    photos = await reader.run(shown_of, s, ids)
    return [
        _view(s, viewer, profiles[person], holdings.get(person, []), posts, photos.get(person))
        for person in ids
        if person in profiles
    ]


def load_units(s: Services, cursor: str | None = None) -> Units:
    """Return a page of the units that exist now, parents before children, siblings in their order. Raises Invalid."""
    shown, following = page_after(cursors.UNITS, unit_views(s), cursor, lambda view: view.id)
    return Units(units=shown, cursor=following)


def unit_views(s: Services) -> list[UnitView]:
    """Return every unit that exists now, parents before children, siblings in their order."""
    directory = s.directory.now
    views: list[UnitView] = []

    def add(unit: Unit, parent: UnitId | None) -> None:
        own, below = directory.headcount[unit.id]
        views.append(
            UnitView(
                id=unit.id,
                parent=parent,
                name=unit.name_th,
                name_en=unit.name_en,
                kind=unit.kind.value,
                people=own,
                people_below=below,
            )
        )
        for child in directory.children.get(unit.id, ()):
            add(directory.units[child], unit.id)

    for root in directory.children.get(None, ()):
        add(directory.units[root], None)
    return views


def unit_ref(s: Services, unit: UnitId | None) -> UnitRef | None:
    """Return how a unit is named."""
    found = s.directory.now.units.get(unit) if unit else None
    return _ref(found) if found else None


def _ref(unit: Unit) -> UnitRef:
    return UnitRef(id=unit.id, name=unit.name_th, name_en=unit.name_en)


def _view(
    s: Services,
    viewer: PersonId,
    profile: Profile,
    holdings: Sequence[Holding],
    posts: Mapping[PostId, Post],
    photo: str | None,
) -> PersonView:
    directory = s.directory.now
    card = directory.people[profile.id]
    account = s.accounts.get(viewer)
    seen = visible_fields(
        profile,
        own_unit=directory.shares_unit(viewer, profile.id),
        is_self=viewer == profile.id,
        is_admin=account is not None and StaffRole.AGENCY_ADMIN in account.roles,
    )
    is_active = s.accounts.is_active(card.id, s.clock())
    held = [_post_view(s, one, posts[one.post]) for one in holdings]
    return PersonView(
        id=card.id,
        name=card.name,
        name_en=card.name_en,
        title=profile.title or None,
        given_name=profile.given_name,
        family_name=profile.family_name,
        unit=_home(s, card),
        post=held[0].title if held else card.post,
        post_en=held[0].title_en if held else card.post_en,
        rank=held[0].rank if held else None,
        rank_en=held[0].rank_en if held else None,
        seniority=directory.ladder.level(posts[holdings[0].post].rank) if held else None,
        posts=held,
        phone=profile.phone if "phone" in seen else None,
        mobile=profile.mobile if "mobile" in seen else None,
        email=profile.email if "email" in seen else None,
        status=profile.status or None,
        photo=photo if is_active else None,
        active=is_active,
        may_contact=_may_contact(s, viewer, card),
    )


def _post_view(s: Services, held: Holding, post: Post) -> PostView:
    directory = s.directory.now
    home = successor(directory.all_units, post.unit, s.clock())
    unit = directory.all_units[home]
    rung = directory.ladder.rung(post.rank)
    return PostView(
        id=post.id,
        title=post.title_th,
        title_en=post.title_en,
        unit=_ref(unit),
        rank=rung.name_th if rung else post.rank,
        rank_en=rung.name_en if rung else None,
        acting=held.acting,
        main=held.main,
        until=held.held_to,
    )


def _home(s: Services, card: PersonCard) -> UnitRef | None:
    if card.unit is None:
        return None
    unit = s.directory.now.all_units[card.unit]
    return _ref(unit)


def _may_contact(s: Services, viewer: PersonId, card: PersonCard) -> bool | None:
    """Return whether the viewer may start a private chat; None for oneself and for people who cannot be reached."""
    own, now = s.directory.people.get(viewer), s.clock()
    if viewer == card.id or own is None or not s.accounts.is_active(card.id, now):
        return None
    return may_start_direct(own.rank, card.rank, s.settings.get(CONTACT_MODE, now)) is None


def find_for_agency(s: Services, q: str, limit: int) -> list[PersonCard]:
    """Return active people who let other agencies find them and whose name holds all these words, in Thai order."""
    directory, now = s.directory.now, s.clock()
    words = list(dict.fromkeys(fold(q).split()))[:_MAX_WORDS]
    if not words:
        return []
    found: list[PersonCard] = []
    for place in holding(words, range(len(directory.search_texts)), directory.search_texts):
        card = directory.ordered[place]
        named = fit(words, directory.names[place], directory.search_texts[place])
        shown = card.active and card.listing is Visibility.CROSS_AGENCY and s.accounts.is_active(card.id, now)
        if shown and named is not None and named is not Fit.OTHER:
            found.append(card)
            if len(found) == limit:
                break
    return found


class _Asked:
    """One search of one viewer: who answers it, and how well."""

    def __init__(self, s: Services, viewer: PersonId, q: str, language: Language) -> None:
        account = s.accounts.get(viewer)
        self._directory, self._viewer, self._english = s.directory.now, viewer, language == "en"
        self._words = list(dict.fromkeys(fold(q).split()))[:_MAX_WORDS]
        self._number = asked_number(q)
        self._sees_all = account is not None and StaffRole.AGENCY_ADMIN in account.roles

    def answers(self, within: frozenset[UnitId] | None, cursor: str | None) -> Iterable[PersonCard]:
        """Give those of the units who answer, the best first, from behind the cursor on. Raises Invalid."""
        ordered = self._directory.ordered
        last = None if cursor is None else _place_of(self._directory, cursor)
        best: Iterable[int]
        if not self._words:
            best = self._behind(last, self._directory.in_english if self._english else range(len(ordered)))
        elif within is None:
            best = self._best_first(self._found, last)
        else:
            best = self._best_first([p for p in self._found if not within.isdisjoint(ordered[p].units)], last)
        for place in best:
            card = ordered[place]
            if (within is None or not within.isdisjoint(card.units)) and self._may_find(place):
                yield card

    def count_outside(self, within: frozenset[UnitId]) -> int:
        """Count who answers outside these units."""
        if not self._words:
            return 0
        ordered = self._directory.ordered
        return sum(within.isdisjoint(ordered[place].units) and self._may_find(place) for place in self._found)

    @cached_property
    def _found(self) -> Sequence[int]:
        """The places of all who answer, in Thai order, which is the one they lie in memory."""
        directory, texts = self._directory, self._directory.search_texts
        found = holding(rarest_first(self._words, texts), range(len(texts)), texts)
        if self._number is None:
            return found
        numbered = {
            place
            for place, numbers in enumerate(directory.numbers)
            for number, _ in numbers
            if self._number in number and self._has_number(place, self._number)
        }
        return sorted(numbered.union(found)) if numbered else found

    def _best_first(self, places: Sequence[int], last: int | None) -> Iterator[int]:
        directory = self._directory
        how_last = Fit.GIVEN_NAME if last is None else self._fit(last)
        begin = Fit.OTHER if how_last is None else how_last
        maybe = tiers(self._words, places, directory.search_texts, directory.name_starts, directory.shown_ends)
        for how, candidates in maybe:
            if how >= begin:
                in_turn = self._in_turn(candidates)
                behind = self._behind(last, in_turn) if how is begin else in_turn
                yield from (place for place in behind if self._fit(place) is how)

    def _in_turn(self, places: Sequence[int]) -> Sequence[int]:
        """Return places, which come in Thai order, in the order asked for."""
        if not self._english:
            return places
        if len(places) < _FEW:
            return sorted(places, key=self._turn)
        wanted = bytearray(len(self._directory.ordered))
        for place in places:
            wanted[place] = 1
        return [place for place in self._directory.in_english if wanted[place]]

    def _behind(self, last: int | None, places: Sequence[int]) -> Sequence[int]:
        """Return the places that come after one, in the order of names."""
        if last is None:
            return places
        return places[bisect_right(places, self._turn(last), key=self._turn) :]

    def _turn(self, place: int) -> int:
        return self._directory.english_places[place] if self._english else place

    def _may_find(self, place: int) -> bool:
        if place not in self._directory.guarded:
            return True
        card = self._directory.ordered[place]
        return card.active and self._directory.may_find(self._viewer, card.id)

    def _fit(self, place: int) -> Fit | None:
        directory = self._directory
        how = fit(self._words, directory.names[place], directory.search_texts[place])
        return Fit.OTHER if how is None and self._number is not None and self._has_number(place, self._number) else how

    def _has_number(self, place: int, digits: str) -> bool:
        person = self._directory.ordered[place].id
        is_self = person == self._viewer
        own_unit = self._directory.shares_unit(self._viewer, person)
        return any(
            digits in number and (self._sees_all or may_see(visibility, own_unit=own_unit, is_self=is_self))
            for number, visibility in self._directory.numbers[place]
        )


def _within(directory: Directory, unit: UnitId | None, below: bool) -> frozenset[UnitId] | None:  # noqa: FBT001 - as the query says it
    if unit is None:
        return None
    if unit not in directory.units:
        raise NotFound(field="unit")
    return directory.below(unit) if below else frozenset((unit,))


def _place_of(directory: Directory, cursor: str) -> int:
    [person] = cursors.read(cursors.PEOPLE, cursor)
    last = directory.people.get(PersonId(person))
    if last is None:
        raise Invalid(field="cursor")
    return bisect_left(directory.ordered, (last.sort_key, last.id), key=lambda card: (card.sort_key, card.id))


async def _spend(s: Services, viewer: PersonId, shown: int) -> None:
    """Count what is shown; the first time it is a lot, or too much and refused, is recorded (F86)."""
    now = s.clock()
    spent = s.directory_quota.take(viewer, shown, now)
    if spent.reached is not None:
        async with s.store.write() as tx:
            await tx.run(
                audit.append,
                at=now,
                actor=viewer,
                action="directory.alarm",
                target=viewer,
                outcome="refused" if spent.refused_for else "noticed",
                detail={"limit": spent.reached, "people": getattr(s.config.policies.directory, spent.reached)},
            )
    if spent.refused_for:
        raise TooMany(spent.refused_for, code="directory_budget")
