from __future__ import annotations

import pytest

from appliance.rules.contact import is_higher
from appliance.rules.ranks import highest, national


@pytest.mark.parametrize(
    ("higher", "lower"),
    [
        ("บริหารสูง", "บริหารต้น"),
        ("บริหารต้น", "อำนวยการสูง"),
        ("อำนวยการสูง", "อำนวยการต้น"),
        ("อำนวยการต้น", "ชำนาญการพิเศษ"),
        ("ทรงคุณวุฒิ", "เชี่ยวชาญ"),
        ("เชี่ยวชาญ", "ชำนาญการพิเศษ"),
        ("ชำนาญการพิเศษ", "ชำนาญการ"),
        ("ชำนาญการ", "ปฏิบัติการ"),
        ("ทักษะพิเศษ", "อาวุโส"),
        ("อาวุโส", "ชำนาญงาน"),
        ("ชำนาญงาน", "ปฏิบัติงาน"),
        ("ปฏิบัติงาน", "ลูกจ้างประจำ"),
        ("ลูกจ้างประจำ", "ลูกจ้างชั่วคราว"),
    ],
)
def test_rungs_of_the_ladder(higher: str, lower: str) -> None:
    ladder = national()
    assert is_higher(ladder.level(higher), ladder.level(lower))
    assert not is_higher(ladder.level(lower), ladder.level(higher))


@pytest.mark.parametrize("name", ["K3", "k3", "ชำนาญการพิเศษ", "วิชาการ ระดับชำนาญการพิเศษ", "วิชาการระดับชำนาญการพิเศษ"])
def test_a_rung_by_any_of_its_names(name: str) -> None:
    rung = national().rung(name)
    assert rung is not None
    assert rung.code == "K3"


def test_unknown_is_equal() -> None:
    level = national().level
    assert level("ที่ปรึกษาพิเศษ") is None
    assert level(None) is None
    assert not is_higher(None, level("S2"))
    assert not is_higher(level("S2"), None)


def test_highest_of_several_posts() -> None:
    level = national().level
    assert highest([level("K2"), level("M1"), None]) == level("M1")
    assert highest([None]) is None
    assert highest([]) is None


def test_an_agency_maps_its_own() -> None:
    ladder = national().with_mapping({"นายพล": "S2", "หัวหน้าเวร": 55, "K1": 45})
    assert ladder.level("นายพล") == national().level("S2")
    assert ladder.level("หัวหน้าเวร") == 55
    assert ladder.level("K1") == 45
    with pytest.raises(ValueError, match="พลทหาร = ไม่มี"):
        national().with_mapping({"พลทหาร": "ไม่มี"})
    for level in (-1, 10_001, 2**53, True):
        with pytest.raises(ValueError, match="พลทหาร"):
            national().with_mapping({"พลทหาร": level})
