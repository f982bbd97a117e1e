"""Names: which ones people may choose, and what they probably meant."""

import re

import pytest

from cairn.core import reference
from cairn.core.errors import Invalid, NotFound
from cairn.core.name import PREDEFINED_LABELS, PREFIXES, require_label, require_model_name
from cairn.core.reference import ByNumber

FORBIDDEN = (*PREFIXES, "1.2.3", "v1.4.0", "2.0")


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_model_is_not_named_like_another_kind_of_reference(name: str) -> None:
    with pytest.raises(Invalid, match=f"no model is called {re.escape(repr(name))}"):
        require_model_name(f"default/{name}")


def test_experiments_have_their_own_names() -> None:
    with pytest.raises(Invalid, match=r"exp/ is where experiments .* call it 'churn'"):
        require_model_name("exp/churn")


@pytest.mark.parametrize("name", ["churn", "run-2", "tagger", "m1.2.3", "v3", "risk.eu", "42"])
def test_other_names_are_read_as_models_wherever_they_stand(name: str) -> None:
    require_model_name(f"default/{name}")

    assert reference.parse(f"{name}:1") == ByNumber(f"default/{name}", 1)


@pytest.mark.parametrize("word", ["snap", "run", "sha256", "commit", "tag"])
def test_every_word_that_begins_a_reference_is_no_model(word: str) -> None:
    assert word in PREFIXES


@pytest.mark.parametrize("text", ["churn@latest", "churn:latest", "risk/churn@latest~1"])
def test_latest_is_no_reference(text: str) -> None:
    with pytest.raises(
        Invalid, match=r"'latest' is never a label: .* another version tomorrow"
    ):
        reference.parse(text)


def test_latest_is_no_label_even_if_somebody_means_a_new_one() -> None:
    with pytest.raises(Invalid, match="'latest' is never a label"):
        require_label("latest", ["latest"], new=True)
    with pytest.raises(Invalid, match="'latest' is never a label"):
        reference.label_name("latest")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("prodution", "production"), ("stagin", "staging"), ("canary-ue", "canary-eu")],
)
def test_a_misspelt_label_proposes_the_one_that_there_is(typed: str, meant: str) -> None:
    with pytest.raises(NotFound, match=f"no label {typed}; did you mean {meant}\\?"):
        require_label(typed, ["canary-eu"])


def test_a_label_like_no_other_lists_those_that_there_are() -> None:
    with pytest.raises(NotFound, match="no label eu-live; there are archived, canary, dev, "):
        require_label("eu-live", ())

    require_label("eu-live", (), new=True)
    require_label("eu-live", ["eu-live"])
    for label in PREDEFINED_LABELS:
        require_label(label, ())
