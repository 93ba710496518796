"""Cards of this agency's own people, for other agencies: who somebody is, signed by the gateway.

Rules (F17, Q4): a card of somebody is given where the person lets other agencies find them; it says name, unit, post
and level, and nothing else. It is good for less than a day: an account that ends is offered nowhere a day later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.evidence.canonical import encode_fields
from appliance.people import Visibility
from appliance.rules.log_texts import is_card_line, is_card_name
from appliance.rules.statements import PAYLOAD_SHAPES, CardState, StatementType, UserCard

if TYPE_CHECKING:
    from appliance.model import PersonId
    from appliance.people import PersonCard
    from appliance.services import Services

LIVES_S: Final = 23 * 3_600
BACK_S: Final = 60
"""A card is good from a little before it is made: the other agency's clock may be behind."""


def may_be_shown(card: PersonCard) -> bool:
    """Return whether other agencies may find a person."""
    return card.active and card.listing is Visibility.CROSS_AGENCY


def payload_of(s: Services, person: PersonId) -> str:
    """Return the payload of a person's card as of now: canonical JSON. The person is of the directory."""
    card = s.directory.people[person]
    now = s.clock() // 1000
    active = card.active and s.accounts.is_active(person, s.clock())
    fields = UserCard(
        ag=s.log.home.agency,
        exp=now - BACK_S + LIVES_S,
        iat=now - BACK_S,
        name_th=card.name if is_card_name(card.name) else str(person),
        pos=_line(card.post),
        st=CardState.ACTIVE if active else CardState.REVOKED,
        u=s.log.home.principal(person),
        unit=_line(card.unit_name),
        name_en=card.name_en if card.name_en and is_card_name(card.name_en) else "",
        level=card.rank,
    )
    return encode_fields(PAYLOAD_SHAPES[StatementType.USER_CARD].write(fields)).decode()


def _line(text: str | None) -> str:
    return text if text is not None and is_card_line(text) else ""
