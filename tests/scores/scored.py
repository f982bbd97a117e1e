"""Rows scored by made-up models: what the tests of checks, gates and comparisons judge."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from msgspec.structs import replace

from cairn.core.check import Check
from cairn.core.gate import Finding
from cairn.stats.checks import Evidence, Problem, judge
from cairn.stats.predictions import Predictions
from cairn.stats.tabulate import tabulate

SNAPSHOT = "sha256:" + "5" * 64


def decided(
    rows: int,
    *,
    wrong: Iterable[int] = (),
    label: Sequence[int] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
) -> Predictions:
    """Rows 0.. with labels 0, 1, 0, 1 .. unless given, decided rightly except in `wrong`."""
    labels = np.arange(rows) % 2 if label is None else np.asarray(label)
    right = np.ones(rows, dtype=bool)
    right[list(wrong)] = False
    score = np.where(right == (labels == 1), 0.9, 0.1)
    return tabulate(ids(rows), labels, score=score, groups=groups)


def spread(
    rows: int, *, skill: float, seed: int, noise: int = 1, groups: int = 0
) -> Predictions:
    """Rows with graded scores: `skill` separates the labels, `noise` seeds the model's own."""
    world = np.random.default_rng(seed)
    labels = world.integers(0, 2, rows)
    shared = world.normal(size=rows)
    own = np.random.default_rng([seed, noise]).normal(size=rows)
    score = 1 / (1 + np.exp(-(skill * (2 * labels - 1) + shared + 0.5 * own)))
    columns = {"region": [f"r{row % groups}" for row in range(rows)]} if groups else None
    return tabulate(ids(rows), labels, score=score, groups=columns)


def ids(rows: int) -> list[str]:
    """Ids that sort as they are numbered."""
    return [f"row{row:07d}" for row in range(rows)]


def evidence(candidate: Predictions | Problem, live: Predictions | Problem | None) -> Evidence:
    """Evidence about `churn:2`, with `churn:1` live if there is a live model."""
    return Evidence(
        version="churn:2",
        snapshot=SNAPSHOT,
        candidate=candidate,
        live_version=None if live is None else "churn:1",
        live=live,
    )


def judged(
    check: Check, candidate: Predictions | Problem, live: Predictions | Problem | None
) -> Finding:
    """Judge one check on these rows."""
    return judge(check, evidence(candidate, live))


def shuffled(predictions: Predictions, *, seed: int) -> Predictions:
    """The same rows, handed over in another order."""
    order = np.random.default_rng(seed).permutation(len(predictions.ids))
    return tabulate(
        [predictions.ids[row] for row in order],
        predictions.label[order],
        score=predictions.score[order],
        groups={
            name: [grouping.levels[code] for code in grouping.codes[order]]
            for name, grouping in predictions.groups.items()
        },
    )


def without_reason(finding: Finding) -> Finding:
    """A finding's outcome and numbers alone."""
    return replace(finding, reason="", fix="")


def among(rows: Collection[int], share: float) -> list[int]:
    """The first `share` of these rows."""
    listed = sorted(rows)
    return listed[: round(share * len(listed))]
