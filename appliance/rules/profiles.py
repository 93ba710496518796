"""What one person sees of another: names as shown, fields by visibility, who is found at all (F13, F17).

Telephone numbers are never needed to reach anybody and are hidden unless the directory shows them. People see all of
themselves; administrators of the agency see every field, since they keep the directory in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.people import Visibility

if TYPE_CHECKING:
    from appliance.people import Profile


def may_see(visibility: Visibility, *, own_unit: bool, own_agency: bool = True, is_self: bool = False) -> bool:
    """Return whether a viewer sees what has this visibility; `own_unit` is that they share a unit today.

    `own_agency` is False for viewers of other agencies, whom federation brings.
    """
    if is_self:
        return True
    if visibility is Visibility.NOBODY:
        return False
    if visibility is Visibility.OWN_UNIT:
        return own_unit and own_agency
    return own_agency or visibility is Visibility.CROSS_AGENCY


def visible_fields(
    profile: Profile, *, own_unit: bool, own_agency: bool = True, is_self: bool = False, is_admin: bool = False
) -> frozenset[str]:
    """Return which of e-mail, phone and mobile a viewer may be shown."""
    seen: dict[str, Visibility] = {
        "email": profile.email_visibility,
        "phone": profile.phone_visibility,
        "mobile": profile.mobile_visibility,
    }
    everything = is_self or (is_admin and own_agency)
    return frozenset(
        field
        for field, visibility in seen.items()
        if everything or may_see(visibility, own_unit=own_unit, own_agency=own_agency)
    )


def thai_name(title: str, given: str, family: str) -> str:
    """Return a name as Thai writes it: the title joined to the given name."""
    return f"{title}{given} {family}".strip()


def english_name(title: str | None, given: str | None, family: str | None) -> str | None:
    """Return the name in English, None where the directory has none."""
    return " ".join(part for part in (title, given, family) if part) if given else None
