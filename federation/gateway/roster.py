"""Who may speak to this gateway, as the verified registry has it at a time: one value, made anew when it changes.

Rules: an agency is spoken to while its standing is active; a pin counts from `nbf` to before `exp` and only if its
certificate is of its key (`federation/tls.py`), for a stranger's certificate would be trusted otherwise.

Pure: does not fetch or verify the registry (`federation/registry`). Times are s UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from appliance.evidence import base64url
from federation import tls
from federation.registry.document import Document, Standing, Use, public_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from federation.registry.document import Agency, Pin

NOBODY: Final = Document(reg=0, agencies={})
"""What is known before a registry was verified."""


class Roster:
    """The agencies of a document, and the pins of theirs that count at `now`."""

    def __init__(self, document: Document, now: int) -> None:
        self.document = document
        self._certificates: dict[str, list[bytes]] = {}
        self._owners: dict[str, str] = {}
        for slug, pins in document.pins_at(now).items():
            for pin in pins:
                if (certificate := _certificate(pin)) is not None:
                    self._certificates.setdefault(slug, []).append(certificate)
                    self._owners[pin.spki] = slug
        times = (at for agency in document.agencies.values() for pin in agency.tls for at in (pin.nbf, pin.exp))
        self.changes_at: int | None = min((at for at in times if at > now), default=None)
        """When the next pin begins or ends."""

    @property
    def version(self) -> int:
        """The version of the registry."""
        return self.document.reg

    def active(self, slug: str) -> Agency | None:
        """Return an agency if it may be spoken to."""
        found = self.document.agencies.get(slug)
        return found if found is not None and found.status is Standing.ACTIVE else None

    def others(self, own: str) -> Mapping[str, Agency]:
        """Return the agencies that may be spoken to, but this gateway's own."""
        agencies = self.document.agencies.items()
        return {slug: agency for slug, agency in agencies if slug != own and agency.status is Standing.ACTIVE}

    def agency_of(self, spki: str) -> str | None:
        """Return the agency that a key of the channel belongs to."""
        return self._owners.get(spki)

    def certificates_of(self, slug: str) -> list[bytes]:
        """Return the certificates (DER) of one agency: who may answer when it is dialled."""
        return self._certificates.get(slug, [])

    def certificates(self, but: str) -> list[bytes]:
        """Return the certificates (DER) of all agencies `but` one: whose handshakes are accepted."""
        return [one for slug, certificates in self._certificates.items() if slug != but for one in certificates]

    def signing_key(self, slug: str, key_id: str, now: int) -> Ed25519PublicKey | None:
        """Return an active agency's gateway key by its id if it is good at `now`."""
        agency = self.active(slug)
        found = agency.keys_of(Use.GATEWAY, now).get(key_id) if agency is not None else None
        return public_key(found) if found is not None else None


def _certificate(pin: Pin) -> bytes | None:
    try:
        certificate = base64url.decode(pin.cert, len(pin.cert) * 3 // 4)
    except ValueError:
        return None
    return certificate if tls.fits(pin.spki, certificate) else None
