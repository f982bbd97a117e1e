"""Choosing among versions that were only seen: how often that lets an equal one through.

`CAIRN_FAULTS=all` draws ten times as often.
"""

import numpy as np

from cairn.core.check import NonInferiority, Superiority
from cairn.core.gate import Reuse
from cairn.stats.checks import Evidence, judge
from scores.scored import SNAPSHOT
from stats.worlds import TIMES, deciders, judged_on, limit, rows_of

BETTER = Superiority(id="better", metric="accuracy")
NOT_WORSE = NonInferiority(id="no-worse", metric="accuracy", margin=0.02)
SINCE = NonInferiority(id="since", metric="accuracy", margin=0.04, reference="fixed")
ROWS = 400


def lets_one_through(
    world: np.random.Generator, *, rounds: int, reuse: Reuse | None, counted: bool
) -> bool:
    """Whether any round judges an equal candidate as better: the best of five by accuracy.

    A tenth of a candidate's rows are drawn anew at the live version's accuracy.
    """
    label, _, theirs = deciders(world, ROWS)
    live = rows_of(label, theirs)
    for look in range(1, rounds + 1):
        flip = world.random((5, ROWS)) < 0.1
        fresh = np.where(world.random((5, ROWS)) < 0.8, label, 1 - label)
        scores = np.where(flip, fresh, theirs)
        best = scores[((scores >= 0.5) == label).sum(axis=1).argmax()]
        found = judged_on(
            BETTER,
            rows_of(label, best),
            live,
            reuse=reuse,
            look=look,
            seen=4 * look if counted else 0,
        )
        if found.outcome == "pass":
            return True
    return False


def test_the_best_of_five_that_were_seen_thirty_times_passes_at_most_alpha() -> None:
    world = np.random.default_rng(1)
    runs = 60 * TIMES

    passed = sum(
        lets_one_through(world, rounds=30, reuse=Reuse(), counted=True) for _ in range(runs)
    )

    assert passed / runs <= limit(runs)


def test_without_a_rule_the_best_of_five_passes_far_more_often_than_said() -> None:
    """Why seen versions are counted: what a report without `reuse` says of one look."""
    world = np.random.default_rng(2)

    passed = sum(
        lets_one_through(world, rounds=10, reuse=None, counted=False) for _ in range(20)
    )

    assert passed / 20 >= 0.4


def releases_let_through(world: np.random.Generator, *, fixed: bool) -> int:
    """How many of ten releases pass, each truly .01 worse than the one before, margin .02."""
    rows = 4000
    label = (world.random(rows) < 0.5).astype(float)
    right = world.random(rows) < 0.85
    first = live = rows_of(label, np.where(right, label, 1 - label))
    passed = 0
    for _ in range(10):
        worse = np.where(world.random(rows) < 0.03, world.random(rows) < 0.5, right)
        candidate = rows_of(label, np.where(worse, label, 1 - label))
        outcomes = [judged_on(NOT_WORSE, candidate, live).outcome]
        if fixed:
            evidence = Evidence(
                version="churn:9",
                snapshot=SNAPSHOT,
                candidate=candidate,
                fixed_version="churn:1",
                fixed=first,
            )
            outcomes.append(judge(SINCE, evidence).outcome)
        if outcomes != ["pass"] * len(outcomes):
            break
        passed, live, right = passed + 1, candidate, worse
    return passed


def test_ten_releases_do_not_creep_further_than_what_they_may_lose_together() -> None:
    """.03 of rows drawn anew at a half lose .0105 of .85; the budget is .04."""
    world = np.random.default_rng(4)
    runs = 20 * TIMES

    crept = [releases_let_through(world, fixed=False) for _ in range(runs)]
    held = [releases_let_through(world, fixed=True) for _ in range(runs)]

    assert max(crept) >= 5
    assert sum(many >= 4 for many in held) / runs <= limit(runs)
    assert sum(many >= 1 for many in held) / runs >= 0.8


def test_after_twenty_ordinary_runs_two_points_are_still_found_in_ten_thousand_rows() -> None:
    """Nineteen other versions have metrics on the set: the first look has a twentieth."""
    world = np.random.default_rng(3)
    runs, found = 30 * TIMES, 0
    for _ in range(runs):
        label, ours, theirs = deciders(world, 10_000, gain=0.02)
        finding = judged_on(
            BETTER, rows_of(label, ours), rows_of(label, theirs), reuse=Reuse(), seen=19
        )
        found += finding.outcome == "pass"

    assert found / runs >= 0.9
