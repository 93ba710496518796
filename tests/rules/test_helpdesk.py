"""What may stand on the sign-in page as the way to help."""

from __future__ import annotations

import pytest

from appliance.rules.helpdesk import Helpdesk, read_helpdesk


@pytest.mark.parametrize(
    "phone", ["02-590-1000", "0 2590 1000 ต่อ 1234", "+66 2 590 1000", "(02) 590-1000, 1001", "1111", ""]
)
def test_telephone_numbers_as_offices_write_them(phone: str) -> None:
    assert read_helpdesk(phone, "", "") == Helpdesk(phone=phone)


@pytest.mark.parametrize(
    ("phone", "email", "place", "field"),
    [
        ("โทรหาผม", "", "", "phone"),
        ("02-590-1000 javascript:", "", "", "phone"),
        ("0" * 121, "", "", "phone"),
        ("", "help@moph", "", "email"),
        ("", "help@moph.go.th?bcc=x@y.z", "", "email"),
        ("", "a@b.go.th, c@d.go.th", "", "email"),
        ("", "it?bcc=x@evil.example", "", "email"),
        ("", "it&cc=x@evil.example", "", "email"),
        ("", "it%3Fbcc=x@evil.example", "", "email"),
        ("", "", "ห้อง" * 40, "place"),
        ("", "", "ห้อง\x1b[31m", "place"),
    ],
)
def test_what_is_no_telephone_address_or_place_is_refused_by_name(
    phone: str, email: str, place: str, field: str
) -> None:
    assert read_helpdesk(phone, email, place) == field


def test_a_place_is_one_line() -> None:
    assert read_helpdesk("", "", " ห้อง 305\nอาคาร 1\u200b ") == Helpdesk(place="ห้อง 305 อาคาร 1")


def test_what_turns_the_direction_of_writing_is_left_out() -> None:
    assert read_helpdesk("", "", "ห้อง\u202e 305\u2066") == Helpdesk(place="ห้อง 305")
