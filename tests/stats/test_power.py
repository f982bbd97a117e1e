"""A gate that refuses everything errs as well: what it must see, in worlds of known size."""

import math
from dataclasses import replace

import numpy as np
import pytest

from cairn.core.check import Check, Floor, NonInferiority, NoSubgroupRegression, Superiority
from cairn.stats.distributions import normal_below, normal_quantile
from cairn.stats.scored import Predictions
from stats.worlds import Generator, deciders, grouped, judged_on, names, rows_of

GROUPS, EACH, LOSS = 20, 300, 0.12


@pytest.mark.parametrize("discordance", [0.1, 0.3])
def test_two_points_of_accuracy_in_ten_thousand_rows_are_seen(discordance: float) -> None:
    world = np.random.default_rng(1)
    check = Superiority(id="better", metric="accuracy")

    passed = 0
    for _ in range(20):
        label, ours, theirs = deciders(world, 10_000, gain=0.02, discordance=discordance)
        passed += (
            judged_on(check, rows_of(label, ours), rows_of(label, theirs)).outcome == "pass"
        )

    assert passed >= 18


@pytest.mark.parametrize("discordance", [0.15, 0.3, 0.5])
def test_a_group_of_twenty_that_loses_twelve_points_is_found_as_often_as_can_be(
    discordance: float,
) -> None:
    """What can be: a test of one group that knew its variance, at a twentieth of the error.

    The more rows the models decide differently, the less of it 300 rows can show: 0.99 of the
    time at a discordance of 0.15, 0.57 at 0.5.
    """
    error = math.sqrt((discordance - LOSS**2) / EACH)
    possible = normal_below(LOSS / error - normal_quantile(1 - 0.05 / GROUPS))
    world = np.random.default_rng(2)
    check = NoSubgroupRegression(id="groups", by=("region",), metric="accuracy", min_rows=200)
    regions, runs, found = grouped(GROUPS, EACH), 40, 0

    for _ in range(runs):
        label, ours, theirs = deciders(world, GROUPS * EACH)
        hurt = deciders(world, EACH, gain=-LOSS, discordance=discordance)
        label[:EACH], ours[:EACH], theirs[:EACH] = hurt
        tables = (rows_of(label, scores, regions) for scores in (ours, theirs))
        found += judged_on(check, *tables).outcome == "fail"

    assert found / runs >= possible - 0.05 - 3 * math.sqrt(possible * (1 - possible) / runs)


def test_weights_and_bounded_losses_leave_what_two_thousand_rows_can_show() -> None:
    world = np.random.default_rng(3)
    checks: tuple[Check, ...] = (
        Superiority(id="right", metric="accuracy"),
        Superiority(id="promised", metric="log_loss@0.01"),
        NonInferiority(id="brier", metric="brier", margin=0.01),
        Floor(id="found", metric="recall", value=0.7),
    )
    passed = np.zeros(len(checks))
    for _ in range(15):
        label, ours, theirs = deciders(world, 2000, gain=0.05)
        weight = np.exp(0.5 * world.normal(size=2000))
        tables = [replace(rows_of(label, score), weight=weight) for score in (ours, theirs)]
        passed += [judged_on(check, *tables).outcome == "pass" for check in checks]

    assert passed.min() >= 14


@pytest.mark.parametrize("metric", ["mae", "rmse", "r2"])
def test_errors_that_are_a_fifth_smaller_are_seen_in_two_thousand_rows(metric: str) -> None:
    world = np.random.default_rng(4)
    check = Superiority(id="better", metric=metric)

    passed = sum(judged_on(check, *smaller(world)).outcome == "pass" for _ in range(8))

    assert passed >= 7


def smaller(world: Generator) -> tuple[Predictions, Predictions]:
    label, ours, theirs = world.normal(size=(3, 2000))
    mine, others = (
        Predictions(
            ids=names(2000), label=label, score=label + error, groups={}, task="regression"
        )
        for error in (0.8 * ours, theirs)
    )
    return mine, others
