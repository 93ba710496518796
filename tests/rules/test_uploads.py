"""Who may begin an upload: as the room will decide when the file is sent, and before its first byte."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.model import Deny, Member, Principal, Role, RoomId, RoomKind, RoomState
from appliance.rules.uploads import may_be_named, may_upload

OWNER, MEMBER, OUTSIDER = (Principal(f"{name}@moph") for name in ("owner", "member", "outsider"))
GROUP = RoomState(
    room=RoomId("r_1"),
    kind=RoomKind.GROUP,
    name="ห้อง",
    owner=OWNER,
    members={OWNER: Member(OWNER, Role.OWNER, 0), MEMBER: Member(MEMBER, Role.MEMBER, 1)},
    hub="moph",
)
UNKNOWN = replace(GROUP, kind="unheard of")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("room", "person", "label", "denied"),
    [
        (GROUP, OWNER, 0, None),
        (GROUP, MEMBER, 0, None),
        (GROUP, MEMBER, 1, Deny.LABEL_TOO_HIGH),
        (GROUP, OUTSIDER, 0, Deny.NOT_A_MEMBER),
        (replace(GROUP, closed=True), OWNER, 0, Deny.ROOM_CLOSED),
        (replace(GROUP, closed=True), OUTSIDER, 0, Deny.NOT_A_MEMBER),
        (UNKNOWN, OWNER, 0, Deny.NOT_OWNER),
    ],
)
def test_the_room_decides(room: RoomState, person: Principal, label: int, denied: Deny | None) -> None:
    assert may_upload(room, person, label) is denied


def test_what_runs_is_not_taken_by_its_name() -> None:
    assert may_be_named("รายงาน.pdf", ()) is None
    assert may_be_named("รายงาน.exe", ()) is Deny.FILE_TYPE_BLOCKED
    assert may_be_named("รายงาน.rar", ("rar",)) is Deny.FILE_TYPE_BLOCKED
