"""The operator's desk and page: what is taken in, what an approval takes, and a record that shows what was altered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp.test_utils import TestClient, TestServer

from federation.registry import changes, record, signed
from federation.registry.changes import AgencyChange
from federation.registry.desk import RECORD, Desk
from federation.registry.document import RegistryError, Standing
from federation.registry.page import application
from federation.registry.record import Line
from federation.registry.repository import TIMESTAMP_FILE, Repository
from tests.federation import desks
from tests.federation.asking import NONCE, asking
from tests.federation.registries import START

if TYPE_CHECKING:
    from collections.abc import Callable

MOPH = asking("moph")
LETTER = "ab" * 32
WORDS = MOPH.enrolment.identity.thai


@pytest.fixture
def operator(tmp_path: Path) -> desks.Desk:
    made = desks.Desk(tmp_path / "registry")
    made.begin()
    return made


@pytest.fixture
def desk(operator: desks.Desk) -> Desk:
    made = Desk(operator.repository)
    made.give_nonce(NONCE, "moph", "malee", START)
    return made


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(RegistryError) as error:
        call()
    return error.value.code


def taken(desk: Desk) -> str:
    return desk.take(signed.encode(MOPH.request()), "malee", START).id


def test_a_request_comes_in_is_reviewed_and_approved(operator: desks.Desk, desk: Desk) -> None:
    request = taken(desk)
    assert [one.id for one in desk.waiting()] == [request]
    shown = desk.review(request, START)
    assert shown.slug == "moph"
    assert shown.fingerprint == MOPH.enrolment.identity
    desk.approve(request, "malee", START, letter_sha256=LETTER, words=WORDS)
    assert desk.waiting() == []
    operator.sign("targets", *operator.targets[:2])
    found = operator.publish().document
    assert found is not None
    assert found.agencies["moph"].status is Standing.ACTIVE
    assert [line.act for line in desk.lines()] == ["nonce", "receive", "approve"]


def test_a_number_was_given_out_and_enrols_once(operator: desks.Desk, desk: Desk) -> None:
    strange = MOPH.request(nonce="x" * 22)
    assert code_of(lambda: desk.take(signed.encode(strange), "malee", START)) == "nonce"
    desk.approve(taken(desk), "malee", START, letter_sha256=LETTER, words=WORDS)
    other = asking("moi").request()
    assert code_of(lambda: desk.take(signed.encode(other), "malee", START)) == "nonce"
    again = MOPH.request(ts=START + 1)
    assert code_of(lambda: desk.take(signed.encode(again), "malee", START)) in ("nonce", "slug_taken")
    assert operator.repository.working().agencies.keys() == {"moph"}


def test_letter_and_words_are_those_of_the_request(desk: Desk) -> None:
    request = taken(desk)
    other = asking("moi").enrolment.identity.thai
    assert code_of(lambda: desk.approve(request, "a", START, letter_sha256="cd" * 32, words=WORDS)) == "another_letter"
    assert code_of(lambda: desk.approve(request, "a", START, letter_sha256=LETTER, words=other)) == "other_words"
    assert code_of(lambda: desk.approve(request, "a", START, letter_sha256=LETTER, words="")) == "other_words"
    assert code_of(lambda: desk.approve("nothing", "a", START, letter_sha256=LETTER, words=WORDS)) == "no_such_request"
    assert code_of(lambda: desk.review("../../x", START)) == "no_such_request"
    desk.approve(request, "a", START, letter_sha256=LETTER.upper(), words=MOPH.enrolment.identity.latin.upper())
    assert code_of(lambda: desk.review(request, START)) == "decided_already"


def test_a_rejected_request_does_not_return(desk: Desk) -> None:
    request = taken(desk)
    desk.reject(request, "malee", START, "no letter came")
    assert desk.waiting() == []
    assert code_of(lambda: taken(desk)) == "decided_already"


def test_a_decision_that_was_cut_short_is_made_again(
    operator: desks.Desk, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = taken(desk)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Repository, "put", killed)
        with pytest.raises(KeyboardInterrupt):
            desk.approve(request, "malee", START, letter_sha256=LETTER, words=WORDS)
    again = Desk(operator.repository)
    assert [one.id for one in again.waiting()] == [request]
    again.approve(request, "malee", START, letter_sha256=LETTER, words=WORDS)
    assert again.waiting() == []
    assert operator.repository.working().agencies.keys() == {"moph"}


def test_changes_and_standings_go_through_the_desk(operator: desks.Desk, desk: Desk) -> None:
    operator.enrol(MOPH)
    change = AgencyChange(agency="moph", ts=START + 5, ep=["https://new.moph.test:8443"])
    envelope = MOPH.signed(changes.draft(change), "id-2026a")
    request = desk.take(signed.encode(envelope), "malee", START + 5).id
    desk.approve(request, "malee", START + 5, letter_sha256="", words="")
    desk.stand("moph", Standing.SUSPENDED, "malee", START + 6, "by letter 12/2569")
    found = operator.repository.working().agencies["moph"]
    assert (found.ep, found.status) == (["https://new.moph.test:8443"], Standing.SUSPENDED)
    assert desk.lines()[-1].detail == {"why": "by letter 12/2569"}
    assert code_of(lambda: desk.stand("moi", Standing.REVOKED, "malee", START, "")) == "no_such_agency"


def test_an_altered_record_is_found(tmp_path: Path) -> None:
    path = tmp_path / RECORD
    for act in ("one", "two", "three"):
        record.append(path, Line(at=START, who="malee", act=act, subject="moph"))
    whole = path.read_bytes()
    assert [line.act for line in record.read(path)] == ["one", "two", "three"]
    for altered in (whole.replace(b"two", b"owt"), b"".join(whole.splitlines(keepends=True)[1:]), b"{}\n" + whole):
        path.write_bytes(altered)
        assert code_of(lambda: record.read(path)) == "record_altered"
    path.write_bytes(whole[:-5])
    assert [line.act for line in record.read(path)] == ["one", "two"]
    record.append(path, Line(at=START, who="malee", act="four", subject="moph"))
    assert [line.act for line in record.read(path)] == ["one", "two", "four"]
    assert path.stat().st_mode & 0o777 == 0o600


async def test_the_page_shows_and_the_files_are_served(operator: desks.Desk, desk: Desk) -> None:
    operator.enrol(asking("moi"))
    taken(desk)
    async with TestClient(TestServer(application(operator.repository, desk, lambda: START))) as http:
        page = await http.get("/")
        text = await page.text()
        assert page.status == 200
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert 'lang="th"' in text
        for expected in ("moi", "moph", MOPH.enrolment.identity.groups, MOPH.enrolment.identity.words[0].thai, LETTER):
            assert expected in text
        english = await (await http.get("/", headers={"Accept-Language": "en"})).text()
        assert "Registry of agencies" in english
        for name in (
            TIMESTAMP_FILE,
            "1.root.json",
            next(name for name in operator.files if name.startswith("targets/")),
        ):
            answer = await http.get(f"/{name}")
            assert (answer.status, await answer.read()) == (200, operator.files[name])
        assert (await http.get("/page/style.css")).status == 200
        for name in ("draft/registry.json", "targets/..%2f..%2frecord.jsonl", "record.jsonl", "9.root.json", "online/"):
            assert (await http.get(f"/{name}")).status == 404
        assert (await http.post("/")).status == 405
        rebound = await http.get("/", headers={"Host": "attacker.test"})
        assert rebound.status == 403


async def test_names_of_agencies_are_text(operator: desks.Desk, desk: Desk) -> None:
    bad = asking("moph")
    names = bad.enrolment.agency
    request = bad.request(agency=type(names)(slug="moph", th="<script>x</script>", en="x", domain=names.domain))
    desk.take(signed.encode(request), "malee", START)
    async with TestClient(TestServer(application(operator.repository, desk, lambda: START))) as http:
        text = await (await http.get("/")).text()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


async def test_without_a_desk_there_are_files_alone(operator: desks.Desk) -> None:
    async with TestClient(TestServer(application(operator.repository, None, lambda: START))) as http:
        assert (await http.get("/")).status == 404
        assert (await http.get(f"/{TIMESTAMP_FILE}")).status == 200


async def test_an_altered_record_is_said_on_the_page(operator: desks.Desk, desk: Desk) -> None:
    (operator.folder / RECORD).write_bytes(b"{}\n")
    async with TestClient(TestServer(application(operator.repository, desk, lambda: START))) as http:
        assert 'role="alert"' in await (await http.get("/")).text()
