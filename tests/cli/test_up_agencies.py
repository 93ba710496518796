"""`gchat up --agencies`: a registry and agencies that federate, as real processes with real gateways."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.cli.test_up import GCHAT
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.slow
ROOM = "ศูนย์ประสานน้ำท่วมภาคใต้"


class Agencies:
    """A `gchat up --agencies 2` that runs."""

    def __init__(self, data: Path, ready: Path) -> None:
        self.data, self.ready_file = data, ready
        ready.unlink(missing_ok=True)
        command = [*GCHAT, "up", "--data", str(data), "--agencies", "2", "--port", "0", "--ready-file", str(ready)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603
        wait_until(lambda: ready.exists() or self.process.poll() is not None, "its ready file")
        assert self.process.poll() is None, self.process.communicate()

    @property
    def ready(self) -> dict[str, Any]:
        return dict(json.loads(self.ready_file.read_text(encoding="utf-8")))

    def agency(self, slug: str) -> dict[str, Any]:
        """What the agency's own ready file says now: after a restart other processes run."""
        found: dict[str, Any] = json.loads((self.data / slug / "ready.json").read_text(encoding="utf-8"))
        return found

    def end(self) -> str:
        self.process.terminate()
        try:
            printed, _ = self.process.communicate(timeout=PATIENCE_S)
        finally:
            self.process.kill()
        return printed


class Person:
    """Somebody of an agency, signed in."""

    def __init__(self, agencies: Agencies, slug: str, user: str) -> None:
        self._agencies, self._slug = agencies, slug
        login = next(one for one in agencies.agency(slug)["logins"] if one["user"] == user)
        body = {"user": user, "password": login["password"], "device": "test"}
        self._token = ""
        self._token = self.call("POST", "/login", body)["token"]

    def call(self, method: str, path: str, body: object = None) -> Any:
        found = self._agencies.agency(self._slug)
        context = ssl.create_default_context(cafile=found["ca"]) if found["staff_url"].startswith("https") else None
        request = urllib.request.Request(  # noqa: S310
            f"{found['staff_url']}/api/v1{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S, context=context) as response:  # noqa: S310
            return json.loads(response.read() or b"null")

    def room(self) -> dict[str, Any] | None:
        return next((room for room in self.call("GET", "/rooms")["rooms"] if room["name"] == ROOM), None)

    def say(self, room: str, text: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.call(
            "POST", f"/rooms/{room}/messages", {"txn_id": text[:60], "body": {"text": text}}
        )
        return answer

    def words(self, room: str) -> list[str]:
        page = self.call("GET", f"/rooms/{room}/messages?limit=50")["messages"]
        return [event["body"]["text"] for event in reversed(page) if event["type"] == "message.text"]


@pytest.fixture(scope="module")
def agencies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agencies]:
    folder = tmp_path_factory.mktemp("agencies")
    running = Agencies(folder / "data", folder / "ready.json")
    yield running
    running.end()


def has_both(person: Person, room: str) -> bool:
    return {"ระดับน้ำลดลงแล้วครับ", "รับทราบครับ"} <= set(person.words(room))


def is_linked(person: Person) -> bool:
    found = person.call("GET", "/directory/agencies")["agencies"]
    return {agency["id"]: agency["link"] for agency in found} == {"moph": "linked", "moi": "linked"}


def test_two_agencies_share_a_room_and_both_write(agencies: Agencies) -> None:
    ready = agencies.ready
    assert [agency["slug"] for agency in ready["agencies"]] == ["moph", "moi"]
    assert ready["staff_url"] == ready["agencies"][0]["staff_url"]
    assert all(set(agency["pids"]) == {"appliance", "search", "gateway"} for agency in ready["agencies"])
    narin, suraphon = Person(agencies, "moph", "narin.p"), Person(agencies, "moi", "suraphon.h")
    for person in (narin, suraphon):
        wait_until(partial(is_linked, person), "both are linked")
    wait_until(lambda: suraphon.room() is not None, "the room is with the other agency")
    room = suraphon.room()
    assert room is not None
    assert (room["scope"], room["hub"]) == ("cross_agency", "moph")
    assert [agency["id"] for agency in room["agencies"]] == ["moph", "moi"]
    waiting = suraphon.say(room["id"], "ระดับน้ำลดลงแล้วครับ")
    assert (waiting["waiting_for"], "n" in waiting) == ("moph", False)
    assert narin.say(room["id"], "รับทราบครับ")["n"] > 0
    for person in (narin, suraphon):
        wait_until(partial(has_both, person, room["id"]), "both see both")
    assert narin.words(room["id"]) == suraphon.words(room["id"])
    members = narin.call("GET", f"/rooms/{room['id']}")["room"]["members"]
    assert {member["name"] for member in members if member["person"].endswith("@moi")} >= {"นายสุรพล หาญกล้า"}


@pytest.mark.parametrize("part", ["gateway", "appliance"])
def test_a_killed_process_loses_no_message(agencies: Agencies, part: str) -> None:
    narin, suraphon = Person(agencies, "moph", "narin.p"), Person(agencies, "moi", "suraphon.h")
    wait_until(lambda: suraphon.room() is not None, "the room is there")
    room = suraphon.room()
    assert room is not None
    pid = agencies.agency("moph")["pids"][part]
    os.kill(pid, signal.SIGKILL)
    text = f"ระหว่างที่ {part} ของอีกหน่วยงานหยุด"
    suraphon.say(room["id"], text)

    def has_it() -> bool:
        try:
            return text in narin.words(room["id"])
        except (OSError, HTTPError):
            return False

    wait_until(has_it, "it is there once the process runs again")
    wait_until(lambda: suraphon.words(room["id"]).count(text) == 1, "and has come back, once")


def test_it_ends_soon_and_goes_on_where_it_was(tmp_path: Path) -> None:
    first = Agencies(tmp_path / "data", tmp_path / "ready.json")
    narin = Person(first, "moph", "narin.p")
    wait_until(lambda: is_linked(narin), "linked")
    room = narin.room()
    assert room is not None
    narin.say(room["id"], "ก่อนหยุด")
    printed = first.end()
    assert "narin" not in printed or "moph" in printed
    assert first.process.returncode == 0
    again = Agencies(tmp_path / "data", tmp_path / "ready.json")
    try:
        suraphon = Person(again, "moi", "suraphon.h")
        wait_until(lambda: "ก่อนหยุด" in suraphon.words(room["id"]), "it arrives after the restart at the latest")
    finally:
        again.end()


def test_another_number_of_agencies_is_refused(agencies: Agencies) -> None:
    def up(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*GCHAT, "up", "--data", str(agencies.data), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)  # noqa: S603

    refused = up("--agencies", "3")
    assert refused.returncode == 1
    assert "2" in refused.stderr
    assert up("--agencies", "1").returncode == 2
    assert up("--agencies", "x").returncode == 2
