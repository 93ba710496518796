"""The registry's document: strict, bounded, and what is read out of it at a time."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.registry import document
from federation.registry.document import Change, Pin, RegistryError, Standing, Use
from federation.registry.terms import Policy
from tests.federation.registries import START, YEAR, agency, keys_of, registry

MOPH, MOI = keys_of("moph"), keys_of("moi")
SPKI = "sha256:" + "A" * 43


def refused(found: document.Document) -> str:
    with pytest.raises(RegistryError) as error:
        document.encode(found)
    return error.value.code


def test_what_is_encoded_is_parsed_to_the_same() -> None:
    found = registry(agency(MOPH), agency(MOI))
    data = document.encode(found)
    assert document.parse(data) == found
    assert document.encode(document.parse(data)) == data


def test_a_later_release_may_add_keys() -> None:
    raw: dict[str, Any] = json.loads(document.encode(registry(agency(MOPH))))
    raw["agencies"]["moph"]["later"] = {"a": 1}
    raw["later"] = True
    assert document.parse(json.dumps(raw).encode()) == registry(agency(MOPH))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("reg", -1),
        ("reg", 1.5),
        ("reg", 2**53),
        ("agencies.moph.th", ""),
        ("agencies.moph.th", "ก" * 201),
        ("agencies.moph.domain", "MOPH.test"),
        ("agencies.moph.ep", []),
        ("agencies.moph.ep", ["http://gw.moph.test"]),
        ("agencies.moph.ep", ["https://gw.moph.test/path"]),
        ("agencies.moph.ep", ["https://user@gw.moph.test"]),
        ("agencies.moph.ep", ["https://gw.moph.test\n"]),
        ("agencies.moph.history", []),
        ("agencies.moph.history", [{"reg": 1, "status": "gone"}]),
        ("agencies.moph.tls", [{"spki": "sha256:short"}]),
        ("agencies.moph.keys.gw-2026a.use", "other"),
        ("agencies.moph.keys.gw-2026a.nbf", "1"),
        ("agencies.moph.keys.gw-2026a.pub", "A" * 42),
        ("agencies.moph.quota", {"ev_s": 0}),
    ],
)
def test_what_is_not_of_the_form_is_refused_as_a_whole(path: str, value: object) -> None:
    raw = json.loads(document.encode(registry(agency(MOPH))))
    *way, last = path.split(".")
    place = raw
    for step in way:
        place = place[step]
    place[last] = value
    with pytest.raises(RegistryError) as error:
        document.parse(json.dumps(raw).encode())
    assert error.value.code == "shape"


@pytest.mark.parametrize("slug", ["", "m", "MOPH", "moph\n", "1moph", "moph-", "a" * 33, "กระทรวง", "m/a"])
def test_a_slug_has_one_form(slug: str) -> None:
    with pytest.raises(RegistryError):
        document.parse(msgspec.json.encode(registry(agency(MOPH), slugs=(slug,))))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_document_or_a_refusal(data: bytes) -> None:
    try:
        document.parse(data)
    except RegistryError as error:
        assert error.code  # noqa: PT017 - any code will do


def test_more_bytes_than_allowed_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    data = document.encode(registry(agency(MOPH)))
    monkeypatch.setattr(document, "MAX_DOCUMENT", len(data) - 1)
    with pytest.raises(RegistryError, match="too_large"):
        document.parse(data)


def test_one_key_has_one_place() -> None:
    twice = agency(MOPH)
    keys = {**twice.keys, "gw-2026b": twice.keys["gw-2026a"]}
    assert refused(registry(msgspec.structs.replace(twice, keys=keys))) == "key_twice"
    stolen = msgspec.structs.replace(agency(MOI), keys={"gw-2026a": twice.keys["gw-2026a"]})
    assert refused(registry(twice, stolen)) == "key_twice"


def test_a_note_key_is_named_by_its_agency() -> None:
    stolen = msgspec.structs.replace(agency(MOI), keys={"log-2026a": agency(MOPH).keys["log-2026a"]})
    assert refused(registry(stolen)) == "key_name"


def test_a_witness_key_is_no_log_key() -> None:
    keys = agency(MOPH).keys
    swapped = {"wit-2026a": msgspec.structs.replace(keys["log-2026a"], use=Use.WITNESS)}
    assert refused(registry(agency(MOPH, keys=swapped))) == "key_name"
    bare = {"log-2026a": msgspec.structs.replace(keys["gw-2026a"], use=Use.LOG)}
    assert refused(registry(agency(MOPH, keys=bare))) == "key"


def test_one_pin_is_of_one_agency() -> None:
    pins = [Pin(spki=SPKI)]
    assert refused(registry(agency(MOPH, tls=pins), agency(MOI, tls=pins))) == "pin_twice"


@pytest.mark.parametrize(
    "history",
    [
        [Change(reg=1, status=Standing.SUSPENDED)],
        [Change(reg=2, status=Standing.ACTIVE), Change(reg=2, status=Standing.REVOKED)],
        [Change(reg=3, status=Standing.ACTIVE), Change(reg=2, status=Standing.REVOKED)],
        [Change(reg=10, status=Standing.ACTIVE)],
    ],
)
def test_a_history_begins_active_and_never_goes_back(history: list[Change]) -> None:
    assert refused(registry(agency(MOPH, history=history), reg=9)) == "history"


def test_pins_count_from_their_day_to_before_their_end() -> None:
    found = registry(agency(MOPH, tls=[Pin(spki=SPKI, nbf=START, exp=START + 10)]))
    assert found.agency_of_pin(SPKI, START - 1) is None
    assert found.agency_of_pin(SPKI, START) == "moph"
    assert found.agency_of_pin(SPKI, START + 9) == "moph"
    assert found.agency_of_pin(SPKI, START + 10) is None
    assert found.agency_of_pin("sha256:" + "B" * 43, START) is None


@pytest.mark.parametrize("standing", [Standing.SUSPENDED, Standing.REVOKED])
def test_who_is_not_active_has_no_pin(standing: Standing) -> None:
    history = [Change(reg=1, status=Standing.ACTIVE), Change(reg=2, status=standing)]
    found = registry(agency(MOPH, tls=[Pin(spki=SPKI)], history=history), reg=2)
    assert found.agency_of_pin(SPKI, START) is None
    assert found.pins_at(START) == {}


def test_entries_are_judged_by_the_version_they_name() -> None:
    history = [Change(reg=3, status=Standing.ACTIVE), Change(reg=7, status=Standing.REVOKED)]
    evidence = registry(agency(MOPH, history=history), reg=9).as_evidence()
    assert [evidence.is_active("moph", version) for version in (2, 3, 6, 7, 9)] == [False, True, True, False, False]
    assert evidence.version == 9


def test_a_compromised_key_counts_up_to_then() -> None:
    lost = msgspec.structs.replace(agency(MOPH).keys["gw-2026a"], compromised_since=START + 100, revoked_at=START + 500)
    evidence = registry(agency(MOPH, keys={"gw-2026a": lost})).as_evidence()
    assert evidence.key_at("moph", "gw-2026a", (START + 99) * 1000) is not None
    assert evidence.key_at("moph", "gw-2026a", (START + 100) * 1000) is None


@pytest.mark.parametrize(("left", "days"), [(61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (-1, 7)])
def test_whose_newest_keys_end_soon_is_said(left: int, days: int | None) -> None:
    found = registry(agency(MOPH)).keys_ending(START + YEAR - left * document.DAY_S)
    assert {(one.agency, one.days) for one in found} == ({("moph", days)} if days else set())


def test_an_old_key_with_a_successor_is_no_alarm() -> None:
    member = agency(MOPH)
    old = member.keys["gw-2026a"]
    newer = msgspec.structs.replace(old, pub=agency(keys_of("moph")).keys["gw-2026a"].pub, exp=START + 2 * YEAR)
    found = registry(msgspec.structs.replace(member, keys={"gw-2026a": old, "gw-2027a": newer})).keys_ending(
        START + YEAR
    )
    assert found == []


def test_what_a_suspended_agency_was_is_told_by_version() -> None:
    history = [
        Change(reg=1, status=Standing.ACTIVE),
        Change(reg=3, status=Standing.SUSPENDED),
        Change(reg=5, status=Standing.ACTIVE),
    ]
    evidence = registry(agency(MOPH, history=history), reg=6).as_evidence()
    assert [evidence.is_active("moph", version) for version in (1, 2, 3, 4, 5, 6)] == [
        True,
        True,
        False,
        False,
        True,
        True,
    ]


def test_policies_hold_at_the_versions_at_which_they_held() -> None:
    former = document.FormerPolicy(until=4, pol=Policy(accept_from=["moi"], max_class="secret"))
    later = Policy(accept_from=["*"], max_class="of a later release")
    evidence = registry(agency(MOPH, pol_before=[former], pol=later), reg=4).as_evidence()
    assert evidence.accepts("moph", "moi", 2, 3)
    assert not evidence.accepts("moph", "dga", 2, 3)
    assert evidence.accepts("moph", "dga", 0, 4)
    assert not evidence.accepts("moph", "moi", 1, 4)


def test_log_and_order_keys_are_those_that_count() -> None:
    order = document.Key(use=Use.ORDER, pub=agency(MOI).keys["gw-2026a"].pub, nbf=START, exp=START + 10)
    found = msgspec.structs.replace(registry(agency(MOPH)), orders=document.Orders(keys={"order-a": order}))
    evidence = found.as_evidence()
    assert evidence.orders.threshold == 2
    assert evidence.order_key_at("order-a", START * 1000) is not None
    assert evidence.order_key_at("order-a", (START + 10) * 1000) is None
    assert evidence.log_keys_at("moph", START * 1000) == [MOPH.signer(Use.LOG).verifier]
    assert evidence.log_keys_at("moph", (START + YEAR) * 1000) == []
    assert evidence.witness_keys("moph", START * 1000) == [MOPH.signer(Use.WITNESS).verifier]
    assert evidence.witness_keys("moph", (START + YEAR) * 1000) == []


def test_an_order_key_is_no_agency_s_and_no_agency_s_key_signs_orders() -> None:
    keys = agency(MOPH).keys
    order = msgspec.structs.replace(keys["gw-2026a"], use=Use.ORDER)
    assert refused(registry(agency(MOPH, keys={"order-a": order}))) == "key"
    both = msgspec.structs.replace(registry(agency(MOPH)), orders=document.Orders(keys={"order-a": order}))
    assert refused(both) == "key_twice"


def test_keys_of_logs_and_of_witnesses_are_told_apart() -> None:
    evidence = registry(agency(MOPH)).as_evidence()
    assert evidence.log_keys("moph", START * 1000) == [MOPH.signer(Use.LOG).verifier]
    assert evidence.witness_keys("moph", START * 1000) == [MOPH.signer(Use.WITNESS).verifier]
