"""How a metric is spelled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from cairn.core.errors import Invalid
from cairn.stats.metrics import (
    KINDS,
    SYNONYMS,
    better,
    by_task,
    parse_metric,
    spelled,
    spellings,
)


def sklearn_metrics() -> list[str]:
    """The functions of scikit-learn that compute what gates judge."""
    names = "accuracy_score balanced_accuracy_score average_precision_score roc_auc_score "
    names += (
        "f1_score precision_score recall_score log_loss brier_score_loss matthews_corrcoef "
    )
    names += "mean_absolute_error mean_squared_error root_mean_squared_error r2_score "
    names += "median_absolute_error top_k_accuracy_score ndcg_score"
    assert set(names.split()) <= set(metrics.__all__)
    return [str(name) for name in names.split()]


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
    assert (better("train/log_loss"), better("mean_absolute_error")) == ("lower",) * 2


def test_a_synonym_is_no_name_of_its_own_and_means_one_that_there_is() -> None:
    assert not SYNONYMS.keys() & KINDS.keys()
    assert set(SYNONYMS.values()) <= KINDS.keys()
    for word, meant in SYNONYMS.items():
        assert word in spellings(meant)
        assert {spelled(one) for one in spellings(meant)} == {meant}


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        *(("f1_score", "f1"), ("AUC", "roc_auc"), ("Log-Loss", "log_loss")),
        *(("recall@0.3", "recall@0.3"), ("sensitivity@0.3", "recall@0.3")),
        *(("recall/late", "recall/late"), ("sensitivity/late", "recall/late")),
        *(
            ("train/mean_absolute_error", "train/mae"),
            ("heldout-1/f1_macro", "heldout-1/macro_f1"),
        ),
        *(
            ("mean/f1_score", "mean/f1_score"),
            ("profit", "profit"),
            ("neg_log_loss",) * 2,
            ("", ""),
        ),
    ],
)
def test_a_metric_has_one_spelling_whoever_names_it(name: str, plain: str) -> None:
    assert spelled(name) == plain
    assert spelled(plain) == plain
    assert name in spellings(name)
    assert plain in spellings(name)


@pytest.mark.parametrize("function", sklearn_metrics())
def test_what_scikit_learn_computes_is_called_as_gates_call_it(function: str) -> None:
    known = {
        "accuracy",
        "balanced_accuracy",
        "average_precision",
        "roc_auc",
        "f1",
        "precision",
    }
    known |= {
        "recall",
        "log_loss",
        "brier",
        "mcc",
        "mae",
        "mse",
        "rmse",
        "r2",
        "top_k_accuracy",
    }
    known |= {"median_absolute_error", "ndcg"}

    assert spelled(function) in known


def test_every_metric_belongs_to_a_task() -> None:
    assert {word for words in by_task().values() for word in words} == KINDS.keys()


@pytest.mark.parametrize("name", ["auc", "", "@0.5", "Recall", "recall "])
def test_an_unknown_metric_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(Invalid, match="is not known; there are accuracy, average_pre"):
        parse_metric(name)


@pytest.mark.parametrize("number", ["", "half", "nan", "inf", "0.3@0.4"])
def test_a_threshold_that_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(Invalid, match="is not a threshold"):
        parse_metric(f"recall@{number}")


@pytest.mark.parametrize("kind", ["roc_auc", "mae", "brier"])
def test_a_threshold_where_none_belongs_is_refused(kind: str) -> None:
    with pytest.raises(Invalid, match=f"{kind} has no threshold"):
        parse_metric(f"{kind}@0.3")


def test_the_clip_of_a_log_loss_is_part_of_its_name() -> None:
    assert parse_metric("log_loss@0.010").name == "log_loss@0.01"
    assert parse_metric("log_loss").clip == np.finfo(float).eps
    for number in ("0", "0.5", "-1", "half"):
        with pytest.raises(
            Invalid, match=r"is not a score between 0 and 0\.5; write `log_loss"
        ):
            parse_metric(f"log_loss@{number}")
