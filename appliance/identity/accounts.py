"""Everybody's account as the running server knows it, and who may act."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from appliance.model import AccountState, StaffRole
from appliance.rules.accounts import fold_user, may_sign_in

if TYPE_CHECKING:
    from appliance.identity.current import CurrentDirectory
    from appliance.model import Millis, PersonId, UnitId
    from appliance.people import Account


class Accounts:
    """Accounts by person and by user name. `put` is called with each commit that changes one."""

    def __init__(self, directory: CurrentDirectory, found: Iterable[Account]) -> None:
        self._directory = directory
        self._by_person: dict[PersonId, Account] = {}
        self._by_user: dict[str, PersonId] = {}
        self._ended: frozenset[PersonId] | None = None
        self._on_put: list[Callable[[Account], object]] = []
        self._on_state: list[Callable[[], object]] = []
        for account in found:
            self._know(account)
        directory.on_change(self._forget_ended)

    def get(self, person: PersonId) -> Account | None:
        """Return a person's account."""
        return self._by_person.get(person)

    def of_user(self, user: str) -> Account | None:
        """Return the account of a user name, however it is written."""
        person = self._by_user.get(fold_user(user))
        return None if person is None else self._by_person[person]

    def epoch_of(self, user: str) -> int:
        """Return the epoch of the account of a user name as it is stored, 0 where there is none."""
        person = self._by_user.get(user)
        return 0 if person is None else self._by_person[person].epoch

    def all(self) -> Iterable[Account]:
        """Give every account."""
        return self._by_person.values()

    def is_active(self, person: PersonId, now: Millis) -> bool:
        """Return whether a person is on the staff and their account may be used now."""
        card, account = self._directory.people.get(person), self._by_person.get(person)
        return (
            card is not None
            and account is not None
            and may_sign_in(account.state, account.suspended_until, card.active, now) is None
        )

    def ended(self) -> frozenset[PersonId]:
        """Return who can never act again as things stand: accounts revoked, people no longer on the staff."""
        if self._ended is None:
            gone = {card.id for card in self._directory.now.ordered if not card.active}
            revoked = {a.person for a in self._by_person.values() if a.state is AccountState.REVOKED}
            self._ended = frozenset(gone | revoked)
        return self._ended

    def administrators_of(self, unit: UnitId | None, now: Millis) -> list[PersonId]:
        """Return the active administrators nearest to a unit: its own, else of a unit over it, else the agency's."""
        reach: dict[UnitId | None, list[PersonId]] = defaultdict(list)
        # A copy: riders ask on the thread of the database while this one may put an account in.
        for account in list(self._by_person.values()):
            for grant in account.grants:
                if grant.role in (StaffRole.UNIT_ADMIN, StaffRole.AGENCY_ADMIN) and self.is_active(account.person, now):
                    reach[grant.unit if grant.role == StaffRole.UNIT_ADMIN else None].append(account.person)
        for over in (*self._directory.now.above(unit), None):
            if reach.get(over):
                return sorted(reach[over])
        return []

    def on_put(self, listener: Callable[[Account], object]) -> None:
        """Have `listener` called with each account that was changed."""
        self._on_put.append(listener)

    def on_state_change(self, listener: Callable[[], object]) -> None:
        """Have `listener` called when an account was made or has changed its state."""
        self._on_state.append(listener)

    def put(self, account: Account) -> None:
        """Take over an account as committed."""
        before = self._by_person.get(account.person)
        self._know(account)
        for listener in self._on_put:
            listener(account)
        if before is None or before.state is not account.state:
            for tell in self._on_state:
                tell()

    def _know(self, account: Account) -> None:
        self._by_person[account.person] = account
        self._by_user[account.user] = account.person
        self._ended = None

    def _forget_ended(self) -> None:
        self._ended = None
