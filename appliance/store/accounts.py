"""Accounts with their credentials, roles and passkeys, as kept.

Secrets leave this module only as they are stored: password hashes, and TOTP secrets sealed by the vault.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from appliance.model import AccountState
from appliance.people import Account, Grant
from appliance.rules.passwords import as_one_time_code
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import Millis, PersonId
    from appliance.store.db import Rows

_SQL = Queries("accounts")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Whose password it is: an argon2id hash, the account's epoch and, for a one-time code, when it stops being good.

    `code_by` is who alone gave the account its last one-time code, at `code_at`; both are None where two people did,
    and once the owner is confirmed.
    """

    person: PersonId
    hash: str = field(repr=False)
    expires: Millis | None
    code_by: str | None
    code_at: Millis | None
    epoch: int

    def as_given(self, typed: str) -> str:
        """Return what was typed as it is compared: a one-time code in the form it was given, a password exactly."""
        return typed if self.expires is None else as_one_time_code(typed)


@dataclass(frozen=True, slots=True)
class Passkey:
    """A WebAuthn credential: `credential` is the authenticator's id of it, `public_key` is COSE."""

    id: str
    credential: bytes
    person: PersonId
    name: str
    public_key: bytes
    sign_count: int
    created: Millis


class Totp(NamedTuple):
    """The sealed secret in use, and the one that waits for its first code."""

    secret: bytes | None
    pending: bytes | None


def list_accounts(rows: Rows) -> list[Account]:
    """Return every account with its roles."""
    grants: dict[PersonId, list[Grant]] = defaultdict(list)
    for person, role, unit in rows.all(_SQL.list_roles):
        grants[person].append(Grant(role, unit))
    return [_account(row, grants.get(row[0], [])) for row in rows.all(_SQL.list_cards)]


def count_costs(rows: Rows) -> dict[str, int]:
    """Return how many stored hashes there are of each cost, as PHC strings write it."""
    return {row[0]: row[1] for row in rows.all(_SQL.count_costs)}


def get(rows: Rows, person: PersonId) -> Account | None:
    """Return a person's account."""
    row = rows.one(_SQL.card, {"person": person})
    if row is None:
        return None
    roles = rows.all(_SQL.roles_of, {"person": person})
    return _account(row, [Grant(role, unit) for _, role, unit in roles])


def find(rows: Rows, user: str) -> PersonId | None:
    """Return whose account has this folded user name."""
    row = rows.one(_SQL.person_of_user, {"user": user})
    return row[0] if row else None


def insert(rows: Rows, person: PersonId, user: str, now: Millis) -> None:
    """Add an active account that has no password yet."""
    rows.run(_SQL.insert, {"person": person, "user": user, "now": now})


def set_state(rows: Rows, person: PersonId, state: AccountState, until: Millis | None = None) -> None:
    """Set whether the account may be used; `until` ends a suspension."""
    rows.run(_SQL.set_state, {"person": person, "state": state.value, "until": until})


def require_change(rows: Rows, person: PersonId) -> None:
    """Ask for a new password before anything else may be done."""
    rows.run(_SQL.require_change, {"person": person})


def bump_epoch(rows: Rows, person: PersonId) -> None:
    """Make every session of the account dead."""
    rows.run(_SQL.bump_epoch, {"person": person})


def find_credentials(rows: Rows, user: str) -> Credentials | None:
    """Return the password stored for a folded user name; None where there is no such user or no password."""
    row = rows.one(_SQL.credentials_of_user, {"user": user})
    return Credentials(*row) if row and row[1] else None


def bump_epochs(rows: Rows, people: Iterable[PersonId]) -> None:
    """Make every session of these people's accounts dead."""
    rows.many(_SQL.bump_epoch, [{"person": person} for person in people])


def get_credentials(rows: Rows, person: PersonId) -> Credentials | None:
    """Return the password stored for a person, None where the account has none."""
    row = rows.one(_SQL.credentials, {"person": person})
    return Credentials(*row) if row and row[1] else None


def set_password(
    rows: Rows, person: PersonId, hashed: str, now: Millis, *, expires: Millis | None = None, must_change: bool = False
) -> None:
    """Replace the password; a one-time code has an end and must be changed."""
    fields = {"person": person, "hash": hashed, "now": now, "expires": expires, "must_change": int(must_change)}
    rows.run(_SQL.set_password, fields)


def set_code_giver(rows: Rows, person: PersonId, by: str | None, at: Millis | None) -> None:
    """Keep who alone gave a one-time code and when; None for both where nobody did."""
    rows.run(_SQL.set_code_giver, {"person": person, "by": by, "at": at})


def rehash(rows: Rows, person: PersonId, old: str, new: str) -> None:
    """Store the same password under another cost, unless it was changed meanwhile."""
    rows.run(_SQL.rehash, {"person": person, "old": old, "hash": new})


def get_totp(rows: Rows, person: PersonId) -> Totp:
    """Return a person's TOTP secrets."""
    row = rows.one(_SQL.totp, {"person": person})
    return Totp._make(row) if row else Totp(None, None)


def list_totp(rows: Rows) -> list[tuple[PersonId, Totp]]:
    """Return the TOTP secrets of everybody who has any."""
    return [(person, Totp(secret, pending)) for person, secret, pending in rows.all(_SQL.list_totp)]


def reseal_totp(rows: Rows, person: PersonId, secret: bytes | None, pending: bytes | None) -> None:
    """Keep the same secrets under another key."""
    rows.run(_SQL.reseal_totp, {"person": person, "secret": secret, "pending": pending})


def set_totp_pending(rows: Rows, person: PersonId, sealed: bytes) -> None:
    """Keep a sealed secret until its first code confirms it."""
    rows.run(_SQL.set_totp_pending, {"person": person, "pending": sealed})


def confirm_totp(rows: Rows, person: PersonId, pending: bytes, step: int) -> bool:
    """Put a waiting secret to use; `step` is of the code that confirmed it. False when another one waits by now."""
    return rows.run(_SQL.confirm_totp, {"person": person, "pending": pending, "step": step}) == 1


def remove_totp(rows: Rows, person: PersonId) -> None:
    """Forget the secrets."""
    rows.run(_SQL.remove_totp, {"person": person})


def use_totp_step(rows: Rows, person: PersonId, step: int) -> bool:
    """Claim a time step; False when it or a later one was used before (RFC 6238 §5.2)."""
    return rows.run(_SQL.use_totp_step, {"person": person, "step": step}) == 1


def replace_recovery_codes(rows: Rows, person: PersonId, hashes: Iterable[bytes]) -> None:
    """Keep these recovery codes, each good once, and forget all there were."""
    rows.run(_SQL.delete_recovery_codes, {"person": person})
    rows.many(_SQL.insert_recovery_code, [{"person": person, "hash": one} for one in hashes])


def use_recovery_code(rows: Rows, person: PersonId, hashed: bytes, now: Millis) -> bool:
    """Claim a recovery code; False when there is no such or it was used before."""
    return rows.run(_SQL.use_recovery_code, {"person": person, "hash": hashed, "now": now}) == 1


def count_recovery_codes(rows: Rows, person: PersonId) -> int:
    """Return how many recovery codes of a person are unused."""
    row = rows.one(_SQL.recovery_codes_left, {"person": person})
    return int(row[0]) if row else 0


def remove_credentials(rows: Rows, person: PersonId) -> int:
    """Forget password, TOTP secret, recovery codes and passkeys; return how many passkeys there were."""
    rows.run(_SQL.remove_credentials, {"person": person})
    rows.run(_SQL.delete_recovery_codes, {"person": person})
    return rows.run(_SQL.delete_passkeys, {"person": person})


def add_role(rows: Rows, person: PersonId, grant: Grant, granted_by: str, now: Millis) -> bool:
    """Give a role; False when the person has it already."""
    fields = {"person": person, "role": grant.role, "unit": grant.unit, "granted_by": granted_by, "now": now}
    return rows.run(_SQL.add_role, fields) == 1


def remove_role(rows: Rows, person: PersonId, grant: Grant) -> bool:
    """Take a role away; False when the person does not have it."""
    return rows.run(_SQL.remove_role, {"person": person, "role": grant.role, "unit": grant.unit}) == 1


def remove_roles(rows: Rows, person: PersonId) -> int:
    """Take all roles away; return how many there were."""
    return rows.run(_SQL.remove_roles, {"person": person})


def insert_passkey(rows: Rows, passkey: Passkey) -> bool:
    """Add a passkey; False when there is one of this credential."""
    return rows.run(_SQL.insert_passkey, asdict(passkey)) == 1


def list_passkeys(rows: Rows, person: PersonId) -> list[Passkey]:
    """Return a person's passkeys, the oldest first."""
    return [Passkey(*row) for row in rows.all(_SQL.passkeys_of, {"person": person})]


def use_passkey(rows: Rows, passkey: str, sign_count: int) -> bool:
    """Claim the authenticator's counter; False when it or a later one was used before (WebAuthn §6.1.1)."""
    return rows.run(_SQL.use_passkey, {"id": passkey, "sign_count": sign_count}) == 1


def delete_passkey(rows: Rows, person: PersonId, passkey: str) -> bool:
    """Remove one of a person's passkeys; False when there is no such."""
    return rows.run(_SQL.delete_passkey, {"person": person, "id": passkey}) == 1


def _account(row: tuple[Any, ...], grants: list[Grant]) -> Account:
    person, user, state, until, must_change, epoch, totp, accepted = row
    return Account(
        person=person,
        user=user,
        state=AccountState(state),
        suspended_until=until,
        must_change=bool(must_change),
        epoch=epoch,
        totp=bool(totp),
        accepted=accepted,
        grants=tuple(grants),
    )
