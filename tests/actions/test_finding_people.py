"""A search of a directory of many gives whom `rules/finding.py: fit` finds, in the order it says."""

from __future__ import annotations

import random
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from appliance.reads.directory import load_people
from appliance.rules.finding import Fit, fit, holding, name_starts, rarest_first, tiers
from appliance.spelling.normalize import fold

if TYPE_CHECKING:
    from appliance.locale import Language
    from appliance.model import PersonId, UnitId
    from tests.office import Office

MANY = 400
SYLLABLES = ("กา", "นา", "มา", "ลี", "สม", "ชาย", "ปิติ")
ENGLISH = ("Ka", "Na", "Ma", "Li", "Som", "Chai", "Piti")
HEADER = (
    "staff_no,title,given_name,family_name,given_name_en,family_name_en,"
    "phone,phone_visibility,listing,unit,post_title\n"
)
ASKED = (
    "ก",
    "นา",
    "นาย",
    "มา กา",
    "กา มา",
    "นาย สม",
    "สม นาย",
    "สมชาย",
    "somchai",
    "na",
    "นัก",
    "กอง ก",
    "0212",
    "นา นา",
    "า น ก ม ล ส ช ป",
    "นาย ก กา ส ม",
    "กา ก า น ม zq",
)


@pytest.fixture
async def crowd(office: Office) -> Office:
    """Many people of names that begin with, hold and share the same syllables."""
    chance = random.Random(9)  # noqa: S311 - the same people every time

    def name(syllables: tuple[str, ...]) -> str:
        return "".join(chance.choices(syllables, k=chance.randint(1, 3)))

    def line(number: int) -> str:
        title, unit = chance.choice(("นาย", "นางสาว")), chance.choice(("D1A", "D1B"))
        phone, listing = chance.choice(("agency", "own_unit")), chance.choice(("agency", "own_unit"))
        thai, english = f"{name(SYLLABLES)},{name(SYLLABLES)}", f"{name(ENGLISH)},{name(ENGLISH)}"
        telephone = f"0212{chance.randint(1000, 1999)}"
        return f"{number},{title},{thai},{english},{telephone},{phone},{listing},{unit},นักวิชาการ\n"

    await office.import_(approved=True, people=HEADER + "".join(line(5000 + n) for n in range(MANY)))
    return office


def expected(office: Office, viewer: PersonId, q: str, unit: UnitId | None, language: Language) -> list[PersonId]:
    """Ask `fit` of one after another, as the rule says it."""
    directory, words = office.s.directory.now, fold(q).split()
    found = []
    for place, card in enumerate(directory.ordered):
        how = fit(words, directory.names[place], directory.search_texts[place])
        shown = card.active and directory.may_find(viewer, card.id) and (unit is None or unit in card.units)
        near = directory.shares_unit(viewer, card.id)
        seen = ("agency", "own_unit") if near else ("agency",)
        if how is None and q.isdigit() and any(q in number and who in seen for number, who in directory.numbers[place]):
            how = Fit.OTHER
        if how is not None and shown:
            turn = directory.english_places[place] if language == "en" else place
            found.append((how, turn, card.id))
    return [person for _, _, person in sorted(found)]


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("q", ASKED)
async def test_pages_are_those_of_the_rule(crowd: Office, q: str, language: Language) -> None:
    viewer = crowd.person("5000")
    (home,) = crowd.s.directory.people[viewer].units
    for unit in (None, home):
        wanted = expected(crowd, viewer, q, unit, language)
        everywhere = expected(crowd, viewer, q, None, language)
        shown: list[str] = []
        cursor = None
        for turn in range(MANY):
            page = await load_people(crowd.s, viewer, q=q, unit=unit, cursor=cursor, limit=37, language=language)
            shown += [view.id for view in page.people]
            if turn == 0 and page.cursor is None and unit is not None:
                assert page.elsewhere == len(everywhere) - len(wanted)
            cursor = page.cursor
            if cursor is None:
                break
        assert shown == wanted


def test_each_tier_holds_all_of_its_fit() -> None:
    chance = random.Random(4)  # noqa: S311 - the same names every time
    names = [tuple("".join(chance.choices(SYLLABLES, k=2)) for _ in range(4)) for _ in range(300)]
    texts = [f"นาย{given} {family} {other} {last} 1\nนักวิชาการ มานา" for given, family, other, last in names]
    starts, ends = [name_starts(parts) for parts in names], [text.index("\n") for text in texts]
    for q in ("กา", "นาย", "กา มา", "นาย มา", "วิชา", "วิชา กา", "มา วิชา"):
        words = q.split()
        places = [place for place, text in enumerate(texts) if all(word in text for word in words)]
        found = dict(tiers(words, places, texts, starts, ends))
        assert list(found) == [*Fit]
        for how, candidates in found.items():
            assert {p for p in places if fit(words, names[p], texts[p]) is how} <= set(candidates)


def test_the_best_ask_for_no_further_tier() -> None:
    """Whoever has enough given names reads none of the text of others."""
    names = [("กา", "มา"), ("นา", "กา")]
    starts = [name_starts(parts) for parts in names]
    (first,) = islice(tiers(["กา"], range(2), [], starts, []), 1)
    assert first == (Fit.GIVEN_NAME, [0])


class Counted(str):
    """A text that counts how often a word is looked for in it."""

    __slots__ = ("asked",)
    asked: int

    def __contains__(self, word: object) -> bool:
        self.asked = getattr(self, "asked", 0) + 1
        return isinstance(word, str) and str.__contains__(self, word)


def test_many_words_are_judged_on_those_who_have_the_rarest() -> None:
    """Eight words were looked for in the texts of everybody, one after the other."""
    words = ["นาย", "กา", "า", "มา", "ก", "ม", "zq"]
    texts = [f"นาย{given}กา มานา" for given in SYLLABLES]
    ordered = rarest_first(words, texts)
    assert ordered == ["zq", "นาย", "กา", "มา"]
    counted = [Counted(text) for text in texts]
    assert list(holding(ordered, range(len(texts)), counted)) == []
    assert [text.asked for text in counted] == [1] * len(texts)
    assert list(holding(rarest_first(words[:-1], texts), range(len(texts)), texts)) == [*range(len(texts))]
    assert list(holding(["กากา"], range(len(texts)), texts)) == [0]
