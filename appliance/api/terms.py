"""The terms of use over HTTP: parse, one call, render."""

from __future__ import annotations

from appliance.actions.terms import accept_terms
from appliance.reads.me import load_terms
from appliance.web.call import Call
from appliance.web.routes import Routes
from appliance.wire.session import Terms, TermsAccept

routes = Routes("terms")


@routes.get("/terms", before_terms=True)
async def get_terms(call: Call) -> Terms:
    """Return the terms in force."""
    return await load_terms(call.services, call.person, call.language)


@routes.post("/terms", before_terms=True)
async def post_terms(call: Call, body: TermsAccept) -> None:
    """Accept the version that was shown."""
    await accept_terms(call.services, call.signed_in, body.version)
