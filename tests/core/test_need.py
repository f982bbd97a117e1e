"""What a check is judged on is said once, by the check itself."""

from typing import get_args

import pytest

from cairn.core.check import (
    ArtifactSize,
    Check,
    Complete,
    Demand,
    Floor,
    LatencyRatio,
    NonInferiority,
    NoSubgroupRegression,
    RateLimit,
    RequiredArtifacts,
    RequiredMetadata,
    Robustness,
    Superiority,
)
from cairn.core.digest import digest_bytes
from cairn.core.evaluation import Perturbation
from cairn.core.gate import Policy
from cairn.core.need import Perturbed, Predicted, Recorded, Timed, needs, view_of

DATA = digest_bytes(b"data")
OF_THE_VERSION = {ArtifactSize, Complete, RequiredArtifacts, RequiredMetadata}


def policy(*checks: Check, reference: str | None = None) -> Policy:
    return Policy(evaluation=DATA, checks=checks, reference=reference)


@pytest.mark.parametrize("kind", get_args(Check), ids=lambda kind: kind.__name__)
def test_a_check_says_what_it_is_judged_on_unless_it_looks_at_the_version_alone(
    kind: type[Demand],
) -> None:
    silent = "needs" not in vars(kind)

    assert silent == (kind in OF_THE_VERSION)


def test_a_policy_needs_what_its_checks_need_each_once() -> None:
    one = Floor(id="one", metric="recall", value=0.7)
    two = Floor(id="two", metric="recall", value=0.8)
    pace = RateLimit(id="pace", max=3, within_hours=24)

    assert needs(policy(one, two, pace)) == (
        Predicted(metric="recall"),
        Recorded(what="promotions", hours=24),
    )


def test_comparing_with_the_live_version_needs_its_predictions_or_its_calls() -> None:
    rows = Predicted(of="live")

    assert rows in Superiority(id="better", metric="recall").needs
    assert rows in NoSubgroupRegression(id="groups", metric="recall", by=("region",)).needs
    assert rows in NonInferiority(id="same", metric="recall", margin=0.1).needs
    assert LatencyRatio(id="speed", max_ratio=1.2).needs == (Timed(in_turn=True),)


def test_comparing_with_a_fixed_reference_does_not_need_the_live_version() -> None:
    fixed = NonInferiority(id="same", metric="recall", margin=0.1, reference="fixed")

    asked = needs(policy(fixed, reference=DATA))

    assert Predicted(of="reference") in asked
    assert Predicted(of="live") not in asked


def test_a_reference_that_no_check_compares_with_is_read_all_the_same() -> None:
    floor = Floor(id="floor", metric="recall", value=0.7)

    assert Predicted(of="reference") in needs(policy(floor, reference=DATA))


def test_a_check_looks_through_the_metric_and_grouping_that_it_needs() -> None:
    noise = Perturbation(kind="noise", amount=0.1)
    robust = Robustness(id="noise", metric="recall", perturbation=noise, max_drop=0.1)

    assert view_of(robust) == ("recall", ())
    assert Perturbed(perturbation=noise) in robust.needs
    assert view_of(NoSubgroupRegression(id="groups", metric="recall", by=("a",))) == (
        "recall",
        ("a",),
    )
    assert view_of(LatencyRatio(id="speed", max_ratio=1.2)) is None
