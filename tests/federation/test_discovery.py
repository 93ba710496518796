"""Discovery on the local network: what is announced is found, bounded, and never believed."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from zeroconf import ServiceInfo
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from federation import discovery
from federation.discovery import SERVICE, Found, announce, fingerprint_of, look, served_fingerprint
from tests.cli.test_up import GCHAT, Up, new_agency, up
from tests.test_tls import NOW, write_certificate
from tests.waiting import PATIENCE_S, until

__all__ = ["up"]
LOOPBACK: Final = "127.0.0.1"
OTHER: Final = "sha256:" + "A" * 43


def certificate(folder: Path) -> bytes:
    folder.mkdir(exist_ok=True)
    return write_certificate(folder, NOW, 90).public_bytes(Encoding.DER)


async def found(agency: str) -> Found:
    """Look until somebody announces this agency."""
    seen: list[Found] = []

    async def look_again() -> bool:
        seen[:] = [one for one in await look(0.5, LOOPBACK) if one.agency == agency]
        return bool(seen)

    await until(look_again)
    return seen[0]


@asynccontextmanager
async def announced(agency: str, port: int, shown: list[bytes]) -> AsyncIterator[None]:
    task = asyncio.create_task(announce(agency, LOOPBACK, port, lambda: shown[-1]))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def somebody_announcing(*infos: ServiceInfo) -> AsyncIterator[None]:
    zeroconf = AsyncZeroconf(interfaces=[LOOPBACK])
    try:
        for info in infos:
            await zeroconf.async_register_service(info, cooperating_responders=True)
        yield
    finally:
        await zeroconf.async_unregister_all_services()
        await zeroconf.async_close()


def info(name: str, port: int = 1, *, address: str = LOOPBACK, **properties: Any) -> AsyncServiceInfo:
    return AsyncServiceInfo(
        SERVICE,
        f"{name}.{SERVICE}",
        port=port,
        properties=properties,
        server=f"{name}.local.",
        parsed_addresses=[address],
    )


async def test_an_appliance_is_found_by_its_agency_and_key(tmp_path: Path) -> None:
    shown = certificate(tmp_path)
    async with announced("fd-plain", 4_443, [shown]):
        assert await found("fd-plain") == Found("fd-plain", (LOOPBACK,), 4_443, fingerprint_of(shown))
    assert [one for one in await look(0.5, LOOPBACK) if one.agency == "fd-plain"] == []


async def test_another_key_is_announced_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "LOOK_EVERY_S", 0.05)
    shown = [certificate(tmp_path / "one")]
    async with announced("fd-renewed", 4_443, shown):
        await found("fd-renewed")
        shown.append(certificate(tmp_path / "two"))

        async def is_new() -> bool:
            return (await found("fd-renewed")).fingerprint == fingerprint_of(shown[-1])

        await until(is_new)


async def test_the_key_counts_that_is_shown_and_not_the_one_that_is_announced(tmp_path: Path) -> None:
    shown = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "agency.pem", tmp_path / "agency.key")
    server = await asyncio.start_server(lambda _, writer: writer.close(), LOOPBACK, 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with server, somebody_announcing(info("fd-spoof", port, ag="fd-spoof", fp=OTHER)):
        spoof = await found("fd-spoof")
        assert spoof.fingerprint == OTHER
        assert await served_fingerprint(LOOPBACK, port) == fingerprint_of(shown)
        told = await asyncio.to_thread(discover)
        assert f"https://127.0.0.1:{port}\tแสดงกุญแจอื่น" in told.stdout
        assert fingerprint_of(shown) in told.stdout
        assert (await asyncio.to_thread(discover, "--expect", OTHER)).returncode == 1
        assert (await asyncio.to_thread(discover, "--expect", fingerprint_of(shown))).returncode == 0


async def test_a_server_that_is_not_there_shows_nothing() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), LOOPBACK, 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        assert await served_fingerprint(LOOPBACK, port) is None
    assert await served_fingerprint(LOOPBACK, port) is None


async def test_of_a_flood_only_so_many_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "MAX_FOUND", 5)
    flood = [info(f"fd-flood-{i}", ag=f"fd-flood-{i}", fp=OTHER) for i in range(12)]
    async with somebody_announcing(*flood):
        assert len(await look(1, LOOPBACK)) == 5


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"ag": "FD", "fp": OTHER},
        {"ag": "fd-\x1b[31m", "fp": OTHER},
        {"ag": "fd-form", "fp": "sha256:short"},
        {"ag": "fd-form", "fp": OTHER + "\n"},
        {"ag": b"\xff\xfe", "fp": OTHER},
    ],
)
async def test_what_is_not_of_the_form_is_not_shown(properties: dict[str, Any]) -> None:
    async with somebody_announcing(info("fd-form-x", **properties), info("fd-good", ag="fd-good", fp=OTHER)):
        await found("fd-good")
        assert not [one for one in await look(0.5, LOOPBACK) if one.agency != "fd-good"]


async def test_an_address_outside_of_local_networks_is_not_shown() -> None:
    far = info("fd-far", ag="fd-far", fp=OTHER, address="8.8.8.8")
    async with somebody_announcing(far, info("fd-near", ag="fd-near", fp=OTHER)):
        await found("fd-near")
        assert not [one for one in await look(0.5, LOOPBACK) if one.agency == "fd-far"]


def discover(*words: str) -> subprocess.CompletedProcess[str]:
    command = [*GCHAT, "discover", "--host", LOOPBACK, "--seconds", "2", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)  # noqa: S603


@pytest.mark.parametrize(("words", "said"), [(("--expect", "x"), "sha256:"), (("--host", "moph"), "moph")])
def test_what_is_asked_wrongly_is_said(words: tuple[str, ...], said: str) -> None:
    done = discover(*words)
    assert done.returncode == 1
    assert said in done.stderr


@pytest.mark.slow
def test_an_agency_is_found_by_the_key_that_its_administrator_reads_out(up: Up, tmp_path: Path) -> None:
    new_agency(tmp_path / "data")
    with (tmp_path / "data" / "gchat.toml").open("a", encoding="utf-8") as file:
        file.write("\n[staff]\ntls = true\nannounce = true\n")
    started = up(tmp_path / "data")
    command = [*GCHAT, "tls", "show", "--data", str(tmp_path / "data")]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=True).stdout  # noqa: S603
    fingerprint = shown.rpartition(": ")[2].strip()
    told = discover("--expect", fingerprint)
    assert told.returncode == 0, told
    assert started.ready["staff_url"].rpartition(":")[2] in told.stdout
    port = int(started.ready["staff_url"].rpartition(":")[2])
    assert asyncio.run(served_fingerprint(LOOPBACK, port)) == fingerprint
