"""What changes in the registry: keys and addresses by the agency itself, standing by the operator.

An agency signs its changes with its identity key, and each new key signs them too. A next key is listed before it is
used, so that everybody knows both while it takes the place of the former. Rules:
- nothing is taken away: a key that ends early gets `revoked_at`, and `compromised_since` where others had it;
- a change is newer than the one before it (`ts`), so that an old one is not played again;
- `check_successor` holds what a next version may differ in. The operator's tools ask it before they publish, and every
  client before it takes a version: so whoever holds the operator's keys cannot rewrite what was.

Pure. Does not sign for the operator (`repository`).
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from federation.registry import signed
from federation.registry.document import (
    MAX_KEYS,
    MAX_PINS,
    Address,
    Agency,
    Change,
    Document,
    FormerPolicy,
    Key,
    KeyId,
    Pin,
    RegistryError,
    Seconds,
    Slug,
    Spki,
    Standing,
    Use,
    encode,
    public_key,
)
from federation.registry.enrolment import AHEAD_S, Enrolment, as_agency, check_keys, check_not_ended, pin_key
from federation.registry.signed import Envelope, PublicKey
from federation.registry.terms import Legal, Policy

TYPE: Final = "gchat-agency-change-v1"


class Loss(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """From when a key counts for nothing: it was given up, or others have had it since a time that may lie before."""

    revoked_at: Seconds
    compromised_since: Seconds | None = None


class AgencyChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an agency asks to be changed of itself; what is not given stays."""

    agency: Slug
    ts: Seconds
    keys: Annotated[dict[KeyId, Key], Meta(max_length=MAX_KEYS)] = {}
    tls: Annotated[list[Pin], Meta(max_length=MAX_PINS)] = []
    end: Annotated[dict[KeyId, Loss], Meta(max_length=MAX_KEYS)] = {}
    end_tls: Annotated[list[Spki], Meta(max_length=MAX_PINS)] = []
    ep: Annotated[list[Address], Meta(min_length=1, max_length=8)] | None = None
    pol: Policy | None = None
    legal: Legal | None = None


def draft(change: AgencyChange) -> Envelope:
    """Return the change for its keys to sign. Raises RegistryError."""
    check_keys(change.keys, change.tls)
    return signed.enclose(TYPE, change)


def read(envelope: Envelope) -> AgencyChange:
    """Return what a change says, unverified. Raises RegistryError."""
    return signed.read(envelope, TYPE, AgencyChange)


def signers(change: AgencyChange, agency: Agency) -> dict[str, PublicKey]:
    """Return who has to sign a change: the identity key in force, and each new key and pin. Raises RegistryError."""
    identities = agency.keys_of(Use.IDENTITY, change.ts)
    if not identities:
        raise RegistryError("no_identity", change.agency)
    # Of two, the older one: the newer has to be announced by it first.
    name = min(identities, key=lambda key_id: identities[key_id].nbf)
    found: dict[str, PublicKey] = {name: public_key(identities[name])}
    found |= {key_id: public_key(key) for key_id, key in change.keys.items()}
    return found | {pin.spki: pin_key(pin) for pin in change.tls}


def verify(envelope: Envelope, document: Document, now: int) -> AgencyChange:
    """Return a change that an enrolled agency has signed. Raises RegistryError."""
    change = read(envelope)
    agency = _listed(document, change.agency)
    if agency.status is Standing.REVOKED:
        raise RegistryError("revoked", change.agency)
    if change.ts > now + AHEAD_S:
        raise RegistryError("from_the_future", str(change.ts))
    if change.ts <= agency.changed:
        raise RegistryError("played_again", change.agency)
    check_keys(change.keys, change.tls)
    check_not_ended(change.keys, change.tls, now)
    if taken := sorted(agency.keys.keys() & change.keys.keys()):
        raise RegistryError("key_id_taken", ", ".join(taken))
    signed.verify(envelope, signers(change, agency))
    return change


def with_change(document: Document, change: AgencyChange, reg: int) -> Document:
    """Return the document with a verified change, as of version `reg`. Raises RegistryError."""
    agency = _listed(document, change.agency)
    keys = {key_id: _ended(key, change.end.get(key_id)) for key_id, key in agency.keys.items()}
    if unknown := [name for name in change.end if name not in keys]:
        raise RegistryError("no_such_key", ", ".join(unknown))
    pins = {pin.spki: pin for pin in agency.tls}
    if unknown := [spki for spki in change.end_tls if spki not in pins]:
        raise RegistryError("no_such_key", ", ".join(unknown))
    for spki in change.end_tls:
        pins[spki] = msgspec.structs.replace(pins[spki], exp=min(pins[spki].exp, change.ts))
    changed = msgspec.structs.replace(
        agency,
        keys=keys | change.keys,
        tls=[*pins.values(), *change.tls],
        ep=change.ep or agency.ep,
        legal=change.legal or agency.legal,
        changed=change.ts,
    )
    if change.pol is not None and change.pol != agency.pol:
        # Two in one version: what held before that version stays.
        before = [former for former in agency.pol_before if former.until < reg]
        former = FormerPolicy(until=reg, pol=agency.pol)
        kept = former if len(before) == len(agency.pol_before) else agency.pol_before[-1]
        changed = msgspec.structs.replace(changed, pol=change.pol, pol_before=[*before, kept])
    return _with(document, change.agency, changed, reg)


def with_agency(document: Document, enrolment: Enrolment, reg: int, at: int) -> Document:
    """Return the document with a new agency, from version `reg` on. Raises RegistryError (`slug_taken`)."""
    slug = enrolment.agency.slug
    if slug in document.agencies:
        raise RegistryError("slug_taken", slug)
    return _with(document, slug, as_agency(enrolment, reg, at), reg)


def with_standing(document: Document, slug: str, standing: Standing, reg: int, at: int) -> Document:
    """Return the document with another standing of an agency, from version `reg` on. Raises RegistryError."""
    agency = _listed(document, slug)
    if agency.status is standing:
        raise RegistryError("standing_already", f"{slug}: {standing}")
    if agency.status is Standing.REVOKED:
        raise RegistryError("revoked", slug)
    kept = [change for change in agency.history if change.reg < reg]
    if not kept:
        raise RegistryError("not_published", slug)
    # What was decided and taken back before anything was published leaves no trace.
    back = kept[-1].status is standing
    history = kept if back else [*kept, Change(reg=reg, status=standing, at=at)]
    return _with(document, slug, msgspec.structs.replace(agency, history=history), reg)


def with_ended_key(document: Document, slug: str, key_id: str, loss: Loss, reg: int) -> Document:
    """Return the document with a key ended by the operator, after a telephone call. Raises RegistryError."""
    agency = _listed(document, slug)
    if key_id not in agency.keys:
        raise RegistryError("no_such_key", key_id)
    keys = {**agency.keys, key_id: _ended(agency.keys[key_id], loss)}
    return _with(document, slug, msgspec.structs.replace(agency, keys=keys), reg)


def check_successor(old: Document, new: Document) -> None:
    """Refuse a next version that takes away or rewrites what an older one said. Raises RegistryError."""
    if new.reg < old.reg or (new.reg == old.reg and encode(new) != encode(old)):
        raise RegistryError("rollback", f"{old.reg} > {new.reg}")
    _check_keys_kept("", old.orders.keys, new.orders.keys)
    for slug, before in old.agencies.items():
        after = new.agencies.get(slug)
        if after is None:
            raise RegistryError("rewritten", slug)
        _check_keys_kept(slug, before.keys, after.keys)
        news = [change.reg for change in after.history[len(before.history) :]]
        news += [former.until for former in after.pol_before[len(before.pol_before) :]]
        if (
            after.domain != before.domain
            or after.history[: len(before.history)] != before.history
            or after.pol_before[: len(before.pol_before)] != before.pol_before
            or (after.pol != before.pol and len(after.pol_before) == len(before.pol_before))
            or any(reg <= old.reg for reg in news)
            or after.changed < before.changed
        ):
            raise RegistryError("rewritten", slug)


def _check_keys_kept(slug: str, before: dict[str, Key], after: dict[str, Key]) -> None:
    for key_id, key in before.items():
        found = after.get(key_id)
        if found is None or _lasting(found) != _lasting(key) or found.until > key.until:
            raise RegistryError("rewritten", f"{slug}/{key_id}")


def _lasting(key: Key) -> tuple[object, ...]:
    return key.use, key.alg, key.pub, key.vkey, key.nbf, key.exp


def _ended(key: Key, loss: Loss | None) -> Key:
    if loss is None:
        return key
    ended = msgspec.structs.replace(key, revoked_at=loss.revoked_at, compromised_since=loss.compromised_since)
    if ended.until > key.until:
        raise RegistryError("ended_later")
    return ended


def _listed(document: Document, slug: str) -> Agency:
    agency = document.agencies.get(slug)
    if agency is None:
        raise RegistryError("no_such_agency", slug)
    return agency


def _with(document: Document, slug: str, agency: Agency, reg: int) -> Document:
    found = msgspec.structs.replace(document, reg=reg, agencies={**document.agencies, slug: agency})
    encode(found)  # refuses what nobody would take
    return found
