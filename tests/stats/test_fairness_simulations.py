"""Fairness gaps and seeds in worlds whose truth is known: how often they err, and help.

`CAIRN_FAULTS=all` draws every world ten times as often.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from cairn.core.check import Fairness, FairnessGap, Robustness
from cairn.core.evaluation import Perturbation
from cairn.core.gate import Finding
from cairn.stats.checks import Evidence, judge
from cairn.stats.scored import Grouping, Predictions
from scores.scored import SNAPSHOT
from stats.worlds import TIMES, limit, names

Ints = npt.NDArray[np.intp]
PARITY: Fairness = "demographic_parity"


def column(codes: Ints) -> Grouping:
    levels = tuple(f"{number:03d}" for number in range(int(codes.max()) + 1))
    return Grouping(codes=codes.astype(np.uint32), levels=levels)


def judged(
    said: npt.ArrayLike,
    columns: list[Ints],
    *,
    most: float,
    label: npt.ArrayLike | None = None,
    unit: Ints | None = None,
    weight: npt.NDArray[np.float64] | None = None,
    measure: Fairness = PARITY,
) -> Finding:
    """Judge decisions by groupings `g0`, `g1` and so on."""
    score = np.where(np.asarray(said), 0.9, 0.1)
    rows = Predictions(
        ids=names(score.size),
        label=np.zeros(score.size) if label is None else np.asarray(label, dtype=np.float64),
        score=score,
        groups={f"g{number}": column(codes) for number, codes in enumerate(columns)},
        unit=None if unit is None else column(unit),
        weight=weight,
    )
    by = tuple(rows.groups)
    check = FairnessGap(id="fair", by=by, measure=measure, max=most, min_rows=2)
    return judge(check, Evidence(version="churn:2", snapshot=SNAPSHOT, candidate=rows))


@pytest.mark.parametrize(("each", "size"), [(25, 2), (40, 5), (400, 2)])
def test_units_that_say_one_thing_pass_or_fail_at_the_limit_at_most_alpha(
    each: int, size: int
) -> None:
    """Two groups of so many units; all rows of a unit are decided alike."""
    world = np.random.default_rng([each, size])
    unit = np.repeat(np.arange(2 * each), size)
    group = unit // each
    runs, found = 100 * TIMES, {"pass": 0, "fail": 0}
    for _ in range(runs):
        said = world.random(2 * each) < np.repeat([0.25, 0.35], each)
        outcome = judged(said[unit], [group], most=0.1, unit=unit).outcome
        found[outcome] = found.get(outcome, 0) + 1

    assert found["pass"] / runs <= limit(runs)
    assert found["fail"] / runs <= limit(runs)


def test_units_of_very_different_sizes_and_weights_pass_or_fail_at_most_alpha() -> None:
    world = np.random.default_rng(3)
    runs, found = 100 * TIMES, {"pass": 0, "fail": 0}
    for _ in range(runs):
        sizes = 1 + np.floor(world.lognormal(0.5, 1.0, 240)).astype(int)
        unit = np.repeat(np.arange(240), sizes)
        said = world.random(240) < np.where(np.arange(240) < 120, 0.25, 0.35)
        weight = world.lognormal(0, 0.7, unit.size)
        finding = judged(
            said[unit], [np.where(unit < 120, 0, 1)], most=0.1, unit=unit, weight=weight
        )
        found[finding.outcome] = found.get(finding.outcome, 0) + 1

    assert found["pass"] / runs <= limit(runs)
    assert found["fail"] / runs <= limit(runs)


@pytest.mark.parametrize("units", [1, 2, 19])
def test_groups_of_a_few_units_are_never_compared_and_the_bounds_are_not_made_up(
    units: int,
) -> None:
    unit = np.repeat(np.arange(2 * units), 250 // units)
    said = np.arange(unit.size) % 11 == 0

    finding = judged(said, [np.where(unit < units, 0, 1)], most=0.01, unit=unit)

    assert (finding.outcome, finding.code) == ("inconclusive", "too-few-units")
    assert (finding.lower, finding.upper) == (None, None)
    assert "a bound needs 20" in finding.reason
    assert "at least 20 different units in each group" in finding.fix


@pytest.mark.parametrize(("groupings", "levels"), [(1, 2), (6, 2), (6, 3)])
@pytest.mark.parametrize("most", [0.005, 0.05])
def test_a_gap_at_the_limit_is_refused_at_most_alpha_however_many_are_compared(
    groupings: int, levels: int, most: float
) -> None:
    """In each grouping the first group is decided positive more often by the maximum."""
    world = np.random.default_rng([groupings, levels])
    rows, runs, failed = 4000, 60 * TIMES, 0
    for _ in range(runs):
        columns = [world.integers(0, levels, rows) for _ in range(groupings)]
        lift = sum((codes == 0).astype(float) for codes in columns)
        said = world.random(rows) < 0.1 + most * lift
        failed += judged(said, columns, most=most).outcome == "fail"

    assert failed / runs <= limit(runs)


def test_a_gap_twice_as_large_as_allowed_is_found_among_six_groupings() -> None:
    world = np.random.default_rng(6)
    rows, runs, found = 6000, 20 * TIMES, 0
    for _ in range(runs):
        columns = [world.integers(0, 3, rows) for _ in range(6)]
        said = world.random(rows) < np.where(columns[2] == 1, 0.4, 0.2)
        finding = judged(said, columns, most=0.1)
        found += finding.outcome == "fail" and "001" in finding.reason

    assert found / runs >= 0.9


@pytest.mark.parametrize(("seeds", "runs"), [(1, 400), (5, 200), (20, 80)])
def test_a_drop_of_the_maximum_under_every_seed_is_refused_at_most_alpha(
    seeds: int, runs: int
) -> None:
    world = np.random.default_rng(seeds)
    kind = Perturbation(kind="seed", amount=seeds)
    check = Robustness(id="seeds", metric="accuracy", perturbation=kind, max_drop=0.05)
    rows, runs, failed = 1000, runs * TIMES, 0
    for _ in range(runs):
        clean = world.random(rows) < 0.9
        others = (clean & (world.random(rows) >= 0.05 / 0.9) for _ in range(seeds))
        tables = [
            Predictions(
                ids=names(rows), label=np.ones(rows), score=right.astype(float), groups={}
            )
            for right in (clean, *others)
        ]
        evidence = Evidence(version="churn:2", snapshot=SNAPSHOT, candidate=tables[0])
        evidence = replace(evidence, perturbed={kind: tuple(tables[1:])})
        failed += judge(check, evidence).outcome == "fail"

    assert failed / runs <= limit(runs)
