"""Identity: sessions, accounts, terms and settings as the running server knows them.

`authenticate` reads memory alone. Actions change the store first and, after the commit, call `put_account`,
`put_session` and the like: this process is the only writer, so memory knows all there is. A session is dead as soon as
its account's epoch has moved on.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import msgspec

from appliance.errors import Unavailable
from appliance.identity import directory as organisation
from appliance.identity.budget import DirectoryBudget
from appliance.identity.devices import Devices
from appliance.identity.hasher import PasswordHasher
from appliance.identity.refusals import Refusals
from appliance.identity.throttle import Throttle
from appliance.identity.tickets import EnrolmentTicket, SignInTicket, Tickets
from appliance.identity.tokens import csrf_of, token_hash
from appliance.model import AccountState, ContactMode, StaffRole
from appliance.people import Session
from appliance.policies import DAY as DAY_MS
from appliance.rules import contact
from appliance.rules.accounts import may_sign_in
from appliance.rules.helpdesk import Helpdesk
from appliance.rules.passwords import as_one_time_code
from appliance.rules.policy import policy_of
from appliance.rules.ranks import national
from appliance.rules.terms import in_force, is_accepted
from appliance.store import accounts, directory_shown, people, sessions, settings, terms, units
from appliance.vault.derived import derived_key

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from appliance.model import Deny, Home, Millis, PersonId, RoomState, SessionId, UnitId
    from appliance.people import Account, PersonCard, SessionRecord
    from appliance.policies import Policies
    from appliance.rules.ranks import Level
    from appliance.store.db import Reader, Store
    from appliance.store.settings import SettingValue

log = logging.getLogger(__name__)
SIGNED_IN: Final = "signed_in"
FAILED: Final = "failed"
REFUSED: Final = "refused"
CODE_FAILED: Final = "second_factor_failed"
PASSWORD_RESET: Final = "password_reset"  # noqa: S105 - an outcome in the history
ACCOUNT_CREATED: Final = "account_created"
RECOVERY_USED: Final = "recovery_used"
# A clock that is wrong by less keeps everybody signed in, whichever way it is set right.
CLOCK_ERROR_MS: Final = 8 * 24 * 3_600_000
CONTACT_MODE: Final = "contact_mode"
RANK_MAP: Final = "rank_map"
HELPDESK: Final = "helpdesk"
_REPLAYED_FAILURES: Final = 10_000


@dataclass(slots=True)
class _Live:
    """A session in memory; `used` is ahead of what is written by at most the policy's `touch_ms`.

    `address` is where it was used last, as far as this process knows.
    """

    record: SessionRecord
    csrf: str = field(repr=False)
    used: Millis
    written: Millis
    address: str


class Identity:
    """Made by `load`. All methods but `reload_directory` and `flush` are immediate and do no I/O."""

    def __init__(self, pepper: bytes, policies: Policies) -> None:
        self._pepper: Final = pepper
        self.policies: Final = policies
        self.throttle: Final = Throttle(policies.sign_in)
        self.sign_in_tickets: Final = Tickets[SignInTicket](policies.sign_in.ticket_ms)
        self.enrolment_tickets: Final = Tickets[EnrolmentTicket](policies.sign_in.ticket_ms)
        self.hasher: Final = PasswordHasher(
            policies.argon2,
            policies.sign_in.parallel,
            derived_key(pepper, "absent-users"),
            most_waiting=policies.sign_in.waiting,
        )
        self.devices: Final = Devices(derived_key(pepper, "device-cookie"))
        self._recovery: Final = derived_key(pepper, "recovery-codes")
        self.budget: Final = DirectoryBudget(policies.directory)
        self.refusals: Final = Refusals()
        self.directory: organisation.Directory
        self._accounts: dict[PersonId, Account] = {}
        self._by_user: dict[str, PersonId] = {}
        self._by_hash: dict[bytes, _Live] = {}
        self._by_id: dict[SessionId, _Live] = {}
        self._by_person: dict[PersonId, set[SessionId]] = defaultdict(set)
        self._told: dict[Hashable, Millis] = {}
        self._unwritten: dict[SessionId, Millis] = {}
        self._terms: list[tuple[int, Millis]] = []
        self._settings: list[SettingValue] = []
        self._ended: frozenset[PersonId] | None = None
        self.directory_revision = 0
        """Goes up with every import and every change of the rank map."""
        self._reloading = asyncio.Lock()
        self._is_stale = False
        self._on_end: list[Callable[[SessionId], object]] = []
        self._on_people: list[Callable[[], object]] = []

    @classmethod
    async def load(cls, store: Store, *, pepper: bytes, policies: Policies, now: Millis) -> Identity:
        """Read everything there is; `pepper` is the vault's session pepper."""
        identity = cls(pepper, policies)
        async with store.read() as reader:
            for account in await reader.run(accounts.list_accounts):
                identity._know(account)
            for record in await reader.run(sessions.list_all):
                if record.expires > now:
                    identity._keep(replace(record, last_used=min(record.last_used, now)))
            identity._terms = await reader.run(terms.list_versions)
            identity._settings = await reader.run(settings.list_all)
            identity.hasher.know_costs(await reader.run(accounts.count_costs))
            identity.directory = await _read_directory(reader, identity._settings, now)
        await identity._load_counts(store, now)
        return identity

    async def _load_counts(self, store: Store, now: Millis) -> None:
        """Load the counts of failed tries and people shown. Where they are damaged, counting starts from zero."""
        try:
            async with store.read() as reader:
                await self._load_throttle(reader, now)
                self.budget.load(await reader.run(directory_shown.list_since, now - DAY_MS))
        except Unavailable as error:
            log.warning("earlier sign-ins or directory searches cannot be read, and are not counted: %s", error)

    # What requests ask

    def authenticate(self, token: str, now: Millis, address: str | None = None) -> Session | None:
        """Return the caller whom a token stands for, None when it stands for nobody (any more). No I/O.

        `address` is where the call comes from.
        """
        live = self._by_hash.get(token_hash(self._pepper, token))
        if live is None or not self._is_good(live, now):
            return None
        live.used = max(live.used, now)
        live.address = address or live.address
        if live.used - live.written >= self.policies.sessions.touch_ms:
            self._unwritten[live.record.id] = live.written = live.used
        return self._session(live, now)

    def session(self, session: SessionId, now: Millis) -> Session | None:
        """Return a session by its id, None when it has ended: what a long-lived connection asks from time to time."""
        live = self._by_id.get(session)
        return self._session(live, now) if live is not None and self._is_good(live, now) else None

    def is_live(self, session: SessionId, now: Millis) -> bool:
        """Tell whether a session still stands: what a stream asks before every frame."""
        live = self._by_id.get(session)
        return live is not None and self._is_good(live, now)

    def account(self, person: PersonId) -> Account | None:
        """Return a person's account."""
        return self._accounts.get(person)

    def known_device(self, user: str, cookie: str) -> str | None:
        """Return the id of the device whose cookie this is, if the account signed in from it since its epoch began."""
        person = self._by_user.get(user)
        return self.devices.find(cookie, user, self._accounts[person].epoch if person else 0)

    def accounts(self) -> Iterable[Account]:
        """Give every account."""
        return self._accounts.values()

    @property
    def people(self) -> Mapping[PersonId, PersonCard]:
        """A card of everyone there ever was; look at `active`."""
        return self.directory.people

    def is_active(self, person: PersonId, now: Millis) -> bool:
        """Tell whether a person is on the staff and their account may be used now."""
        card, account = self.people.get(person), self._accounts.get(person)
        return (
            card is not None
            and account is not None
            and may_sign_in(account.state, account.suspended_until, card.active, now) is None
        )

    def ended_accounts(self) -> frozenset[PersonId]:
        """Return who can never act again as things stand: accounts revoked, people no longer on the staff."""
        if self._ended is None:
            gone = {card.id for card in self.directory.ordered if not card.active}
            revoked = {a.person for a in self._accounts.values() if a.state is AccountState.REVOKED}
            self._ended = frozenset(gone | revoked)
        return self._ended

    def last_used(self, session: SessionId) -> Millis | None:
        """Return when a session was last used, as memory knows it."""
        live = self._by_id.get(session)
        return live.used if live else None

    def people_with_sessions(self, number: int) -> list[PersonId]:
        """Return who has at least so many sessions, living or not looked at since they ended."""
        return [person for person, held in self._by_person.items() if len(held) >= number]

    def is_news_of_day(self, what: Hashable, now: Millis, forget_ms: Millis) -> bool:
        """Say whether something was not told within `forget_ms`, and remember that it is told now."""
        self._told = {known: at for known, at in self._told.items() if now - at < forget_ms}
        if what in self._told:
            return False
        self._told[what] = now
        return True

    def sessions_of(self, person: PersonId, now: Millis) -> list[SessionRecord]:
        """Return a person's living sessions, the newest first."""
        lives = [self._by_id[session] for session in self._by_person.get(person, ())]
        good = [
            replace(live.record, last_used=live.used, address=live.address)
            for live in lives
            if self._is_good(live, now)
        ]
        return sorted(good, key=lambda record: (-record.created, record.id))

    def terms_in_force(self, now: Millis) -> int:
        """Return the version of the terms in force, 0 when none was published."""
        return in_force(self._terms, now)

    def setting(self, key: str, now: Millis) -> str | None:
        """Return the value of a setting in force."""
        return _setting(self._settings, key, now)

    def contact_mode(self, now: Millis) -> ContactMode:
        """Return who may start private chats now (F38, F39)."""
        return ContactMode(self.setting(CONTACT_MODE, now) or ContactMode.NORMAL)

    def helpdesk(self, now: Millis) -> Helpdesk:
        """Return where staff turn for help now."""
        kept = self.setting(HELPDESK, now)
        return Helpdesk() if kept is None else msgspec.json.decode(kept, type=Helpdesk)

    def may_keep_group(self, home: Home, state: RoomState, now: Millis) -> Deny | None:
        """Say why a group may not be one of these members; whose account has ended does not count (F38).

        The log's writer asks this of every group whose members a command has changed.
        """
        smallest = policy_of(state.kind).smallest
        if not smallest:
            return None
        ended = self.ended_accounts()
        known = {principal: home.person(principal) for principal in state.members}
        ranks = {principal: self._rank(person) for principal, person in known.items() if person not in ended}
        return contact.may_keep_group(ranks, state.owner, self.contact_mode(now), smallest)

    def _rank(self, person: PersonId) -> Level | None:
        card = self.people.get(person)
        return card.rank if card else None

    def administrators_of(self, unit: UnitId | None, now: Millis) -> list[PersonId]:
        """Return the active administrators nearest to a unit: its own, else of a unit over it, else the agency's."""
        reach: dict[UnitId | None, list[PersonId]] = defaultdict(list)
        # A copy: riders ask on the thread of the database while this one may put an account in.
        for account in list(self._accounts.values()):
            for grant in account.grants:
                if grant.role in (StaffRole.UNIT_ADMIN, StaffRole.AGENCY_ADMIN) and self.is_active(account.person, now):
                    reach[grant.unit if grant.role == StaffRole.UNIT_ADMIN else None].append(account.person)
        for over in (*self.directory.above(unit), None):
            if reach.get(over):
                return sorted(reach[over])
        return []

    # What actions and other processes change

    def token_hash(self, token: str) -> bytes:
        """Return the hash under which a new session's token is kept."""
        return token_hash(self._pepper, token)

    def recovery_hash(self, person: PersonId, code: str) -> bytes:
        """Return the hash under which a recovery code of this person is kept: 80 random bits need no slow one."""
        return hmac.digest(self._recovery, f"{person}\0{as_one_time_code(code)}".encode(), "sha256")

    def csrf(self, record: SessionRecord) -> str:
        """Return the CSRF value that goes with a session."""
        return csrf_of(self._pepper, record.token_hash)

    def on_session_end(self, listener: Callable[[SessionId], object]) -> None:
        """Have `listener` called with every session that ends, so that live connections end with it."""
        self._on_end.append(listener)

    def put_session(self, record: SessionRecord) -> None:
        """Let a committed session in."""
        self._keep(record)

    def end_session(self, session: SessionId) -> None:
        """Forget a session: the next request with its token is refused."""
        live = self._by_id.pop(session, None)
        if live is None:
            return
        self._by_hash.pop(live.record.token_hash, None)
        self._by_person[live.record.person].discard(session)
        self._unwritten.pop(session, None)
        for listener in self._on_end:
            listener(session)

    def revoke(self, person: PersonId, keep: SessionId | None = None) -> None:
        """Forget all sessions of a person but `keep`."""
        for session in [*self._by_person.get(person, ())]:
            if session != keep:
                self.end_session(session)

    def on_people_change(self, listener: Callable[[], object]) -> None:
        """Have `listener` called when somebody's account changes its state, or the directory has changed."""
        self._on_people.append(listener)

    def put_account(self, account: Account) -> None:
        """Take over an account as committed; sessions of an earlier epoch end."""
        before = self._accounts.get(account.person)
        self._know(account)
        for session in [*self._by_person.get(account.person, ())]:
            if self._by_id[session].record.epoch != account.epoch:
                self.end_session(session)
        if before is None or before.state is not account.state:
            self._tell_people_changed()

    def put_terms(self, version: int, effective: Millis) -> None:
        """Take over a version of the terms as committed."""
        self._terms = [*self._terms, (version, effective)]

    def put_setting(self, value: SettingValue) -> None:
        """Take over a setting's value as committed."""
        self._settings = [*self._settings, value]

    def directory_changed(self) -> None:
        """Note, with the commit, that the stored directory has changed; `reload_directory` makes it known."""
        self.directory_revision += 1
        self._is_stale = True

    def directory_is_due(self, now: Millis) -> bool:
        """Tell whether the directory has to be built again: a date has come, or a change could not be read yet."""
        return self._is_stale or (self.directory.next_change is not None and now >= self.directory.next_change)

    async def reload_directory(self, store: Store, now: Millis) -> None:
        """Build the directory as it is now; sessions of people who are not on the staff any more end.

        Raises Unavailable; it stays due then.
        """
        async with self._reloading:
            revision = self.directory_revision
            async with store.read() as reader:
                self.directory = await _read_directory(reader, self._settings, now)
            self._is_stale = self._is_stale and revision != self.directory_revision
        self._ended = None
        self._end_inactive()
        self._tell_people_changed()

    def renew_epoch(self, session: SessionId, epoch: int) -> None:
        """Let one session live on when its account's epoch moves: the one that asked for all others to end."""
        live = self._by_id.get(session)
        if live is not None:
            live.record = replace(live.record, epoch=epoch)

    async def flush(self, store: Store) -> None:
        """Write when sessions were last used and how many people were shown; a follower calls this once a second."""
        used, self._unwritten = self._unwritten, {}
        shown = self.budget.take_unwritten()
        if not used and not shown:
            return
        try:
            async with store.write() as tx:
                await tx.run(sessions.touch, used.items())
                await tx.run(directory_shown.put, shown)
        except BaseException:
            self._unwritten = used | self._unwritten
            self.budget.give_back(shown)
            raise

    def close(self) -> None:
        """Let the hashing threads go."""
        self.hasher.close()

    # Inside

    def _is_good(self, live: _Live, now: Millis) -> bool:
        record = live.record
        if record.created - now > CLOCK_ERROR_MS:
            # Begun while the clock was ahead: it would be good for as long again.
            return False
        if now >= record.expires or now - live.used >= self.policies.sessions.idle_ms:
            return False
        account, card = self._accounts.get(record.person), self.people.get(record.person)
        return (
            account is not None
            and card is not None
            and record.epoch == account.epoch
            and may_sign_in(account.state, account.suspended_until, card.active, now) is None
        )

    def _session(self, live: _Live, now: Millis) -> Session:
        record = live.record
        account = self._accounts[record.person]
        return Session(
            id=record.id,
            person=record.person,
            epoch=record.epoch,
            expires=record.expires,
            csrf=live.csrf,
            device=record.device,
            terms_ok=is_accepted(account.accepted, self.terms_in_force(now)),
            must_change=account.must_change,
            roles=account.roles,
        )

    async def _load_throttle(self, reader: Reader, now: Millis) -> None:
        for owner, network, last in await reader.run(sessions.list_known_networks):
            self.throttle.learn(owner, network, last)
        since = now - self.policies.sign_in.forget_ms
        lines = await reader.run(sessions.list_recent_failures, since, _REPLAYED_FAILURES)
        for user, address, at, outcome, tries in lines:
            self.throttle.replay("code" if outcome == CODE_FAILED else "password", user, address, at, tries)

    def _keep(self, record: SessionRecord) -> None:
        csrf = csrf_of(self._pepper, record.token_hash)
        live = _Live(record, csrf, record.last_used, record.last_used, record.address)
        self._by_hash[record.token_hash] = self._by_id[record.id] = live
        self._by_person[record.person].add(record.id)

    def _know(self, account: Account) -> None:
        self._accounts[account.person] = account
        self._by_user[account.user] = account.person
        self._ended = None

    def _tell_people_changed(self) -> None:
        for listener in self._on_people:
            listener()

    def _end_inactive(self) -> None:
        for person in [*self._by_person]:
            card = self.people.get(person)
            if card is None or not card.active:
                self.revoke(person)


def _setting(values: Iterable[SettingValue], key: str, now: Millis) -> str | None:
    found = [item for item in values if item.key == key and item.effective <= now]
    return max(found, key=lambda item: (item.effective, item.n)).value if found else None


async def _read_directory(reader: Reader, values: list[SettingValue], now: Millis) -> organisation.Directory:
    records = organisation.Records(
        units=await reader.run(units.list_units),
        posts=await reader.run(units.list_posts),
        people=await reader.run(people.list_all),
        holdings=await reader.run(people.list_holdings),
    )
    mapping = msgspec.json.decode(_setting(values, RANK_MAP, now) or "{}", type=dict[str, str | int])
    ladder = national().with_mapping(mapping)
    return await asyncio.to_thread(organisation.build, records, ladder, now)
