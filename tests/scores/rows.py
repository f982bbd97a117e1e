"""Rows of scores as plain arrays: what the tests of the statistics measure and compare."""

from functools import cache

import numpy as np
import numpy.typing as npt

from cairn.stats.align import Pair, Sample


def sample(label: npt.ArrayLike, score: npt.ArrayLike) -> Sample:
    """Rows of one model."""
    return Sample(
        label=(np.asarray(label) == 1).astype(np.float64),
        score=np.asarray(score, dtype=np.float64),
    )


def pair(label: npt.ArrayLike, candidate: npt.ArrayLike, live: npt.ArrayLike) -> Pair:
    """Rows of two models, with ids in order."""
    ours, theirs = sample(label, candidate), sample(label, live)
    return Pair(ids=_ids(ours.rows), ours=ours, theirs=theirs)


@cache
def _ids(rows: int) -> tuple[str, ...]:
    return tuple(f"{row:07d}" for row in range(rows))


def decisions(counts: npt.ArrayLike) -> Pair:
    """Rows by [label, candidate's decision, live model's decision], scored 0.8 or 0.2."""
    code = np.repeat(np.arange(8), np.ravel(np.asarray(counts)))
    return pair(code >> 2, np.where(code & 2, 0.8, 0.2), np.where(code & 1, 0.8, 0.2))


def models(rows: int, *, seed: int, rate: float = 0.3) -> Pair:
    """A candidate a little better than the live model, both calibrated badly."""
    world = np.random.default_rng(seed)
    label = world.random(rows) < rate
    shared = world.normal(size=rows) + 1.5 * label
    candidate = shared + 0.4 * world.normal(size=rows)
    live = shared + 0.7 * world.normal(size=rows)
    return pair(label, *(1 / (1 + np.exp(0.7 - score)) for score in (candidate, live)))
