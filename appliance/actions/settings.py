"""Settings of the agency that take effect at a time and are recorded (F39, Q4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from appliance.actions.audit_records import record_at
from appliance.errors import Forbidden, Invalid
from appliance.rules.agency_settings import CONTACT_MODE, HELPDESK, RANK_MAP, Setting
from appliance.rules.helpdesk import read_helpdesk
from appliance.rules.ranks import national
from appliance.rules.roles import may_perform
from appliance.store import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.model import ContactMode, Millis
    from appliance.rules.helpdesk import Helpdesk
    from appliance.rules.roles import Actor
    from appliance.services import Services

T = TypeVar("T")


async def set_contact_mode(s: Services, actor: Actor, mode: ContactMode, effective: Millis | None = None) -> None:
    """Set who may start private chats, from now or from a time ahead. Chats that are open stay open (F39)."""
    await change_setting(s, actor, CONTACT_MODE, mode, effective)


async def set_rank_map(s: Services, actor: Actor, mapping: Mapping[str, str | int]) -> None:
    """Map the agency's own ranks to rungs of the national ladder or to levels (Q4). Raises Invalid, Forbidden."""
    try:
        national().with_mapping(mapping)
    except ValueError as error:
        raise Invalid(str(error), code="unknown_rank", rank=str(error)) from error
    await change_setting(s, actor, RANK_MAP, dict(mapping))
    await s.directory.reload(s.clock())


async def set_helpdesk(s: Services, actor: Actor, phone: str, email: str, place: str) -> None:
    """Set whom staff ask for help: shown on the sign-in page to everybody. Raises Invalid, Forbidden."""
    await change_setting(s, actor, HELPDESK, checked_helpdesk(phone, email, place))


def checked_helpdesk(phone: str, email: str, place: str) -> Helpdesk:
    """Return the helpdesk as it is kept. Raises Invalid with the field that cannot be used."""
    found = read_helpdesk(phone, email, place)
    if isinstance(found, str):
        raise Invalid(code="helpdesk_invalid", field=found, value=found)
    return found


async def change_setting(
    s: Services, actor: Actor, setting: Setting[T], value: T, effective: Millis | None = None
) -> None:
    """Set a value, from now or from a time ahead, on record. Raises Forbidden, Invalid (`time_past`)."""
    if denied := may_perform(setting.duty, actor):
        raise Forbidden(denied)
    now = s.clock()
    if effective is not None and effective < now:
        raise Invalid(field="from", code="time_past")
    async with s.store.write() as tx:
        kept = await tx.run(settings.insert, setting.key, setting.encode(value), effective or now, actor.name, now)
        await record_at(tx, now, actor.name, "setting.change", setting.key, value=kept.value, effective=kept.effective)
        tx.after_commit(lambda: s.settings.put(kept))
        if setting is RANK_MAP:
            tx.after_commit(s.directory.changed)
