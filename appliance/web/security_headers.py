"""The headers of every response: what browsers may do with it. They disclose nothing about the server's software."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from aiohttp import web

POLICY: Final = "Content-Security-Policy"
CONTENT_POLICY: Final = (
    "default-src 'self'; connect-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types {trusted_types}"
)
DEVICES: Final = ("camera", "microphone", "geolocation", "payment", "usb")
"""What a page may ask a browser for, as Permissions-Policy names it."""
STRICT_TRANSPORT: Final = "max-age=31536000; includeSubDomains"


def security_headers(trusted_types: str = "'none'", devices: Collection[str] = ()) -> Mapping[str, str]:
    """Return the headers of an application.

    `trusted_types` names the policies that its scripts may make (Trusted Types), `devices` those of `DEVICES` that its
    pages may ask for.
    """
    return {
        POLICY: CONTENT_POLICY.format(trusted_types=trusted_types),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{name}=({'self' if name in devices else ''})" for name in DEVICES),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Server": "G-Chat",
    }


STRICTEST: Final = security_headers()
"""For what never came to an application."""


def put_on(response: web.StreamResponse, headers: Mapping[str, str], *, secure: bool) -> None:
    """Put headers on a response that is not sent yet; `secure` says that the connection speaks TLS.

    A content policy of its own stays: a file that somebody sent has a stricter one than a page of ours.
    """
    own = response.headers.get(POLICY)
    response.headers.update(headers)
    if own is not None:
        response.headers[POLICY] = own
    response.headers.setdefault("Cache-Control", "no-store")
    if secure:
        response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
