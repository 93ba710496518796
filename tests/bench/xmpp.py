"""The load generator's end of an XMPP connection: what a member of a chat room (XEP-0045) needs and no more.

Signs in with SASL PLAIN, binds, joins a room and opens it if it is new; a member's own message coming back is its
confirmation. Stanzas are told apart by their text, as the frames of `links.py` are.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from tests.bench.links import Link, Tally

if TYPE_CHECKING:
    from collections.abc import Callable

DOMAIN: Final = "localhost"
ROOMS: Final = f"conference.{DOMAIN}"
AGAIN_S: Final = 0.2
MESSAGE_END: Final = b"</message>"
ERROR: Final = re.compile(rb"<message[^>]* type='error'")
OWN_ID: Final = re.compile(rb"<message[^>]* id='([^']+)'")
HEADER: Final = (
    f"<?xml version='1.0'?><stream:stream to='{DOMAIN}' version='1.0' xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams'>"
).encode()
JOIN: Final = (
    "<presence to='{room}/{nick}'><x xmlns='http://jabber.org/protocol/muc'><history maxchars='0'/></x></presence>"
)
OPEN: Final = (
    "<iq type='set' id='open' to='{room}'><query xmlns='http://jabber.org/protocol/muc#owner'>"
    "<x xmlns='jabber:x:data' type='submit'/></query></iq>"
)


class XmppLink(Link):
    """A member of one room; `path` is the user's name and the room's, with a space between."""

    WORD = MESSAGE_END.decode()
    KEEPALIVE = b" "

    def __init__(self, tally: Tally, path: str, token: str, *, counts: bool) -> None:
        super().__init__(tally, counts=counts)
        self._user, _, room = path.partition(" ")
        self._room, self._password = f"{room}@{ROOMS}", token
        self._joined = False
        self._step: Callable[[], None] = self._signing_in
        self._read = b""

    def hello(self) -> None:
        """Open the stream (RFC 6120 §4.2)."""
        self._transport.write(HEADER)

    def data_received(self, data: bytes) -> None:
        """Take the next step of signing in; once joined, count messages."""
        self._read += data
        if not self._joined:
            self._step()
            return
        end = self._read.rfind(MESSAGE_END)
        if end < 0:
            return
        whole, self._read = self._read[: end + len(MESSAGE_END)], self._read[end + len(MESSAGE_END) :]
        if ERROR.search(whole):
            self.tally.errors.append(whole.decode(errors="replace"))
        elif self.counts:
            self.tally.arrived(whole.count(MESSAGE_END))
        else:
            for found in OWN_ID.findall(whole):
                self.acknowledged(found.decode())

    def send(self, room: str, txn_id: str, text: str) -> None:
        """Send a message to the room."""
        stanza = f"<message to='{room}@{ROOMS}' type='groupchat' id='{txn_id}'><body>{escape(text)}</body></message>"
        self._transport.write(stanza.encode())

    def _signing_in(self) -> None:
        if b"</stream:features>" in self._read:
            secret = b64encode(f"\0{self._user}\0{self._password}".encode()).decode()
            self._next(
                f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>".encode(),
                self._signed_in,
            )

    def _signed_in(self) -> None:
        if b"<success" in self._read:
            self._next(HEADER, self._binding)
        elif b"<failure" in self._read:
            self.ready.set_exception(ConnectionRefusedError(self._read.decode()))

    def _binding(self) -> None:
        if b"</stream:features>" in self._read:
            bind = b"<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
            self._next(bind, self._bound)

    def _bound(self) -> None:
        if b"id='bind'" in self._read and b"</iq>" in self._read:
            self._join()

    def _join(self) -> None:
        self._next(JOIN.format(room=self._room, nick=self._user).encode(), self._joining)

    def _joining(self) -> None:
        if b"type='error'" in self._read and b"</presence>" in self._read:
            # Somebody has just created the room and not opened it yet.
            self._next(b"", self._joining)
            asyncio.get_running_loop().call_later(AGAIN_S, self._join)
        elif b"code='201'" in self._read and b"<subject" in self._read:
            self._next(OPEN.format(room=self._room).encode(), self._opening)
        elif b"<subject" in self._read and self._read.endswith(MESSAGE_END):
            self._in()

    def _opening(self) -> None:
        if b"id='open'" in self._read and b"type='result'" in self._read:
            self._in()

    def _in(self) -> None:
        self._read = b""
        self._joined = True
        self.ready.set_result(None)

    def _next(self, said: bytes, step: Callable[[], None]) -> None:
        self._read = b""
        self._step = step
        self._transport.write(said)
