"""What must not matter to a finding, and what must turn it over exactly."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from cairn.core.check import (
    Calibration,
    Ceiling,
    Check,
    FairnessGap,
    Floor,
    NonInferiority,
    NoSubgroupRegression,
    Superiority,
)
from cairn.stats import draws, resample
from cairn.stats.scored import Grouping, Predictions
from cairn.stats.tabulate import tabulate
from scores.scored import judged, shuffled

BINARY = (
    "accuracy", "recall", "specificity", "precision", "f1", "mcc", "balanced_accuracy",
    "selection_rate", "roc_auc", "average_precision", "log_loss", "brier", "ece",
)  # fmt: skip
LOOSE = ("recall", "f1", "precision", "mcc", "log_loss")
"""Metrics in which 600 rows that are all alike do not exclude a difference of 0.02."""
REGIONS = ("north", "south", "west")


def models(rows: int = 600) -> tuple[Predictions, Predictions]:
    world = np.random.default_rng(4)
    label = (world.random(rows) < 0.4).astype(int)
    shared = world.normal(size=rows) + 1.3 * label
    column = {"region": [REGIONS[row % 3] for row in range(rows)]}
    tables = [
        tabulate(
            [f"row{row:05d}" for row in range(rows)],
            label,
            score=np.round(1 / (1 + np.exp(0.6 - shared - w * world.normal(size=rows))), 4),
            groups=column,
        )
        for w in (0.4, 0.8)
    ]
    return tables[0], tables[1]


OURS, THEIRS = models()
CHECKS: tuple[Check, ...] = (
    *(Superiority(id="c", metric=metric) for metric in BINARY),
    NonInferiority(id="c", metric="mcc", margin=0.02),
    Floor(id="c", metric="average_precision", value=0.7),
    Ceiling(id="c", metric="selection_rate", value=0.5),
    Calibration(id="c", max=0.2),
    NoSubgroupRegression(id="c", by=("region",), metric="balanced_accuracy"),
    FairnessGap(id="c", by=("region",), measure="equalised_odds", max=0.2),
)
EVERY = pytest.mark.parametrize(
    "check", CHECKS, ids=lambda check: f"{type(check).__name__}-{getattr(check, 'metric', '')}"
)


@pytest.mark.parametrize("metric", BINARY)
def test_swapping_candidate_and_live_turns_every_sign_over_exactly(metric: str) -> None:
    check = Superiority(id="c", metric=metric)

    one, other = judged(check, OURS, THEIRS), judged(check, THEIRS, OURS)

    assert one.difference is not None
    assert other.lower is not None
    assert other.upper is not None
    assert one.difference == -(other.difference or 0)
    assert (one.lower, one.upper) == (-other.upper, -other.lower)
    assert (one.observed, one.baseline) == (other.baseline, other.observed)
    assert (one.discordant, one.flipped) == (other.discordant, other.flipped)
    assert {one.outcome, other.outcome} != {"pass"}


@pytest.mark.parametrize("metric", BINARY)
def test_a_model_is_never_better_than_itself_and_never_worse(metric: str) -> None:
    better = judged(Superiority(id="c", metric=metric), OURS, OURS)
    no_worse = judged(NonInferiority(id="c", metric=metric, margin=0.02), OURS, OURS)
    hurt = judged(NoSubgroupRegression(id="c", by=("region",), metric=metric), OURS, OURS)

    assert (better.outcome, better.code) == ("fail", "no-difference")
    assert (better.discordant, better.flipped) == (0, ())
    assert no_worse.outcome == "pass" or metric in LOOSE
    assert hurt.outcome == "pass"


@EVERY
def test_the_order_of_rows_changes_nothing(check: Check) -> None:
    expected = judged(check, OURS, THEIRS)

    found = judged(check, shuffled(OURS, seed=1), shuffled(THEIRS, seed=2))

    assert found == expected


@EVERY
def test_the_type_of_numbers_changes_nothing(check: Check) -> None:
    halves = [
        replace(table, score=np.round(table.score * 64) / 64) for table in (OURS, THEIRS)
    ]
    narrow = [
        tabulate(
            table.ids,
            table.label.astype(np.int8),
            score=table.score.astype(np.float32),
            groups={name: grouping.values() for name, grouping in table.groups.items()},
        )
        for table in halves
    ]

    assert judged(check, narrow[0], narrow[1]) == judged(check, halves[0], halves[1])


@pytest.mark.parametrize("chunk", [1000, 50_000])
def test_how_the_bootstrap_is_cut_into_pieces_changes_nothing(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = Superiority(id="c", metric="mcc")
    expected = judged(check, OURS, THEIRS)
    monkeypatch.setattr(resample, "_CHUNK", chunk)
    monkeypatch.setattr(draws, "_KEPT", 0)

    assert judged(check, OURS, THEIRS) == expected


def test_how_many_threads_there_are_changes_nothing() -> None:
    check = Superiority(id="c", metric="average_precision")
    expected = judged(check, OURS, THEIRS)

    with threadpool_limits(1):
        found = judged(check, OURS, THEIRS)

    assert found == expected


def test_the_names_of_groups_change_nothing_but_the_names() -> None:
    check = NoSubgroupRegression(id="c", by=("region",), metric="accuracy")
    renamed = [
        replace(
            table,
            groups={
                "region": Grouping(codes=table.groups["region"].codes, levels=("a", "b", "c"))
            },
        )
        for table in (OURS, THEIRS)
    ]

    one, other = judged(check, OURS, THEIRS), judged(check, renamed[0], renamed[1])

    assert (one.p, one.outcome, one.detectable) == (other.p, other.outcome, other.detectable)
    assert {g.group for g in other.groups} == {"a", "b", "c"}


def with_score(value: float) -> Predictions:
    score = OURS.score.copy()
    score[5] = value
    return replace(OURS, score=score)


def with_labels(value: float) -> Predictions:
    label = OURS.label.copy()
    label[5] = value
    return replace(OURS, label=label)


def without_a_row() -> Predictions:
    return tabulate(OURS.ids[1:], OURS.label[1:], score=OURS.score[1:])


BROKEN: dict[str, Callable[[], Predictions]] = {
    "not-finite": lambda: with_score(float("nan")),
    "not-finite ": lambda: with_score(float("inf")),
    "duplicate-id": lambda: replace(OURS, ids=(OURS.ids[1], *OURS.ids[1:])),
    "rows-differ": without_a_row,
    "label-outside": lambda: with_labels(2.0),
    "labels-differ": lambda: replace(OURS, label=1 - OURS.label),
    "groups-differ": lambda: replace(OURS, groups={}),
    "weights-differ": lambda: replace(OURS, weight=np.ones(600)),
    "task-differs": lambda: replace(OURS, task="regression"),
}


@pytest.mark.parametrize("code", BROKEN)
@pytest.mark.parametrize(
    "check",
    [
        Superiority(id="c", metric="accuracy"),
        NonInferiority(id="c", metric="brier", margin=0.5),
        NoSubgroupRegression(id="c", by=("region",), metric="accuracy"),
    ],
)
def test_broken_rows_have_a_code_of_their_own_and_never_pass(check: Check, code: str) -> None:
    bad = BROKEN[code]()

    as_candidate, as_live = judged(check, bad, THEIRS), judged(check, OURS, bad)

    assert (as_candidate.outcome, as_candidate.code) == ("fail", code.strip())
    assert as_live.outcome == "fail"
    assert as_live.code in (code.strip(), "no-baseline")


def test_a_group_of_one_class_does_not_decide_and_one_that_is_empty_cannot_be() -> None:
    label = [0] * 300 + [0, 1] * 300
    column = {"region": ["north"] * 300 + ["south"] * 600}
    tables = [
        tabulate(range(900), label, score=np.random.default_rng(s).random(900), groups=column)
        for s in (1, 2)
    ]

    finding = judged(
        NoSubgroupRegression(id="c", by=("region",), metric="recall"), tables[0], tables[1]
    )

    assert (finding.outcome, finding.code) == ("inconclusive", "undefined-in-group")
    empty = Grouping(codes=np.zeros(900, dtype=np.uint32), levels=("north", "south"))
    bare = replace(tables[0], groups={"region": empty})
    assert (
        judged(
            NoSubgroupRegression(id="c", by=("region",), metric="recall"), bare, tables[1]
        ).code
        == "not-canonical"
    )
