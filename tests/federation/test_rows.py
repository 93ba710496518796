"""Which test stands for each attack and fault that agencies may do to each other or suffer, and those that had none.

By the numbers of the specification's list (federation.md §7). A row without a name has no test, and says why.

| row | tests | not there |
|---|---|---|
| 1 | `tests/log/test_replicas.py::test_what_is_not_of_its_agency_is_refused` | a leaf of the audit log for it |
| 2 | `tests/log/test_replicas.py::test_a_hub_that_invents_an_event_of_another_agency_has_its_room_read_only` | |
| 3 | `tests/evidence/test_verification.py::test_step_4_a_sender_of_another_agency` | |
| 4 | `tests/federation/test_rows.py::test_what_comes_again_changes_nothing` | |
| 5 | `tests/federation/test_gateway_requests.py::test_a_request_that_was_altered_or_is_old_or_another_peers`, \
`tests/federation/test_http_signatures.py::test_what_is_missing_is_no_request_of_the_profile` | |
| 6 | `tests/log/test_false_hubs.py::test_two_notes_of_one_size_prove_a_fork_whoever_brings_them`, \
`tests/federation/test_comparing.py::test_a_hub_that_does_not_notice_signs_two_histories_and_is_caught` \
| telling others |
| 7 | `tests/log/test_replicas.py::test_a_body_that_is_not_the_committed_one_is_asked_for_again` \
| fetching stored rows again |
| 8 | `tests/federation/test_gateway_server.py::test_strangers_are_not_read`, \
`tests/federation/test_gateway_links.py::test_a_right_key_that_speaks_for_another_agency` | |
| 9 | `tests/federation/test_registry_watch.py::test_revocation_reaches_both_ends_at_once`, \
`tests/federation/test_gateway_requests.py::test_a_revoked_agency_gets_no_answer` | rooms of a revoked hub on the line |
| 10 | `tests/evidence/test_lying_hub.py::test_statements_in_entries` | revocations do not come over the link yet |
| 11 | `tests/federation/test_gateway_server.py::test_a_pin_counts_only_in_its_time_and_while_its_agency_is_active`, \
`tests/federation/test_gateway_server.py::test_old_and_new_key_are_both_taken_while_both_count`, \
`tests/federation/test_gateway_status.py::test_keys_the_registry_and_the_appliance` | |
| 12 | `tests/federation/test_client.py::test_rollback_is_refused`, \
`tests/federation/test_client.py::test_a_frozen_timestamp_is_refused_and_ages`, \
`tests/federation/test_client.py::test_one_signature_of_three_is_refused`, \
`tests/federation/test_client.py::test_roots_are_walked_one_by_one`, \
`tests/federation/test_client.py::test_files_of_different_times_do_not_mix` | |
| 13 | `tests/federation/test_gateway_links.py::test_a_clock_that_is_off_is_told_and_ends_no_link`, \
`tests/federation/test_link.py::test_signed_requests_are_refused_while_the_clock_is_far_off`, \
`tests/evidence/test_verification.py::test_step_6_position_and_time` | |
| 14 | `tests/federation/test_convergence.py::test_all_agencies_have_one_log_in_the_end` | |
| 15 | `tests/federation/test_convergence.py::test_all_agencies_have_one_log_in_the_end`, \
`tests/log/test_outbox.py::test_it_waits_over_a_restart` | a stop at each named point; files |
| 16 | `tests/federation/test_comparing.py::test_a_restored_hub_writes_only_once_it_has_back_what_its_followers_have`, \
`tests/federation/test_comparing.py::test_a_hub_that_does_not_notice_signs_two_histories_and_is_caught` | |
| 17 | `tests/federation/test_rows.py::test_what_comes_again_changes_nothing` | both ways at once through gateways |
| 18 | `tests/federation/test_slow_peer.py::test_what_waits_for_a_slow_peer_waits_in_the_database` | times of others |
| 19 | `tests/federation/test_frames.py::test_what_is_no_frame_is_refused_with_its_reason`, \
`tests/federation/test_frames.py::test_any_bytes_raise_nothing_but_the_error`, \
`tests/federation/test_gateway_links.py::test_a_frame_that_is_too_long_is_closed_with_1009` | |
| 20 | `tests/federation/test_gateway_links.py::test_compression_is_not_negotiated`, \
`tests/federation/test_gateway_server.py::test_what_is_not_there_and_what_is_not_read`, \
`tests/files/test_bombs.py::test_a_picture_that_says_it_is_huge_is_never_decoded_and_can_be_sent` | |
| 21 | `tests/federation/test_gateway_requests.py::test_a_redirect_is_not_followed`, \
`tests/federation/test_gateway_requests.py::test_the_registry_leads_nowhere_that_the_settings_do_not_open`, \
`tests/federation/test_gateway_requests.py::test_a_name_that_means_something_else_a_moment_later` | |
| 22 | `tests/federation/test_discovery.py::test_the_key_counts_that_is_shown_and_not_the_one_that_is_announced`, \
`tests/federation/test_discovery.py::test_of_a_flood_only_so_many_are_looked_at` | |
| 23 | `tests/evidence/test_lying_hub.py::test_an_attack_is_refused_at_its_step`, \
`tests/evidence/test_statements.py::test_an_order_takes_two_keys_of_three` | |
| 24 | `tests/evidence/test_verification.py::test_step_7_counter_and_id` | telling peers of an event without an answer |
| 25 | `tests/federation/test_exchange.py::test_nobody_shows_that_others_write` | a count of what was dropped |
| 26 | `tests/federation/test_rows.py::test_an_event_of_another_room_than_its_frame_is_refused`, \
`tests/federation/test_questions.py::test_a_room_is_told_to_agencies_in_it_alone` | |
| 27 | `tests/log/test_giving.py::test_a_new_agency_is_given_all_of_a_room_of_before_in_ranges`, \
`tests/log/test_giving.py::test_destroyed_bodies_are_given_as_headers_alone` | 100,000 entries |
| 28 | | files are not carried to other agencies yet |
| 29 | `tests/federation/test_questions.py::test_what_is_not_answered_here_is_not_there` \
| no appliance is a witness yet |
| 30 | | no other agency cosigns the audit log yet |
| 31 | `tests/evidence/test_verifier.py::test_every_altered_field_of_every_entry_is_named` \
| the package around an export |
| 32 | | no benchmark of two agencies yet |

Of the tests of other protocols (§7.1): what was refused stays refused is
`tests/evidence/test_lying_hub.py::test_what_was_refused_is_never_accepted_later`; an agency that was removed is
`tests/federation/test_rows.py::test_a_removed_agency_submits_nothing_more` and
`tests/log/test_giving.py::test_a_removed_agency_gets_its_removal_and_nothing_after`; a gap is
`tests/federation/test_exchange.py::test_a_follower_restored_from_an_old_copy_fetches_exactly_what_is_missing`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.evidence import base64url
from appliance.log.foreign import Submitted
from appliance.model import Draft, EntryType, RoomId
from appliance.rules.entry_states import MembersRemoved
from federation.gateway import messages as m
from federation.protocol import frames
from tests.bureau import MALEE, NARIN
from tests.federation.wire import Wire, open_wire
from tests.log.agencies import Gateway, person, shared_room, size_of
from tests.waiting import until

ROOT = Path(__file__).parents[2]
TABLE = __doc__ or ""


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async with open_wire(tmp_path, "moph", "moi") as found:
        yield found


def test_every_row_is_there_and_every_test_that_is_named() -> None:
    rows = [line.split("|")[1:4] for line in TABLE.splitlines() if re.match(r"\| \d", line)]
    assert [int(number) for number, _, _ in rows] == list(range(1, 33))
    assert [number for number, tests, missing in rows if not tests.strip() and not missing.strip()] == []
    named = re.findall(r"`(\S+)::(\w+)`", TABLE)
    assert len(named) > len(rows)
    for path, test in named:
        assert re.search(rf"^(async )?def {test}\(", (ROOT / path).read_text(), re.MULTILINE), (path, test)


async def begun(wire: Wire) -> RoomId:
    room = await shared_room(wire.agencies["moph"], "moi")
    await wire.link("moph", "moi")
    await until(lambda: size_of(wire.agencies["moi"], room) == 3, "it is followed")
    return room


def submit(room: RoomId, events: list[Submitted], number: int = 1) -> frames.Submit:
    """The frame of sealed events, with the room that it says it is of."""
    found = []
    for one in events:
        assert one.body is not None
        salt, body = base64url.encode(one.body.salt), one.body.data.decode()
        found.append(frames.SubmitEvent(one.header.decode(), one.seal, salt, body))
    return frames.Submit(number, room, tuple(found))


async def answers(wire: Wire, frame: frames.Submit) -> list[tuple[int | None, str | None]]:
    answer = await wire.bring("moi", "moph", frame)
    assert isinstance(answer, m.Frames)
    [res] = [frames.parse(data) for data in answer.frames]
    assert isinstance(res, frames.Res)
    return [(one.n, one.err) for one in res.r]


async def test_what_comes_again_changes_nothing(wire: Wire) -> None:
    room = await begun(wire)
    hub, moi = wire.agencies["moph"], wire.agencies["moi"]
    events = await Gateway(moi).texts(room, "หนึ่ง", "สอง")
    assert await answers(wire, submit(room, events)) == [(3, None), (4, None)]
    assert await answers(wire, submit(room, events, 2)) == [(3, None), (4, None)]
    await until(lambda: size_of(moi, room) == 5, "they are back")
    before = (await moi.s.log.head(room)).frontier.root()
    feeds = [frames.parse(data) for sender, data in wire.carried if sender == "moph"]
    for feed in feeds:
        answer = await wire.bring("moph", "moi", feed)
        assert isinstance(answer, m.Frames)
        assert all(isinstance(frames.parse(data), frames.Ack) for data in answer.frames)
    assert any(isinstance(feed, frames.Feed) for feed in feeds)
    assert (size_of(hub, room), (await moi.s.log.head(room)).frontier.root()) == (5, before)
    assert not list(moi.s.log.quarantined)


async def test_an_event_of_another_room_than_its_frame_is_refused(wire: Wire) -> None:
    room, other = await begun(wire), await shared_room(wire.agencies["moph"], "moi")
    events = await Gateway(wire.agencies["moi"]).texts(room, "ผิดห้อง")
    [(n, reason)] = await answers(wire, submit(other, events))
    assert n is None
    assert reason
    assert [size_of(wire.agencies["moph"], each) for each in (room, other)] == [3, 3]
    assert await answers(wire, submit(room, events, 2)) == [(3, None)], "in its own room it is taken"


async def test_a_removed_agency_submits_nothing_more(wire: Wire) -> None:
    room = await begun(wire)
    hub, moi = wire.agencies["moph"], wire.agencies["moi"]
    gone = MembersRemoved((person(MALEE, "moi"),))
    await hub.s.log.append(Draft(room, person(NARIN, "moph"), EntryType.MEMBER_REMOVE, state=gone))
    await until(lambda: size_of(moi, room) == 4, "it has its removal")
    assert await answers(wire, submit(room, await Gateway(moi).texts(room, "ยังอยู่"))) == [(None, "not_a_member")]
    await hub.say(NARIN, room, "ไม่ได้ยินแล้ว")
    assert size_of(moi, room) == 4
