"""How a metric is spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import Invalid
from cairn.stats.metrics import KINDS, better, parse_metric


@given(
    st.sampled_from(["accuracy", "recall", "specificity", "precision", "f1"]),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_a_threshold_in_a_name_is_read_back_from_it(kind: str, threshold: float) -> None:
    found = parse_metric(f"{kind}@{threshold!r}")

    assert found.threshold == threshold
    assert parse_metric(found.name) == found


def test_a_half_is_the_threshold_that_need_not_be_said() -> None:
    assert parse_metric("recall@0.5") == parse_metric("recall")
    assert parse_metric("recall@0.50").name == "recall"
    assert parse_metric("recall@0.3").name == "recall@0.3"


def test_losses_are_better_when_lower_and_the_rest_when_higher() -> None:
    lower = {"log_loss", "brier"}
    higher = {"accuracy", "recall", "specificity", "precision", "f1", "roc_auc"}

    assert {name for name in lower | higher if parse_metric(name).better == "lower"} == lower


def test_a_name_alone_says_which_way_is_better_and_an_unknown_one_is_a_score() -> None:
    assert {name: better(name) for name in KINDS} == {
        name: kind.better for name, kind in KINDS.items()
    }
    assert (better("ece@10"), better("recall/late"), better("recall@0.3")) == (
        *("lower", "higher", "higher"),
    )
    assert (better("auc"), better(""), better("neg_log_loss")) == ("higher",) * 3


@pytest.mark.parametrize("name", ["auc", "", "@0.5", "Recall", "recall "])
def test_an_unknown_metric_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(Invalid, match="is not known; there are accuracy, average_pre"):
        parse_metric(name)


@pytest.mark.parametrize("number", ["", "half", "nan", "inf", "0.3@0.4"])
def test_a_threshold_that_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(Invalid, match="is not a threshold"):
        parse_metric(f"recall@{number}")


@pytest.mark.parametrize("kind", ["roc_auc", "log_loss", "brier"])
def test_a_threshold_where_none_belongs_is_refused(kind: str) -> None:
    with pytest.raises(Invalid, match=f"{kind} has no threshold"):
        parse_metric(f"{kind}@0.3")
