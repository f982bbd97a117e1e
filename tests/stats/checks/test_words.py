"""How findings say confidences and numbers of things."""

import pytest

from cairn.stats.checks.words import count, stated


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.95, "95%"),
        (0.975, "97.5%"),
        (0.9, "90%"),
        (0.99, "99%"),
        (0.996623, "99.66%"),
        (0.969604, "96.9%"),
        (0.997467, "99.74%"),
        (0.99996, "99.996%"),
        (1 - 1e-12, "99.9999999999%"),
    ],
)
def test_a_confidence_has_two_digits_of_its_error_and_is_never_said_higher(
    share: float, said: str
) -> None:
    assert stated(share) == said


def test_decisions_of_the_first_statistics_keep_their_digits() -> None:
    assert stated(0.969604, 1) == "96.9604%"


def test_several_things_have_their_plural() -> None:
    assert [count(1, "query"), count(2, "query"), count(3)] == [
        "1 query",
        "2 queries",
        "3 rows",
    ]
