"""A candidate has to be better, beyond chance; being as good is not enough."""

from collections.abc import Sequence

import numpy as np
import pytest

from cairn.core.check import Superiority
from cairn.core.gate import Finding
from cairn.stats.checks import Problem
from cairn.stats.scored import Grouping, Predictions
from cairn.stats.tabulate import tabulate
from scores.scored import decided, ids, judged, shuffled, spread, without_reason
from stats.worlds import names

BETTER = Superiority(id="better", metric="accuracy")
AREA = Superiority(id="better", metric="roc_auc")


def test_a_candidate_that_wins_many_rows_and_loses_few_passes() -> None:
    live = decided(1000, wrong=range(200))
    candidate = decided(1000, wrong=range(20, 160))

    finding = judged(BETTER, candidate, live)

    assert (finding.outcome, finding.code) == ("pass", "better")
    assert (finding.observed, finding.baseline) == (0.86, 0.8)
    assert finding.difference == pytest.approx(0.06)
    assert (finding.rows, finding.discordant) == (1000, 60)
    assert finding.lower is not None
    assert 0 < finding.lower < 0.06
    assert "accuracy 0.860 against 0.800 of churn:1: +0.060" in finding.reason
    assert "1,000 rows): better, beyond chance" in finding.reason


def test_a_worse_candidate_fails_and_the_reason_says_by_how_much() -> None:
    live = decided(1000, wrong=range(100))
    candidate = decided(1000, wrong=range(200))

    finding = judged(BETTER, candidate, live)

    assert (finding.outcome, finding.code) == ("fail", "not-better")
    assert finding.difference == -0.1
    assert ": -0.100 (at least" in finding.reason
    assert finding.fix


def test_an_equal_candidate_fails_even_on_many_rows() -> None:
    same = decided(5000, wrong=range(500))

    finding = judged(BETTER, same, same)

    assert (finding.outcome, finding.code) == ("fail", "no-difference")
    assert (finding.difference, finding.discordant) == (0.0, 0)
    assert "both decide alike on every row that counts" in finding.reason
    by_score = judged(Superiority(id="better", metric="brier"), same, same)
    assert "both say the same about every row" in by_score.reason


def test_models_that_only_decide_alike_are_not_said_to_say_the_same() -> None:
    label = [row % 2 for row in range(400)]
    ours, theirs = (
        tabulate(ids(400), label, score=[near + 0.4 * one for one in label])
        for near in (0.2, 0.3)
    )

    finding = judged(BETTER, ours, theirs)

    assert (finding.outcome, finding.code) == ("fail", "no-difference")
    assert "both decide alike on every row that counts" in finding.reason


@pytest.mark.parametrize(
    "metric", ["roc_auc", "log_loss", "brier", "f1", "precision", "recall"]
)
def test_an_equal_candidate_fails_by_every_metric(metric: str) -> None:
    same = spread(500, skill=1, seed=3)

    finding = judged(Superiority(id="better", metric=metric), same, same)

    assert (finding.outcome, finding.code) == ("fail", "no-difference")


def test_a_gain_that_chance_explains_is_inconclusive_and_says_how_many_rows_would_do() -> None:
    live = decided(200, wrong=range(40))
    candidate = decided(200, wrong=range(5, 42))

    finding = judged(BETTER, candidate, live)

    assert (finding.outcome, finding.code) == ("inconclusive", "undecided")
    assert "not shown to be better" in finding.reason
    assert "rows" in finding.fix
    assert finding.detectable is not None
    assert finding.difference is not None
    assert finding.detectable > finding.difference


def test_a_candidate_that_looks_a_little_worse_is_inconclusive_on_few_rows() -> None:
    live = decided(200, wrong=range(40))
    candidate = decided(200, wrong=range(2, 44))

    finding = judged(BETTER, candidate, live)

    assert finding.outcome == "inconclusive"
    assert "better candidate" in finding.fix


def test_a_margin_must_be_exceeded() -> None:
    live = decided(2000, wrong=range(400))
    candidate = decided(2000, wrong=range(280))

    assert judged(BETTER, candidate, live).outcome == "pass"
    wide = judged(Superiority(id="better", metric="accuracy", margin=0.1), candidate, live)

    assert wide.outcome == "fail"
    assert "not better by more than 0.1" in wide.reason
    assert wide.threshold == 0.1


def test_more_confidence_asks_for_more_evidence() -> None:
    live, candidate = decided(400, wrong=range(80)), decided(400, wrong=range(10, 70))
    sure = Superiority(id="better", metric="accuracy", confidence=0.9999999)

    assert judged(BETTER, candidate, live).outcome == "pass"
    assert judged(sure, candidate, live).outcome == "inconclusive"


@pytest.mark.parametrize("metric", ["log_loss", "brier"])
def test_a_lower_loss_is_better_and_its_difference_is_negative(metric: str) -> None:
    live, candidate = spread(2000, skill=0.6, seed=5), spread(2000, skill=1.2, seed=5)

    finding = judged(Superiority(id="better", metric=metric), candidate, live)

    assert finding.outcome == "pass"
    assert finding.lower is not None
    assert finding.upper is not None
    assert finding.difference is not None
    assert finding.lower < finding.difference < finding.upper < 0
    assert "(lower is better)" in finding.reason


@pytest.mark.parametrize(
    "metric", ["accuracy", "roc_auc", "log_loss", "brier", "f1", "precision", "recall"]
)
def test_swapping_the_models_flips_every_sign_exactly(metric: str) -> None:
    one, other = spread(800, skill=0.8, seed=11), spread(800, skill=1.0, seed=11, noise=2)
    check = Superiority(id="better", metric=metric)

    here, there = judged(check, one, other), judged(check, other, one)

    assert (here.observed, here.baseline) == (there.baseline, there.observed)
    assert here.difference == pytest.approx(-_number(there.difference), rel=1e-11)
    assert here.lower == pytest.approx(-_number(there.upper), rel=1e-9)
    assert here.upper == pytest.approx(-_number(there.lower), rel=1e-9)
    assert not here.outcome == there.outcome == "pass"


@pytest.mark.parametrize("metric", ["accuracy", "roc_auc", "log_loss", "f1"])
def test_the_order_of_rows_changes_nothing(metric: str) -> None:
    one, other = spread(700, skill=0.8, seed=2), spread(700, skill=1.1, seed=2)
    check = Superiority(id="better", metric=metric)

    in_order = judged(check, other, one)
    in_disorder = judged(check, shuffled(other, seed=1), shuffled(one, seed=9))

    assert in_order == in_disorder


def test_equal_models_are_promoted_no_more_often_than_the_confidence_allows() -> None:
    random = np.random.default_rng(20)
    promoted = 0
    for _ in range(600):
        right = random.random((2, 300)) < 0.8
        live = decided(300, wrong=np.flatnonzero(~right[0]).tolist())
        candidate = decided(300, wrong=np.flatnonzero(~right[1]).tolist())
        promoted += judged(BETTER, candidate, live).outcome == "pass"

    assert promoted <= 45  # 5% of 600 is 30; binomial: more than 45 once in 250


def test_without_an_evaluation_it_fails_and_names_the_command() -> None:
    problem = Problem(
        code="no-evaluation", reason="churn:2 has none", fix="cairn evaluate churn:2"
    )

    finding = judged(BETTER, problem, decided(10))

    assert (finding.outcome, finding.code) == ("fail", "no-evaluation")
    assert finding.fix == "cairn evaluate churn:2"
    assert finding.observed is None


def test_a_live_version_without_an_evaluation_fails_as_a_missing_baseline() -> None:
    problem = Problem(
        code="wrong-snapshot", reason="churn:1 was evaluated on X", fix="cairn e"
    )

    finding = judged(BETTER, decided(10), problem)

    assert (finding.outcome, finding.code) == ("fail", "no-baseline")
    assert "churn:1 was evaluated on X" in finding.reason


@pytest.mark.parametrize(
    ("live", "code", "says"),
    [
        (decided(90), "rows-differ", "only in the candidate's"),
        (decided(100, label=[0] * 100), "labels-differ", "disagree on 50 of 100 labels"),
        (decided(100, groups={"region": ["n"] * 100}), "groups-differ", "has groups"),
    ],
)
def test_other_rows_labels_or_groups_cannot_be_compared(
    live: Predictions, code: str, says: str
) -> None:
    finding = judged(BETTER, decided(100), live)

    assert (finding.outcome, finding.code) == ("fail", code)
    assert says in finding.reason


def test_labels_other_than_0_and_1_cannot_be_compared() -> None:
    three = tabulate(ids(4), [0, 1, 2, 1], score=[0.1, 0.2, 0.3, 0.4])

    finding = judged(BETTER, three, three)

    assert (finding.outcome, finding.code) == ("fail", "label-outside")
    assert "neither 0 nor 1" in finding.reason


def test_a_metric_that_the_rows_do_not_define_is_inconclusive() -> None:
    live = decided(40, label=[0] * 40, wrong=[1])
    candidate = decided(40, label=[0] * 40, wrong=[2])

    finding = judged(Superiority(id="better", metric="recall"), candidate, live)

    assert (finding.outcome, finding.code) == ("inconclusive", "undefined-metric")
    assert "no positive rows" in finding.reason


def test_an_unknown_metric_fails_with_the_known_ones() -> None:
    finding = judged(Superiority(id="better", metric="gini"), decided(10), decided(10))

    assert (finding.outcome, finding.code) == ("fail", "not-comparable")
    assert "roc_auc" in finding.reason


def test_numbers_are_kept_to_twelve_digits() -> None:
    finding = judged(AREA, spread(900, skill=1.0, seed=8), spread(900, skill=0.7, seed=8))

    numbers = [finding.observed, finding.baseline, finding.lower, finding.upper, finding.p]
    assert numbers == [float(f"{_number(value):.12g}") for value in numbers]
    assert without_reason(finding) != finding


@pytest.mark.parametrize("metric", ["brier", "log_loss"])
def test_two_rows_that_happen_to_differ_alike_prove_nothing(metric: str) -> None:
    live = tabulate(ids(2), [0, 1], score=[0.4, 0.6])
    candidate = tabulate(ids(2), [0, 1], score=[0.3, 0.7])

    finding = judged(Superiority(id="better", metric=metric), candidate, live)

    assert (finding.outcome, finding.code) == ("inconclusive", "undecided")
    assert finding.lower is not None
    assert finding.upper is not None
    assert finding.lower < 0 < finding.upper


def test_other_scores_in_the_same_order_do_not_decide_by_area() -> None:
    live = tabulate(ids(6), [0, 1, 0, 1, 0, 1], score=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    candidate = tabulate(ids(6), [0, 1, 0, 1, 0, 1], score=[0.2, 0.3, 0.4, 0.5, 0.6, 0.7])

    finding = judged(AREA, candidate, live)

    assert (finding.outcome, finding.code) == ("inconclusive", "undecided")


def _number(value: float | None) -> float:
    assert value is not None
    return value


def test_nothing_live_does_not_let_superiority_pass() -> None:
    finding: Finding = judged(BETTER, decided(10), None)

    assert (finding.outcome, finding.code) == ("inconclusive", "nothing-live")


def ranked(score: Sequence[float]) -> Predictions:
    queries = len(score) // 3
    return Predictions(
        ids=names(len(score)),
        label=np.tile([1.0, 0.0, 0.0], queries),
        score=np.array(score),
        groups={},
        task="ranking",
        unit=Grouping(
            codes=np.repeat(np.arange(queries), 3).astype(np.uint32),
            levels=tuple(f"q{query:03d}" for query in range(queries)),
        ),
    )


def test_models_that_only_come_out_alike_are_not_said_to_say_the_same() -> None:
    check = Superiority(id="better", metric="hit_rate@1")
    ours, theirs = ranked([3, 1, 0] * 20), ranked([2, 1, 0] * 20)

    other, same = judged(check, ours, theirs), judged(check, ours, ours)

    assert "hit_rate@1 is the same for both on every query that counts" in other.reason
    assert "both say the same about every row" in same.reason
    assert "20 queries" in other.reason


def test_queries_are_asked_for_by_their_name() -> None:
    check = Superiority(id="better", metric="mrr")
    ours = ranked([3, 1, 0] * 12 + [0, 1, 3] * 8)
    theirs = ranked([3, 1, 0] * 10 + [0, 1, 3] * 10)

    finding = judged(check, ours, theirs)

    assert finding.outcome == "inconclusive"
    assert "queries: as many would show" in finding.fix
