"""Who takes nothing of an answer is ended; who takes little is not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Final, cast

import pytest

from appliance.web.unread import LOOK_S, SILENCE_S, UNSENT, Reader, bound_unsent, drop, unread_by


class Clock:
    """A loop whose time passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], None]) -> Clock:
        self.due.append((self.now + delay, callback))
        return self

    def cancel(self) -> None:
        self.due.clear()

    def pass_(self, seconds: float) -> None:
        until = self.now + seconds
        while self.due and self.due[0][0] <= until:
            self.now, callback = self.due.pop(0)
            callback()
        self.now = until


MUCH: Final = 1_000_000


@pytest.mark.parametrize(("taken_each_look", "ended"), [(0, True), (1, False)])
def test_only_who_takes_nothing_at_all_is_ended(taken_each_look: int, ended: bool) -> None:  # noqa: FBT001
    clock, ends, left = Clock(), list[float](), MUCH

    def unread() -> int:
        nonlocal left
        left -= taken_each_look
        return left

    reader = Reader(cast("asyncio.AbstractEventLoop", clock), unread, lambda: ends.append(clock.now))
    reader.waits()
    clock.pass_(10 * SILENCE_S)
    assert bool(ends) is ended
    assert not ended or SILENCE_S <= ends[0] <= SILENCE_S + LOOK_S
    reader.goes_on()
    assert not clock.due


async def test_what_the_system_holds_for_a_client_is_not_taken_yet() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        peer, _ = await asyncio.to_thread(listening.accept)
        with peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            writer.write(bytes(MUCH))
            before = unread_by(writer.transport)
            assert 0 < before <= MUCH
            # Reading moves it, whichever of the two it was in.
            while unread_by(writer.transport) >= before:
                await asyncio.to_thread(peer.recv, 65536)
            writer.transport.abort()
            assert reader is not None


async def test_what_the_system_holds_is_dropped_with_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        _, writer = await asyncio.open_connection(*listening.getsockname())
        peer, _ = await asyncio.to_thread(listening.accept)
        with peer:
            writer.write(bytes(MUCH))
            drop(writer.transport)
            with pytest.raises(ConnectionResetError):
                await asyncio.to_thread(read_all, peer)


async def test_the_system_takes_little_that_it_cannot_send() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        _, writer = await asyncio.open_connection(*listening.getsockname())
        peer, _ = await asyncio.to_thread(listening.accept)
        with peer:
            bound_unsent(writer.transport)
            writer.write(bytes(20 * MUCH))
            of_the_system = unread_by(writer.transport) - writer.transport.get_write_buffer_size()
            assert 0 < of_the_system <= 3 * UNSENT
            drop(writer.transport)


def read_all(peer: socket.socket) -> None:
    while peer.recv(65536):
        pass
