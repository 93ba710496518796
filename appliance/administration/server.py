"""The server's end of the administration socket: one command a connection, carried out as the API would.

Whoever connects is known by the kernel's word (`ipc.sockets.peer_of`); the server's own user and root are let in.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Final

import msgspec

from appliance.administration.commands import OTHER_RELEASE, carry_out
from appliance.administration.operators import operator_of
from appliance.administration.protocol import (
    DECODE_REPLY,
    DECODE_RUN,
    MAX_FRAME_BYTES,
    RELEASE,
    Ask,
    Data,
    Done,
    Down,
    Err,
    Failed,
    Out,
    too_large,
)
from appliance.administration.terminal import Terminal
from appliance.errors import AppError
from appliance.ipc.frames import TooLarge, read_frame, write_frame
from appliance.ipc.server import Listener
from appliance.ipc.sockets import Peer
from appliance.rules.roles import Actor
from appliance.services import Services

logger = logging.getLogger(__name__)
ROOT: Final = 0


class AdministrationServer(Listener):
    """Carries out the commands that arrive on a listening socket."""

    def __init__(self, s: Services) -> None:
        super().__init__(allowed=(ROOT,))
        self._s = s

    async def converse(self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry out one command and say how it ended; what nobody foresaw is logged, and read as `internal`."""
        terminal = RemoteTerminal(operator_of(peer.uid, peer.pid), reader, writer)
        try:
            last: Down = Done(await self._carry_out(terminal, reader))
        except AppError as error:
            last = Failed.of(error)
        except ConnectionError:
            return
        except Exception:
            logger.exception("a command of the administration failed")
            last = Failed.of(AppError())
        await terminal.send(last)

    async def _carry_out(self, terminal: Terminal, reader: asyncio.StreamReader) -> int:
        try:
            run = DECODE_RUN.decode(await read_frame(reader, MAX_FRAME_BYTES))
        except TooLarge as error:
            raise too_large(error.size) from error
        except msgspec.DecodeError as error:
            raise AppError(str(error), code=OTHER_RELEASE) from error
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError from error
        if run.release != RELEASE:
            raise AppError(f"release {run.release}, not {RELEASE}", code=OTHER_RELEASE)
        return await carry_out(self._s, terminal, run.command, run.values)


class RemoteTerminal(Terminal):
    """The person at the other end of a connection. What is printed for somebody who has disconnected is dropped."""

    def __init__(self, operator: Actor, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(operator)
        self._reader, self._writer = reader, writer

    async def send(self, frame: Down) -> None:
        """Send a frame; it waits while the peer reads too slowly."""
        with suppress(ConnectionError):
            await write_frame(self._writer, frame)

    async def out(self, line: str) -> None:
        """Print a line of the result."""
        await self.send(Out(line))

    async def err(self, line: str) -> None:
        """Print a line that is no part of the result."""
        await self.send(Err(line))

    async def data(self, content: bytes) -> None:
        """Write bytes of the result."""
        await self.send(Data(content))

    async def ask_secret(self, prompt: str) -> str:
        """Ask for something that is typed unseen. Raises ConnectionError when nobody is there any more."""
        await self.send(Ask(prompt))
        try:
            return DECODE_REPLY.decode(await read_frame(self._reader, MAX_FRAME_BYTES)).text
        except TooLarge as error:
            raise too_large(error.size) from error
        except msgspec.DecodeError as error:
            raise AppError(str(error), code=OTHER_RELEASE) from error
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError from error
