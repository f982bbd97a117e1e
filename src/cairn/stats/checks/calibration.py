"""Check `calibration`: what the scores promise comes true.

The expected calibration error is the mean, over rows, of how far the share of positive labels
in a bin of the score lies from the mean score there (Naeini, Cooper and Hauskrecht 2015,
"Obtaining well calibrated probabilities using Bayesian binning", AAAI). It is never negative,
so chance alone makes it too large, in few rows by much; its replicates again. The interval
takes the wider side of both, and so errs on the side of not passing. The Hosmer-Lemeshow test
is not used: it asks whether the error is exactly 0, which more rows always deny.

The finding's groups are the bins, with the interval of the share of positive labels, each
bound at the check's confidence: rows count by their weights, and as the independent rows that
they are worth (`effective`). A bin takes its lower edge in, the last one both.
"""

import numpy as np
from msgspec.structs import replace

from cairn.core.check import Calibration
from cairn.core.gate import Finding, GroupFinding
from cairn.stats import curves
from cairn.stats.align import Sample, sample
from cairn.stats.checks.bounds import judge_bound
from cairn.stats.checks.evidence import Evidence, Problem
from cairn.stats.distributions import wilson
from cairn.stats.totals import bin_of

_ALPHA = 0.05


def judge_calibration(check: Calibration, evidence: Evidence) -> Finding:
    """Judge the upper bound of the calibration error against `max`."""
    metric = f"ece@{check.bins}"
    finding = judge_bound(check, evidence, metric=metric, value=check.max, upwards=False)
    if finding.observed is None or isinstance(evidence.candidate, Problem):
        return finding
    rows = sample(evidence.candidate)
    if evidence.statistics == 1:
        return replace(finding, groups=_plain_bins(rows, check.bins))
    error = round(1 - check.confidence, 12)
    return replace(finding, groups=_bins(rows, check.bins, error=error))


def _bins(rows: Sample, bins: int, *, error: float) -> tuple[GroupFinding, ...]:
    return tuple(
        GroupFinding(
            group=f"{one.place / bins:.3g} to {(one.place + 1) / bins:.3g}",
            by="score",
            rows=one.rows,
            observed=one.share,
            baseline=one.predicted,
            difference=one.share - one.predicted,
            lower=one.lower,
            upper=one.upper,
        )
        for one in curves.calibration(rows, bins=bins, alpha=error)
    )


def _plain_bins(rows: Sample, bins: int) -> tuple[GroupFinding, ...]:
    place = bin_of(rows.score, bins)
    counts = np.bincount(place, minlength=bins).tolist()
    hits = np.bincount(place, weights=rows.positive, minlength=bins).tolist()
    promised = np.bincount(place, weights=rows.score, minlength=bins).tolist()
    return tuple(
        _bin(at, bins, rows=counts[at], hits=int(hits[at]), promised=promised[at])
        for at in range(bins)
        if counts[at]
    )


def _bin(at: int, bins: int, *, rows: int, hits: int, promised: float) -> GroupFinding:
    lower, upper = wilson(hits, rows, _ALPHA)
    return GroupFinding(
        group=f"{at / bins:.3g} to {(at + 1) / bins:.3g}",
        by="score",
        rows=rows,
        observed=hits / rows,
        baseline=promised / rows,
        difference=(hits - promised) / rows,
        lower=lower,
        upper=upper,
    )
