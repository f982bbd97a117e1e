"""How long the statistics of a gate take on a million rows, beside scipy and scikit-learn.

python benchmarks/gate.py            the figures of record, about five minutes
python benchmarks/gate.py --rows 100000 --quick
"""

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from peers import machine

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
from cairn.core.gate import Policy, Reuse, verdict
from cairn.stats.align import Pair, Sample
from cairn.stats.checks import Evidence, judge_all
from cairn.stats.estimate import Difference
from cairn.stats.measure import compare
from cairn.stats.metrics import parse_metric
from cairn.stats.resampled import compare_resampled
from cairn.stats.scored import Floats, Grouping, Predictions

RESAMPLES = 2000
GROUPS = 50


def timed(work: Callable[[], object], *, runs: int) -> float:
    """Median of several runs in seconds of CPU, a first one left out."""
    taken: list[float] = []
    for run in range(runs + 1):
        begin = time.process_time()
        work()
        if run:
            taken.append(time.process_time() - begin)
    return statistics.median(taken)


def rows_of(rows: int) -> Pair:
    """A candidate that is a little better than the live model."""
    world = np.random.default_rng(0)
    label = world.integers(0, 2, rows).astype(np.float64)
    shared = world.normal(size=rows) + 1.2 * (label - 0.5)
    ours, theirs = (
        1 / (1 + np.exp(-(shared + width * world.normal(size=rows)))) for width in (0.58, 0.6)
    )
    return Pair(
        ids=tuple(f"{row:07d}" for row in range(rows)),
        ours=Sample(label=label, score=ours),
        theirs=Sample(label=label, score=theirs),
    )


def bootstrap_figures(pair: Pair, *, runs: int, share: float) -> None:
    """Paired bootstrap of a difference of log losses; scipy's is timed on a share of it."""
    import scipy.stats

    bootstrap = cast("Any", scipy.stats).bootstrap

    ours, theirs = (
        -np.log(np.where(one.positive, one.score, 1 - one.score)) for one in pair.samples()
    )
    few = max(1, round(RESAMPLES * share))

    def gain(mine: Floats, other: Floats, *, axis: int) -> Floats:
        return other.mean(axis=axis) - mine.mean(axis=axis)

    def peer() -> object:
        return bootstrap(
            (ours, theirs),
            gain,
            paired=True,
            n_resamples=few,
            batch=1,
            method="percentile",
        )

    before = peak_megabytes()
    own = timed(
        lambda: compare_resampled(parse_metric("log_loss"), pair, alpha=0.05), runs=runs
    )
    grown = peak_megabytes() - before
    scaled = timed(peer, runs=1) / few * RESAMPLES
    found = compare_resampled(parse_metric("log_loss"), pair, alpha=0.05)
    closed = compare("log_loss", pair)
    assert isinstance(found, Difference)
    assert isinstance(closed, Difference)
    line("paired bootstrap, 2,000 resamples, log loss", own)
    line(f"scipy.stats.bootstrap, {few} resamples, scaled to 2,000", scaled)
    print(f"  {scaled / own:.0f} times faster; memory grew by {grown:.0f} MB (limit 1,000)")
    print(
        f"  error {found.standard_error:.3g}, that of the t test {closed.standard_error:.3g}"
    )


def delong_figures(pair: Pair, *, runs: int) -> None:
    """DeLong's test beside what scikit-learn takes for the two areas alone."""
    import sklearn.metrics

    area = cast("Any", sklearn.metrics).roc_auc_score

    def peer() -> object:
        return [area(pair.positive, one.score) for one in pair.samples()]

    own, theirs = timed(lambda: compare("roc_auc", pair), runs=runs), timed(peer, runs=runs)
    line("DeLong, two areas with their covariance", own)
    line("sklearn.metrics.roc_auc_score, twice", theirs)
    print(f"  {own / theirs:.2f} times as long (limit 1.2)")


def gate_figures(pair: Pair, *, runs: int) -> None:
    """Ten checks with fifty subgroups, from decoded predictions to findings."""
    world = np.random.default_rng(1)
    codes = world.integers(0, GROUPS, pair.rows).astype(np.uint32)
    levels = tuple(f"g{number:02d}" for number in range(GROUPS))
    groups = {"region": Grouping(codes=codes, levels=levels)}
    tables = [
        Predictions(ids=tuple(pair.ids), label=one.label, score=one.score, groups=groups)
        for one in pair.samples()
    ]
    evidence = Evidence(
        version="churn:2",
        snapshot="sha256:" + "5" * 64,
        candidate=tables[0],
        live_version="churn:1",
        live=tables[1],
    )
    policy = Policy(evaluation=evidence.snapshot, checks=CHECKS, reuse=Reuse())
    findings = judge_all(policy, evidence)
    taken = timed(lambda: judge_all(policy, evidence), runs=runs)
    line(f"a gate of {len(CHECKS)} checks, {GROUPS} subgroups", taken)
    print(f"  verdict {verdict(findings)} (limit 10 s on 4 cores)")
    for finding in findings:
        print(f"    {finding.outcome:<14} {finding.check:<12} {finding.reason[:100]}")


CHECKS: tuple[Check, ...] = (
    Superiority(id="better", metric="roc_auc"),
    Superiority(id="right", metric="accuracy"),
    NonInferiority(id="promised", metric="log_loss", margin=0.01),
    NonInferiority(id="f1", metric="f1", margin=0.01),
    NonInferiority(id="mcc", metric="mcc", margin=0.01),
    Floor(id="floor", metric="recall", value=0.5),
    Ceiling(id="alarms", metric="selection_rate", value=0.6),
    Calibration(id="calibrated", max=0.1),
    NoSubgroupRegression(id="groups", by=("region",), metric="roc_auc", margin=0.01),
    FairnessGap(id="fair", by=("region",), measure="equalised_odds", max=0.1),
)


def line(title: str, seconds: float) -> None:
    """Print one figure."""
    print(f"  {title:<58} {seconds:9.3f} s")


def peak_megabytes() -> float:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print every figure with what it is held against."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true", help="one run, few resamples of scipy")
    given = parser.parse_args()
    runs, share = (1, 0.005) if given.quick else (5, 0.05)
    print(f"{given.rows:,} rows on {machine()}, NumPy {np.__version__}")
    pair = rows_of(given.rows)
    bootstrap_figures(pair, runs=runs, share=share)
    delong_figures(pair, runs=runs)
    gate_figures(pair, runs=runs)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
