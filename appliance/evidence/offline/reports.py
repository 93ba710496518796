"""What a good verdict is followed by: the log, its times, who signed, bodies and seals, and what is not proved."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Final

from appliance.evidence.offline.bodies import has_body, is_formed, sort_absent
from appliance.evidence.offline.texts import folded, iso_time, thai_time
from appliance.evidence.offline.timeline import files, words
from appliance.evidence.offline.trust import label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.evidence.note import Verifier
    from appliance.evidence.offline.entries import ParsedEntry
    from appliance.evidence.offline.outcome import Report
    from appliance.evidence.offline.proofs import Proved
    from appliance.evidence.offline.room import RoomCheck
    from appliance.evidence.offline.seals import Seals
    from appliance.evidence.offline.trust import SignedHead, Trust

_EXPORTED: Final = re.compile(r"exported ([1-9][0-9]{11,13})", re.ASCII)


def about_room(report: Report, check: RoomCheck, trust: Trust | None) -> None:
    """Add what was found of a whole log; `trust` None: only the key in the file was known."""
    if trust is None:
        report.add("own_key")
    elif check.head.key not in trust.logs:
        report.add("head_key_differs", found=label(check.head.key.name, check.head.key.key_id))
    about_head(report, check.finished, trusted=trust is not None)
    first, last = check.first_time, check.last_time
    report.add(
        "times", first=thai_time(first), last=thai_time(last), first_iso=iso_time(first), last_iso=iso_time(last)
    )
    if not any(map(_EXPORTED.fullmatch, check.finished.head.extensions)):
        report.add("not_exported")
    report.add("bodies", count=check.bodies)
    if check.malformed.count:
        report.add("malformed", count=check.malformed.count, list=check.malformed)
    erased, unexplained = sort_absent(check.absent, check.conduct.shreds)
    for shred, spans in erased.items():
        at = {"at": thai_time(shred.at), "iso": iso_time(shred.at)}
        report.add("erased", n=shred.n, rule=shred.rule, count=spans.count, list=spans, **at)
    if unexplained.count:
        report.add("absent", count=unexplained.count, list=unexplained)
    if check.statements.checked:
        report.add("statements_checked", count=check.statements.checked)
    _about_seals(report, check.seals)
    report.add("not_proved")


def _about_seals(report: Report, seals: Seals) -> None:
    if seals.checked:
        report.add("seals_checked", count=seals.checked)
    if seals.used:
        about_keys(report, sorted(seals.used, key=lambda key: key.name))
    if seals.unchecked:
        report.add("seals_unchecked", count=sum(seals.unchecked.values()), keys=", ".join(sorted(seals.unchecked)))


def about_head(report: Report, signed: SignedHead, *, trusted: bool = True) -> None:
    """Add what a checkpoint says and who signed it; only a claim unless the key is `trusted`, not the file's own."""
    head = signed.head
    report.add("log", origin=head.origin, size=head.size)
    report.add("root", root=b64encode(head.root).decode())
    for line in head.extensions:
        if found := _EXPORTED.fullmatch(line):
            report.add(
                "exported" if trusted else "exported_claimed", at=thai_time(int(found[1])), iso=iso_time(int(found[1]))
            )
        else:
            report.add("extension", line=line)
    for key in signed.signed:
        report.add("signed" if trusted else "signed_claimed", name=key.name)
        about_keys(report, [key])
    for key, at in signed.cosigned:
        report.add("cosigned", name=key.name, at=thai_time(at * 1000), iso=iso_time(at * 1000))
        about_keys(report, [key])
    if not signed.cosigned:
        report.add("not_cosigned" if trusted else "no_trusted_key")


def about_keys(report: Report, keys: Iterable[Verifier]) -> None:
    """Add the fingerprint of each key, to be compared with the one on paper."""
    for key in keys:
        report.add("fingerprint", key=label(key.name, key.key_id), fingerprint=key.fingerprint)


def about_proof(report: Report, proved: Proved, seals: Seals) -> None:
    """Add what one proved entry says, and what a single entry cannot prove."""
    about_head(report, proved.signed)
    if proved.entry is not None:
        _about_entry(report, proved, proved.entry, seals)
    report.add("not_proved")


def _about_entry(report: Report, proved: Proved, entry: ParsedEntry, seals: Seals) -> None:
    at = {"at": thai_time(entry.hub_time), "iso": iso_time(entry.hub_time)}
    report.add("entry", n=entry.n, type=entry.kind, sender=entry.header["sn"], **at)
    if proved.body is not None:
        report.add("body_proved" if is_formed(entry, proved.body) else "body_malformed")
        for part in words(proved.body).split("\n"):
            for line in folded(part):
                report.add("body_line", line=line)
        if is_formed(entry, proved.body):
            for fact in files(proved.body):
                for line in folded(fact):
                    report.add("body_line", line=line)
    elif has_body(entry):
        report.add("body_absent")
    _about_seals(report, seals)
    report.add("proof_limits")
