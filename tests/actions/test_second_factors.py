from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import cbor2
import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from appliance.actions.accounts import create_account
from appliance.actions.passkeys import add_passkey, remove_passkey, start_passkey
from appliance.actions.passwords import change_password, reset_password
from appliance.actions.second_factors import RECOVERY_CODES, confirm_totp, remove_totp, renew_recovery_codes, start_totp
from appliance.actions.sign_in import FactorGiven, SecondFactorAsked, SignedIn, finish_sign_in, sign_in
from appliance.errors import AppError, Conflict, Invalid, NotFound, TooMany, Unauthenticated
from appliance.evidence import base64url
from appliance.people import Session
from appliance.store import accounts, audit, sessions
from tests.hostile import INVISIBLE
from tests.office import OPERATOR, PASSWORD, Office
from tests.sql import all_rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from appliance.store.db import Rows, Tx

STEP = 30_000
THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")


async def session_of(office: Office) -> Session:
    done = await office.sign_in("somchai.j")
    session = office.s.sessions.authenticate(done.token, office.clock())
    assert session is not None
    return session


async def with_totp(office: Office) -> tuple[Session, pyotp.TOTP]:
    await office.account("1001", "somchai.j")
    session = await session_of(office)
    secret, uri = await start_totp(office.s, session.person)
    assert secret in uri
    totp = pyotp.TOTP(secret)
    await confirm_totp(office.s, session, totp.at(office.clock() // 1000))
    office.clock.pass_(STEP)
    return session, totp


async def asked(office: Office) -> SecondFactorAsked:
    result = await sign_in(office.s, "somchai.j", PASSWORD, "โทรศัพท์", "192.0.2.1")
    assert isinstance(result, SecondFactorAsked)
    return result


async def finish(office: Office, ticket: str, **factor: Any) -> SignedIn:
    return await finish_sign_in(office.s, ticket, "192.0.2.1", FactorGiven(**factor))


async def test_a_code_in_thai_digits_finishes_signing_in(office: Office) -> None:
    _, totp = await with_totp(office)
    ticket = await asked(office)
    assert ticket.factors == ("totp", "recovery")
    code = totp.at(office.clock() // 1000).translate(THAI_DIGITS)
    done = await finish(office, ticket.ticket, code=f"{code[:3]} {code[3:]}")
    assert office.s.sessions.authenticate(done.token, office.clock()) is not None


async def test_a_code_counts_once_and_so_does_a_ticket(office: Office) -> None:
    _, totp = await with_totp(office)
    first, code = await asked(office), totp.at(office.clock() // 1000)
    await finish(office, first.ticket, code=code)
    with pytest.raises(Unauthenticated) as refused:
        await finish(office, first.ticket, code=code)
    assert refused.value.code == "ticket_over"
    second = await asked(office)
    with pytest.raises(Unauthenticated) as refused:
        await finish(office, second.ticket, code=code)
    assert refused.value.code == "second_factor_failed"
    with pytest.raises(Unauthenticated):
        await finish(office, second.ticket, code=totp.at(office.clock() // 1000 - 30))


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
async def test_one_step_of_drift_is_allowed(office: Office, steps: int, good: bool) -> None:  # noqa: FBT001
    _, totp = await with_totp(office)
    office.clock.pass_(10 * STEP)
    ticket, code = await asked(office), totp.at(office.clock() // 1000 + 30 * steps)
    if good:
        await finish(office, ticket.ticket, code=code)
    else:
        with pytest.raises(Unauthenticated):
            await finish(office, ticket.ticket, code=code)


async def test_guessing_codes_is_slowed(office: Office) -> None:
    await with_totp(office)
    ticket = await asked(office)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await finish(office, ticket.ticket, code="00000x")
    with pytest.raises(TooMany):
        await finish(office, ticket.ticket, code="000000")


async def test_a_ticket_runs_out(office: Office) -> None:
    _, totp = await with_totp(office)
    ticket = await asked(office)
    office.clock.pass_(5 * 60_000)
    with pytest.raises(Unauthenticated) as refused:
        await finish(office, ticket.ticket, code=totp.at(office.clock() // 1000))
    assert refused.value.code == "ticket_over"


async def with_recovery(office: Office) -> tuple[Session, list[str]]:
    session, _ = await with_totp(office)
    return session, await renew_recovery_codes(office.s, session)


async def left(office: Office, session: Session) -> int:
    async with office.s.store.read() as reader:
        return await reader.run(accounts.count_recovery_codes, session.person)


async def test_who_has_lost_the_phone_signs_in_with_a_recovery_code_once(office: Office) -> None:
    """Typed in lower case and without hyphens too; on record, and in the history the owner reads."""
    session, codes = await with_recovery(office)
    assert len(set(codes)) == RECOVERY_CODES
    ticket = await asked(office)
    assert ticket.factors == ("totp", "recovery")
    typed = codes[0].lower().replace("-", " ")
    done = await finish(office, ticket.ticket, recovery=typed)
    assert office.s.sessions.authenticate(done.token, office.clock()) is not None
    assert await left(office, session) == RECOVERY_CODES - 1
    with pytest.raises(Unauthenticated) as refused:
        await finish(office, (await asked(office)).ticket, recovery=typed)
    assert refused.value.code == "second_factor_failed"
    async with office.s.store.read() as reader:
        history = [line.outcome for line in await reader.run(sessions.list_sign_ins, session.person, 10)]
        on_record = [record.action for record in await reader.run(audit.list_newest, 10, target=session.person)]
    assert {"recovery_used", "second_factor_failed"} <= {*history}
    assert {"recovery_code.make", "recovery_code.use"} <= {*on_record}


async def at_once(*calls: Awaitable[object]) -> list[str]:
    """Await all calls at once; return what became of each: `done`, or the code of its error."""
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(one, AppError) for one in found if isinstance(one, BaseException)), found
    return sorted(one.code if isinstance(one, AppError) else "done" for one in found)


async def test_two_recovery_codes_at_once_on_one_ticket_use_up_one(office: Office) -> None:
    """A ticket is used up in the transaction that uses the code and opens the session."""
    session, codes = await with_recovery(office)
    ticket = (await asked(office)).ticket
    kept = len(office.s.sessions.of_person(session.person, office.clock()))
    outcomes = await at_once(*(finish(office, ticket, recovery=code) for code in codes[:4]))
    assert outcomes == ["done", "ticket_over", "ticket_over", "ticket_over"]
    assert await left(office, session) == RECOVERY_CODES - 1
    assert len(office.s.sessions.of_person(session.person, office.clock())) == kept + 1


async def test_one_code_at_once_on_several_tickets_opens_one_session(office: Office) -> None:
    """One recovery code and one TOTP step, each sent on three tickets at once: the code is good for one."""
    session, totp = await with_totp(office)
    codes = await renew_recovery_codes(office.s, session)
    for factor in ({"recovery": codes[0]}, {"code": totp.at(office.clock() // 1000)}):
        tickets = [(await asked(office)).ticket for _ in range(3)]
        outcomes = await at_once(*(finish(office, ticket, **factor) for ticket in tickets))
        assert outcomes == ["done", "second_factor_failed", "second_factor_failed"]


def overtake(monkeypatch: pytest.MonkeyPatch, office: Office, first: Callable[[Rows], object]) -> None:
    """Have the next write transaction come after one that does `first`, as if another request had been faster."""
    write = office.s.store.write

    @asynccontextmanager
    async def overtaken() -> AsyncIterator[Tx]:
        monkeypatch.setattr(office.s.store, "write", write)
        async with write() as tx:
            await tx.run(first)
        async with write() as tx:
            yield tx

    monkeypatch.setattr(office.s.store, "write", overtaken)


async def test_a_code_whose_session_cannot_be_opened_stays_good(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, codes = await with_recovery(office)
    ticket = (await asked(office)).ticket
    overtake(monkeypatch, office, partial(accounts.bump_epoch, person=session.person))
    assert await at_once(finish(office, ticket, recovery=codes[0])) == ["sign_in_failed"]
    assert await left(office, session) == RECOVERY_CODES


async def test_a_code_confirms_the_secret_it_was_made_with(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that was made anew while the first code was checked is not put to use by that code."""
    person = await office.account("1001", "somchai.j")
    session = await session_of(office)
    secret, _ = await start_totp(office.s, person)
    overtake(monkeypatch, office, partial(accounts.set_totp_pending, person=person, sealed=b"another secret"))
    code = pyotp.TOTP(secret).at(office.clock() // 1000)
    assert await at_once(confirm_totp(office.s, session, code)) == ["totp_not_started"]


async def test_the_old_password_is_good_for_one_change_at_once(office: Office) -> None:
    """A one-time code too: whoever sends it a second time at the same moment sets no password."""
    code = await create_account(office.s, OPERATOR, office.person("1001"), "somchai.j")
    first = await office.sign_in("somchai.j", code)
    session = office.s.sessions.authenticate(first.token, office.clock())
    assert session is not None
    outcomes = await at_once(*(change_password(office.s, session, code, f"{PASSWORD} {n}") for n in range(3)))
    assert outcomes == ["done", "password_wrong", "password_wrong"]


async def test_a_session_that_another_has_ended_changes_nothing_more(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.account("1001", "somchai.j")
    session = await session_of(office)
    ended = partial(sessions.delete, person=session.person, session=session.id, why=None, now=office.clock())
    overtake(monkeypatch, office, ended)
    assert await at_once(change_password(office.s, session, PASSWORD, f"{PASSWORD} ใหม่")) == ["unauthenticated"]
    await office.sign_in("somchai.j")


async def test_a_password_replaced_while_it_is_checked_opens_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await office.account("1001", "somchai.j")
    verify = office.s.hasher.verify

    async def slow(hashed: str | None, password: str) -> bool:
        good = await verify(hashed, password)
        await reset_password(office.s, OPERATOR, person, "บัตรประชาชน")
        return good

    monkeypatch.setattr(office.s.hasher, "verify", slow)
    assert await at_once(office.sign_in("somchai.j")) == ["sign_in_failed"]
    assert not office.s.sessions.of_person(person, office.clock())


async def test_recovery_codes_come_with_totp_and_new_ones_replace_them(office: Office) -> None:
    await office.account("1001", "somchai.j")
    session = await session_of(office)
    with pytest.raises(Conflict):
        await renew_recovery_codes(office.s, session)
    totp = pyotp.TOTP((await start_totp(office.s, session.person))[0])
    first = await confirm_totp(office.s, session, totp.at(office.clock() // 1000))
    assert len(first) == RECOVERY_CODES
    second = await renew_recovery_codes(office.s, session)
    with pytest.raises(Unauthenticated):
        await finish(office, (await asked(office)).ticket, recovery=first[0])
    await finish(office, (await asked(office)).ticket, recovery=second[0])
    await remove_totp(office.s, session)
    assert await left(office, session) == 0


async def test_recovery_codes_are_kept_as_hashes_of_their_person_alone(office: Office) -> None:
    session, codes = await with_recovery(office)
    hashed = office.s.recovery_codes.hash(session.person, codes[0])
    assert hashed != office.s.recovery_codes.hash(office.person("1002"), codes[0])
    raw = office.s.config.database.read_bytes()
    assert not any(code.encode() in raw for code in codes)
    async with office.s.store.read() as reader:
        kept = await reader.run(
            all_rows, "SELECT hash FROM recovery_code WHERE person = :person", {"person": session.person}
        )
    assert (hashed,) in [tuple(row) for row in kept]


async def test_guessing_recovery_codes_is_slowed_like_other_codes(office: Office) -> None:
    _, codes = await with_recovery(office)
    ticket = await asked(office)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await finish(office, ticket.ticket, recovery="AAAA-AAAA-AAAA-AAAA")
    with pytest.raises(TooMany):
        await finish(office, ticket.ticket, recovery=codes[0])


async def test_the_secret_counts_only_once_confirmed(office: Office) -> None:
    await office.account("1001", "somchai.j")
    session = await session_of(office)
    await start_totp(office.s, session.person)
    await office.sign_in("somchai.j")
    with pytest.raises(Invalid) as refused:
        await confirm_totp(office.s, session, "123456")
    assert refused.value.code == "totp_wrong"


async def test_the_secret_is_sealed_in_the_database(office: Office) -> None:
    session, totp = await with_totp(office)
    async with office.s.store.read() as reader:
        sealed, pending = await reader.run(accounts.get_totp, session.person)
    assert sealed is not None
    assert pending is None
    assert totp.byte_secret() not in sealed


async def test_taking_the_codes_away(office: Office) -> None:
    session, _ = await with_totp(office)
    with pytest.raises(Conflict):
        await start_totp(office.s, session.person)
    await remove_totp(office.s, session)
    await office.sign_in("somchai.j")


class Authenticator:
    """A security key in software: ES256, no attestation (WebAuthn §6)."""

    def __init__(self, rp_id: str = "localhost", origin: str = "http://localhost") -> None:
        self._rp, self._origin, self._key = rp_id, origin, generate_private_key(SECP256R1())
        self.credential, self._count = b"credential-number-1", 0

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        numbers = self._key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + cbor2.dumps(key)
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(0x45) + attested}
        return self._answer(
            clientDataJSON=self._client("webauthn.create", options), attestationObject=cbor2.dumps(attestation)
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        self._count += 1
        data, client = self._data(0x05), self._client("webauthn.get", options)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _answer(self, **response: bytes) -> dict[str, Any]:
        encoded = {name: base64url.encode(value) for name, value in response.items()}
        raw = base64url.encode(self.credential)
        return {"id": raw, "rawId": raw, "type": "public-key", "response": encoded, "clientExtensionResults": {}}

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self._rp.encode()).digest() + bytes([flags]) + self._count.to_bytes(4, "big")

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self._origin}).encode()


async def with_passkey(office: Office, key: Authenticator) -> Session:
    await office.account("1001", "somchai.j")
    session = await session_of(office)
    passkey = await add_passkey(office.s, session, "กุญแจ", key.create(await start_passkey(office.s, session)))
    assert passkey.name == "กุญแจ"
    return session


async def test_a_passkey_finishes_signing_in_and_its_answer_counts_once(office: Office) -> None:
    key = Authenticator()
    await with_passkey(office, key)
    ticket = await asked(office)
    assert ticket.factors == ("passkey",)
    answer = key.get(ticket.passkey_options or {})
    done = await finish(office, ticket.ticket, passkey=answer)
    assert office.s.sessions.authenticate(done.token, office.clock()) is not None
    with pytest.raises(Unauthenticated):
        await finish(office, (await asked(office)).ticket, passkey=answer)


async def test_a_cloned_passkey_is_noticed(office: Office) -> None:
    key = Authenticator()
    await with_passkey(office, key)
    for count in (5, 6):
        key._count = count  # noqa: SLF001 - the clone's counter
        ticket = await asked(office)
        await finish(office, ticket.ticket, passkey=key.get(ticket.passkey_options or {}))
    key._count = 2  # noqa: SLF001
    ticket = await asked(office)
    with pytest.raises(Unauthenticated):
        await finish(office, ticket.ticket, passkey=key.get(ticket.passkey_options or {}))


@pytest.mark.parametrize("change", ["origin", "rp", "other", "junk"])
async def test_what_is_not_the_passkey(office: Office, change: str) -> None:
    key = Authenticator()
    await with_passkey(office, key)
    ticket = await asked(office)
    answer: dict[str, Any] = {"id": "!!", "response": 5}
    if change != "junk":
        false = Authenticator(
            rp_id="evil.test" if change == "rp" else "localhost",
            origin="http://evil.test" if change == "origin" else "http://localhost",
        )
        if change != "other":
            false._key = key._key  # noqa: SLF001 - the right key at the wrong place
        answer = false.get(ticket.passkey_options or {})
    with pytest.raises(Unauthenticated):
        await finish(office, ticket.ticket, passkey=answer)


async def test_enrolling_needs_its_own_challenge(office: Office) -> None:
    await office.account("1001", "somchai.j")
    session, key = await session_of(office), Authenticator()
    with pytest.raises(Conflict):
        await add_passkey(office.s, session, "กุญแจ", key.create({"challenge": "AAAA"}))
    await start_passkey(office.s, session)
    with pytest.raises(Invalid):
        await add_passkey(office.s, session, "กุญแจ", key.create({"challenge": "AAAA"}))


@pytest.mark.parametrize("name", INVISIBLE, ids=ascii)
async def test_the_name_of_a_passkey_is_seen(office: Office, name: str) -> None:
    await office.account("1001", "somchai.j")
    session, key = await session_of(office), Authenticator()
    made = key.create(await start_passkey(office.s, session))
    with pytest.raises(Invalid, match="text_invisible"):
        await add_passkey(office.s, session, name, made)
    assert (await add_passkey(office.s, session, f"กุญแจ{name}", made)).name.startswith("กุญแจ")


async def test_removing_a_passkey(office: Office) -> None:
    session = await with_passkey(office, Authenticator())
    with pytest.raises(NotFound):
        await remove_passkey(office.s, session, "k_none")
    async with office.s.store.read() as reader:
        passkeys = await reader.run(accounts.list_passkeys, session.person)
    await remove_passkey(office.s, session, passkeys[0].id)
    await office.sign_in("somchai.j")


async def test_two_answers_to_one_challenge_at_once_count_once(office: Office) -> None:
    """One session and one passkey, whichever comes first; the same answer twice, or another of the same challenge."""
    key = Authenticator()
    await office.account("1001", "somchai.j")
    session = await session_of(office)
    options = await start_passkey(office.s, session)
    other = Authenticator()
    other.credential = b"credential-number-2"
    added = await at_once(*(add_passkey(office.s, session, "กุญแจ", one.create(options)) for one in (key, key, other)))
    assert added == ["done", "passkey_not_started", "passkey_not_started"]
    assert len(await passkeys_of(office, session)) == 1
    kept = len(office.s.sessions.of_person(session.person, office.clock()))
    for again in (False, True):
        ticket = await asked(office)
        answer = key.get(ticket.passkey_options or {})
        second = key.get(ticket.passkey_options or {}) if again else answer
        opened = await at_once(*(finish(office, ticket.ticket, passkey=one) for one in (answer, second)))
        assert opened.count("done") == 1
        kept += 1
        assert len(office.s.sessions.of_person(session.person, office.clock())) == kept


async def passkeys_of(office: Office, session: Session) -> list[accounts.Passkey]:
    async with office.s.store.read() as reader:
        return await reader.run(accounts.list_passkeys, session.person)


async def test_a_credential_is_registered_once(office: Office) -> None:
    """An authenticator that is added a second time ended in an internal error."""
    key = Authenticator()
    session = await with_passkey(office, key)
    with pytest.raises(Invalid) as refused:
        await add_passkey(office.s, session, "อีกครั้ง", key.create(await start_passkey(office.s, session)))
    assert refused.value.code == "passkey_wrong"
    assert len(await passkeys_of(office, session)) == 1


async def test_a_session_that_another_has_ended_changes_no_second_factor(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An enrolment that waited while the account was revoked left its passkey in the account."""
    key = Authenticator()
    session = await with_passkey(office, key)
    (own,) = await passkeys_of(office, session)
    new = Authenticator()
    new.credential = b"credential-number-2"
    made = new.create(await start_passkey(office.s, session))
    secret, _ = await start_totp(office.s, session.person)
    code = pyotp.TOTP(secret).at(office.clock() // 1000)
    for change in (
        lambda: add_passkey(office.s, session, "กุญแจ", made),
        lambda: confirm_totp(office.s, session, code),
        lambda: renew_recovery_codes(office.s, session),
        lambda: remove_passkey(office.s, session, own.id),
        lambda: remove_totp(office.s, session),
    ):
        overtake(monkeypatch, office, partial(accounts.bump_epoch, person=session.person))
        assert await at_once(change()) == ["unauthenticated"]
    assert await passkeys_of(office, session) == [own]
    assert await left(office, session) == 0
