"""Starts the appliance's end of its gateway's socket: the registry it trusts, the exchange, the socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import ConfigError
from appliance.locale import both
from federation.exchange.exchange import Exchange, ExchangeServer
from federation.exchange.trust import FOLDER, Trust
from federation.registry.document import RegistryError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from appliance.services import Services


async def start(s: Services, bound: socket.socket, monotonic: Callable[[], float]) -> ExchangeServer:
    """Serve the gateway on a socket. Raises ConfigError where the registry's root is not there or is none."""
    path = s.config.data / s.config.federation.root
    try:
        trust = Trust(s, s.config.data / FOLDER, path.read_bytes())
    except (OSError, RegistryError) as error:
        raise ConfigError([f"federation.root: {both('config.registry_root', path=path, why=error)}"]) from error
    exchange = Exchange(s, monotonic, trust.take)
    await exchange.start()
    server = ExchangeServer(exchange)
    await server.start(bound)
    return server
