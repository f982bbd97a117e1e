"""Worlds whose truth is known, drawn as rows that a gate can judge.

A simulation draws each `TIMES` as often under `CAIRN_FAULTS=all` as in the suite.
"""

import math
import os
from functools import cache

import numpy as np
import numpy.typing as npt

from cairn.core.check import Check
from cairn.core.gate import Finding, Reuse
from cairn.stats.checks import Evidence, judge
from cairn.stats.scored import Grouping, Predictions
from scores.scored import SNAPSHOT

Array = npt.NDArray[np.float64]
Generator = np.random.Generator
ALPHA = 0.05
TIMES = 10 if os.environ.get("CAIRN_FAULTS") == "all" else 1


def limit(runs: int, error: float = ALPHA) -> float:
    """The promised error, and three standard errors of so many runs."""
    return error + 3 * math.sqrt(error * (1 - error) / runs)


@cache
def names(rows: int) -> tuple[str, ...]:
    """Ids in order."""
    return tuple(f"{row:07d}" for row in range(rows))


def rows_of(
    label: npt.ArrayLike, score: npt.ArrayLike, groups: dict[str, Grouping] | None = None
) -> Predictions:
    """Binary predictions as arrays have them."""
    labels = np.asarray(label, dtype=np.float64)
    scores = np.asarray(score, dtype=np.float64)
    return Predictions(ids=names(labels.size), label=labels, score=scores, groups=groups or {})


def grouped(groups: int, each: int) -> dict[str, Grouping]:
    """A column `region` of equally large groups."""
    codes = np.repeat(np.arange(groups), each).astype(np.uint32)
    levels = tuple(f"g{number:03d}" for number in range(groups))
    return {"region": Grouping(codes=codes, levels=levels)}


def deciders(
    world: Generator, rows: int, *, gain: float = 0.0, discordance: float = 0.1
) -> tuple[Array, Array, Array]:
    """Labels, and two models that differ on a tenth of rows: the first gains `gain`."""
    label = (world.random(rows) < 0.5).astype(float)
    draw = world.random(rows)
    wins = draw < (discordance + gain) / 2
    losses = (draw >= 0.5) & (draw < 0.5 + (discordance - gain) / 2)
    both = world.random(rows) < 0.8
    ours, theirs = (both & ~losses) | wins, (both & ~wins) | losses
    scores = [np.where(right == (label == 1), 0.8, 0.2) for right in (ours, theirs)]
    return label, scores[0], scores[1]


def rankers(world: Generator, rows: int, *, worse: float = 0.0) -> tuple[Array, Array, Array]:
    """Labels and two graded scores; the first model's are less well separated."""
    label = (world.random(rows) < 0.3).astype(float)
    shared = world.normal(size=rows)
    ours, theirs = (
        shared + 0.6 * world.normal(size=rows) + lift * label for lift in (1.4 - worse, 1.4)
    )
    return label, 1 / (1 + np.exp(1 - ours)), 1 / (1 + np.exp(1 - theirs))


def judged_on(
    check: Check,
    ours: Predictions,
    theirs: Predictions | None = None,
    *,
    reuse: Reuse | None = None,
    look: int = 1,
    seen: int = 0,
) -> Finding:
    """Judge a check by the gate's own function, at some look, `seen` others beside."""
    metric: str = getattr(check, "metric", "")
    found = Evidence(
        version="churn:2",
        snapshot=SNAPSHOT,
        candidate=ours,
        live_version="churn:1" if theirs else None,
        live=theirs,
        reuse=reuse,
        looks={(metric, ()): look},
        seen=seen,
    )
    return judge(check, found)
