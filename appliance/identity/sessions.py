"""The sessions of the running server, in memory: whose session a token is, without I/O.

Owns the sessions, found by the hash of their token and by person. Actions change the store first and call `put`, `end`
and the like after the commit. A session is invalid as soon as its account's epoch has changed, or its person is not on
the staff any more; it need not be removed for that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from appliance.identity.tokens import csrf_of, token_hash
from appliance.people import Session
from appliance.rules.accounts import may_sign_in
from appliance.rules.terms import is_accepted

if TYPE_CHECKING:
    from appliance.identity.accounts import Accounts
    from appliance.identity.current import CurrentDirectory
    from appliance.identity.terms import Terms
    from appliance.model import Millis, PersonId, SessionId
    from appliance.people import Account, SessionRecord
    from appliance.policies import SessionPolicy

CHECKED_MS: Final = 1_000
"""For how long a session that was found good is taken for good, unless something changes before."""
# A clock that is wrong by less keeps everybody signed in, whichever way it is set right.
CLOCK_ERROR_MS: Final = 8 * 24 * 3_600_000


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
    made: tuple[SessionRecord, Account, int, Session] | None = field(default=None, repr=False)
    """The session as it was returned last, after what it was made of: record, account, terms in force."""


class Sessions:
    """All sessions that are not ended, in memory. No method waits or does I/O.

    `pepper`: the key under which tokens are hashed (the vault's session pepper). `found`: the sessions that the
    database has at start. `directory`, `accounts` and `terms` are asked whether a session is still valid.
    """

    def __init__(
        self,
        pepper: bytes,
        policy: SessionPolicy,
        directory: CurrentDirectory,
        accounts: Accounts,
        terms: Terms,
        found: Iterable[SessionRecord],
    ) -> None:
        self._pepper: Final = pepper
        self._policy, self._directory, self._accounts, self._terms = policy, directory, accounts, terms
        self._by_hash: dict[bytes, _Live] = {}
        self._by_id: dict[SessionId, _Live] = {}
        self._by_person: dict[PersonId, set[SessionId]] = defaultdict(set)
        # Valid sessions as they were returned last, each with the times from and up to which that is valid.
        self._good: dict[SessionId, tuple[Millis, Millis, Session]] = {}
        self._unwritten: dict[SessionId, Millis] = {}
        self._on_end: list[Callable[[SessionId], object]] = []
        self._on_unwritten: list[Callable[[], object]] = []
        for record in found:
            self.put(record)
        accounts.on_put(self._end_former)
        directory.on_change(self._end_inactive)
        terms.on_put(self._good.clear)

    def authenticate(self, token: str, now: Millis, address: str | None = None) -> Session | None:
        """Return the caller whom a token stands for, None when it stands for nobody (any more). No I/O.

        `address` is where the call comes from.
        """
        live = self._by_hash.get(token_hash(self._pepper, token))
        if live is None or not self._is_good(live, now):
            return None
        live.used = max(live.used, now)
        live.address = address or live.address
        if live.used - live.written >= self._policy.touch_ms:
            live.written = live.used
            self._note_unwritten({live.record.id: live.used})
        return self._session(live, now)

    def get(self, session: SessionId, now: Millis) -> Session | None:
        """Return a session by its id, None when it has ended: what a long-lived connection asks with every frame."""
        good = self._good.get(session)
        if good is not None and good[0] <= now < good[1]:
            return good[2]
        live = self._by_id.get(session)
        if live is None or not self._is_good(live, now):
            return None
        current, until = self._session(live, now), min(live.record.expires, live.used + self._policy.idle_ms)
        self._good[session] = (now, min(until, now + CHECKED_MS), current)
        return current

    def is_live(self, session: SessionId, now: Millis) -> bool:
        """Return whether a session is still valid; a stream checks it before every frame."""
        live = self._by_id.get(session)
        return live is not None and self._is_good(live, now)

    def last_used(self, session: SessionId) -> Millis | None:
        """Return when a session was last used, as memory knows it."""
        live = self._by_id.get(session)
        return live.used if live else None

    def people_with(self, number: int) -> list[PersonId]:
        """Return who has at least so many sessions, living or not looked at since they ended."""
        return [person for person, held in self._by_person.items() if len(held) >= number]

    def of_person(self, person: PersonId, now: Millis) -> list[SessionRecord]:
        """Return a person's living sessions, the newest first."""
        lives = [self._by_id[session] for session in self._by_person.get(person, ())]
        good = [
            replace(live.record, last_used=live.used, address=live.address)
            for live in lives
            if self._is_good(live, now)
        ]
        return sorted(good, key=lambda record: (-record.created, record.id))

    def token_hash(self, token: str) -> bytes:
        """Return the hash under which a new session's token is kept."""
        return token_hash(self._pepper, token)

    def csrf(self, record: SessionRecord) -> str:
        """Return the CSRF value that goes with a session."""
        return csrf_of(self._pepper, record.token_hash)

    def on_end(self, listener: Callable[[SessionId], object]) -> None:
        """Have `listener` called with every session that ends, so that live connections end with it."""
        self._on_end.append(listener)

    def put(self, record: SessionRecord) -> None:
        """Let a committed session in."""
        self._good.pop(record.id, None)
        live = _Live(record, self.csrf(record), record.last_used, record.last_used, record.address)
        self._by_hash[record.token_hash] = self._by_id[record.id] = live
        self._by_person[record.person].add(record.id)

    def end(self, session: SessionId) -> None:
        """Forget a session: the next request with its token is refused."""
        self._good.pop(session, None)
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
                self.end(session)

    def renew_epoch(self, session: SessionId, epoch: int) -> None:
        """Let one session live on when its account's epoch moves: the one that asked for all others to end."""
        live = self._by_id.get(session)
        if live is not None:
            live.record = replace(live.record, epoch=epoch)
            self._good.pop(session, None)

    def take_unwritten(self) -> dict[SessionId, Millis]:
        """Return when sessions were last used, as far as it is not written, and take it for written."""
        used, self._unwritten = self._unwritten, {}
        return used

    def give_back(self, used: Mapping[SessionId, Millis]) -> None:
        """Take back what could not be written."""
        self._note_unwritten({**used, **self._unwritten})

    def on_unwritten(self, listener: Callable[[], object]) -> None:
        """Have `listener` called whenever there is something that `take_unwritten` would return."""
        self._on_unwritten.append(listener)

    def _note_unwritten(self, used: Mapping[SessionId, Millis]) -> None:
        self._unwritten.update(used)
        for listener in self._on_unwritten:
            listener()

    def _is_good(self, live: _Live, now: Millis) -> bool:
        record = live.record
        if record.created - now > CLOCK_ERROR_MS:
            # Begun while the clock was ahead: it would be good for as long again.
            return False
        if now >= record.expires or now - live.used >= self._policy.idle_ms:
            return False
        account, card = self._accounts.get(record.person), self._directory.people.get(record.person)
        return (
            account is not None
            and card is not None
            and record.epoch == account.epoch
            and may_sign_in(account.state, account.suspended_until, card.active, now) is None
        )

    def _session(self, live: _Live, now: Millis) -> Session:
        record, terms = live.record, self._terms.in_force(now)
        account = self._accounts.get(record.person)
        assert account is not None  # noqa: S101 - a good session has one
        if (made := live.made) is not None and made[0] is record and made[1] is account and made[2] == terms:
            return made[3]
        session = Session(
            id=record.id,
            person=record.person,
            epoch=record.epoch,
            expires=record.expires,
            csrf=live.csrf,
            device=record.device,
            terms_ok=is_accepted(account.accepted, terms),
            must_change=account.must_change,
            roles=account.roles,
        )
        live.made = record, account, terms, session
        return session

    def _end_former(self, account: Account) -> None:
        """End the sessions of an epoch that is over."""
        self._good.clear()
        for session in [*self._by_person.get(account.person, ())]:
            if self._by_id[session].record.epoch != account.epoch:
                self.end(session)

    def _end_inactive(self) -> None:
        self._good.clear()
        for person in [*self._by_person]:
            card = self._directory.people.get(person)
            if card is None or not card.active:
                self.revoke(person)
