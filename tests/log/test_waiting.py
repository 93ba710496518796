"""Whose command is in which batch: a flood of one person does not stand before the others."""

from __future__ import annotations

from appliance.errors import AppError
from appliance.log.commands import THIS_ROOM, Command
from appliance.log.waiting import MAX_IN_BATCH, MAX_WEIGHT, Waiting, weight_of
from appliance.model import Appended, Draft, EntryType, PersonId, RoomId, TextBody
from appliance.rules.entry_states import Card, MembersAdded
from appliance.wire.committed import Committed
from tests.bureau import MALEE, NARIN, SOMCHAI, Bureau, principal

A, B, C = PersonId("a"), PersonId("b"), PersonId("c")
LONGEST = "ก" * 20_000


def command(who: PersonId, words: str = "x") -> Command:
    return Command(
        (Draft(RoomId("r"), principal(who), EntryType.MESSAGE_TEXT, None, body=TextBody(words)),), lambda _: None
    )


def waiting(*commands: Command) -> Waiting:
    line = Waiting()
    for one in commands:
        line.put(one)
    return line


def test_senders_take_turns_and_keep_their_own_order() -> None:
    a, b, c = [command(A) for _ in range(4)], [command(B) for _ in range(2)], command(C)
    line = waiting(*a, *b, c)
    assert len(line) == 7
    assert line.take() == [a[0], b[0], c, a[1], b[1], a[2], a[3]]
    assert len(line) == 0
    assert line.take() == []


def test_a_batch_ends_at_its_number_and_the_next_goes_on_with_whose_turn_it_is() -> None:
    a, b = [command(A) for _ in range(MAX_IN_BATCH)], [command(B) for _ in range(3)]
    line = waiting(*a, *b)
    first = line.take()
    assert len(first) == MAX_IN_BATCH
    assert first[:7] == [a[0], b[0], a[1], b[1], a[2], b[2], a[3]]
    assert line.take() == a[-3:]


def test_a_flood_of_long_texts_is_cut_and_short_ones_of_others_are_in_the_first_batch() -> None:
    flood, other = [command(A, LONGEST) for _ in range(50)], command(B)
    line = waiting(*flood, other)
    first = line.take()
    assert other in first
    assert sum(map(weight_of, first)) <= MAX_WEIGHT
    assert line.take()[0] is flood[len(first) - 1], "nothing is left out and nothing overtaken"


def test_what_is_too_heavy_for_any_batch_goes_alone() -> None:
    members = tuple(Card(principal(PersonId(f"p{i}")), "ชื่อ", "", "") for i in range(2_000))
    made = Command(
        (
            Draft(THIS_ROOM, principal(A), EntryType.ROOM_CREATE, "t"),
            Draft(THIS_ROOM, principal(A), EntryType.MEMBER_ADD, None, state=MembersAdded(members)),
        ),
        lambda _: None,
    )
    line = waiting(command(B), made, command(C))
    assert [len(line.take()) for _ in range(3)] == [1, 1, 1]


def test_what_is_put_back_comes_first_of_its_sender() -> None:
    a, b = [command(A) for _ in range(3)], [command(B) for _ in range(3)]
    line = waiting(a[2], b[2])
    line.put_back([a[0], b[0], a[1], b[1]])
    assert len(line) == 6
    assert [one for one in line.take() if one.sender == principal(A)] == a
    assert len(line) == 0


def test_what_is_dropped_leaves_the_others_in_their_order() -> None:
    a, b = [command(A) for _ in range(3)], [command(B) for _ in range(2)]
    line = waiting(*a, *b)
    line.keep(lambda one: one not in (a[0], *b))
    assert len(line) == 2
    assert line.take() == a[1:]


async def test_others_do_not_wait_for_the_flood_to_be_written(bureau: Bureau) -> None:
    own, others = await bureau.group(NARIN, MALEE, SOMCHAI), await bureau.group(MALEE, NARIN, SOMCHAI)
    commits: list[set[RoomId]] = []
    bureau.s.log.feed.followers.append(lambda committed: commits.append(rooms_of(committed)))
    answered: list[str] = []

    def done(name: str) -> object:
        def note(result: list[Appended] | AppError) -> None:
            assert isinstance(result, list), result
            answered.append(name)

        return note

    for number in range(30):
        draft = Draft(own, principal(NARIN), EntryType.MESSAGE_TEXT, f"f{number}", body=TextBody(LONGEST))
        bureau.s.log.submit(Command((draft,), done("flood")))  # type: ignore[arg-type]
    await bureau.say(MALEE, others)
    assert answered.count("flood") < 10
    assert others in commits[0]
    await bureau.say(NARIN, own)
    assert answered.count("flood") == 30


def rooms_of(committed: Committed) -> set[RoomId]:
    return {news.room for news in committed.rooms}
