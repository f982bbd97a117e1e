"""Poisson counts for the bootstrap: how often each unit comes in each resample.

A resample gives every unit a count from the Poisson law of mean 1, which is the multinomial
bootstrap without its fixed total (Hanley and MacGibbon 2006, "Creating non-parametric
bootstrap samples using Poisson frequencies", Computer Methods and Programs in Biomedicine 83;
Chamandy et al. 2012, "Estimating uncertainty for massive data streams").

The count of unit u in resample r depends on (seed, r, u) alone: SplitMix64 (Steele, Lea and
Flood 2014, "Fast splittable pseudorandom number generators") in counter mode gives 64 bits
for four units, and sixteen of them a count, by a table whose chances are exact to 2^-17. So
parts of the units may be drawn apart and their totals added, and no library's choice of an
algorithm changes a decision.
"""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.uint8]
Thousandths = npt.NDArray[np.uint16]
Words = npt.NDArray[np.uint64]

_STEP = 0x9E3779B97F4A7C15
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_PER_WORD = 4
_KEPT = 2**22
PER_ONE = 1024


def exponentials(resamples: range, units: range, *, seed: int) -> Thousandths:
    """Draw from the exponential law of mean 1, in units of 1 / `PER_ONE`: weights, not counts.

    With these a resample is the Bayesian bootstrap (Rubin 1981, Annals of Statistics 9).
    """
    if len(resamples) * len(units) <= _KEPT:
        return _few_exponentials(resamples, units, seed)
    return _EXPONENTIALS[_sixteens(resamples, units, seed)]


@lru_cache(maxsize=4)
def _few_exponentials(resamples: range, units: range, seed: int) -> Thousandths:
    drawn = _EXPONENTIALS[_sixteens(resamples, units, seed)]
    drawn.setflags(write=False)
    return drawn


def poisson_counts(resamples: range, units: range, *, seed: int) -> Counts:
    """Draw counts, a row a resample and a column a unit."""
    if len(resamples) * len(units) <= _KEPT:
        return _small(resamples, units, seed)
    return _drawn(resamples, units, seed)


@lru_cache(maxsize=4)
def _small(resamples: range, units: range, seed: int) -> Counts:
    """Remember what was drawn last: fifty groups of one size need the same counts."""
    counts = _drawn(resamples, units, seed)
    counts.setflags(write=False)
    return counts


def _drawn(resamples: range, units: range, seed: int) -> Counts:
    return _TABLE[_sixteens(resamples, units, seed)]


def _sixteens(resamples: range, units: range, seed: int) -> Thousandths:
    """Sixteen random bits for each resample and unit."""
    first, last = units.start // _PER_WORD, -(-units.stop // _PER_WORD)
    starts = _mixed(_steps(resamples.start, resamples.stop) + np.uint64(_wrapped(seed)))
    words = _mixed(starts[:, None] + _steps(first, last)[None, :])
    sixteens = words.astype("<u8", copy=False).view("<u2")
    skipped = units.start - first * _PER_WORD
    return sixteens[:, skipped : skipped + len(units)]


def _steps(first: int, last: int) -> Words:
    """The counters (first + 1) .. last, each times the golden gamma."""
    return np.arange(first + 1, last + 1, dtype=np.uint64) * np.uint64(_STEP)


def _mixed(state: Words) -> Words:
    """SplitMix64's finaliser: every bit of a counter changes about half of all bits."""
    state ^= state >> np.uint64(30)
    state *= _FIRST
    state ^= state >> np.uint64(27)
    state *= _SECOND
    state ^= state >> np.uint64(31)
    return state


def _wrapped(seed: int) -> int:
    return (seed * _STEP) % 2**64


def _poisson_table() -> Counts:
    below = np.cumsum([math.exp(-1) / math.factorial(count) for count in range(9)])
    places = np.arange(2**16)
    return np.searchsorted(np.round(below * 2**16), places, side="right").astype(np.uint8)


_TABLE = _poisson_table()


def _exponential_table() -> Thousandths:
    middles = (np.arange(2**16) + 0.5) / 2**16
    return np.rint(-PER_ONE * np.log(middles)).astype(np.uint16)


_EXPONENTIALS = _exponential_table()
