"""One request on its way through an application: who asks, from where, in which language, and what the answer sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aiohttp import web

from appliance.errors import Unauthenticated
from appliance.locale import Language, language_of

if TYPE_CHECKING:
    from appliance.model import PersonId
    from appliance.people import Session
    from appliance.services import Services
    from appliance.web.application import Application


@dataclass(slots=True)
class Call:
    """A request with what the edge has found out about it; handlers take it as their first argument."""

    application: Application
    services: Services
    request: web.Request
    request_id: str
    address: str
    session: Session | None = None
    cookie: str | None = None
    clear_cookie: bool = False
    new_device_cookie: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    """What the answer carries besides, be it an error or not."""
    language: Language = field(init=False)

    def __post_init__(self) -> None:
        self.language = language_of(self.request.headers.get("Accept-Language"))

    @property
    def person(self) -> PersonId:
        """The person who asks. Raises Unauthenticated on a public route that nobody signed in for."""
        return self.signed_in.person

    @property
    def signed_in(self) -> Session:
        """The session of who asks. Raises Unauthenticated on a public route that nobody signed in for."""
        if self.session is None:
            raise Unauthenticated
        return self.session

    @property
    def device_cookie(self) -> str:
        """What shows that an account has signed in from this browser before (`identity/devices.py`), or nothing."""
        value = self.request.cookies.get(self.application.device_cookie, "")
        return value if value.isascii() else ""

    @property
    def from_browser(self) -> bool:
        """Whether a page in a browser sends this request, which is not a GET.

        Browsers add `Origin` to it (Fetch, «Origin header») and, from a secure page, `Sec-Fetch-Site` (Fetch Metadata).
        Scripts can neither leave these headers out nor change them: both are forbidden request headers.
        """
        return any(name in self.request.headers for name in ("Origin", "Sec-Fetch-Site"))

    def set_session_cookie(self, token: str | None) -> None:
        """Have the answer set the session cookie, or clear it with None."""
        self.cookie, self.clear_cookie = token, token is None


CALL: Final = web.RequestKey("call", Call)
"""Where a request has its call."""
