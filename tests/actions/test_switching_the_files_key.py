"""A new key of files: whatever was under the former one is under the new one, and nothing is lost on the way."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from appliance.actions import key_switch
from appliance.errors import Conflict, WrongKey
from appliance.files import keys
from appliance.rules.roles import Actor
from appliance.services import Services
from appliance.store import audit, file_wrapped_keys
from appliance.store.db import Rows
from appliance.vault.keyring import Keyring
from appliance.vault.record import Purpose
from tests.bureau import MALEE, NARIN, Bureau
from tests.filing import Filing

NEW = b"\x77" * 32
OPERATOR = Actor.operator("tester")


class Died(Exception):
    """Stands for the end of the process."""


def switching(s: Services) -> Services:
    """Return the services between the two phases: the new key counts, the former one opens."""
    fresh = MappingProxyType({**s.keys.keys, Purpose.FILES: NEW})
    second = MappingProxyType({Purpose.FILES: s.keys.files_key})
    return replace(s, keys=replace(s.keys, keys=fresh, second=second))


async def wrapped(filing: Filing) -> dict[str, bytes]:
    """Return every key that is under the key of files, by what it is of."""
    found = await filing.rows("SELECT id, wrapped_key FROM upload UNION ALL SELECT id, wrapped_key FROM blob")
    return {name: key for name, key in found if key is not None}


def opened(ring: Keyring, rows: dict[str, bytes]) -> dict[str, bytes]:
    return {name: keys.unwrap(ring.files_keys, name, key) for name, key in rows.items()}


async def test_uploads_and_files_without_references_open_with_the_new_key_alone(bureau: Bureau) -> None:
    filing = Filing(bureau)
    sent, _, _ = await filing.sent(MALEE, await bureau.group(NARIN, MALEE), variants=1)
    names = [
        await filing.upload(), await filing.upload(), await filing.blob(variants=1), await filing.blob(kind="portrait")
    ]  # fmt: skip
    before = await wrapped(filing)
    assert sorted(before) == sorted(names)
    s = switching(bureau.s)
    true = opened(s.keys, before)
    await key_switch.finish(s, OPERATOR, Purpose.FILES)
    after = await wrapped(filing)
    done = replace(s.keys, second=MappingProxyType({}))
    assert opened(done, after) == true
    assert await filing.rows("SELECT wrapped_key FROM blob WHERE id = ?", sent) == [(None,)]
    # A copy of before holds rows that today's keys do not open.
    for name, key in before.items():
        with pytest.raises(WrongKey):
            keys.unwrap(done.files_keys, name, key)
    async with s.store.read() as reader:
        [record] = await reader.run(audit.list_newest, 5, target=key_switch.key_name(s, Purpose.FILES))
    assert record.action == key_switch.FINISHED


async def test_one_that_was_cut_short_is_repeated(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    filing = Filing(bureau)
    for _ in range(2):
        await filing.upload()
        await filing.blob()
    s = switching(bureau.s)
    true = opened(s.keys, await wrapped(filing))

    def died(_rows: Rows, _fresh: object) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(file_wrapped_keys, "rewrap_blobs", died)
        with pytest.raises(Died):
            await key_switch.finish(s, OPERATOR, Purpose.FILES)
    assert opened(s.keys, await wrapped(filing)) == true
    for _ in range(2):
        await key_switch.finish(s, OPERATOR, Purpose.FILES)
    assert opened(replace(s.keys, second=MappingProxyType({})), await wrapped(filing)) == true


async def test_what_lies_in_quarantine_keeps_the_former_key(bureau: Bureau) -> None:
    filing = Filing(bureau)
    blob = await filing.blob()
    await filing.run(lambda rows: rows.run("UPDATE blob SET scan = 'infected' WHERE id = ?", (blob,)))
    with pytest.raises(Conflict) as refused:
        await key_switch.finish(switching(bureau.s), OPERATOR, Purpose.FILES)
    assert refused.value.code == "quarantine_not_empty"
