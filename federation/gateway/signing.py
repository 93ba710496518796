"""What the gateway signs for its appliance: seals, statements, cosignatures.

Rules: each with the key that is in use at that time (`keys.in_use`); without one nothing is signed (`no_key`). The
appliance has judged what it gives; the gateway adds who says it. Does not: keep keys, speak to the appliance.
"""

from __future__ import annotations

from collections.abc import Callable

from appliance.evidence import statements
from appliance.evidence.errors import EvidenceError
from appliance.evidence.note import KeyType, Signer
from appliance.evidence.seal import encode_seal, seal_batch
from appliance.rules.statements import StatementType
from federation.gateway.keys import KeyUse, OwnKey
from federation.gateway.messages import Cosign, Cosigned, Failed, Result, Seal, Sealed, Signed, SignStatement
from federation.registry.document import Use, key_name

NO_KEY = "no_key"
REFUSED = "refused"


class Signing:
    """Signs for one agency; `key` gives the key in use of a use, `seconds` the time (s UTC)."""

    def __init__(
        self, agency: str, domain: str, key: Callable[[KeyUse], OwnKey | None], seconds: Callable[[], int]
    ) -> None:
        self._witness_name = key_name(domain, agency, Use.WITNESS)
        self._agency, self._key, self._seconds = agency, key, seconds

    def sign(self, job: Seal | SignStatement | Cosign) -> Result:
        """Return what was signed, or why it was not."""
        own = self._key(KeyUse.WITNESS if isinstance(job, Cosign) else KeyUse.GATEWAY)
        if own is None:
            return Failed(job.job, NO_KEY)
        try:
            if isinstance(job, Seal):
                return Sealed(job.job, tuple(map(encode_seal, seal_batch(job.headers, own.id, own.signs))))
            if isinstance(job, Cosign):
                signer = Signer(self._witness_name, KeyType.COSIGNATURE, own.signs)
                return Cosigned(job.job, signer.cosign(job.text, self._seconds()))
            return self._statement(job, own)
        except (EvidenceError, ValueError):
            return Failed(job.job, REFUSED)

    def _statement(self, job: SignStatement, own: OwnKey) -> Result:
        kind = StatementType(job.type)
        fields = statements.read_payload(kind, job.payload, kind)
        if getattr(fields, "ag", None) != self._agency:
            return Failed(job.job, REFUSED)
        signed = statements.sign(kind, fields, own.id, own.signs)
        return Signed(job.job, statements.encode_statement(signed).encode())
