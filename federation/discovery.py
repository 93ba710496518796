"""Discovery on the agency's own network: clients find the appliance by DNS-SD (RFC 6763), under `_gchat._tcp`.

Owns the announcement, which is off unless the agency wants it, and the search that `gchat discover` makes. Rules:
- an announcement is a hint where to look and nothing else: anybody on the network can make one. What is found counts
  once the server at the address has shown its key, which a person compares with what the agency told them;
- who is announced are the appliance's address, the agency's short name and its key's fingerprint: no person, no room;
- nothing between agencies asks here: their gateways dial what the registry says.

The records that are kept, of whoever floods the network, are bounded by the library; the answers here by `MAX_FOUND`.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import logging
import re
import ssl
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import ifaddr
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

logger = logging.getLogger(__name__)
SERVICE: Final = "_gchat._tcp.local."
MAX_FOUND: Final = 50
MAX_ADDRESSES: Final = 4
HANDSHAKE_S: Final = 5.0
LOOK_EVERY_S: Final = 60.0
_SLUG: Final = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)
FINGERPRINT: Final = re.compile(r"sha256:[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Found:
    """An appliance that says it is there: whose, at which addresses and port, and the fingerprint that it gives."""

    agency: str
    addresses: tuple[str, ...]
    port: int
    fingerprint: str


def fingerprint_of(certificate: bytes) -> str:
    """Return the fingerprint of a certificate's public key (DER): `sha256:` and base64url."""
    public = x509.load_der_x509_certificate(certificate).public_key()
    spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return "sha256:" + urlsafe_b64encode(hashlib.sha256(spki).digest()).decode().rstrip("=")


async def announce(agency: str, host: str, port: int, certificate: Callable[[], bytes]) -> None:
    """Say on the local network where the appliance of an agency is, until cancelled.

    `host` is the address it listens on (`0.0.0.0` is every one of this machine), `certificate` gives the newest one
    (DER): when its key is another, that is announced. Where the network allows none, the log says so.
    """
    interfaces = _interfaces(host)
    try:
        zeroconf = _opened(interfaces)
    except OSError as error:
        logger.warning("the appliance cannot be announced on the network: %s", error)
        return
    try:
        told = fingerprint_of(certificate())
        await zeroconf.async_register_service(_record(agency, interfaces, port, told), allow_name_change=True)
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now = fingerprint_of(certificate())
            if now != told:
                await zeroconf.async_update_service(_record(agency, interfaces, port, now))
                told = now
    finally:
        await zeroconf.async_unregister_all_services()
        await zeroconf.async_close()


def _record(agency: str, interfaces: Sequence[str], port: int, fingerprint: str) -> AsyncServiceInfo:
    return AsyncServiceInfo(
        SERVICE,
        f"{agency}.{SERVICE}",
        port=port,
        properties={"ag": agency, "fp": fingerprint},
        server=f"gchat-{agency}.local.",
        parsed_addresses=list(interfaces) or _own_addresses(),
    )


async def look(seconds: float, host: str = "0.0.0.0") -> list[Found]:  # noqa: S104 - every network of this machine
    """Return what is announced on the networks of an address within so many seconds, at most `MAX_FOUND`."""
    zeroconf = _opened(_interfaces(host))
    names: dict[str, None] = {}

    def changed(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        del zeroconf, service_type
        if state_change is ServiceStateChange.Added and len(names) < MAX_FOUND:
            names[name] = None

    browser = AsyncServiceBrowser(zeroconf.zeroconf, SERVICE, handlers=[changed])
    try:
        await asyncio.sleep(seconds)
        infos = [AsyncServiceInfo(SERVICE, name) for name in names]
        await asyncio.gather(*(info.async_request(zeroconf.zeroconf, 1_000) for info in infos))
        return [found for info in infos if (found := _found(info)) is not None]
    finally:
        await browser.async_cancel()
        await zeroconf.async_close()


async def served_fingerprint(address: str, port: int) -> str | None:
    """Return the fingerprint of the key that a server shows in a handshake, None where none comes about.

    Nothing is sent after the handshake: whose key it is has to be known first.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(HANDSHAKE_S):
            _, writer = await asyncio.open_connection(address, port, ssl=context)
    except (OSError, TimeoutError):
        return None
    try:
        certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return fingerprint_of(certificate) if certificate else None
    except ValueError:
        return None
    finally:
        writer.transport.abort()


def _found(info: AsyncServiceInfo) -> Found | None:
    """Read a record of somebody unknown; None for one that is not of the form."""
    values = {key: (value or b"").decode("ascii", "replace") for key, value in info.properties.items() if len(key) == 2}
    agency, fingerprint = values.get(b"ag", ""), values.get(b"fp", "")
    if not _SLUG.fullmatch(agency) or not FINGERPRINT.fullmatch(fingerprint) or not info.port:
        return None
    addresses = tuple(address for address in info.parsed_scoped_addresses() if _is_local(address))[:MAX_ADDRESSES]
    return Found(agency, addresses, info.port, fingerprint) if addresses else None


def _is_local(address: str) -> bool:
    """Return whether it is an address of a local network: what is announced elsewhere is not this agency's."""
    return ipaddress.ip_address(address.partition("%")[0]).is_private


def _own_addresses() -> list[str]:
    """Return the addresses of this machine on local networks, the loopback one left out."""
    found = [str(ip.ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4]
    return [address for address in found if _is_local(address) and not ipaddress.ip_address(address).is_loopback]


def _interfaces(host: str) -> Sequence[str]:
    """Return the addresses to speak from; none is every one."""
    return [] if ipaddress.ip_address(host).is_unspecified else [host]


def _opened(interfaces: Sequence[str]) -> AsyncZeroconf:
    return AsyncZeroconf(interfaces=list(interfaces)) if interfaces else AsyncZeroconf()
