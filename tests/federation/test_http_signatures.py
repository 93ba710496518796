"""The profile of signed requests: RFC 9421's own example, and all that does not count."""

from __future__ import annotations

from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from federation.http_signatures import LIFE_S, SKEW_S, SignatureError, base, digest_of, sign, verify

KEY = Ed25519PrivateKey.generate()
NOW = 1_763_800_000
URL = "https://gw.dga.test:8443/fed/v1/directory"
BODY = '{"q":"สมชาย"}'.encode()
NONCE = "k3Jx_-k3Jxk3Jxk3"


def key_of(key_id: str) -> Ed25519PublicKey | None:
    return KEY.public_key() if key_id == "moph/gw-2026a" else None


def headers(key_id: str = "moph/gw-2026a") -> dict[str, str]:
    return sign("POST", URL, "application/json", BODY, key_id, KEY, NOW, NONCE)


def refused(**changes: object) -> str:
    """The code with which a request is refused, right but for the changes."""
    parts: dict[str, object] = {"method": "POST", "url": URL, "headers": headers(), "body": BODY, "now": NOW} | changes
    with pytest.raises(SignatureError) as error:
        verify(key_of=key_of, **parts)  # type: ignore[arg-type]
    return error.value.code


def test_the_example_of_the_standard() -> None:
    """RFC 9421, appendix B.2.6: the bytes that are signed, and the signature over them."""
    components = [
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("@method", "POST"),
        ("@path", "/foo"),
        ("@authority", "example.com"),
        ("content-type", "application/json"),
        ("content-length", "18"),
    ]
    params = (
        '("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"'
    )
    public = Ed25519PublicKey.from_public_bytes(b64decode("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="))
    signature = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    public.verify(b64decode(signature), base(components, params))


def test_the_digest_of_the_standard() -> None:
    """RFC 9530, appendix B.1."""
    assert digest_of(b'{"hello": "world"}\n') == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"


def test_a_request_is_its_senders() -> None:
    found = verify("POST", URL, headers(), BODY, key_of, NOW)
    assert (found.key_id, found.nonce, found.created) == ("moph/gw-2026a", NONCE, NOW)


def test_what_was_altered_does_not_count() -> None:
    assert refused(body=BODY + b" ") == "digest"
    assert refused(method="PUT") == "signature"
    assert refused(url=URL + "?x=1") == "signature"
    assert refused(headers=headers() | {"Content-Type": "text/plain"}) == "signature"
    assert refused(headers=headers("moi/gw-2026a")) == "key"
    assert refused(headers=headers() | {"Content-Digest": digest_of(b"")}, body=b"") == "signature"


@pytest.mark.parametrize("after", [-SKEW_S, 0, LIFE_S + SKEW_S])
def test_it_counts_for_a_minute_and_what_clocks_differ(after: int) -> None:
    assert verify("POST", URL, headers(), BODY, key_of, NOW + after).created == NOW


@pytest.mark.parametrize("after", [-SKEW_S - 1, LIFE_S + SKEW_S + 1, 10**9])
def test_it_counts_no_longer_and_no_sooner(after: int) -> None:
    assert refused(now=NOW + after) == "expired"


@pytest.mark.parametrize(
    ("former", "changed"),
    [
        ('"@method" ', ""),
        ('"content-digest")', '"content-digest" "date")'),
        ("gchat-fed-v1", "gchat-fed-v2"),
        ("fed=(", "sig=("),
        (f"expires={NOW + LIFE_S}", f"expires={NOW + LIFE_S + 1}"),
        (f"expires={NOW + LIFE_S}", f"expires={NOW}"),
        (f'nonce="{NONCE}"', 'nonce="short"'),
        (";tag=", ';alg="hmac-sha256";tag='),
    ],
)
def test_another_profile_is_not_read(former: str, changed: str) -> None:
    made = headers()
    said = made["Signature-Input"].replace(former, changed)
    assert said != made["Signature-Input"]
    assert refused(headers=made | {"Signature-Input": said}) == "profile"


@pytest.mark.parametrize("name", ["Content-Type", "Signature", "Signature-Input"])
def test_what_is_missing_is_no_request_of_the_profile(name: str) -> None:
    made = headers()
    del made[name]
    assert refused(headers=made) == "profile"


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_headers_are_refused_and_nothing_else_happens(said: str, given_: str) -> None:
    assert refused(headers=headers() | {"Signature-Input": said, "Signature": given_}) == "profile"
