"""Links between real gateways: opened, used, slowed, ended; by WebSocket and by requests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from aiohttp import WSServerHandshakeError

from appliance.evidence.note import Checkpoint, join_note, open_note
from appliance.evidence.seal import Seal, verify_seal
from federation.gateway import messages as m
from federation.gateway.dialler import Dialler
from federation.gateway.keys import KeyUse
from federation.protocol.frames import MAX_FRAME, Busy, Eph, Frame, Hello, Ping, Pong, Res, Result, Stmt, Submit, encode
from federation.protocol.frames import parse as parse_frame
from federation.registry import terms
from tests.federation import registries
from tests.federation.fake_peer import FakePeer, fake_peer
from tests.federation.frame_samples import submit
from tests.federation.members import NOW, Clock, Member, revoked
from tests.federation.running import At, all_linked, at, linked
from tests.waiting import until

STATEMENT = encode(Stmt("{}"))


async def opened(one: At) -> list[m.Opened]:
    """Wait until the appliance has heard of a link, and return all of which it has heard."""
    await until(lambda: bool(one.appliance.of(m.Opened)))
    return [told for told in one.appliance.of(m.Opened) if isinstance(told, m.Opened)]


def brought(one: At, peer: str) -> list[Frame]:
    """Return the frames of a peer that came to an appliance."""
    told = [told for told in one.appliance.of(m.Brought) if isinstance(told, m.Brought) and told.peer == peer]
    return [parse_frame(frame) for each in told for frame in each.frames]


@asynccontextmanager
async def hub(folder: Path, *others: Member, clock: Clock | None = None, **limits: int) -> AsyncIterator[At]:
    """A gateway that dials nobody and knows these."""
    async with at(Member("dga"), folder / "dga", clock or Clock(), dial=False, **limits) as found:
        await found.take(registries.registry(found.member.listed(), *(other.listed() for other in others)))
        yield found


@asynccontextmanager
async def open_link(member: Member, to: At) -> AsyncIterator[FakePeer]:
    """A fake peer that has greeted and was greeted."""
    async with fake_peer(member, to) as peer:
        await peer.greet()
        assert isinstance(await peer.hear(), Hello)
        await until(lambda: to.gateway.links.open_to(member.slug) is not None)
        yield peer


async def test_two_gateways_link_and_each_appliance_hears_of_it(tmp_path: Path) -> None:
    async with linked(tmp_path, "dga", "moph") as (dga, moph):
        for one, other in ((dga, moph), (moph, dga)):
            told = (await opened(one))[-1]
            assert (told.peer, told.version, told.skew_ms) == (other.slug, 1, 0)


async def test_a_frame_goes_from_one_appliance_to_the_other(tmp_path: Path) -> None:
    async with linked(tmp_path, "dga", "moph") as (dga, moph):
        await opened(dga)
        dga.appliance.jobs.put_nowait(m.Outgoing("moph", STATEMENT))
        await until(lambda: bool(brought(moph, "dga")))
        assert moph.appliance.of(m.Brought) == [m.Brought("dga", (STATEMENT,))]


async def test_what_the_appliance_answers_goes_back(tmp_path: Path) -> None:
    moph = Member("moph")
    async with hub(tmp_path, moph) as dga, open_link(moph, dga) as peer:
        dga.appliance.answer_frames = lambda _: (encode(Res(7, (Result("e1", n=3),))),)
        await peer.say(submit(7))
        assert await peer.hear() == Res(7, (Result("e1", n=3),))


async def test_the_greeting_says_what_the_appliance_has(tmp_path: Path) -> None:
    moph = Member("moph")
    async with hub(tmp_path, moph) as dga:
        dga.appliance.cursors = m.Cursors(99_812, 57)
        async with fake_peer(moph, dga) as peer:
            hello = await peer.hear()
            assert isinstance(hello, Hello)
            assert (hello.recv, hello.seq, hello.ag, hello.reg) == ({"moph": 99_812}, 57, "dga", 1)


async def test_a_right_key_that_speaks_for_another_agency(tmp_path: Path) -> None:
    """Row 8 of federation.md §7."""
    moph, moi = Member("moph"), Member("moi")
    async with hub(tmp_path, moph, moi) as dga, fake_peer(moph, dga) as peer:
        await peer.greet(ag="moi")
        assert await peer.end() == "agency"
        assert not dga.appliance.of(m.Opened)


async def test_nothing_is_read_before_a_greeting(tmp_path: Path) -> None:
    moph = Member("moph")
    async with hub(tmp_path, moph) as dga, fake_peer(moph, dga) as peer:
        await peer.say(Stmt("{}"))
        assert await peer.end() == "order"
        assert not dga.appliance.of(m.Brought)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"t":"ping","q":1.5}', "frame_"),
        (b'{"t":"ping","q":1,"q":2}', "frame_"),
        (b'{"t":"ping","q":9007199254740992}', "frame_"),
        (b'{"t":"ping","q":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "frame_"),
        (b'{"t":"ping","q":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}', "frame_"),
        (b'{"t":"stmt","s":"a\\u0000b"}', "frame_"),
        (b'{"t":"stmt","s":"\\ud800"}', "frame_"),
        (b'{"t":"zap"}', "frame_"),
        (b"[]", "frame_"),
        (b"", "frame_"),
        (b'{"t":"res","q":1,"r":[' + b",".join([b'{"id":"e","n":1}'] * 65) + b"]}", "frame_"),
    ],
)
async def test_what_is_no_frame_ends_the_link_alone(tmp_path: Path, data: bytes, why: str) -> None:
    """Row 19 of federation.md §7."""
    moph, moi = Member("moph"), Member("moi")
    async with hub(tmp_path, moph, moi) as dga, open_link(moi, dga) as other:
        async with open_link(moph, dga) as peer:
            await peer.say(data)
            assert (await peer.end() or "").startswith(why)
        await other.say(Ping(1))
        message = await other.socket.receive()
        assert parse_frame(message.data.encode()) == Pong(1, NOW)
        assert not dga.appliance.of(m.Brought)


async def test_a_frame_that_is_too_long_is_closed_with_1009(tmp_path: Path) -> None:
    moph = Member("moph")
    async with hub(tmp_path, moph) as dga, open_link(moph, dga) as peer:
        await peer.say(b'{"t":"stmt","s":"' + b"x" * MAX_FRAME + b'"}')
        await peer.end()
        assert peer.socket.close_code == 1009
        assert not brought(dga, "moph")


async def test_a_message_without_end_is_cut_off(tmp_path: Path) -> None:
    moph, moi = Member("moph"), Member("moi")
    async with hub(tmp_path, moph, moi) as dga, open_link(moi, dga):
        async with open_link(moph, dga) as peer:
            with contextlib.suppress(ConnectionError):
                await peer.say(b"x" * (4 * MAX_FRAME))
            await until(lambda: dga.gateway.links.open_to("moph") is None)
        assert dga.gateway.links.open_to("moi") is not None


async def test_bytes_that_are_no_text_end_the_link(tmp_path: Path) -> None:
    moph = Member("moph")
    async with hub(tmp_path, moph) as dga, open_link(moph, dga) as peer:
        await peer.socket.send_bytes(b"{}")
        await peer.end()
        assert peer.socket.close_code == 1003


async def test_compression_is_not_negotiated(tmp_path: Path) -> None:
    """Row 20 of federation.md §7."""
    moph = Member("moph")
    async with hub(tmp_path, moph) as dga, fake_peer(moph, dga, compress=15) as peer:
        assert peer.socket.compress == 0


async def test_a_revoked_agency_is_cut_off_at_once(tmp_path: Path) -> None:
    moph, moi = Member("moph"), Member("moi")
    async with hub(tmp_path, moph, moi) as dga, open_link(moph, dga) as peer, open_link(moi, dga) as other:
        listed = moph.listed(history=revoked(2))
        await dga.take(registries.registry(dga.member.listed(), listed, moi.listed(), reg=2))
        assert await peer.end() == "registry_status"
        await until(lambda: any(isinstance(told, m.Closed) for told in dga.appliance.told))
        assert [told.peer for told in dga.appliance.told if isinstance(told, m.Closed)] == ["moph"]
        assert dga.gateway.links.open_to("moi") is not None
        await other.say(Stmt("{}"))
        await until(lambda: bool(brought(dga, "moi")))
        with pytest.raises(Exception, match=r".*"):
            async with fake_peer(moph, dga):
                pass


async def test_a_link_ends_with_the_pin_that_opened_it(tmp_path: Path) -> None:
    moph = Member("moph")
    other = Member("moph")
    async with hub(tmp_path, moph) as dga, open_link(moph, dga) as peer:
        renewed = moph.listed(tls=other.listed().tls)
        await dga.take(registries.registry(dga.member.listed(), renewed, reg=2))
        assert await peer.end() == "registry_status"


async def test_without_the_appliance_there_is_no_link(tmp_path: Path) -> None:
    moph = Member("moph")
    async with hub(tmp_path, moph) as dga:
        dga.gateway.appliance.is_there = False
        with pytest.raises(WSServerHandshakeError) as refused:
            async with fake_peer(moph, dga):
                pass
        assert refused.value.status == 503


async def test_of_two_links_the_later_of_one_dialler_stays(tmp_path: Path) -> None:
    moph = Member("moph")
    async with hub(tmp_path, moph) as dga, open_link(moph, dga) as first, open_link(moph, dga) as second:
        assert await first.end() == "duplicate"
        await second.say(Stmt("{}"))
        await until(lambda: bool(brought(dga, "moph")))


async def test_the_appliance_hears_of_the_end_of_a_link_before_the_next_one(tmp_path: Path) -> None:
    moph = Member("moph")
    async with hub(tmp_path, moph) as dga, open_link(moph, dga), open_link(moph, dga), open_link(moph, dga):
        await until(lambda: len(dga.appliance.of(m.Opened)) == 3)
        order = [type(told).__name__ for told in dga.appliance.told if isinstance(told, m.Opened | m.Closed)]
        assert order == ["Opened", "Closed", "Opened", "Closed", "Opened"]


async def test_a_fault_with_one_job_ends_no_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hub(tmp_path) as dga:
        with monkeypatch.context() as broken:
            broken.setattr(dga.gateway.links, "send", None)
            dga.appliance.jobs.put_nowait(m.Outgoing("moph", STATEMENT))
            await until(lambda: not dga.gateway.appliance.is_there)
        await until(lambda: dga.gateway.appliance.is_there)
        dga.appliance.jobs.put_nowait(m.Seal(1, ()))
        await until(lambda: dga.appliance.results == [m.Failed(1, "refused")])


async def test_what_the_appliance_wants_signed_is_signed_with_the_keys_in_use(tmp_path: Path) -> None:
    moph = Member("moph")
    async with hub(tmp_path, moph) as dga:
        header = b'{"or":"dga"}'
        text = Checkpoint("dga.test/room/r_x/e1", 1, b"\0" * 32).text
        for job in (m.Seal(1, (header,)), m.Cosign(2, text), m.SignStatement(3, "gchat-user-card-v1", "{}")):
            dga.appliance.jobs.put_nowait(job)
        await until(lambda: len(dga.appliance.results) == 3)
        sealed, cosigned, refused = dga.appliance.results
        assert isinstance(sealed, m.Sealed)
        verify_seal(
            header, msgspec.json.decode(sealed.seals[0], type=Seal), dga.member.of(KeyUse.GATEWAY).signs.public_key()
        )
        assert isinstance(cosigned, m.Cosigned)
        assert open_note(join_note(text, [cosigned.line]), [dga.member.witness]).signatures[0].at == NOW // 1000
        assert refused == m.Failed(3, "refused")


async def test_nothing_is_signed_before_the_registry_lists_a_key(tmp_path: Path) -> None:
    async with at(Member("dga"), tmp_path / "dga", Clock(), dial=False) as dga:
        dga.appliance.jobs.put_nowait(m.Seal(1, (b"{}",)))
        await until(lambda: dga.appliance.results == [m.Failed(1, "no_key")])


async def test_a_clock_that_is_off_is_told_and_ends_no_link(tmp_path: Path) -> None:
    """Row 13 of federation.md §7."""
    moph = Member("moph")
    async with hub(tmp_path, moph) as dga, fake_peer(moph, dga) as peer:
        await peer.greet(now=NOW + 600_000)
        [told] = await opened(dga)
        assert told.skew_ms == 600_000
        session = dga.gateway.links.open_to("moph")
        assert session is not None
        assert session.refuses_signed_requests
        await peer.say(Stmt("{}"))
        await until(lambda: bool(brought(dga, "moph")))


async def test_over_its_quota_a_peer_waits_and_nobody_else_does(tmp_path: Path) -> None:
    clock, moph, moi = Clock(), Member("moph"), Member("moi")
    async with hub(tmp_path, moph, moi, clock=clock) as dga, open_link(moph, dga) as peer, open_link(moi, dga) as other:
        quota = terms.Quota(ev_s=1, burst=2)
        listed = moph.listed(quota=quota)
        await dga.take(registries.registry(dga.member.listed(), listed, moi.listed(), reg=2))
        for number in range(3):
            await peer.say(submit(number))
        assert isinstance(await peer.hear(), Busy)
        assert len(brought(dga, "moph")) == 2
        await other.say(submit(0))
        await until(lambda: bool(brought(dga, "moi")))
        clock.pass_s(5)
        await until(lambda: len(brought(dga, "moph")) == 3)


async def test_the_excess_of_what_is_kept_nowhere_is_dropped(tmp_path: Path) -> None:
    moph = Member("moph")
    async with hub(tmp_path, moph) as dga, open_link(moph, dga) as peer:
        eph = Eph("r_" + "a" * 26, "typing", "p_1@moph", NOW + 8_000)
        for _ in range(2_100):
            await peer.say(eph)
        await peer.say(submit(1))
        await until(lambda: any(isinstance(frame, Submit) for frame in brought(dga, "moph")))
        assert len([frame for frame in brought(dga, "moph") if isinstance(frame, Eph)]) == 2_000


async def test_an_appliance_that_restarts_ends_the_links_and_they_come_back(tmp_path: Path) -> None:
    async with linked(tmp_path, "dga", "moph") as (dga, moph):
        await dga.gateway._left()  # noqa: SLF001 - what the loss of the appliance calls
        await until(lambda: len(moph.appliance.of(m.Closed)) == 1)
        await all_linked([dga, moph])


async def test_where_no_websocket_comes_through_requests_carry_the_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def blocked(self: Dialler, peer: str, address: str) -> str:
        return await self._by_requests(peer, address)

    monkeypatch.setattr(Dialler, "_link", blocked)
    async with linked(tmp_path, "dga", "moph") as (dga, moph):
        await opened(dga)
        await opened(moph)
        for number in range(20):
            dga.appliance.jobs.put_nowait(m.Outgoing("moph", encode(Stmt(f'"{number}"'))))
            moph.appliance.jobs.put_nowait(m.Outgoing("dga", encode(Stmt(f'"{number}"'))))
        for one, other in ((dga, moph), (moph, dga)):
            await until(lambda one=one, other=other: len(brought(one, other.slug)) == 20)  # type: ignore[misc]
            assert brought(one, other.slug) == [Stmt(f'"{number}"') for number in range(20)]


async def test_a_slow_appliance_holds_up_one_peer_alone(tmp_path: Path) -> None:
    moph, moi = Member("moph"), Member("moi")
    async with hub(tmp_path, moph, moi) as dga, open_link(moph, dga) as peer, open_link(moi, dga) as other:
        held = dga.appliance.hold = asyncio.Event()
        await peer.say(Stmt("{}"))
        await until(lambda: bool(brought(dga, "moph")))
        dga.appliance.hold = None
        await peer.say(Stmt("1"))
        await other.say(Stmt("{}"))
        await until(lambda: bool(brought(dga, "moi")))
        assert len(brought(dga, "moph")) == 1
        held.set()
        await until(lambda: len(brought(dga, "moph")) == 2)
