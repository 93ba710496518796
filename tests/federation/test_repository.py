"""The operator's folder: thresholds held by different people, kills at every write, roots that follow each other."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from appliance.vault import keyfile
from federation.registry import changes, repository, roles, signing
from federation.registry.client import RegistryClient
from federation.registry.document import RegistryError, Standing, Use
from federation.registry.fetching import from_files
from federation.registry.repository import Repository
from tests.federation.asking import asking
from tests.federation.desks import Desk, Officer, officers
from tests.federation.registries import START

if TYPE_CHECKING:
    from collections.abc import Callable

MOPH, MOI = asking("moph"), asking("moi")
HOUR = 3600


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "registry")
    made.begin()
    return made


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(RegistryError) as error:
        call()
    return str(error.value)


def seen(desk: Desk, folder: Path) -> dict[str, Standing]:
    """What an appliance that was installed with the first root knows now."""
    client = RegistryClient(folder, desk.first_root)
    known = client.update(from_files(desk.files), desk.now)
    return {slug: agency.status for slug, agency in known.document.agencies.items()}


def test_the_first_publication_takes_three_and_two(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "registry")
    desk.create()
    assert code_of(desk.publish) == "not_signed: root: 3 (r1, r2, r3, r4, r5); targets: 2 (t1, t2, t3)"
    desk.sign("root", *desk.root[:2])
    desk.sign("targets", *desk.targets[:2])
    assert code_of(desk.publish) == "not_signed: root: 1 (r3, r4, r5)"
    desk.sign("root", desk.root[4])
    assert desk.publish().waiting == ()
    assert seen(desk, tmp_path / "client") == {}


def test_a_folder_is_made_once_and_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert code_of(desk.create).startswith("exists")
    other = Desk(tmp_path / "other")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(repository, "replace_file", fail)
        with pytest.raises(KeyboardInterrupt):
            other.create()
    assert not other.folder.exists()
    other.begin()
    assert seen(other, tmp_path / "client") == {}


def test_too_few_or_the_same_holders_make_no_registry(tmp_path: Path) -> None:
    few = Desk(tmp_path / "registry", root=officers("a", "b", "c", "d"))
    assert code_of(few.create) == "too_few_holders: root: 5"
    one = Officer("one")
    assert code_of(Desk(tmp_path / "registry", root=[one] * 5).create) == "key_twice: one"
    both = Desk(tmp_path / "registry")
    both.targets[0] = both.root[0]
    assert code_of(both.create) == "key_twice: r1"


def test_an_agency_is_listed_suspended_and_revoked(desk: Desk, tmp_path: Path) -> None:
    desk.enrol(MOPH)
    desk.enrol(MOI)
    assert seen(desk, tmp_path / "client") == {"moph": Standing.ACTIVE, "moi": Standing.ACTIVE}
    desk.stand("moph", Standing.SUSPENDED)
    desk.stand("moi", Standing.REVOKED)
    assert seen(desk, tmp_path / "client") == {"moph": Standing.SUSPENDED, "moi": Standing.REVOKED}


def test_only_a_holder_of_the_role_signs_and_only_this_draft(desk: Desk) -> None:
    desk.repository.put(changes.with_agency(desk.repository.working(), MOPH.enrolment, 2, START), START)
    request = signing.parse_request(msgspec.json.encode(desk.repository.requests()["targets"]))
    stranger = Officer("stranger")
    add = desk.repository.add_signature
    assert code_of(lambda: add(signing.sign(request, stranger.card, stranger.key))).startswith("no_holder")
    by_root = desk.root[0]
    assert code_of(lambda: add(signing.sign(request, by_root.card, by_root.key))).startswith("no_holder")
    holder = desk.targets[0]
    assert code_of(lambda: add(signing.sign(request, holder.card, stranger.key))).startswith("signature")
    mine = signing.sign(request, holder.card, holder.key)
    assert code_of(lambda: add(msgspec.structs.replace(mine, version=9))).startswith("another_draft")
    add(mine)
    assert code_of(desk.publish) == "not_signed: targets: 1 (t2, t3)"
    # Another content: the signatures so far are of the former one.
    desk.repository.put(changes.with_agency(desk.repository.working(), MOI.enrolment, 2, START), START)
    assert code_of(lambda: add(mine)).startswith("signature")


def test_a_holder_sees_the_document_that_is_signed(desk: Desk) -> None:
    desk.repository.put(changes.with_agency(desk.repository.working(), MOPH.enrolment, 2, START), START)
    request = desk.repository.requests()["targets"]
    asked = signing.parse_request(msgspec.json.encode(request))
    assert asked.document is not None
    assert set(asked.document.agencies) == {"moph"}
    assert asked.before is not None
    assert asked.before.agencies == {}
    other = msgspec.structs.replace(request, document=request.before)
    assert code_of(lambda: signing.parse_request(msgspec.json.encode(other))) == "another_document"


def test_nothing_is_rewritten(desk: Desk) -> None:
    desk.enrol(MOPH)
    empty = msgspec.structs.replace(desk.repository.working(), reg=3, agencies={})
    assert code_of(lambda: desk.repository.put(empty, START)) == "rewritten: moph"


def test_holders_of_targets_sign_orders_and_cease_to(desk: Desk, tmp_path: Path) -> None:
    desk.enrol(MOPH)
    former = desk.targets[0]
    desk.targets[0] = Officer("t4")
    desk.now += HOUR
    desk.repository.rotate_root(cards(desk.root), cards(desk.targets), desk.now)
    desk.sign("root", *desk.root[:3])
    desk.sign("targets", *desk.targets[:2])
    desk.publish()
    evidence = RegistryClient(tmp_path, desk.first_root).update(from_files(desk.files), desk.now).document.as_evidence()
    assert evidence.orders.threshold == 2
    now = {key_id: evidence.order_key_at(key_id, desk.now * 1000) for key_id in evidence.orders.keys}
    assert len(now) == 4
    assert sum(key is not None for key in now.values()) == 3
    gone = next(key_id for key_id, key in now.items() if key is None)
    before = evidence.order_key_at(gone, (desk.now - 1) * 1000)
    assert before is not None
    assert before.public_bytes_raw() == former.key.public_key().public_bytes_raw()


def cards(holders: list[Officer]) -> list[roles.Holder]:
    return [one.card for one in holders]


def test_roots_follow_each_other_signed_by_both(desk: Desk, tmp_path: Path) -> None:
    desk.enrol(MOPH)
    former = desk.root
    desk.root = [*former[2:], *officers("r6", "r7")]
    desk.repository.rotate_root(cards(desk.root), cards(desk.targets), desk.now, new_online=True)
    desk.sign("targets", *desk.targets[:2])
    desk.sign("root", former[0], former[1])
    # Two of the former and none of the new.
    assert "root: 3" in code_of(lambda: waiting_root(desk))
    desk.sign("root", *former[2:4])
    assert "root: 1 (r5, r6, r7)" in code_of(lambda: waiting_root(desk))
    desk.sign("root", desk.root[4])
    assert desk.publish().root.signed.version == 2
    desk.repository.rotate_root(cards(desk.root), cards(desk.targets), desk.now)
    desk.sign("root", *desk.root[:3])
    desk.sign("targets", *desk.targets[:2])
    assert desk.publish().root.signed.version == 3
    assert seen(desk, tmp_path / "client") == {"moph": Standing.ACTIVE}


def waiting_root(desk: Desk) -> None:
    waiting = [one for one in desk.repository.published().waiting if one.role == "root"]
    raise RegistryError(
        "waiting", "; ".join(f"{one.role}: {one.lacking} ({', '.join(one.holders)})" for one in waiting)
    )


def test_a_root_that_waits_does_not_hold_up_a_revocation(desk: Desk, tmp_path: Path) -> None:
    desk.enrol(MOPH)
    new = officers("t4", "t5", "t6")
    desk.repository.rotate_root(cards(desk.root), cards(new), desk.now)
    desk.stand("moph", Standing.REVOKED)
    assert seen(desk, tmp_path / "client") == {"moph": Standing.REVOKED}
    assert [one.role for one in desk.repository.published().waiting] == ["root"]


def test_a_root_with_other_holders_comes_with_targets_that_count_under_it(desk: Desk, tmp_path: Path) -> None:
    desk.enrol(MOPH)
    desk.targets = officers("t4", "t5", "t6")
    desk.repository.rotate_root(cards(desk.root), cards(desk.targets), desk.now)
    desk.sign("root", *desk.root[:3])
    assert code_of(desk.publish) == "not_signed: targets: 2 (t4, t5, t6)"
    assert seen(desk, tmp_path / "client") == {"moph": Standing.ACTIVE}
    desk.sign("targets", *desk.targets[:2])
    desk.publish()
    assert seen(desk, tmp_path / "client") == {"moph": Standing.ACTIVE}


def test_timestamps_are_signed_anew_and_snapshots_before_they_end(desk: Desk, tmp_path: Path) -> None:
    client = RegistryClient(tmp_path / "client", desk.first_root)
    client.update(from_files(desk.files), desk.now)
    for _ in range(9):
        desk.now += 23 * HOUR
        assert desk.repository.sign_timestamp(desk.now) == desk.now + 24 * HOUR
        client.update(from_files(desk.files), desk.now)
    assert client.current is not None
    assert client.current.timestamp_version == 10


@pytest.mark.parametrize("writes", range(16))
def test_a_kill_at_any_write_leaves_what_can_be_published(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    desk.enrol(MOPH)
    client = tmp_path / "client"
    assert seen(desk, client) == {"moph": Standing.ACTIVE}
    real, left = keyfile.replace_file, writes

    def dying(path: Path, data: bytes, mode: int) -> None:
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        real(path, data, mode)

    monkeypatch.setattr(repository, "replace_file", dying)
    killed = False
    try:
        work(desk)
    except KeyboardInterrupt:
        killed = True
    monkeypatch.setattr(repository, "replace_file", real)
    assert killed == (writes < 15)
    # Before the last write of all, of the timestamp, a new root may be served with the former timestamp: clients keep
    # what they know until it is signed anew.
    with suppress(RegistryError) if writes == 14 else nullcontext():
        assert set(seen(desk, client).values()) <= {Standing.ACTIVE, Standing.SUSPENDED}
    desk.repository.sign_timestamp(desk.now)
    assert set(seen(desk, client).values()) <= {Standing.ACTIVE, Standing.SUSPENDED}
    if seen(desk, client) != {"moph": Standing.SUSPENDED}:
        work(desk)
    assert seen(desk, client) == {"moph": Standing.SUSPENDED}
    assert list((desk.folder / repository.DRAFT).iterdir()) == []


def work(desk: Desk) -> None:
    """Suspend an agency under a new root with new online keys, taking up whatever is there already."""
    at = desk.repository
    if at.published().root.signed.version == 1 and "root" not in at.requests():
        at.rotate_root(cards(desk.root), cards(desk.targets), desk.now, new_online=True)
    if at.working().agencies["moph"].status is Standing.ACTIVE:
        at.put(changes.with_standing(at.working(), "moph", Standing.SUSPENDED, at.next_version(), desk.now), desk.now)
    for role, holders in (("root", desk.root[:3]), ("targets", desk.targets[:2])):
        if role in at.requests():
            desk.sign(role, *holders)
    desk.publish()


def test_what_is_no_registry_is_said(tmp_path: Path) -> None:
    assert code_of(lambda: Repository(tmp_path)).startswith("no_registry")


def test_online_keys_are_private(desk: Desk) -> None:
    keys = list((desk.folder / repository.ONLINE).iterdir())
    assert len(keys) == 2
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}
    assert Use.ORDER in {key.use for key in desk.repository.working().orders.keys.values()}
