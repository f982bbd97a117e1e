"""Customers who come back: rows that are alike, and what their ids say of it.

`CAIRN_FAULTS=all` draws ten times as often.
"""

from collections import Counter
from dataclasses import replace

import numpy as np

from cairn.core.check import Floor
from cairn.stats.checks import Evidence, judge
from cairn.stats.scored import Grouping, Predictions
from scores.scored import SNAPSHOT
from stats.worlds import TIMES, limit

SHARE = 0.9
CUSTOMERS, DAYS = 60, 5
FLOOR = Floor(id="floor", metric="accuracy", value=SHARE + 1e-9)
IDS = tuple(f"c{c:03d}-2026-03-{d + 1:02d}" for c in range(CUSTOMERS) for d in range(DAYS))
UNIT = Grouping(
    codes=np.repeat(np.arange(CUSTOMERS), DAYS).astype(np.uint32),
    levels=tuple(f"c{c:03d}" for c in range(CUSTOMERS)),
)


def customers(world: np.random.Generator) -> Predictions:
    """All rows of a customer are decided rightly, or none is."""
    right = np.repeat(world.random(CUSTOMERS) < SHARE, DAYS)
    return Predictions(
        ids=IDS, label=np.ones(right.size), score=np.where(right, 0.9, 0.1), groups={}
    )


def test_customers_that_only_their_ids_name_are_never_judged_as_so_many_rows() -> None:
    """At the floor: the first statistics let four times as many through as they said."""
    world = np.random.default_rng(1)
    runs, found = 100 * TIMES, Counter[str]()
    for _ in range(runs):
        rows = customers(world)
        evidence = Evidence(version="churn:2", snapshot=SNAPSHOT, candidate=rows)
        before = judge(FLOOR, replace(evidence, statistics=1))
        now = judge(FLOOR, evidence)
        named = judge(FLOOR, replace(evidence, candidate=replace(rows, unit=UNIT)))
        found["before"] += before.outcome == "pass"
        found["asked"] += now.code == "unit-unknown"
        found["passed"] += now.outcome == "pass"
        found["named"] += named.outcome == "pass"

    assert found["passed"] == 0
    assert found["asked"] == found["before"] > 0.1 * runs
    assert found["named"] / runs <= limit(runs)
