"""Members of a paced load whose sockets are read in C (`receive.c`): the load generator then measures the server, and
not itself.

Links open their connections as always and hand the sockets over. Where there is no C compiler, or TLS lies between, the
load generator goes on reading them in Python, which a report says (`received_in`).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from asyncio.subprocess import PIPE
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.bench.links import Link, Tally

SOURCE: Final = Path(__file__).parent / "receive.c"
COMPILER: Final = "cc"


@asynccontextmanager
async def received_in_c(links: Sequence[Link], tally: Tally, audience: int) -> AsyncIterator[bool]:
    """Have C read these links until the block ends, and count into the tally; False where it cannot."""
    compiler = shutil.which(COMPILER)
    sockets = [link.hand_over() for link in links]
    handed = [number for number in sockets if number is not None]
    if compiler is None or not links or len(handed) < len(links):
        for link, number in zip(links, sockets, strict=True):
            if number is not None:
                os.close(number)
                link.take_back()
        yield False
        return
    with tempfile.TemporaryDirectory() as made:
        program = Path(made) / "receive"
        built = await asyncio.create_subprocess_exec(compiler, "-O2", "-o", str(program), str(SOURCE))
        if await built.wait():
            raise RuntimeError("receive.c does not compile")
        words = (links[0].WORD, str(audience), links[0].KEEPALIVE.hex(), *map(str, handed))
        process = await asyncio.create_subprocess_exec(program, *words, stdin=PIPE, stdout=PIPE, pass_fds=handed)
        for number in handed:
            os.close(number)
        assert process.stdin is not None
        assert process.stdout is not None
        if await process.stdout.readline() != b"ready\n":
            raise RuntimeError("the receiver did not start")
        hearing = asyncio.create_task(_hear(process.stdout, tally, audience))
        try:
            yield True
        finally:
            process.stdin.close()
            await hearing
            await process.wait()


async def _hear(said: asyncio.StreamReader, tally: Tally, audience: int) -> None:
    while line := await said.readline():
        at, _, total = line.partition(b" ")
        if total:
            tally.count = int(total)
            return
        tally.arrived(audience, int(at) / 1e9)
    tally.errors.append("the receiver has ended")
