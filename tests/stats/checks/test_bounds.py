"""Checks `ceiling` and `calibration`: a metric that must not be too large."""

import numpy as np
import pytest

from cairn.core.check import Calibration, Ceiling, Floor
from cairn.stats.tabulate import tabulate
from scores.scored import decided, ids, judged
from stats.worlds import rows_of


@pytest.mark.parametrize(
    ("value", "outcome", "code"),
    [(0.6, "pass", "reached"), (0.5, "inconclusive", "undecided"), (0.4, "fail", "missed")],
)
def test_a_rate_is_held_below_its_ceiling(value: float, outcome: str, code: str) -> None:
    rows = decided(1000)  # every second row is positive, and decided so

    finding = judged(Ceiling(id="alarms", metric="selection_rate", value=value), rows, None)

    assert (finding.outcome, finding.code) == (outcome, code)
    assert "ceiling" in finding.reason


def test_a_floor_says_how_many_rows_would_have_decided() -> None:
    check = Floor(id="f", metric="accuracy", value=0.89)

    finding = judged(check, decided(200, wrong=range(20)), None)

    assert finding.outcome == "inconclusive"
    assert finding.rows_needed is not None
    assert finding.rows_needed > 200
    assert finding.detectable is not None
    more = decided(finding.rows_needed * 2, wrong=range(round(finding.rows_needed * 0.2)))
    assert judged(check, more, None).outcome == "pass"


def test_a_calibrated_model_passes_and_its_bins_are_listed() -> None:
    world = np.random.default_rng(1)
    score = world.random(20_000)

    finding = judged(
        Calibration(id="c", max=0.05, bins=10),
        rows_of(world.random(20_000) < score, score),
        None,
    )

    assert (finding.outcome, finding.metric) == ("pass", "ece@10")
    assert len(finding.groups) == 10
    assert sum(group.rows for group in finding.groups) == 20_000
    for group in finding.groups:
        assert group.lower is not None
        assert group.upper is not None
        assert group.lower < (group.observed or 0) < group.upper


def test_bins_count_rows_by_weight_and_units_once_at_the_confidence_of_the_check() -> None:
    label = np.arange(400) % 4 == 0
    rows = tabulate(
        ids(400), label.astype(int), score=[0.25] * 400, weight=np.where(label, 3.0, 1.0)
    )
    twice = tabulate(
        ids(400),
        np.repeat(label[:200], 2).astype(int),
        score=[0.25] * 400,
        unit=[str(row // 2) for row in range(400)],
    )
    plain = tabulate(ids(200), label[:200].astype(int), score=[0.25] * 200)
    check = Calibration(id="c", max=0.3, bins=10)

    weighted, units, once = (
        judged(check, one, None).groups[0] for one in (rows, twice, plain)
    )
    wide = judged(Calibration(id="c", max=0.3, bins=10, confidence=0.999), plain, None)

    assert weighted.observed == pytest.approx(0.5)
    assert units.lower == pytest.approx(once.lower, abs=0.01)
    assert (wide.groups[0].lower or 0) < (once.lower or 0)


def test_a_model_that_promises_too_much_is_refused() -> None:
    world = np.random.default_rng(2)
    score = world.random(5000)

    finding = judged(
        Calibration(id="c", max=0.05), rows_of(world.random(5000) < score**2, score), None
    )

    assert (finding.outcome, finding.code) == ("fail", "missed")
    assert finding.observed == pytest.approx(1 / 6, abs=0.03)


def test_scores_that_are_no_shares_have_no_calibration() -> None:
    rows = tabulate(ids(40), [0, 1] * 20, score=np.linspace(-1, 3, 40))

    finding = judged(Calibration(id="c", max=0.05), rows, None)

    assert (finding.outcome, finding.code) == ("inconclusive", "undefined-metric")
    assert "not in 0..1" in finding.reason
