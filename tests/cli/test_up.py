"""`gchat up` as outside programs use it: a process, a ready file, signals."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from appliance import wiring
from appliance.demo import ministries, world
from appliance.process import setup
from tests import agency
from tests.hurry import NO_PREDECESSOR, hurried
from tests.test_tls import write_certificate
from tests.waiting import PATIENCE_S, quiet_clock, wait_until

GCHAT = (sys.executable, "-m", "appliance.cli")
pytestmark = pytest.mark.slow

Up = Callable[..., "Started"]


class Started:
    """A `gchat up` that runs, and its ready file."""

    def __init__(self, data: Path, ready: Path, *words: str, folder: Path | None = None) -> None:
        self.data, self.ready_file = data, ready
        # The tests themselves keep the current folder off the path of imports: it is the processes' that is looked at.
        command = [
            *(GCHAT if folder is None else (sys.executable, "-P", *GCHAT[1:])),
            "up",
            "--data",
            str(data),
            "--port",
            "0",
            "--ready-file",
            str(ready),
            *words,
        ]
        self.process = subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder
        )
        wait_until(lambda: ready.exists() or self.process.poll() is not None, "its ready file")
        assert self.process.poll() is None, self.process.communicate()

    @property
    def ready(self) -> dict[str, Any]:
        return dict(json.loads(self.ready_file.read_text(encoding="utf-8")))

    @property
    def pid(self) -> int:
        return int(self.ready["pids"]["appliance"])

    def call(self, method: str, path: str, token: str = "", body: object = None) -> Any:
        context = None
        if self.ready["staff_url"].startswith("https"):
            context = ssl.create_default_context(cafile=self.ready["ca"])
        request = urllib.request.Request(  # noqa: S310
            f"{self.ready['staff_url']}/api/v1{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S, context=context) as response:  # noqa: S310
            return json.loads(response.read() or b"null")

    def login(self) -> str:
        login = self.ready["logins"][0]
        body = {"user": login["user"], "password": login["password"], "device": "test"}
        answer = self.call("POST", "/login", body=body)
        assert answer["person"]["id"] == login["person"]
        return str(answer["token"])

    def stop(self) -> tuple[int, float]:
        begun = quiet_clock()
        self.process.terminate()
        code = self.process.wait(PATIENCE_S)
        return code, quiet_clock() - begun

    def end(self) -> None:
        self.process.kill()
        for pid in filter(None, self.ready["pids"].values()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # Whatever else still has its output is a process that was to end with it.
        self.process.communicate(timeout=PATIENCE_S)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    made: list[Started] = []

    def start(data: Path, *words: str, folder: Path | None = None) -> Started:
        made.append(Started(data, tmp_path / f"ready-{len(made)}.json", *words, folder=folder))
        return made[-1]

    yield start
    for one in made:
        one.end()


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_from_nothing_to_logins_and_back(up: Up, tmp_path: Path) -> None:
    started = up(tmp_path / "data", "--seed", "demo")
    ready = started.ready
    assert set(ready) == {"staff_url", "page_urls", "console_url", "gateway_url", "ca", "data", "pids", "logins"}
    assert set(ready["pids"]) == {"appliance", "search"}
    assert ready["staff_url"].startswith("http://127.0.0.1:")
    assert ready["data"] == str(tmp_path / "data")
    assert Path(ready["ca"]).exists()
    assert len(ready["logins"]) > 50
    for login in ready["logins"]:
        assert set(login) == {"user", "password", "person", "name", "rank", "unit", "roles"}
    assert started.ready_file.stat().st_mode & 0o077 == 0
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    assert (tmp_path / "data" / "demo-logins.json").stat().st_mode & 0o077 == 0
    token = started.login()
    assert started.call("GET", "/rooms", token)["rooms"]
    me = started.call("GET", "/me", token)
    assert me["terms"]["accepted"] == me["terms"]["version"]

    code, seconds = started.stop()
    assert (code, seconds < 5) == (0, True)
    printed, _ = started.process.communicate()
    assert f"localhost:{ready['staff_url'].rpartition(':')[2]}" in printed
    assert all(login["user"] in printed for login in ready["logins"][:10])
    assert "demo-logins.json" in printed
    # Of this demo alone, and not one that everybody knows.
    (password,) = {login["password"] for login in ready["logins"]}
    assert re.fullmatch("([a-z2-7]{4}-){3}[a-z2-7]{4}", password)
    assert password in printed
    wait_until(lambda: gone(ready["pids"]["appliance"]), "it is gone")


@pytest.mark.parametrize("command", [("up", "--port", "0"), ("serve",), ("serve", "--tls")])
def test_a_demo_is_not_served_to_other_machines(world_data: Path, command: tuple[str, ...]) -> None:
    """Whatever the configuration says."""
    with (world_data / "gchat.toml").open("a", encoding="utf-8") as file:
        file.write('\n[staff]\nhost = "0.0.0.0"\nport = 0\ntls = true\n')
    done = run(*command, "--data", world_data)
    assert done.returncode == 1
    assert "A demo is not served to other machines" in done.stderr


def test_a_demo_handed_a_socket_is_held_to_the_same(world_data: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as bound:  # noqa: S104 - what is refused
        command = [*GCHAT, "serve", "--data", str(world_data), "--tls", "--listen-fd", str(bound.fileno())]
        done = subprocess.run(  # noqa: S603
            command, pass_fds=(bound.fileno(),), capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    assert done.returncode == 1
    assert "A demo is not served to other machines" in done.stderr


def new_agency(data: Path, **staff: object) -> None:
    """Make a real agency, with nobody in it, that connects as `staff` says."""
    setup.create(data, ministries.MOPH.agency, "file", wiring.no_terminal, agency.CHEAP, setup.Staff(**staff))  # type: ignore[arg-type]


def test_it_listens_where_the_configuration_says(up: Up, tmp_path: Path) -> None:
    """Another address of loopback than the usual one: nobody else is there."""
    new_agency(tmp_path / "data", host="127.0.0.2")
    started = up(tmp_path / "data")
    url = started.ready["staff_url"]
    assert url.startswith("http://127.0.0.2:")
    assert started.ready["page_urls"] == [url]
    with urllib.request.urlopen(f"{url}/healthz", timeout=PATIENCE_S) as response:  # noqa: S310 - http
        assert response.status == 200
    with pytest.raises(URLError):
        urllib.request.urlopen(url.replace("127.0.0.2", "127.0.0.1"), timeout=PATIENCE_S)  # noqa: S310 - http
    started.stop()
    printed, _ = started.process.communicate()
    assert f"open in a browser:\n  {url}\n" in printed
    assert "listening on 127.0.0.2, port " in printed
    assert "other machines cannot connect" in printed


def test_it_listens_for_other_machines_with_tls_and_says_where(up: Up, tmp_path: Path) -> None:
    new_agency(tmp_path / "data", host="0.0.0.0", names=("chat.moph.test",))  # noqa: S104 - a real agency is served
    started = up(tmp_path / "data")
    ready = started.ready
    port = ready["staff_url"].rpartition(":")[2]
    assert ready["staff_url"] == f"https://127.0.0.1:{port}"
    assert ready["page_urls"] == [f"https://chat.moph.test:{port}"]
    context = ssl.create_default_context(cafile=ready["ca"])
    with urllib.request.urlopen(f"{ready['staff_url']}/healthz", timeout=PATIENCE_S, context=context) as response:  # noqa: S310 - https
        assert response.status == 200
    raw = socket.create_connection(("127.0.0.3", int(port)), timeout=PATIENCE_S)
    with context.wrap_socket(raw, server_hostname="chat.moph.test") as named:
        assert named.version() == "TLSv1.3"
    started.stop()
    printed, _ = started.process.communicate()
    assert f"  https://chat.moph.test:{port}\n" in printed
    assert f"listening on 0.0.0.0, port {port}" in printed
    assert str(tmp_path / "data" / "ca.pem") in printed


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        new_agency(tmp_path / "data", port=port)
        done = run("up", "--data", tmp_path / "data", env=hurried(tmp_path / "hurry", NO_PREDECESSOR))
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1, port {port}: " in done.stderr


def test_a_port_that_cannot_be_is_refused_before_a_key_is_asked_for(tmp_path: Path) -> None:
    new_agency(tmp_path / "data")
    done = run("up", "--data", tmp_path / "data", "--port", "99999")
    assert "--port: 0 ถึง 65535 — 0 to 65535" in done.stderr
    assert "Traceback" not in done.stderr
    (tmp_path / "data" / "master.key").unlink()
    assert run("up", "--data", tmp_path / "data", "--port", "99999").stderr == done.stderr


# `gchat up` with its processes listed the other way round.
REVERSED = """
import sys
from appliance.process import supervisor
run = supervisor.run
supervisor.run = lambda site, children, tell: run(site, children[::-1], tell)
from appliance.cli.main import main
sys.exit(main())
"""


def test_what_a_process_is_to_the_site_is_its_role_and_not_its_place(world_data: Path, tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    words = ("up", "--data", str(world_data), "--port", "0", "--ready-file", str(ready))
    with subprocess.Popen([sys.executable, "-c", REVERSED, *words], stdout=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            wait_until(lambda: ready.exists() or process.poll() is not None, "its ready file")
            told = json.loads(ready.read_text("utf-8"))
            with urllib.request.urlopen(f"{told['staff_url']}/readyz", timeout=PATIENCE_S) as answer:  # noqa: S310
                assert answer.status == 200
            assert list(told["pids"]) == ["search", "appliance"]
            # A helper that is killed does not end the site, and its code is not the site's.
            os.kill(told["pids"]["search"], signal.SIGKILL)
            process.terminate()
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()


def test_started_again_it_goes_on_where_it_was(up: Up, world_data: Path) -> None:
    first = up(world_data)
    token = first.login()
    room = first.call("GET", "/rooms", token)["rooms"][0]["id"]
    body = {"txn_id": "1", "type": "text", "body": {"text": "ก่อนปิดเครื่อง"}}
    sent = first.call("POST", f"/rooms/{room}/messages", token, body)
    assert first.stop()[0] == 0
    # --seed on a folder that holds an appliance seeds nothing.
    again = up(world_data, "--seed", "demo")
    assert again.ready["logins"] == first.ready["logins"]
    last = again.call("GET", f"/rooms/{room}/messages?limit=1", token)["messages"][0]
    assert (last["n"], last["body"]["text"]) == (sent["n"], "ก่อนปิดเครื่อง")
    assert again.call("POST", f"/rooms/{room}/messages", token, body) == sent


def test_a_killed_process_comes_back_at_the_same_address(up: Up, world_data: Path) -> None:
    started = up(world_data)
    token, before = started.login(), started.ready
    os.kill(started.pid, signal.SIGKILL)
    # The supervisor holds the listening socket: a request made meanwhile waits and is answered.
    assert started.call("GET", "/me", token)["person"]
    wait_until(lambda: started.pid != before["pids"]["appliance"], "another process")
    assert started.ready["staff_url"] == before["staff_url"]
    assert started.stop()[0] == 0


def test_a_killed_supervisor_takes_its_processes_along(up: Up, world_data: Path) -> None:
    started = up(world_data)
    # The search process is started anew, so that what it shares with the appliance is as the appliance has made it.
    before = started.ready["pids"]["search"]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: started.ready["pids"]["search"] != before, "another search process")
    pids = [pid for pid in started.ready["pids"].values() if pid]
    assert len(pids) == 2
    started.process.kill()
    wait_until(lambda: all(map(gone, pids)), "all are gone")
    assert up(world_data).login()


def test_https_is_verified_with_the_agencys_own_ca(up: Up, world_data: Path) -> None:
    started = up(world_data, "--tls")
    url = started.ready["staff_url"]
    assert url.startswith("https://127.0.0.1:")
    assert started.call("GET", "/me", started.login())["person"]
    with pytest.raises(URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(f"{url}/healthz", timeout=PATIENCE_S)  # noqa: S310 - https
    context = ssl.create_default_context(cafile=started.ready["ca"])
    with urllib.request.urlopen(f"{url}/healthz", timeout=PATIENCE_S, context=context) as response:  # noqa: S310 - https
        assert "max-age" in response.headers["Strict-Transport-Security"]
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(URLError):
        urllib.request.urlopen(f"{url}/healthz", timeout=PATIENCE_S, context=context)  # noqa: S310 - https
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=PATIENCE_S) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert not plain.recv(100).startswith(b"HTTP/1.1 200")


def shown_by(port: int) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""


def test_a_new_certificate_is_served_without_a_restart(up: Up, world_data: Path) -> None:
    with (world_data / "gchat.toml").open("a", encoding="utf-8") as file:
        file.write('\n[staff]\ncertificate = "agency.pem"\nkey = "agency.key"\n')
    write_certificate(world_data, time.time_ns() // 1_000_000, days=90)
    started = up(world_data, "--tls")
    port, pid = int(started.ready["staff_url"].rpartition(":")[2]), started.pid
    first = shown_by(port)
    write_certificate(world_data, time.time_ns() // 1_000_000, days=180)
    wait_until(lambda: shown_by(port) != first, "the new certificate")
    assert started.pid == pid


def test_a_lost_ca_is_made_anew_on_command_alone(world_data: Path) -> None:
    ca = (world_data / "ca.pem").read_bytes()
    (world_data / "tls.sealed").unlink()
    done = run("up", "--tls", "--data", world_data, "--port", "0")
    assert done.returncode == 1
    assert "gchat tls new-ca" in done.stderr
    done = run("tls", "new-ca", "--data", world_data)
    assert done.returncode == 1
    assert "--yes" in done.stderr
    assert "every device" in done.stderr
    assert (world_data / "ca.pem").read_bytes() == ca
    done = run("tls", "new-ca", "--yes", "--data", world_data)
    assert done.returncode == 0, done.stderr
    assert (world_data / "ca.pem").read_bytes() != ca
    assert run("tls", "show", "--data", world_data).stdout == done.stdout
    assert "tls.new_ca" in run("audit", "list", "--data", world_data).stdout


def test_no_private_key_of_tls_lies_on_the_disk(world_data: Path) -> None:
    for path in world_data.rglob("*"):
        assert b"PRIVATE KEY" not in path.read_bytes(), path


def test_what_lies_in_the_current_folder_is_never_run(up: Up, world_data: Path, tmp_path: Path) -> None:
    hostile, ran = tmp_path / "hostile", tmp_path / "ran"
    for name in ("appliance/__init__.py", "argparse.py", "search_index/__init__.py", "json/__init__.py"):
        (hostile / name).parent.mkdir(parents=True, exist_ok=True)
        (hostile / name).write_text(f"open({str(ran)!r}, 'a').write({name!r})\nraise SystemExit(9)\n")
    started = up(world_data, folder=hostile)
    assert started.login()
    for pid in filter(None, started.ready["pids"].values()):
        assert Path(f"/proc/{pid}/cwd").readlink() == world_data
    assert not ran.exists()


def test_the_ready_file_is_written_over_no_file_and_through_no_link(up: Up, world_data: Path, tmp_path: Path) -> None:
    other = tmp_path / "others"
    other.write_text("mine")
    other.chmod(0o644)
    ready = tmp_path / "ready-0.json"
    for name in (f"{ready.name}.new", f".{ready.name}.tmp"):
        (tmp_path / name).symlink_to(other)
    open_to_all = tmp_path / "ready-1.json.new"
    open_to_all.touch(mode=0o666)
    first = up(world_data)
    assert first.stop()[0] == 0
    second = up(world_data)
    for started in (first, second):
        assert started.ready_file.stat().st_mode & 0o777 == 0o600
        assert not started.ready_file.is_symlink()
        assert started.ready["logins"]
    assert other.read_text() == "mine"
    assert open_to_all.read_text() == ""
    assert not [path for path in tmp_path.glob(".ready*") if not path.is_symlink()]


def run(*words: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [*GCHAT, *map(str, words)], capture_output=True, text=True, timeout=PATIENCE_S, check=False, env=env
    )


def test_plain_http_is_refused_but_on_loopback(world_data: Path) -> None:
    with (world_data / "gchat.toml").open("a", encoding="utf-8") as file:
        file.write('\n[staff]\nhost = "0.0.0.0"\nport = 0\n')
    done = run("serve", "--data", world_data)
    assert done.returncode == 1
    assert "staff.tls" in done.stderr


def test_a_socket_handed_over_is_held_to_the_same(world_data: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as bound:  # noqa: S104 - what is refused
        number = bound.fileno()
        command = [*GCHAT, "serve", "--data", str(world_data), "--listen-fd", str(number)]
        done = subprocess.run(  # noqa: S603
            command, pass_fds=(number,), capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    assert done.returncode == 1
    assert "staff.tls" in done.stderr


def test_an_empty_folder_is_no_appliance(tmp_path: Path) -> None:
    done = run("up", "--data", tmp_path / "none", "--port", "0")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) >= 2, done.stderr
    assert not (tmp_path / "none").exists()


def test_one_folder_one_process(up: Up, world_data: Path, tmp_path: Path) -> None:
    started = up(world_data)
    done = run("serve", "--data", world_data, env=hurried(tmp_path / "hurry", NO_PREDECESSOR))
    assert done.returncode == 1
    assert str(world_data) in done.stderr
    assert started.login()


def test_a_killed_seeding_leaves_no_appliance(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command = [*GCHAT, "up", "--data", str(data), "--seed", "demo", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    wait_until((data / ".seeding" / "gchat.db").exists, "the database that is seeded")
    process.kill()
    process.wait()
    assert run("up", "--data", data, "--port", "0").returncode == 1
    world.seed(data, ministries.MOI, extra=agency.CHEAP, password=world.PASSWORD)
    assert not (data / ".seeding").exists()
    assert (data / "keyring.json").exists()


def test_the_first_start_forks_and_the_next_begins_anew(up: Up, world_data: Path) -> None:
    """A supervisor with one thread may fork; after an upgrade what is started again is the new program, whole."""
    started = up(world_data)
    assert len(list(Path(f"/proc/{started.process.pid}/task").iterdir())) == 1
    first = started.pid
    assert b"\0serve\0" not in Path(f"/proc/{first}/cmdline").read_bytes()
    assert started.login()
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: started.pid != first, "it is started again")
    assert b"\0serve\0" in Path(f"/proc/{started.pid}/cmdline").read_bytes()
    assert started.login()
