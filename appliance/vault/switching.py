"""Putting a new agency key, files key or log key in the place of the present one, in two phases.

Between `begin_switch` and `finish_switch` both keys are valid, over restarts, for as long as it takes:
  - agency and files key: the new one wraps what is written, both open; before the end everything is wrapped under it;
  - log key: the present one stays the published one, and both sign; before the end everything is signed by both.
Each phase is one atomic change of `keyring.json`: a crash leaves the keyring before or after it, and repeating does no
harm. A switch of the master key may happen between them.

Does not: re-wrap, sign or record anything (`actions.key_switch`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from appliance.vault.keyfile import only_writer
from appliance.vault.keyring import Keyring
from appliance.vault.master import MasterKey
from appliance.vault.record import KeyringRecord, Purpose, read_record, write_record
from appliance.vault.wrapping import new_key

WRAPPING: Final = frozenset((Purpose.AGENCY, Purpose.FILES))
"""Keys that wrap others: a new one counts at once. One that signs is published first."""


def begin_switch(data_dir: Path, master: MasterKey, purpose: Purpose) -> Keyring:
    """Make the second key of `purpose` (agency, files or log), unless there is one; return the keyring with both.

    Raises WrongKey (`another_key`), VaultLocked, OSError; the file is then as it was.
    """
    with only_writer(data_dir):
        record = read_record(data_dir)
        ring = Keyring.unwrapped(record, master)
        if purpose in ring.second:
            return ring
        present, fresh = ring.keys[purpose], new_key()
        keys, second = (fresh, present) if purpose in WRAPPING else (present, fresh)
        return _keep(data_dir, record, master, _with(ring, purpose, keys, second))


def finish_switch(data_dir: Path, master: MasterKey, purpose: Purpose, retired_log_key: str | None = None) -> Keyring:
    """Forget the key that was replaced; a log key leaves its public half, `retired_log_key`, for what it signed.

    Raises as `begin_switch`. Without a switch under way nothing is changed.
    """
    with only_writer(data_dir):
        record = read_record(data_dir)
        ring = Keyring.unwrapped(record, master)
        if purpose not in ring.second:
            return ring
        key = ring.keys[purpose] if purpose in WRAPPING else ring.second[purpose]
        ring = _with(ring, purpose, key, None)
        if retired_log_key is not None:
            ring = replace(ring, retired_log_keys=(*ring.retired_log_keys, retired_log_key))
        return _keep(data_dir, record, master, ring)


def _with(ring: Keyring, purpose: Purpose, key: bytes, second: bytes | None) -> Keyring:
    others: Mapping[Purpose, bytes] = {p: kept for p, kept in ring.second.items() if p is not purpose}
    seconds = others if second is None else {**others, purpose: second}
    return replace(ring, keys=MappingProxyType({**ring.keys, purpose: key}), second=MappingProxyType(seconds))


def _keep(data_dir: Path, record: KeyringRecord, master: MasterKey, ring: Keyring) -> Keyring:
    write_record(data_dir, ring.wrapped_under(master, record.source, record.replaced))
    return ring
