"""Work for the gateway: given once and in order, answered once, and nobody waits for a gateway that is away."""

from __future__ import annotations

import asyncio

import pytest

from appliance.errors import TooMany, Unavailable
from federation.exchange import jobs as module
from federation.exchange.jobs import Jobs
from federation.gateway import messages as m


@pytest.fixture
def jobs() -> Jobs:
    found = Jobs()
    found.came()
    return found


async def test_work_is_given_in_order_and_once(jobs: Jobs) -> None:
    jobs.send("moi", b"one")
    asked = asyncio.create_task(jobs.seal((b"header",)))
    await asyncio.sleep(0)
    sent, seal = await jobs.next(0)
    assert sent == m.Outgoing("moi", b"one")
    assert isinstance(seal, m.Seal)
    assert seal.headers == (b"header",)
    assert await jobs.next(0) == ()
    jobs.finish((m.Sealed(seal.job, (b"seal",)),))
    jobs.finish((m.Sealed(seal.job, (b"another",)),))
    assert await asked == (b"seal",)


async def test_who_asks_for_work_waits_until_there_is_some(jobs: Jobs) -> None:
    waiting = asyncio.create_task(jobs.next(60))
    await asyncio.sleep(0)
    jobs.send("moi", b"x")
    assert await waiting == (m.Outgoing("moi", b"x"),)


async def test_who_asks_last_gets_the_work(jobs: Jobs) -> None:
    """A gateway that was killed still stands there with its question; what it got would be lost."""
    killed = asyncio.create_task(jobs.next(60))
    await asyncio.sleep(0)
    lives = asyncio.create_task(jobs.next(60))
    assert await killed == ()
    jobs.send("moi", b"x")
    assert await lives == (m.Outgoing("moi", b"x"),)


async def test_an_answer_holds_so_much_at_once(jobs: Jobs) -> None:
    for _ in range(module.MAX_GIVEN + 1):
        jobs.send("moi", b"x")
    assert len(await jobs.next(0)) == module.MAX_GIVEN
    assert len(await jobs.next(0)) == 1
    for _ in range(6):
        jobs.send("moi", b"x" * 1024**2)
    assert len(await jobs.next(0)) == 4


async def test_nobody_waits_for_a_gateway_that_is_away(jobs: Jobs) -> None:
    asked = asyncio.create_task(jobs.cosign("text"))
    await asyncio.sleep(0)
    await jobs.next(0)
    jobs.send("moi", b"not given any more")
    jobs.went()
    with pytest.raises(Unavailable) as gone:
        await asked
    assert gone.value.code == "gateway_away"
    with pytest.raises(Unavailable):
        jobs.send("moi", b"x")
    jobs.came()
    assert await jobs.next(0) == ()


async def test_two_connections_are_one_gateway(jobs: Jobs) -> None:
    jobs.came()
    jobs.went()
    assert jobs.is_there


@pytest.mark.parametrize(
    "result",
    [
        m.Failed(1, "no_key"),
        m.Cosigned(1, "line"),
        m.Sealed(1, ()),
        m.Sealed(1, (b"a", b"b")),
    ],
)
async def test_a_job_that_is_not_done_is_said(jobs: Jobs, result: m.Result) -> None:
    asked = asyncio.create_task(jobs.seal((b"header",)))
    await asyncio.sleep(0)
    jobs.finish((result,))
    with pytest.raises(Unavailable) as failed:
        await asked
    assert failed.value.code == "gateway_not_done"


async def test_a_job_that_nobody_answers_fails(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_S", 0.01)
    with pytest.raises(Unavailable):
        await jobs.sign("gchat-user-card-v1", "{}")
    jobs.finish((m.Signed(1, b"late"),))


async def test_so_much_work_waits_at_most(jobs: Jobs) -> None:
    for _ in range(module.MAX_WAITING):
        jobs.send("moi", b"x")
    with pytest.raises(TooMany):
        jobs.send("moi", b"x")
