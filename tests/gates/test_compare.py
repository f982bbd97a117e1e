"""Two versions on the same rows: agreement, flipped predictions, differences, groups."""

import pytest
from sklearn.linear_model import LogisticRegression

from cairn.core.comparison import Comparison
from cairn.core.digest import canonical
from cairn.core.errors import Invalid
from cairn.core.evaluation import Scorer
from cairn.core.version import Version
from cairn.data.evaluation import record_evaluation
from cairn.gates.compare import compare
from cairn.gates.report import WIDTH, comparison_text
from cairn.registry import Registry
from projects.workshop import add_table, churn, fitted, register
from scores.scored import decided

COLUMNS = {"region": ["north"] * 600 + ["south"] * 400}
SCORER = Scorer(score="made_up:score", label="churned", groups=("region",))


@pytest.fixture
def pair(registry: Registry) -> tuple[Version, Version]:
    """Two versions: `churn:2` knows what drives people in the north."""
    add_table(registry, churn(rows=2000))
    narrow = register(registry, fitted(LogisticRegression(), ["age"]))
    return narrow, register(registry, fitted(LogisticRegression(), ["age", "spend"]))


def record(registry: Registry, version: Version, *, snapshot: str, wrong: range) -> None:
    assert version.manifest.artifacts is not None
    record_evaluation(
        registry,
        artifacts=version.manifest.artifacts.tree,
        snapshot=snapshot,
        scorer=SCORER,
        predictions=decided(1000, wrong=wrong, groups=COLUMNS),
    )


def made_up(registry: Registry, pair: tuple[Version, Version]) -> Comparison:
    """Live is wrong in rows 0..99, the candidate in 50..199 and 990..999."""
    live, candidate = pair
    snapshot = add_table(registry, "x\n1\n", name="made-up").digest
    record(registry, live, snapshot=snapshot, wrong=range(100))
    record(registry, candidate, snapshot=snapshot, wrong=range(50, 200))
    return compare(registry, candidate, live, on="made-up", metric="accuracy")


def test_agreement_and_flips_are_counted(
    registry: Registry, pair: tuple[Version, Version]
) -> None:
    found = made_up(registry, pair)

    assert (found.candidate, found.live) == ("churn:2", "churn:1")
    assert found.rows == 1000
    assert found.agreement == 0.85
    assert (found.gained, found.lost) == (50, 100)
    assert len(found.flipped) == 10
    assert found.flipped[0].id == "row0000000"
    assert (found.flipped[0].label, found.flipped[0].candidate) == (0, 0.1)


def test_every_metric_has_its_difference_with_bounds(
    registry: Registry, pair: tuple[Version, Version]
) -> None:
    found = {metric.metric: metric for metric in made_up(registry, pair).metrics}

    accuracy = found["accuracy"]
    assert (accuracy.candidate, accuracy.live, accuracy.difference) == (0.85, 0.9, -0.05)
    assert accuracy.lower is not None
    assert accuracy.upper is not None
    assert accuracy.lower < -0.05 < accuracy.upper < 0
    assert (found["brier"].difference or 0) > 0
    assert (found["brier"].lower or 0) > 0
    assert len(found) == 8


def test_each_group_has_its_agreement_and_metric(
    registry: Registry, pair: tuple[Version, Version]
) -> None:
    north, south = made_up(registry, pair).groups

    assert (north.grouping, north.group, north.rows) == ("region", "north", 600)
    assert (north.agreement, south.agreement) == (0.75, 1.0)
    assert north.metric.difference == pytest.approx(-50 / 600)
    assert south.metric.difference == 0


def test_swapping_the_versions_flips_every_sign(
    registry: Registry, pair: tuple[Version, Version]
) -> None:
    here = made_up(registry, pair)

    there = compare(
        registry, registry.version("churn:1"), registry.version("churn:2"), on="made-up"
    )

    assert (here.gained, here.lost) == (there.lost, there.gained)
    assert [m.difference for m in here.metrics] == [
        -(m.difference or 0) for m in there.metrics
    ]


def test_what_was_never_evaluated_is_evaluated_as_cairn_toml_says(
    registry: Registry, pair: tuple[Version, Version]
) -> None:
    live, candidate = pair

    found = compare(registry, candidate, live)

    area = next(metric for metric in found.metrics if metric.metric == "roc_auc")
    assert found.snapshot == registry.find_snapshot("test").digest
    assert (area.difference or 0) > 0.05
    assert compare(registry, candidate, live) == found


def test_a_metric_that_a_group_does_not_define_says_why(
    registry: Registry, pair: tuple[Version, Version]
) -> None:
    live, candidate = pair
    header, *lines = churn(rows=300).splitlines()
    fewer = [line for line in lines if ",south," not in line or ",1," not in line]
    add_table(registry, "\n".join([header, *fewer]))

    found = compare(registry, candidate, live, on="test", metric="recall")

    south = next(group for group in found.groups if group.group == "south")
    assert south.metric.undefined == "there are no positive rows"
    assert south.metric.difference is None
    assert "-" in comparison_text(found)


def test_an_unknown_metric_is_refused_before_anything_is_scored(
    registry: Registry, pair: tuple[Version, Version]
) -> None:
    with pytest.raises(Invalid, match="gini"):
        compare(registry, *pair, metric="gini")


def test_a_comparison_is_a_record_and_its_text_fits_the_terminal(
    registry: Registry, pair: tuple[Version, Version]
) -> None:
    found = made_up(registry, pair)

    text = comparison_text(found)

    assert b'"agreement":0.85' in canonical(found)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "churn:2 and churn:1 agree on 85.00% of 1,000 rows" in text
    assert "50 are right only with churn:2, 100 only with churn:1" in " ".join(text.split())
    assert "accuracy by region:" in text
    assert "row0000000" in text
