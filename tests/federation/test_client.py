"""The registry as an appliance knows it: whatever a liar serves, the last good state stays in force."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from securesystemslib.signer import CryptoSigner

from federation.registry import changes, client, fetching, roles
from federation.registry.client import KNOWN_FILE, RegistryClient
from federation.registry.document import Document, RegistryError, Standing, encode
from federation.registry.fetching import from_files, over_http
from federation.registry.freshness import Freshness
from federation.registry.repository import TIMESTAMP_FILE
from tests.federation.asking import asking
from tests.federation.desks import Desk, officers

if TYPE_CHECKING:
    from collections.abc import Iterator

MOPH, MOI = asking("moph"), asking("moi")
HOUR = 3600


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "registry")
    made.begin()
    made.enrol(MOPH)
    return made


@pytest.fixture
def known(desk: Desk, tmp_path: Path) -> RegistryClient:
    """An appliance that knows the registry as it is."""
    made = RegistryClient(tmp_path / "client", desk.first_root)
    made.update(from_files(desk.files), desk.now)
    return made


def refused(known: RegistryClient, files: dict[str, bytes], now: int) -> str:
    """What is refused, by code, with what was known in force as before."""
    before, bundle = known.current, known.bundle()
    with pytest.raises(RegistryError) as error:
        known.update(from_files(files), now)
    assert known.current == before
    assert known.bundle() == bundle
    return str(error.value)


def test_what_is_published_is_known_with_everything_to_hand_on(desk: Desk, known: RegistryClient) -> None:
    assert known.current is not None
    assert known.current.version == 2
    assert known.current.document.agencies["moph"].status is Standing.ACTIVE
    assert known.bundle().items() <= desk.files.items()


def test_a_bundle_of_a_peer_is_verified_from_one_s_own_root(desk: Desk, known: RegistryClient, tmp_path: Path) -> None:
    desk.repository.rotate_root([one.card for one in desk.root], [one.card for one in desk.targets], desk.now)
    desk.sign("root", *desk.root[2:])
    desk.sign("targets", *desk.targets[:2])
    desk.publish()
    known.update(from_files(desk.files), desk.now)
    other = RegistryClient(tmp_path / "other", desk.first_root)
    assert other.update(from_files(known.bundle()), desk.now) == known.current
    stranger = Desk(tmp_path / "stranger")
    stranger.begin()
    third = RegistryClient(tmp_path / "third", stranger.first_root)
    assert refused(third, known.bundle(), desk.now).startswith("refused")


def test_it_is_known_after_a_restart(desk: Desk, known: RegistryClient, tmp_path: Path) -> None:
    again = RegistryClient(tmp_path / "client", desk.first_root)
    assert again.current == known.current
    assert again.bundle() == known.bundle()


def test_who_writes_into_the_folder_makes_no_registry(desk: Desk, known: RegistryClient, tmp_path: Path) -> None:
    file = tmp_path / "client" / KNOWN_FILE
    stranger = Desk(tmp_path / "stranger")
    stranger.begin()
    stranger.enrol(MOI)
    made = RegistryClient(tmp_path / "made", stranger.first_root)
    made.update(from_files(stranger.files), desk.now)
    file.write_bytes((tmp_path / "made" / KNOWN_FILE).read_bytes())
    again = RegistryClient(tmp_path / "client", desk.first_root)
    assert again.current is None
    file.write_bytes(b"{}")
    assert RegistryClient(tmp_path / "client", desk.first_root).current is None
    assert again.update(from_files(desk.files), desk.now) == known.current


def test_rollback_is_refused(desk: Desk, known: RegistryClient) -> None:
    old = desk.files
    desk.stand("moph", Standing.REVOKED)
    known.update(from_files(desk.files), desk.now)
    assert "BadVersionNumberError" in refused(known, old, desk.now)
    # A restart does not forget it.
    assert "BadVersionNumberError" in refused(known, old, desk.now)


def test_a_frozen_timestamp_is_refused_and_ages(desk: Desk, known: RegistryClient) -> None:
    later = desk.now + 25 * HOUR
    assert "ExpiredMetadataError" in refused(known, desk.files, later)
    assert known.current is not None
    assert known.current.freshness(desk.now + 24 * HOUR) is Freshness.FRESH
    assert known.current.freshness(later) is Freshness.DEGRADED
    assert known.current.freshness(desk.now + 73 * HOUR) is Freshness.STOPPED


def test_the_same_timestamp_again_is_no_younger(desk: Desk, known: RegistryClient) -> None:
    known.update(from_files(desk.files), desk.now + 20 * HOUR)
    assert known.current is not None
    assert known.current.freshness(desk.now + 25 * HOUR) is Freshness.DEGRADED


def test_one_signature_of_three_is_refused(desk: Desk, known: RegistryClient) -> None:
    forged = forge(desk, changes.with_standing(desk.repository.working(), "moph", Standing.REVOKED, 3, desk.now), 1)
    assert "UnsignedMetadataError" in refused(known, forged, desk.now)


def test_signatures_of_strangers_count_for_nothing(desk: Desk, known: RegistryClient) -> None:
    document = changes.with_standing(desk.repository.working(), "moph", Standing.REVOKED, 3, desk.now)
    strangers = Desk(desk.folder, desk.root, officers("x", "y", "z"), desk.now)
    assert "UnsignedMetadataError" in refused(known, forge(strangers, document, 3), desk.now)


def test_even_those_who_may_sign_rewrite_nothing(desk: Desk, known: RegistryClient) -> None:
    gone = Document(reg=3, agencies={}, orders=desk.repository.working().orders)
    assert refused(known, forge(desk, gone, 2), desk.now) == "rewritten: moph"


def test_even_those_who_may_sign_do_not_go_back(desk: Desk, known: RegistryClient) -> None:
    first = Document(reg=1, agencies={}, orders=desk.repository.working().orders)
    assert refused(known, forge(desk, first, 2), desk.now).startswith("rollback")


def forge(desk: Desk, document: Document, signatures: int) -> dict[str, bytes]:
    """Return the files with another document, signed by so many holders, under the operator's own online keys."""
    repository, files = desk.repository, desk.files
    root = repository.published().root.signed
    data = encode(document)
    targets = roles.new_targets(data, 3, desk.now)
    for holder in desk.targets[:signatures]:
        targets.sign(CryptoSigner(holder.key), append=True)
    written = roles.write(targets)
    snapshot = roles.new_snapshot(written, 3, 3, desk.now)
    snapshot.sign(repository._online(root, "snapshot"))  # noqa: SLF001 - a thief has it
    head = roles.new_timestamp(roles.write(snapshot), 3, 9, desk.now)
    head.sign(repository._online(root, "timestamp"))  # noqa: SLF001
    return files | {
        f"targets/{roles.target_name(targets.signed)}": data,
        "3.targets.json": written,
        "3.snapshot.json": roles.write(snapshot),
        TIMESTAMP_FILE: roles.write(head),
    }


@pytest.mark.parametrize("mixed", ["targets", "snapshot", "document"])
def test_files_of_different_times_do_not_mix(desk: Desk, known: RegistryClient, mixed: str) -> None:
    old = desk.files
    desk.stand("moph", Standing.SUSPENDED)
    new = desk.files
    document = next(name for name in new if name.startswith("targets/") and name not in old)
    former = max((name for name in old if name.startswith("targets/")), key=lambda name: len(old[name]))
    replaced = {
        "targets": {"3.targets.json": old["2.targets.json"]},
        "snapshot": {"3.snapshot.json": old["2.snapshot.json"]},
        "document": {document: old[former]},
    }[mixed]
    assert refused(known, new | replaced, desk.now).split(":")[0] in ("refused", "unreachable")
    assert known.update(from_files(new), desk.now).version == 3


def rotated(desk: Desk, times: int) -> None:
    for _ in range(times):
        desk.repository.rotate_root([one.card for one in desk.root], [one.card for one in desk.targets], desk.now)
        desk.sign("root", *desk.root[:3])
        desk.sign("targets", *desk.targets[:2])
        desk.publish()


def test_roots_are_walked_one_by_one(desk: Desk, known: RegistryClient) -> None:
    rotated(desk, 3)
    files = desk.files
    jumped = {name: data for name, data in files.items() if name != "3.root.json"}
    assert known.update(from_files(jumped), desk.now).root_version == 2
    skipped = {**files, "3.root.json": files["4.root.json"]}
    assert "BadVersionNumberError" in refused(known, skipped, desk.now)
    assert known.update(from_files(files), desk.now).root_version in (2, 4)
    desk.repository.sign_timestamp(desk.now)
    assert known.update(from_files(desk.files), desk.now).root_version == 4


def test_a_root_signed_by_strangers_is_refused(desk: Desk, known: RegistryClient, tmp_path: Path) -> None:
    stranger = Desk(tmp_path / "stranger")
    stranger.begin()
    rotated(stranger, 1)
    assert "UnsignedMetadataError" in refused(
        known, desk.files | {"2.root.json": stranger.files["2.root.json"]}, desk.now
    )


def test_an_ended_root_is_refused(desk: Desk, known: RegistryClient) -> None:
    desk.now += 366 * 24 * HOUR
    desk.repository.renew(desk.now)
    desk.sign("targets", *desk.targets[:2])
    desk.publish()
    assert "ExpiredMetadataError" in refused(known, desk.files, desk.now)


@pytest.mark.parametrize("name", [TIMESTAMP_FILE, "2.snapshot.json"])
def test_what_is_missing_or_broken_is_said(desk: Desk, tmp_path: Path, name: str) -> None:
    new = RegistryClient(tmp_path / "new", desk.first_root)
    files = desk.files
    assert refused(new, files | {name: b"{"}, desk.now).startswith("refused")
    assert refused(new, files | {name: b"[" * 500}, desk.now).startswith("refused")
    del files[name]
    assert refused(new, files, desk.now).startswith("unreachable")


def test_a_file_longer_than_allowed_is_not_read_to_its_end(desk: Desk, known: RegistryClient) -> None:
    read = 0

    def endless(name: str) -> Iterator[bytes]:
        nonlocal read
        if name != TIMESTAMP_FILE:
            yield from from_files(desk.files)(name)
            return
        while True:
            read += 4096
            yield b" " * 4096

    with pytest.raises(RegistryError, match="unreachable"):
        known.update(endless, desk.now)
    assert read <= 64 * 1024


def test_a_root_that_is_none_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(RegistryError):
        RegistryClient(tmp_path, b"{}")


@contextmanager
def served(files: dict[str, bytes], answer: Any = None) -> Iterator[str]:
    """A web server with these files; `answer` may write another answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if answer is not None and answer(self):
                return
            data = files.get(self.path[1:])
            self.send_response(404 if data is None else 200)
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_files_come_over_the_web(desk: Desk, tmp_path: Path) -> None:
    with served(desk.files) as address:
        new = RegistryClient(tmp_path / "new", desk.first_root)
        assert new.update(over_http(address), desk.now).version == 2
    with pytest.raises(RegistryError, match="unreachable"):
        new.update(over_http(address), desk.now)


def test_no_redirect_is_followed_and_nothing_is_unpacked(desk: Desk, known: RegistryClient) -> None:
    with served(desk.files) as real:

        def redirect(handler: BaseHTTPRequestHandler) -> bool:
            handler.send_response(302)
            handler.send_header("Location", real + handler.path[1:])
            handler.end_headers()
            return True

        with served({}, redirect) as address, pytest.raises(RegistryError, match="unreachable"):
            known.update(over_http(address), desk.now)

    def packed(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        handler.wfile.write(b"\x1f\x8b" + b"\0" * 20)
        return True

    with served({}, packed) as address, pytest.raises(RegistryError, match="refused"):
        known.update(over_http(address), desk.now)


def test_a_server_that_trickles_is_left(desk: Desk, known: RegistryClient) -> None:
    ticks = iter(range(0, 10_000, fetching.PATIENCE_S + 1))
    with served(desk.files) as address, pytest.raises(RegistryError, match="unreachable"):
        known.update(over_http(address, clock=lambda: float(next(ticks))), desk.now)


def test_the_folder_is_that_of_tuf_s_client(known: RegistryClient, tmp_path: Path) -> None:
    assert {path.name for path in (tmp_path / "client").iterdir()} == {KNOWN_FILE, client.METADATA_FOLDER}
    assert known.current is not None
