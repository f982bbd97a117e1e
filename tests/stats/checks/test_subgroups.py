"""No group may pay for the others, and none is skipped in silence."""

import numpy as np
import pytest

from cairn.core.check import NoSubgroupRegression
from cairn.core.gate import Finding, GroupFinding
from cairn.stats.checks import judge
from cairn.stats.predictions import Predictions
from cairn.stats.tabulate import tabulate
from scores.scored import among, decided, evidence, ids, judged, shuffled

GROUPS = NoSubgroupRegression(
    id="groups", by=("region",), metric="accuracy", margin=0.02, min_rows=200
)


def regions(**sizes: int) -> list[str]:
    return [name for name, rows in sizes.items() for _ in range(rows)]


def rows_of(region: str, column: list[str]) -> list[int]:
    return [row for row, name in enumerate(column) if name == region]


def predictions(column: list[str], **wrong: float) -> Predictions:
    """Wrong in this share of each region's rows, rounded; 10% where nothing is said."""
    missed = [
        row
        for region in dict.fromkeys(column)
        for row in among(rows_of(region, column), wrong.get(region, 0.1))
    ]
    return decided(len(column), wrong=missed, groups={"region": column})


def group(finding: Finding, name: str) -> GroupFinding:
    return next(found for found in finding.groups if found.group == name)


def test_equal_groups_pass_and_every_group_is_listed() -> None:
    column = regions(north=400, south=500)

    finding = judged(GROUPS, predictions(column), predictions(column))

    assert (finding.outcome, finding.code) == ("pass", "no-regression-seen")
    assert [(g.group, g.rows, g.outcome) for g in finding.groups] == [
        ("north", 400, "pass"),
        ("south", 500, "pass"),
    ]
    assert finding.detectable is not None
    assert finding.detectable > 0.02
    assert finding.reason.endswith("; at 95% confidence over 2 groups (Holm)")


def test_a_group_that_pays_for_the_others_fails_by_name_with_its_numbers() -> None:
    column = regions(north=4000, south=500)
    live = predictions(column, north=0.3)
    candidate = predictions(column, north=0.1, south=0.25)

    finding = judged(GROUPS, candidate, live)

    assert (finding.outcome, finding.code) == ("fail", "subgroup-regression")
    assert "worse by more than 0.02 in 1 of 2 groups of region: south" in finding.reason
    assert "0.750 against 0.900, -0.150 (500 rows)" in finding.reason
    assert "north" not in finding.reason
    assert finding.groups[0].group == "south"
    assert group(finding, "south").difference == pytest.approx(-0.15)
    assert group(finding, "north").outcome == "pass"


def test_small_groups_are_pooled_and_judged_together() -> None:
    column = regions(north=1000, east=120, west=130)
    live = predictions(column)
    candidate = predictions(column, east=0.5, west=0.5)

    finding = judged(GROUPS, candidate, live)

    assert finding.outcome == "fail"
    assert group(finding, "other").pooled == ("east", "west")
    assert group(finding, "other").rows == 250


def test_a_pool_too_small_to_judge_is_listed_and_does_not_block() -> None:
    column = regions(north=1000, east=12, west=13)
    live = predictions(column)
    candidate = predictions(column, east=1.0, west=1.0)

    finding = judged(GROUPS, candidate, live)

    assert finding.outcome == "pass"
    assert group(finding, "other").outcome == "not-applicable"
    assert "not judged: 25 rows in 2 groups together, fewer than 200" in finding.reason
    assert "east, west" in finding.reason


def test_a_grouping_of_small_groups_only_is_inconclusive() -> None:
    column = regions(north=80, south=90)

    finding = judged(GROUPS, predictions(column), predictions(column))

    assert (finding.outcome, finding.code) == ("inconclusive", "no-group-large-enough")
    assert "170 rows in 2 groups" in finding.reason
    assert finding.fix


def test_a_group_that_is_itself_called_other_is_not_mixed_with_the_pool() -> None:
    column = regions(other=400, east=120, west=130)

    finding = judged(GROUPS, predictions(column), predictions(column))

    assert {g.group: g.rows for g in finding.groups} == {"other": 400, "other (pooled)": 250}


def test_a_metric_that_one_group_does_not_define_is_inconclusive_by_name() -> None:
    column = regions(north=400, south=300)
    label = [row % 2 for row in range(400)] + [0] * 300
    check = NoSubgroupRegression(id="groups", by=("region",), metric="recall")
    rows = decided(700, label=label, groups={"region": column}, wrong=[3])

    finding = judged(check, rows, rows)

    assert (finding.outcome, finding.code) == ("inconclusive", "undefined-in-group")
    assert "1 of 2 groups of region cannot be judged: south" in finding.reason
    assert "no positive rows" in group(finding, "south").reason


def test_a_regression_counts_more_than_an_undefined_group() -> None:
    column = regions(north=400, south=300)
    label = [row % 2 for row in range(400)] + [0] * 300
    check = NoSubgroupRegression(id="groups", by=("region",), metric="recall")
    live = decided(700, label=label, groups={"region": column})
    candidate = decided(700, label=label, groups={"region": column}, wrong=range(300))

    finding = judged(check, candidate, live)

    assert (finding.outcome, finding.code) == ("fail", "subgroup-regression")
    assert "cannot be judged: south" in finding.reason


def test_a_drop_within_the_margin_is_allowed() -> None:
    column = regions(north=20_000)

    finding = judged(GROUPS, predictions(column, north=0.115), predictions(column))

    assert finding.outcome == "pass"


def test_many_harmless_groups_are_rarely_refused() -> None:
    random = np.random.default_rng(99)
    column = regions(**{f"r{number:02d}": 200 for number in range(20)})
    check = NoSubgroupRegression(id="groups", by=("region",), metric="accuracy")
    refused = 0
    for _ in range(60):
        wrong = random.random((2, 4000)) < 0.15
        pair = [
            decided(4000, wrong=np.flatnonzero(side).tolist(), groups={"region": column})
            for side in wrong
        ]
        refused += judged(check, *pair).outcome == "fail"

    assert refused <= 8  # 5% of 60 is 3; without a correction it would be about 38


def test_one_bad_group_among_twenty_is_still_found() -> None:
    names = {f"r{number:02d}": 1000 for number in range(20)}
    column = regions(**names)

    finding = judged(GROUPS, predictions(column, r07=0.2), predictions(column))

    assert [g.group for g in finding.groups if g.outcome == "fail"] == ["r07"]


def test_for_a_loss_a_rise_is_the_regression() -> None:
    column = regions(north=600, south=600)
    check = NoSubgroupRegression(id="groups", by=("region",), metric="brier", margin=0.01)

    finding = judged(check, predictions(column, south=0.4), predictions(column))

    failed = [(g.group, g.difference) for g in finding.groups if g.outcome == "fail"]
    assert failed == [("south", pytest.approx(0.24))]


def test_a_grouping_that_the_evaluations_lack_fails_with_those_they_have() -> None:
    rows = decided(10, groups={"carrier": ["a"] * 10})

    finding = judged(GROUPS, rows, rows)

    assert (finding.outcome, finding.code) == ("fail", "no-grouping")
    assert "they have: carrier" in finding.reason


def test_a_group_that_only_the_live_version_has_fails() -> None:
    live = decided(400, groups={"region": regions(north=200, south=200)})
    candidate = decided(400, groups={"region": regions(north=400)})

    finding = judged(GROUPS, candidate, live)

    assert (finding.outcome, finding.code) == ("fail", "groups-differ")
    assert "disagree on group 'region' in 200 of 400 rows" in finding.reason


def test_the_order_of_rows_changes_nothing() -> None:
    column = regions(north=900, south=700, east=50)
    live, candidate = predictions(column), predictions(column, south=0.3)

    assert judged(GROUPS, candidate, live) == judged(
        GROUPS, shuffled(candidate, seed=1), shuffled(live, seed=2)
    )


def test_many_failing_groups_are_counted_and_the_worst_named() -> None:
    names = [f"r{number:02d}" for number in range(9)]
    column = regions(**dict.fromkeys(names, 400))
    worse = dict.fromkeys(names, 0.5)

    finding = judged(GROUPS, predictions(column, **worse), predictions(column))

    assert "in 9 of 9 groups of region" in finding.reason
    assert "and 4 more" in finding.reason


def test_nothing_live_is_inconclusive() -> None:
    finding = judge(GROUPS, evidence(decided(10), None))

    assert (finding.outcome, finding.code) == ("inconclusive", "nothing-live")


def test_names_of_groups_cannot_play_with_the_terminal() -> None:
    column = regions(**{"\x1b[2Jnorth": 400, "south" * 30: 400})
    worse = decided(800, wrong=range(700), groups={"region": column})
    live = decided(800, groups={"region": column})

    finding = judged(GROUPS, worse, live)

    assert "?[2Jnorth" in finding.reason
    assert "\x1b" not in finding.reason
    assert "south" * 10 not in finding.reason


def test_group_values_may_be_any_text() -> None:
    column = ["a;b" if row % 2 else "ü\n" for row in range(1000)]
    rows = tabulate(
        ids(1000),
        [row % 2 for row in range(1000)],
        score=[0.5] * 1000,
        groups={"region": column},
    )

    assert len(judged(GROUPS, rows, rows).groups) == 2


PROVE = NoSubgroupRegression(
    id="groups", by=("region",), metric="accuracy", margin=0.05, min_rows=50, burden="prove"
)


def crossed(*, hurt: str = "") -> tuple[Predictions, Predictions]:
    """Two columns of two values each; one crossing of them may be hurt."""
    sex, age = ["f", "m"] * 800, ["old", "old", "young", "young"] * 400
    columns = {"sex": sex, "age": age}
    bad = [
        row
        for row, names in enumerate(zip(sex, age, strict=True))
        if " x ".join(names) == hurt and row % 3 == 0
    ]
    return decided(1600, wrong=bad, groups=columns), decided(1600, groups=columns)


def test_an_intersection_that_is_hurt_is_named_where_each_column_hides_it() -> None:
    check = NoSubgroupRegression(
        id="groups", by=("sex", "age", ("sex", "age")), metric="accuracy", margin=0.1
    )

    finding = judged(check, *crossed(hurt="f x young"))

    assert finding.outcome == "fail"
    assert finding.groups[0].group == "f x young"
    assert finding.groups[0].by == "sex x age"
    assert len(finding.groups) == 2 + 2 + 4
    assert "of 8 groups of sex, age, sex x age" in finding.reason


def test_proof_is_asked_of_every_group_and_few_rows_give_none() -> None:
    many = {"region": regions(north=2000, south=2000)}
    few = {"region": regions(north=2000, south=60)}

    proved = judged(PROVE, decided(4000, groups=many), decided(4000, groups=many))
    open_ = judged(
        PROVE,
        decided(2060, wrong=[2001], groups=few),
        decided(2060, wrong=[2002], groups=few),
    )

    assert (proved.outcome, proved.code) == ("pass", "proved")
    assert "not worse by 0.05 or more in 2 groups" in proved.reason
    assert (open_.outcome, open_.code) == ("inconclusive", "undecided")
    assert open_.groups[0].group == "south"


def test_a_group_that_is_clearly_worse_is_refused_under_proof_as_well() -> None:
    column = {"region": regions(north=500, south=500)}

    finding = judged(
        PROVE, decided(1000, wrong=range(100), groups=column), decided(1000, groups=column)
    )

    assert (finding.outcome, finding.code) == ("fail", "subgroup-regression")


def test_small_groups_are_sent_to_a_person_where_the_policy_says_so() -> None:
    column = {"region": regions(north=400, south=400, isle=3, rock=2)}
    check = NoSubgroupRegression(
        id="groups", by=("region",), metric="accuracy", small_groups="approve"
    )

    finding = judged(check, decided(805, groups=column), decided(805, groups=column))

    assert (finding.outcome, finding.code) == ("inconclusive", "needs-approval")
    assert finding.approval == "2 groups of region too small to judge"
    assert "not judged: 5 rows in 2 groups together" in finding.reason


def test_groups_with_few_positive_labels_are_pooled_too() -> None:
    column = {"region": regions(north=400, south=400)}
    label = [0, 1] * 200 + [0] * 390 + [1] * 10
    check = NoSubgroupRegression(
        id="groups", by=("region",), metric="recall", min_positives=50
    )

    finding = judged(
        check,
        decided(800, label=label, groups=column),
        decided(800, label=label, groups=column),
    )

    assert finding.outcome == "pass"
    assert "10 positive labels of 50: too few to judge (south)" in finding.reason
