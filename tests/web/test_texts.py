from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import AppError, Invalid
from appliance.web.texts import DEEPEST, refuse_unfit
from appliance.wire.messages import PostMessage, TextBody
from tests.agency import Agency
from tests.hostile import cost


def nested(levels: int, within: object) -> object:
    value = within
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (PostMessage(txn_id="t", body=TextBody(text="\x07")), "body.text"),
        ({"add": ["a", "b", {"c": "\x07"}]}, "add[2].c"),
        ({"a": {"\x07": 1}}, "a"),
        (["a", "\x07", "\x1b"], "[1]"),
        ("\x07", None),
    ],
)
def test_the_field_at_fault_is_named_as_in_other_errors(value: object, field: str | None) -> None:
    with pytest.raises(Invalid) as caught:
        refuse_unfit(value)
    assert (caught.value.field, caught.value.code) == (field, "text_character")


def test_nothing_is_nested_deeper_than_a_request_can_be() -> None:
    refuse_unfit(nested(DEEPEST, "a"))
    for levels in (DEEPEST + 1, 100_000):
        with pytest.raises(AppError) as caught:
            refuse_unfit(nested(levels, []))
        assert caught.value.code == "bad_json"


def test_the_depth_of_texts_costs_nothing() -> None:
    """Names were built at every level: what lay deep cost its depth times its number."""
    texts = [""] * 20_000
    flat, deep = {"a": texts}, {"a" * 200_000: nested(DEEPEST - 2, texts)}
    assert cost(lambda: refuse_unfit(deep), runs=5) < 3 * cost(lambda: refuse_unfit(flat), runs=5)


@pytest.mark.parametrize("levels", [20, 900, 980, 7_000])
async def test_what_nobody_asked_for_is_passed_over_however_deep(running: Agency, levels: int) -> None:
    """Nobody need have signed in to send it; a browser's own fields are not looked into."""
    narin = await running.login("narin.p")
    deep = f"{'[' * levels}{']' * levels}"
    response = '{"clientDataJSON":"AA","authenticatorData":"AA","signature":"AA"}'
    passkey = f'{{"id":"AA","rawId":"AA","type":"public-key","response":{response},"clientExtensionResults":{deep}}}'
    body = f'{{"ticket":"x","passkey":{passkey}}}'
    headers = {"Content-Type": "application/json"}
    async with narin.raw("POST", "/login/second-factor", data=body, headers=headers) as answer:
        code = (await answer.json())["error"]["code"]
    assert (answer.status, code) in {(401, "ticket_over"), (400, "bad_json")}


PIECES = [
    "a",
    "ก",
    "\u0e31" * 20,
    "\u0300" * 20,
    "\u200b",
    "\x07",
    "\n",
    "\\",
    '"',
    "\u2067",
    "\u202a" * 63,
    "\u2069",
    "😀",
]


@given(
    texts=st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), min_size=1, max_size=3),
    escaped=st.booleans(),
)
def test_the_whole_text_of_a_request_gives_the_same_answer(*, texts: list[str], escaped: bool) -> None:
    written = json.dumps(texts, ensure_ascii=escaped)
    value = msgspec.json.decode(written)
    outcomes: list[tuple[str, object] | None] = []
    for given_text in ("", written):
        try:
            refuse_unfit(value, json=given_text)
        except Invalid as error:
            outcomes.append((error.code, error.detail))
        else:
            outcomes.append(None)
    assert outcomes[0] == outcomes[1]
