"""Check `fairness_gap`: the largest difference of a rate between two groups."""

from dataclasses import replace

import numpy as np
import pytest

from cairn.core.check import Fairness, FairnessGap
from cairn.core.gate import Finding
from cairn.stats.align import Sample
from cairn.stats.checks import judge as judge_check
from cairn.stats.checks.earlier.gaps import largest_gap, rates_of
from cairn.stats.scored import Predictions
from cairn.stats.tabulate import tabulate
from scores.scored import evidence, ids, judged

COUNTS = {"f": (400, 200), "m": (400, 280)}


def table(counts: dict[str, tuple[int, int]], *, weight: float | None = None) -> Predictions:
    """Groups of so many rows, so many of them decided positive; every second label is 1."""
    group = [name for name, (rows, _) in counts.items() for _ in range(rows)]
    said = [at < hits for rows, hits in counts.values() for at in range(rows)]
    rows = len(group)
    return tabulate(
        ids(rows),
        [row % 2 for row in range(rows)],
        score=[0.9 if one else 0.1 for one in said],
        groups={"sex": group},
        weight=None if weight is None else [weight] * rows,
    )


def judge(counts: dict[str, tuple[int, int]], **changes: object) -> Finding:
    settings = {"by": ("sex",), "measure": "demographic_parity", "max": 0.1, "min_rows": 50}
    return judged(FairnessGap(id="fair", **(settings | changes)), table(counts), None)  # pyright: ignore[reportArgumentType] (fields by name)


def test_a_gap_beyond_chance_is_refused_naming_both_groups() -> None:
    finding = judge(COUNTS)

    assert (finding.outcome, finding.code) == ("fail", "unfair")
    assert finding.observed == pytest.approx(0.2)
    assert "between m and f" in finding.reason
    assert [(g.group, g.observed) for g in finding.groups] == [("f", 0.5), ("m", 0.7)]


def test_equal_rates_of_many_rows_pass_and_of_few_do_not_decide() -> None:
    many = judge({"f": (2000, 1000), "m": (2000, 1000)})
    few = judge({"f": (60, 30), "m": (60, 30)})

    assert (many.outcome, many.code) == ("pass", "fair-enough")
    assert (few.outcome, few.code) == ("inconclusive", "undecided")


def test_the_interval_is_newcombes() -> None:
    """Newcombe (1998), table II (a): 56/70 and 48/80, 95%: 0.0524 to 0.3339."""
    label = np.zeros(150)
    said = np.r_[np.arange(70) < 56, np.arange(80) < 48]
    groups = [np.arange(70), np.arange(70, 150)]
    rates = rates_of(
        Sample(label=label, score=said.astype(float)),
        groups,
        counted=np.ones(150, dtype=bool),
        said=said,
    )

    found = largest_gap(rates, alpha=0.025)

    assert found.gap == pytest.approx(0.2)
    assert (found.lower, found.upper) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize("measure", ["equal_opportunity", "equalised_odds"])
def test_rates_among_labels_are_compared_where_asked_for(measure: Fairness) -> None:
    label = [row % 2 for row in range(2000)]
    group = ["f" if row < 1000 else "m" for row in range(2000)]
    # Of women no positive label is found out, of men all; nobody else is decided positive.
    score = [0.9 if label[row] and group[row] == "m" else 0.1 for row in range(2000)]
    rows = tabulate(ids(2000), label, score=score, groups={"sex": group})

    finding = judged(FairnessGap(id="fair", by=("sex",), measure=measure, max=0.1), rows, None)

    assert finding.outcome == "fail"
    assert finding.observed == 1
    assert "true positive rate" in finding.reason


def test_small_groups_are_pooled_and_listed_or_sent_to_a_person() -> None:
    counts = {"f": (2000, 1000), "m": (2000, 1000), "x": (20, 10), "y": (20, 10)}

    listed, asked = judge(counts), judge(counts, small_groups="approve")

    assert listed.outcome == "pass"
    assert "not judged: 40 rows in 2 groups together" in listed.reason
    assert (asked.outcome, asked.code) == ("inconclusive", "needs-approval")
    assert asked.approval == "2 groups too small to compare"


def test_one_group_alone_is_no_pass() -> None:
    finding = judge({"f": (900, 100)})

    assert (finding.outcome, finding.code) == ("inconclusive", "no-group-large-enough")


def test_a_group_without_positive_labels_does_not_decide() -> None:
    label = [int(row < 500) * (row % 2) for row in range(1000)]
    rows = tabulate(
        ids(1000), label, score=[0.1] * 1000,
        groups={"sex": ["f" if row < 500 else "m" for row in range(1000)]},
    )  # fmt: skip

    finding = judged(
        FairnessGap(id="fair", by=("sex",), measure="equal_opportunity", max=0.1), rows, None
    )

    assert (finding.outcome, finding.code) == ("inconclusive", "undefined-in-group")


def test_a_missing_column_fails() -> None:
    finding = judge(COUNTS, by=("age",))

    assert (finding.outcome, finding.code) == ("fail", "no-grouping")


def test_a_pair_with_few_units_does_not_hide_another_that_is_unfair() -> None:
    unit = np.r_[np.arange(800), np.repeat(800, 400)]
    rows = tabulate(
        ids(1200), [0] * 1200, score=[0.9] * 300 + [0.1] * 900,
        groups={"sex": ["f"] * 400 + ["m"] * 400 + ["x"] * 400},
        unit=[str(one) for one in unit],
    )  # fmt: skip

    finding = judged(
        FairnessGap(id="fair", by=("sex",), measure="demographic_parity", max=0.1), rows, None
    )

    assert (finding.outcome, finding.code) == ("fail", "unfair")
    assert "between f and m" in finding.reason
    assert "800 rows" not in finding.reason
    assert "1,200 rows of 801 units in 3 groups" in finding.reason


def test_a_decision_of_an_earlier_release_is_judged_by_its_own_statistics() -> None:
    check = FairnessGap(id="fair", by=("sex",), measure="demographic_parity", max=0.1)
    earlier = replace(evidence(table(COUNTS), None), statistics=1)

    finding = judge_check(check, earlier)

    assert finding.method == "Newcombe"
    assert finding.lower == pytest.approx(0.1436, abs=5e-4)


def test_weighted_rows_are_worth_what_their_spread_says() -> None:
    weighted = judged(
        FairnessGap(id="fair", by=("sex",), measure="demographic_parity", max=0.1),
        table(COUNTS, weight=1.0),
        None,
    )

    plain = judge(COUNTS)
    assert weighted.outcome == "fail"
    assert weighted.observed == plain.observed
    assert weighted.lower == pytest.approx(plain.lower or 0, abs=0.01)


def test_rows_of_numbers_have_no_positive_decisions() -> None:
    rows = tabulate(ids(4), [1.5, 2, 3, 4], score=[1, 2, 3, 4], task="regression")

    finding = judged(
        FairnessGap(id="fair", by=("sex",), measure="demographic_parity", max=0.1), rows, None
    )

    assert (finding.outcome, finding.code) == ("fail", "not-measurable")
