"""The throttle of password guessing: failed tries in memory, and how long to wait before the next try (F74).

The rules are in `rules/sign_in.py`; here are the counts, and the queue of tries that are being checked.

Only failures count. A right password adds nothing; it also takes back what wrong passwords for the same account, from
the same source, had added to the address. While a password is checked, its try counts as one that may fail, and further
tries wait for a free place. So many guesses at once are no faster than one after another, and many right passwords at
once are all accepted. At most as many are checked at once as there are hashing threads.

A failed try is counted up to three times:

- by account and source. The source is the browser, when it has a device cookie of this account (`identity/devices.py`),
  else the network. For devices and networks from which the account has signed in before, this is the only count that
  matters, as long as an attack comes from elsewhere;
- by account, for all other sources together. This is the same for names that have no account;
- by address, unless the browser has a device cookie. The first failure of each account costs twice as much as a further
  one. Accounts that have signed in from this address are counted apart from all others, and their limit is the number
  of such accounts if that is larger. So nobody at the address is locked out by somebody who guesses at other accounts,
  and guessing at all colleagues of an office is slowed too.

With the default limits an attacker gets, for one account: from one source 5 tries, then 7 within the next hour and one
an hour, so at most 36 on the first day; from any number of unknown networks 30 and one an hour, so 54 on the first day
and 24 on each later one. For all accounts together, from one address: 50 and one every 30 seconds, so 2,930 names with
one guess each on the first day; and the same again for accounts that have signed in from there (their number instead of
50, where it is larger). Second factors have counts of their own, by source and account.

NIST SP 800-63B §5.2.2 asks for at most 100 failures in a row on one account. This module delays and does not lock,
which §5.2.2 also allows: an attacker would use a lock against the owner of the account (OWASP Authentication Cheat
Sheet, «Account Lockout»; OWASP «Slow Down Online Guessing Attacks with Device Cookies»).

Counts are rebuilt from the sign-in history at start. Memory is bounded: the counts with the shortest delay are
forgotten first, so nobody can remove an important count by making many others.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter, deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from appliance.errors import TooMany
from appliance.rules.sign_in import FIRST_FAILURE, NEXT_FAILURE, Bucket, SignInLocation, wait_before_try

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from appliance.model import Millis
    from appliance.policies import SignInLimits

K = TypeVar("K")
Secret = Literal["password", "code"]

MAX_KEYS: Final = 100_000
MAX_WAITING: Final = 2_000
_ALL: Final = ("all",)
MAX_KNOWN: Final = 20
_KEPT_SHARE: Final = 0.9
_REPLAYED_AT_ONCE: Final = 64
_IPV6_NETWORK_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Guess:
    """What a try counts under: its source; its account where the source is unknown; its address without a device.

    An address is a network and whether the account has signed in from it. `line` is the network whose tries wait in
    line together.
    """

    source: tuple[str, str, str]
    account: tuple[str, str] | None = None
    address: tuple[str, bool] | None = None
    line: str | None = None


@dataclass(frozen=True, slots=True)
class _Failures:
    """Failures in a row of one source: how many, when the last was, and what they cost account and address."""

    count: int = 0
    last: Millis = 0
    account_cost: float = 0.0
    address_cost: float = 0.0


class Try:
    """A try that was let in. It leaves no count unless it is said to have failed."""

    __slots__ = ("_clock", "_guess", "_throttle")

    def __init__(self, throttle: Throttle, guess: Guess, clock: Callable[[], Millis]) -> None:
        self._throttle, self._guess, self._clock = throttle, guess, clock

    def fail(self) -> None:
        """Count a wrong password or code."""
        self._throttle.count(self._guess, self._clock())

    def succeed(self) -> None:
        """Forget this source's failures, and give back what they cost account and address."""
        self._throttle.forgive(self._guess, self._clock())


class Throttle:
    """Counts of failures, and the networks each account has signed in from."""

    def __init__(self, limits: SignInLimits) -> None:
        self._limits = limits
        self._sites = [_site(line) for line in limits.sites]
        self._failures: dict[tuple[str, str, str], _Failures] = {}
        self._accounts: dict[tuple[str, str], Bucket] = {}
        self._addresses: dict[tuple[str, bool], Bucket] = {}
        self._known: dict[str, dict[str, Millis]] = {}
        self._accounts_of: Counter[str] = Counter()
        self._running: Counter[object] = Counter()
        self._waiting: dict[object, deque[asyncio.Future[None]]] = {}

    # What a try counts under

    def guess(self, secret: Secret, user: str, address: str, device: str | None) -> Guess:
        """Return what a try at signing in counts under; `device` is the id in a device cookie of this account."""
        network = network_of(address)
        if device is not None:
            return Guess((secret, user, f"device:{device}"), line=network)
        source = (secret, user, network)
        known = self.knows(user, network)
        account = None if known or self.location(address).site else (secret, user)
        # Who gives a code has given the right password: an address that only guesses never comes so far.
        return Guess(source, account, (network, known) if secret == "password" else None, network)  # noqa: S105 - a kind

    def guess_in_session(self, session: str) -> Guess:
        """Return what proving a password counts under for someone who is signed in already: the session alone."""
        return Guess(("session", session, ""))

    def guess_of_second_person(self, user: str) -> Guess:
        """Return what the second of two people counts under, who types a password at the server itself."""
        return Guess(("second-person", user, ""))

    # Known networks

    def knows(self, user: str, network: str) -> bool:
        """Return whether an account has signed in from a network before."""
        return network in self._known.get(user, ())

    def learn(self, user: str, network: str, at: Millis) -> None:
        """Remember that an account signed in from a network; the `MAX_KNOWN` used last are kept."""
        known = self._known.setdefault(user, {})
        if network not in known:
            self._accounts_of[network] += 1
        known[network] = max(at, known.get(network, at))
        if len(known) > MAX_KNOWN:
            self.unlearn(user, min(known, key=known.__getitem__))

    def unlearn(self, user: str, network: str) -> None:
        """Forget a network that somebody else signed in from."""
        if self._known.get(user, {}).pop(network, None) is not None:
            self._accounts_of[network] -= 1

    def location(self, address: str) -> SignInLocation:
        """Return where an address is: its network, and the site of the agency that it belongs to."""
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return SignInLocation(address)
        ip = (ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None) or ip
        return SignInLocation(
            network_of(address), next((name for name, nets in self._sites if any(ip in n for n in nets)), None)
        )

    # Tries

    @asynccontextmanager
    async def attempt(self, guess: Guess, clock: Callable[[], Millis]) -> AsyncIterator[Try]:
        """Lend a place in the counts while a try is checked; tries wait in line. Raises TooMany, with when to retry."""
        await self._enter(guess, clock)
        try:
            yield Try(self, guess, clock)
        finally:
            for key in _keys(guess):
                self._running[key] -= 1
                if not self._running[key]:
                    del self._running[key]
                self._wake(key)

    def count(self, guess: Guess, now: Millis) -> None:
        """Count a failure."""
        before = self._of_source(guess.source, now)
        if now - before.last >= self._limits.forget_ms:
            before = _Failures()
        account_cost = 1.0 if guess.account else 0.0
        address_cost = (NEXT_FAILURE if before.count else FIRST_FAILURE) if guess.address else 0.0
        self._failures[guess.source] = _Failures(
            before.count + 1, now, before.account_cost + account_cost, before.address_cost + address_cost
        )
        if guess.account:
            self._accounts[guess.account] = self._of_account(guess.account, now).add(account_cost, now)
        if guess.address:
            self._addresses[guess.address] = self._of_address(guess.address, now).add(address_cost, now)
        self._bound(now)

    def forgive(self, guess: Guess, now: Millis) -> None:
        """Forget a source's failures and what they cost."""
        failures = self._failures.pop(guess.source, None)
        if failures is None:
            return
        if guess.account in self._accounts:
            self._accounts[guess.account] = self._of_account(guess.account, now).add(-failures.account_cost, now)
        if guess.address in self._addresses:
            self._addresses[guess.address] = self._of_address(guess.address, now).add(-failures.address_cost, now)

    def replay(self, secret: Secret, user: str | None, address: str, at: Millis, times: int) -> None:
        """Count a line of the history, at start. `user` is None for a name that is not there."""
        for _ in range(min(times, _REPLAYED_AT_ONCE)):
            if user is not None:
                self.count(self.guess(secret, user, address, None), at)
            else:
                key = (network_of(address), False)
                self._addresses[key] = self._of_address(key, at).add(FIRST_FAILURE, at)

    # Inside

    async def _enter(self, guess: Guess, clock: Callable[[], Millis]) -> None:
        key = self._taken(guess, clock())
        while key is not None:
            await self._wait_for(key)
            try:
                after = self._taken(guess, clock())
            except TooMany:
                self._wake(key)
                raise
            if after != key:
                self._wake(key)
            key = after
        self._running.update(_keys(guess))

    def _taken(self, guess: Guess, now: Millis) -> object | None:
        """Return the count whose places are all held by tries being checked, or None. Raises TooMany."""
        failures = self._of_source(guess.source, now)
        wait = wait_before_try(failures.count, failures.last, self._limits, now)
        account = self._of_account(guess.account, now) if guess.account else None
        address = self._of_address(guess.address, now) if guess.address else None
        wait = max(wait, account.wait(now) if account else 0, address.wait(now) if address else 0)
        if wait:
            raise TooMany(wait / 1000, code="sign_in_delayed")
        places: list[tuple[object, float]] = [(guess.source, max(1, self._limits.tries - failures.count))]
        if account:
            places.append((guess.account, account.room(now)))
        if guess.line is not None:
            most = self._limits.address_tries
            places.append((guess.line, min(most, address.room(now)) if address else most))
        places.append((_ALL, max(1, self._limits.waiting // 2)))
        return next((key for key, places_left in places if self._running[key] + 1 > places_left), None)

    async def _wait_for(self, key: object) -> None:
        line = self._waiting.setdefault(key, deque())
        if len(line) >= MAX_WAITING:
            raise TooMany(1, code="busy")
        turn = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._wake(key)
            raise

    def _wake(self, key: object) -> None:
        line = self._waiting.get(key)
        while line:
            turn = line.popleft()
            if not turn.done():
                turn.set_result(None)
                break
        if line is not None and not line:
            del self._waiting[key]

    # When the clock has stepped back, nobody waits for it to come to where it was.

    def _of_source(self, key: tuple[str, str, str], now: Millis) -> _Failures:
        found = self._failures.get(key)
        if found is not None and found.last > now:
            found = self._failures[key] = replace(found, last=now)
        return found or _Failures()

    def _of_account(self, key: tuple[str, str], now: Millis) -> Bucket:
        found = self._accounts.get(key)
        if found is not None and found.at > now:
            found = self._accounts[key] = replace(found, at=now)
        return found or Bucket(self._limits.account_tries, self._limits.account_drain_ms)

    def _of_address(self, key: tuple[str, bool], now: Millis) -> Bucket:
        network, known = key
        size = max(self._limits.address_tries, self._accounts_of[network] if known else 0)
        found = self._addresses.get(key) or Bucket(size, self._limits.address_drain_ms)
        return replace(found, size=size, at=min(found.at, now))

    def _bound(self, now: Millis) -> None:
        if len(self._failures) > MAX_KEYS:
            forget = self._limits.forget_ms
            lasting = [(item.count, item.last, key) for key, item in self._failures.items() if now - item.last < forget]
            kept = sorted(lasting, reverse=True)[: int(MAX_KEYS * _KEPT_SHARE)]
            self._failures = {key: self._failures[key] for _, _, key in reversed(kept)}
        if len(self._accounts) > MAX_KEYS:
            self._accounts = _fullest(self._accounts, now)
        if len(self._addresses) > MAX_KEYS:
            self._addresses = _fullest(self._addresses, now)


def _keys(guess: Guess) -> Iterable[object]:
    return [key for key in (guess.source, guess.account, guess.line, _ALL) if key is not None]


def _fullest(buckets: dict[K, Bucket], now: Millis) -> dict[K, Bucket]:
    levels = [(bucket.level_at(now), key) for key, bucket in buckets.items()]
    full = [(level, key) for level, key in levels if level > 0]
    kept = sorted(full, key=lambda found: found[0], reverse=True)[: int(MAX_KEYS * _KEPT_SHARE)]
    return {key: buckets[key] for _, key in kept}


def _site(line: str) -> tuple[str, list[ipaddress.IPv4Network | ipaddress.IPv6Network]]:
    """Return name and networks of a line such as `ภูเก็ต 198.51.100.0/24 2001:db8:5::/48`."""
    name, *networks = line.split()
    return name, [ipaddress.ip_network(network) for network in networks]


def network_of(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 network that one IPv6 subscriber has."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, _IPV6_NETWORK_BITS), strict=False))
    return str(ip)
