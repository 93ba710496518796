"""Device cookies: how a browser shows that an account has signed in from it before (F74, F91).

A browser holds one cookie with an entry for each account used in it: an id and a MAC over id, user name and the
account's epoch. So an entry is good for its account alone and ends when the password changes, since the epoch moves on
then. It signs nobody in: it only gives the browser a count of failures of its own (OWASP «Slow Down Online Guessing
Attacks with Device Cookies»). Nothing is kept on the server.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from appliance.evidence import base64url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_ACCOUNTS: Final = 8
_ID_BYTES: Final = 12
_MAC_BYTES: Final = 16
_ENTRY_LETTERS: Final = 16 + 1 + 22
_BETWEEN: Final = "~"


class Devices:
    """Makes and checks the entries of device cookies, under a key of their own."""

    def __init__(self, key: bytes, epoch_of: Callable[[str], int]) -> None:
        """`epoch_of(user)` is the epoch of a user name's account, 0 where there is none."""
        self._key: Final = key
        self._epoch_of = epoch_of

    def known(self, user: str, cookie: str) -> str | None:
        """Return the id of the device whose cookie this is, if the account signed in from it since its epoch began."""
        return self.find(cookie, user, self._epoch_of(user))

    def find(self, cookie: str, user: str, epoch: int) -> str | None:
        """Return the device's id when the cookie has a good entry for this account, else None."""
        found = [ident for ident, mac in _entries(cookie) if hmac.compare_digest(mac, self._mac(ident, user, epoch))]
        return found[0] if found else None

    def renew(self, cookie: str, user: str, before: int, epoch: int, random: str) -> str:
        """Return the cookie with an entry for this account at its epoch, in place of the one of the epoch `before`.

        `random` is the text a new device's id comes from. The entries used longest ago are left out.
        """
        known = self.find(cookie, user, before)
        ident = known or base64url.encode(sha256(random.encode()).digest()[:_ID_BYTES])
        others = [f"{other}.{mac}" for other, mac in _entries(cookie) if other != ident]
        return _BETWEEN.join([f"{ident}.{self._mac(ident, user, epoch)}", *others][:MAX_ACCOUNTS])

    def _mac(self, ident: str, user: str, epoch: int) -> str:
        place = f"gchat-device/1\0{ident}\0{epoch}\0{user}".encode("utf-8", "surrogatepass")
        return base64url.encode(hmac.digest(self._key, place, "sha256")[:_MAC_BYTES])


def _entries(cookie: str) -> Iterator[tuple[str, str]]:
    if len(cookie) > MAX_ACCOUNTS * (_ENTRY_LETTERS + 1) or not cookie.isascii():
        return
    for entry in cookie.split(_BETWEEN):
        ident, dot, mac = entry.partition(".")
        if dot and len(entry) == _ENTRY_LETTERS:
            yield ident, mac
