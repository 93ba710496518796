"""Accounts with their credentials, roles and passkeys, as kept.

Secrets leave this module only as they are stored: password hashes, and TOTP secrets sealed by the vault.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from appliance.model import AccountState
from appliance.people import Account, Grant
from appliance.rules.passwords import as_one_time_code
from appliance.store.queries import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.model import Millis, PersonId
    from appliance.store.db import Reader, Tx

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


async def list_accounts(reader: Reader) -> list[Account]:
    """Return every account with its roles."""
    grants: dict[PersonId, list[Grant]] = defaultdict(list)
    for person, role, unit in await reader.all(_SQL.list_roles):
        grants[person].append(Grant(role, unit))
    return [_account(row, grants.get(row[0], [])) for row in await reader.all(_SQL.list_cards)]


async def count_costs(reader: Reader) -> dict[str, int]:
    """Return how many stored hashes there are of each cost, as PHC strings write it."""
    return {row[0]: row[1] for row in await reader.all(_SQL.count_costs)}


async def get(reader: Reader, person: PersonId) -> Account | None:
    """Return a person's account."""
    row = await reader.one(_SQL.card, {"person": person})
    if row is None:
        return None
    roles = await reader.all(_SQL.roles_of, {"person": person})
    return _account(row, [Grant(role, unit) for _, role, unit in roles])


async def find(reader: Reader, user: str) -> PersonId | None:
    """Return whose account has this folded user name."""
    row = await reader.one(_SQL.person_of_user, {"user": user})
    return row[0] if row else None


async def insert(tx: Tx, person: PersonId, user: str, now: Millis) -> None:
    """Add an active account that has no password yet."""
    await tx.execute(_SQL.insert, {"person": person, "user": user, "now": now})


async def set_state(tx: Tx, person: PersonId, state: AccountState, until: Millis | None = None) -> None:
    """Set whether the account may be used; `until` ends a suspension."""
    await tx.execute(_SQL.set_state, {"person": person, "state": state.value, "until": until})


async def require_change(tx: Tx, person: PersonId) -> None:
    """Ask for a new password before anything else may be done."""
    await tx.execute(_SQL.require_change, {"person": person})


async def bump_epoch(tx: Tx, person: PersonId) -> None:
    """Make every session of the account dead."""
    await tx.execute(_SQL.bump_epoch, {"person": person})


async def find_credentials(reader: Reader, user: str) -> Credentials | None:
    """Return the password stored for a folded user name; None where there is no such user or no password."""
    row = await reader.one(_SQL.credentials_of_user, {"user": user})
    return Credentials(*row) if row and row[1] else None


async def bump_epochs(tx: Tx, people: Iterable[PersonId]) -> None:
    """Make every session of these people's accounts dead."""
    await tx.execute_many(_SQL.bump_epoch, [{"person": person} for person in people])


async def get_credentials(reader: Reader, person: PersonId) -> Credentials | None:
    """Return the password stored for a person, None where the account has none."""
    row = await reader.one(_SQL.credentials, {"person": person})
    return Credentials(*row) if row and row[1] else None


async def set_password(
    tx: Tx, person: PersonId, hashed: str, now: Millis, *, expires: Millis | None = None, must_change: bool = False
) -> None:
    """Replace the password; a one-time code has an end and must be changed."""
    fields = {"person": person, "hash": hashed, "now": now, "expires": expires, "must_change": int(must_change)}
    await tx.execute(_SQL.set_password, fields)


async def set_code_giver(tx: Tx, person: PersonId, by: str | None, at: Millis | None) -> None:
    """Keep who alone gave a one-time code and when; None for both where nobody did."""
    await tx.execute(_SQL.set_code_giver, {"person": person, "by": by, "at": at})


async def rehash(tx: Tx, person: PersonId, old: str, new: str) -> None:
    """Store the same password under another cost, unless it was changed meanwhile."""
    await tx.execute(_SQL.rehash, {"person": person, "old": old, "hash": new})


async def get_totp(reader: Reader, person: PersonId) -> tuple[bytes | None, bytes | None]:
    """Return the sealed secret in use and the one waiting to be confirmed."""
    row = await reader.one(_SQL.totp, {"person": person})
    return (row[0], row[1]) if row else (None, None)


async def list_totp(reader: Reader) -> list[tuple[PersonId, bytes | None, bytes | None]]:
    """Return (person, sealed secret, sealed secret not yet confirmed) of everybody who has either."""
    return [(person, secret, pending) for person, secret, pending in await reader.all(_SQL.list_totp)]


async def reseal_totp(tx: Tx, person: PersonId, secret: bytes | None, pending: bytes | None) -> None:
    """Keep the same secrets under another key."""
    await tx.execute(_SQL.reseal_totp, {"person": person, "secret": secret, "pending": pending})


async def set_totp_pending(tx: Tx, person: PersonId, sealed: bytes) -> None:
    """Keep a sealed secret until its first code confirms it."""
    await tx.execute(_SQL.set_totp_pending, {"person": person, "pending": sealed})


async def confirm_totp(tx: Tx, person: PersonId, pending: bytes, step: int) -> bool:
    """Put a waiting secret to use; `step` is of the code that confirmed it. False when another one waits by now."""
    return await tx.execute(_SQL.confirm_totp, {"person": person, "pending": pending, "step": step}) == 1


async def remove_totp(tx: Tx, person: PersonId) -> None:
    """Forget the secrets."""
    await tx.execute(_SQL.remove_totp, {"person": person})


async def use_totp_step(tx: Tx, person: PersonId, step: int) -> bool:
    """Claim a time step; False when it or a later one was used before (RFC 6238 §5.2)."""
    return await tx.execute(_SQL.use_totp_step, {"person": person, "step": step}) == 1


async def replace_recovery_codes(tx: Tx, person: PersonId, hashes: Iterable[bytes]) -> None:
    """Keep these recovery codes, each good once, and forget all there were."""
    await tx.execute(_SQL.delete_recovery_codes, {"person": person})
    await tx.execute_many(_SQL.insert_recovery_code, [{"person": person, "hash": one} for one in hashes])


async def use_recovery_code(tx: Tx, person: PersonId, hashed: bytes, now: Millis) -> bool:
    """Claim a recovery code; False when there is no such or it was used before."""
    return await tx.execute(_SQL.use_recovery_code, {"person": person, "hash": hashed, "now": now}) == 1


async def count_recovery_codes(reader: Reader, person: PersonId) -> int:
    """Return how many recovery codes of a person are unused."""
    row = await reader.one(_SQL.recovery_codes_left, {"person": person})
    return int(row[0]) if row else 0


async def remove_credentials(tx: Tx, person: PersonId) -> int:
    """Forget password, TOTP secret, recovery codes and passkeys; return how many passkeys there were."""
    await tx.execute(_SQL.remove_credentials, {"person": person})
    await tx.execute(_SQL.delete_recovery_codes, {"person": person})
    return await tx.execute(_SQL.delete_passkeys, {"person": person})


async def add_role(tx: Tx, person: PersonId, grant: Grant, granted_by: str, now: Millis) -> bool:
    """Give a role; False when the person has it already."""
    fields = {"person": person, "role": grant.role, "unit": grant.unit, "granted_by": granted_by, "now": now}
    return await tx.execute(_SQL.add_role, fields) == 1


async def remove_role(tx: Tx, person: PersonId, grant: Grant) -> bool:
    """Take a role away; False when the person does not have it."""
    return await tx.execute(_SQL.remove_role, {"person": person, "role": grant.role, "unit": grant.unit}) == 1


async def remove_roles(tx: Tx, person: PersonId) -> int:
    """Take all roles away; return how many there were."""
    return await tx.execute(_SQL.remove_roles, {"person": person})


async def insert_passkey(tx: Tx, passkey: Passkey) -> bool:
    """Add a passkey; False when there is one of this credential."""
    return await tx.execute(_SQL.insert_passkey, asdict(passkey)) == 1


async def list_passkeys(reader: Reader, person: PersonId) -> list[Passkey]:
    """Return a person's passkeys, the oldest first."""
    return [Passkey(*row) for row in await reader.all(_SQL.passkeys_of, {"person": person})]


async def use_passkey(tx: Tx, passkey: str, sign_count: int) -> bool:
    """Claim the authenticator's counter; False when it or a later one was used before (WebAuthn §6.1.1)."""
    return await tx.execute(_SQL.use_passkey, {"id": passkey, "sign_count": sign_count}) == 1


async def delete_passkey(tx: Tx, person: PersonId, passkey: str) -> bool:
    """Remove one of a person's passkeys; False when there is no such."""
    return await tx.execute(_SQL.delete_passkey, {"person": person, "id": passkey}) == 1


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
