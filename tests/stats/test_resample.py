"""The bootstrap: exact whatever the order, sound for units that repeat, bounded in memory."""

import math
from dataclasses import replace

import numpy as np
import pytest

from cairn.stats.align import Pair, Sample
from cairn.stats.estimate import Difference, Undefined
from cairn.stats.measure import compare, measure
from cairn.stats.metrics import parse_metric
from cairn.stats.resample import replicate, units_of
from cairn.stats.resampled import Resampled, compare_resampled
from scores.rows import models


def regression(rows: int, *, seed: int, unit: np.ndarray | None = None) -> Pair:
    world = np.random.default_rng(seed)
    label = world.normal(size=rows)
    shared = np.zeros(rows) if unit is None else world.normal(size=rows)[unit]
    ours, theirs = (label + shared * side + world.normal(size=rows) for side in (1.4, 0.2))
    codes = None if unit is None else unit.astype(np.uint32)
    return Pair(
        ids=(),
        ours=Sample(label=label, score=ours, task="regression", unit=codes),
        theirs=Sample(label=label, score=theirs, task="regression", unit=codes),
    )


def swapped(rows: Pair) -> Pair:
    return replace(rows, ours=rows.theirs, theirs=rows.ours)


def test_totals_are_exact_sums_of_whole_numbers_of_a_small_unit() -> None:
    world = np.random.default_rng(0)
    totals = np.round(world.normal(size=(1001, 3)), 6)
    scale = np.ldexp(1.0, -np.frexp(np.abs(totals).sum(axis=0))[1] + 49)

    whole = replicate(totals, resamples=70)

    assert np.array_equal(whole * scale, np.rint(whole * scale))
    assert whole[:31].tolist() == replicate(totals, resamples=31).tolist()


def test_whole_numbers_are_added_up_without_any_rounding() -> None:
    counts = np.arange(5000.0).reshape(-1, 2)

    drawn = replicate(counts, resamples=40)

    assert np.array_equal(drawn, np.rint(drawn))
    assert drawn.mean(axis=0) == pytest.approx(counts.sum(axis=0), rel=0.02)


@pytest.mark.parametrize("name", ["rmse", "r2", "median_absolute_error", "mse"])
def test_swapping_the_models_flips_every_sign_exactly(name: str) -> None:
    rows = regression(500, seed=1)

    one = compare_resampled(parse_metric(name), rows, alpha=0.05)
    other = compare_resampled(parse_metric(name), swapped(rows), alpha=0.05)

    assert isinstance(one, Difference)
    assert isinstance(other, Difference)
    assert (one.gain, one.lower, one.upper) == (-other.gain, -other.upper, -other.lower)
    for margin in (0.0, 0.01, 0.1):
        assert one.p_regression(margin) == other.p_superiority(margin)


@pytest.mark.parametrize("name", ["mcc", "average_precision", "balanced_accuracy", "ece"])
def test_a_model_compared_with_itself_is_equal_as_far_as_rows_tell(name: str) -> None:
    rows = models(400, seed=2)
    alike = replace(rows, theirs=rows.ours)

    found = compare(name, alike)

    assert isinstance(found, Difference)
    assert found.gain == 0
    assert -0.05 < found.lower < 0 < found.upper < 0.05
    assert found.p_superiority() >= 0.5


def test_rows_that_repeat_a_unit_are_less_evidence_than_rows_that_do_not() -> None:
    unit = np.repeat(np.arange(60), 10)
    together = regression(600, seed=3, unit=unit)
    apart = replace(
        together,
        ours=replace(together.ours, unit=None),
        theirs=replace(together.theirs, unit=None),
    )

    clustered, plain = compare("mse", together), compare("mse", apart)

    assert isinstance(clustered, Difference)
    assert isinstance(plain, Difference)
    assert clustered.gain == pytest.approx(plain.gain, abs=1e-12)
    assert clustered.standard_error > 1.5 * plain.standard_error
    assert (plain.units, clustered.units) == (None, 60)


def test_units_of_many_rows_are_thrown_into_blocks_that_keep_the_variance() -> None:
    rows = regression(200_000, seed=4)

    closed = compare("mse", rows)
    found = compare_resampled(parse_metric("mse"), rows, alpha=0.05)

    assert units_of(200_000, None, width=4).count == 2**15
    assert isinstance(closed, Difference)
    assert isinstance(found, Difference)
    assert found.standard_error == pytest.approx(closed.standard_error, rel=0.06)


def test_few_units_have_no_bounds_and_say_how_many_would_do() -> None:
    unit = np.repeat(np.arange(19), 50)

    found = compare("rmse", regression(950, seed=5, unit=unit))

    assert isinstance(found, Undefined)
    assert "there are 19 units of rows that belong together" in found.reason
    assert "needs 20" in found.reason


def test_a_metric_that_many_resamples_do_not_define_is_undefined() -> None:
    label = np.r_[np.ones(3), np.zeros(57)]
    score = np.linspace(0, 1, 60)

    found = measure("balanced_accuracy", Sample(label=label, score=score), statistics=1)

    assert isinstance(found, Undefined)
    assert "resamples of them do not" in found.reason


def test_bounds_and_tests_never_contradict_each_other() -> None:
    law = Resampled.of(0.3, np.random.default_rng(6).normal(0.3, 1, 2000), units=500)

    for alpha in (0.4, 0.1, 0.05, 0.013, 0.01, 1e-4, 1e-7):
        bound = law.lower(alpha)
        assert law.p_above(bound - 1e-9) <= alpha * (1 + 1e-6)
        assert law.p_above(bound + 1e-9) > alpha * (1 - 1e-6)
        assert law.upper(alpha) - 0.3 == pytest.approx(0.3 - bound)
    ps = [law.p_above(gain) for gain in np.linspace(-6, 6, 400)]
    assert ps == sorted(ps)


def test_an_error_beyond_the_resamples_follows_the_normal_tail() -> None:
    law = Resampled.of(0.0, np.random.default_rng(7).normal(0, 1, 2000), units=10_000)

    assert law.upper(1e-6) == pytest.approx(4.753, rel=0.1)
    assert math.isfinite(law.upper(1e-12))
