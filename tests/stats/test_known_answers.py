"""Published answers, each with its source, to as many digits as were published."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from cairn.stats.align import Pair, Sample
from cairn.stats.distributions import normal_above
from cairn.stats.estimate import Difference, Estimate
from cairn.stats.measure import compare, measure
from cairn.stats.metrics import parse_metric
from cairn.stats.resampled import compare_resampled, measure_resampled
from scores.rows import models, pair, sample
from stats.asah import MARKERS, POOR

NORMAL_975 = 1.959963984540054


@pytest.mark.parametrize(
    ("markers", "z", "p", "interval"),
    [
        (("wfns", "s100b"), 2.20898359144091, 0.0271757822291882,
         (0.0104061769564846, 0.174214419249478)),
        (("wfns", "ndka"), 2.79777591868904, 0.00514557970691098,
         (0.0634011709339876, 0.3600405634833566)),
        (("ndka", "s100b"), -1.39077002573558, 0.164295175223054,
         (-0.2876917446341914, 0.0488706064228094)),
    ],
)  # fmt: skip
def test_delong_of_two_markers_is_that_of_proc(
    markers: tuple[str, str], z: float, p: float, interval: tuple[float, float]
) -> None:
    """Robin et al.: pROC, tests/testthat/test-roc.test.R, paired DeLong of `aSAH`."""
    first, second = markers
    found = compare("roc_auc", pair(POOR, MARKERS[first], MARKERS[second]))

    assert isinstance(found, Difference)
    ours = found.gain / found.standard_error
    assert ours == pytest.approx(z, abs=1e-9)
    assert 2 * normal_above(abs(ours)) == pytest.approx(p, abs=1e-9)
    half = NORMAL_975 * found.standard_error
    assert (found.gain - half, found.gain + half) == pytest.approx(interval, abs=1e-9)


@pytest.mark.parametrize(
    ("marker", "area", "variance"),
    [
        ("wfns", 0.823678861788618, 0.00146991470882363),
        ("ndka", 0.611957994579946, 0.0031908105493913),
        ("s100b", 0.731368563685637, 0.00266868245717244),
    ],
)
def test_delong_variance_of_a_marker_is_that_of_proc(
    marker: str, area: float, variance: float
) -> None:
    """Robin et al.: pROC, tests/testthat/test-var.R and test-auc.R."""
    found = measure("roc_auc", sample(POOR, MARKERS[marker]))

    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(area, abs=1e-12)
    assert found.standard_error**2 == pytest.approx(variance, abs=1e-9)


@pytest.mark.parametrize(("first", "second"), [("wfns", "s100b"), ("wfns", "ndka")])
def test_the_bootstrap_finds_the_error_that_delong_has(first: str, second: str) -> None:
    rows = pair(POOR, MARKERS[first], MARKERS[second])
    delong = compare("roc_auc", rows)

    found = compare_resampled(parse_metric("roc_auc"), rows, alpha=0.05)

    assert isinstance(delong, Difference)
    assert isinstance(found, Difference)
    assert found.gain == pytest.approx(delong.gain, abs=1e-12)
    assert found.standard_error == pytest.approx(delong.standard_error, rel=0.08)


@pytest.mark.parametrize("name", ["mae", "rmse", "median_absolute_error"])
def test_the_bootstrap_agrees_with_scipy_within_the_error_of_simulation(name: str) -> None:
    """scipy.stats.bootstrap(paired=True, method="percentile"); ours takes the wider side."""
    world = np.random.default_rng(5)
    label = world.normal(size=400)
    ours, theirs = (label + world.normal(size=400) * width for width in (0.9, 1.0))
    rows = Pair(
        ids=(),
        ours=Sample(label=label, score=ours, task="regression"),
        theirs=Sample(label=label, score=theirs, task="regression"),
    )

    def statistic(mine: np.ndarray, other: np.ndarray, *, axis: int) -> np.ndarray:
        middle = np.median if name.startswith("median") else np.mean
        power = 2 if name == "rmse" else 1
        values = [middle(np.abs(e) ** power, axis=axis) for e in (mine, other)]
        root = [v**0.5 if name == "rmse" else v for v in values]
        return root[1] - root[0]

    errors = (ours - label, theirs - label)
    peer = bootstrap(
        errors, statistic, paired=True, n_resamples=2000, confidence_level=0.9,
        method="percentile", rng=np.random.default_rng(6),
    )  # fmt: skip
    found = compare_resampled(parse_metric(name), rows, alpha=0.05)

    assert isinstance(found, Difference)
    error = float(peer.standard_error)
    assert found.gain == pytest.approx(float(statistic(*errors, axis=-1)), abs=1e-12)
    assert found.standard_error == pytest.approx(error, rel=0.12)
    widest = max(
        found.gain - peer.confidence_interval.low, peer.confidence_interval.high - found.gain
    )
    assert found.gain - found.lower == pytest.approx(widest, abs=0.35 * error)


@pytest.mark.parametrize(
    "name", ["accuracy", "f1", "precision", "recall", "brier", "log_loss"]
)
def test_the_bootstrap_finds_the_error_of_the_closed_form(name: str) -> None:
    rows = models(3000, seed=8)

    closed = compare(name, rows, statistics=1)
    found = compare_resampled(parse_metric(name), rows, alpha=0.05)

    assert isinstance(closed, Difference)
    assert isinstance(found, Difference)
    assert found.gain == pytest.approx(closed.gain, abs=1e-12)
    assert found.standard_error == pytest.approx(closed.standard_error, rel=0.08)
    assert found.lower == pytest.approx(closed.lower, abs=0.4 * closed.standard_error)


def test_the_bootstrap_of_one_model_finds_the_error_of_delong() -> None:
    rows = models(2000, seed=9).ours

    closed, found = (
        measure("roc_auc", rows),
        measure_resampled(parse_metric("roc_auc"), rows, alpha=0.05),
    )

    assert isinstance(closed, Estimate)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(closed.value, abs=1e-12)
    assert found.standard_error == pytest.approx(closed.standard_error, rel=0.08)
