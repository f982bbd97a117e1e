"""A secret that is known from one place is found in all its spellings."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.secret import REDACTED, Known
from cairn.core.secret.known import spellings

SECRET = 'pä"ss/w0rd+x=9'


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        quote(SECRET, safe="").lower(),
        SECRET.encode().hex(),
        base64.b64encode(SECRET.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
    ],
)
def test_every_spelling_of_a_known_secret_is_taken_out(spelled: str) -> None:
    assert Known({SECRET: "X"}).redact(f"<{spelled}>") == f"<{REDACTED}>"


@given(st.binary(max_size=7), st.binary(max_size=7), st.integers(0, 9))
def test_base64_of_something_longer_gives_no_secret_away(
    before: bytes, after: bytes, number: int
) -> None:
    secret = f"k3Jx9QpLmZ27vTbY{number}"
    coded = base64.b64encode(before + secret.encode() + after).decode()

    clean = Known({secret: "X"}).redact(coded)

    assert REDACTED in clean
    assert not any(part in clean for part in spellings(secret[2:-2]))


@pytest.mark.parametrize(
    "word", ["x", "1234567", "true", "/home/ada/project", "changeme", "postgres", "${TOKEN}"]
)
def test_a_word_that_stands_everywhere_is_looked_for_nowhere(word: str) -> None:
    assert Known({word: "X"}).redact(f"a {word} b") == f"a {word} b"


def test_the_longest_spelling_goes_first_and_origins_are_told() -> None:
    known = Known({"hunter22": "DB_PASSWORD in the environment"}).with_more(
        {"hunter22-and-more": ".env"}
    )

    assert known.redact("hunter22-and-more hunter22") == f"{REDACTED} {REDACTED}"
    assert known.origin(b"\x00\x01hunter22\x02") == "DB_PASSWORD in the environment"
    assert known.origin(b"\x00\x01") is None


def test_a_secret_is_its_own_first_spelling() -> None:
    assert next(spellings("k3Jx9QpL")) == "k3Jx9QpL"
