"""Gates: a policy judges every move of its label, on stored evidence only."""

from collections.abc import Callable

import numpy as np
import pytest
from msgspec.structs import replace

from cairn.core.check import (
    Floor,
    LatencyBudget,
    NonInferiority,
    NoSubgroupRegression,
    RequiredArtifacts,
    Superiority,
)
from cairn.core.errors import Conflict, Corrupt, Inconclusive, Invalid, NotFound, Refused
from cairn.core.ledger import ReadLedger
from cairn.core.snapshot import SnapshotInfo
from cairn.core.version import RegisterVersion
from cairn.registry import Registry
from cairn.stats.predictions import Predictions
from cairn.stats.tabulate import tabulate
from harm import packed
from projects.store import MODEL, data, evaluate, gate, manifest, register, time_calls
from scores.scored import spread

ROWS = 4000
BETTER = Superiority(id="better", metric="roc_auc")
FLOOR = Floor(id="floor", metric="roc_auc", value=0.6)
GROUPS = NoSubgroupRegression(
    id="groups", by=("region",), metric="recall", margin=0.02, min_rows=100
)
SPEED = LatencyBudget(id="speed", max_ms=40)


def model(skill: float, *, noise: int = 1) -> Predictions:
    """Predictions of a model with this much skill, for four regions."""
    return spread(ROWS, skill=skill, seed=7, noise=noise, groups=4)


@pytest.fixture
def test_set(registry: Registry) -> SnapshotInfo:
    return data(registry, "id,x,y\n1,2,1\n2,3,0\n", name="test")


@pytest.fixture
def live(registry: Registry, test_set: SnapshotInfo) -> Registry:
    """A registry where churn:1 is live behind a gate, and churn:2 is a candidate."""
    gate(registry, BETTER, FLOOR, GROUPS, SPEED, on=test_set)
    first = register(registry, "first")
    evaluate(registry, first, model(0.6), on=test_set)
    time_calls(registry, first, milliseconds=5)
    registry.promote("churn:1")
    register(registry, "second")
    return registry


def measured(registry: Registry, predictions: Predictions, *, milliseconds: float = 5) -> None:
    """Record what churn:2 predicted and how long it took."""
    test_set = registry.find_snapshot("test")
    evaluate(registry, registry.version("churn:2"), predictions, on=test_set)
    time_calls(registry, registry.version("churn:2"), milliseconds=milliseconds)


def refused(registry: Registry, because: str, kind: type[Refused] = Refused) -> Refused:
    """Promote churn:2 and see it refused: the label stays, the ledger remembers."""
    with pytest.raises(kind, match=because) as refusal:
        registry.promote("churn:2", reason="please")
    assert registry.version("churn@production").number == 1
    entries = registry.engine.send(ReadLedger(action="label.refuse"))
    assert entries[-1].after["number"] == 2
    assert entries[-1].reason == "please"
    return refusal.value


def test_the_first_promotion_is_judged_by_the_floors(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    gate(registry, BETTER, FLOOR, on=test_set)
    evaluate(registry, register(registry), model(0.6), on=test_set)

    step = registry.promote("churn:1")

    decision = registry.decision(str(step.decision)).decision
    assert {f.check: f.outcome for f in decision.findings} == {
        "better": "not-applicable",
        "floor": "pass",
        "complete": "pass",
    }


def test_the_first_promotion_below_the_floor_is_refused(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    gate(registry, BETTER, Floor(id="floor", metric="roc_auc", value=0.99), on=test_set)
    evaluate(registry, register(registry), model(0.6), on=test_set)

    with pytest.raises(Refused, match=r"floor: roc_auc"):
        registry.promote("churn:1")

    assert registry.live("churn@production") is None


def test_without_a_bootstrap_rule_nothing_is_promoted_first(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    gate(registry, BETTER, FLOOR, on=test_set, bootstrap="refuse")
    evaluate(registry, register(registry), model(0.6), on=test_set)

    with pytest.raises(Refused):
        registry.promote("churn:1")


def test_a_better_version_passes_and_its_evidence_is_kept(live: Registry) -> None:
    measured(live, model(1.2, noise=2))

    step = live.promote("churn:2", reason="more skill")

    info = live.decision(str(step.decision))
    assert live.version("churn@production").number == 2
    assert info.decision.verdict == "pass"
    assert len(info.decision.evidence) == 3
    assert info.decision.live == live.version("churn:1").digest


def test_a_worse_version_is_refused_with_numbers(live: Registry) -> None:
    measured(live, model(0.2, noise=2))

    refusal = refused(live, r"better: roc_auc 0\.\d+ .*churn:1")

    assert "better" in refusal.report
    assert "cairn gate explain decision:" in refusal.fix


def test_an_equal_version_is_refused(live: Registry) -> None:
    measured(live, model(0.6))

    refused(live, "better: ")


def test_a_version_that_hurts_one_group_is_refused_naming_it(live: Registry) -> None:
    candidate = model(1.2, noise=2)
    region = np.array(candidate.groups["region"].values())
    score = np.where(region == "r3", 0.2 * candidate.score, candidate.score)
    hurt = tabulate(
        candidate.ids, candidate.label, score=score, groups={"region": region.tolist()}
    )
    measured(live, hurt)

    refused(live, "groups: .*r3")


def test_a_slow_version_is_refused_with_its_quantile_and_the_budget(live: Registry) -> None:
    measured(live, model(1.2, noise=2), milliseconds=90)

    refused(live, r"speed: .*90.* ms.*40 ms")


def test_a_version_without_evaluation_is_not_let_through(live: Registry) -> None:
    refusal = refused(live, "churn:2 has no stored evaluation")

    assert "cairn evaluate churn:2" in refusal.fix


def test_a_version_evaluated_on_another_snapshot_is_not_let_through(live: Registry) -> None:
    other = data(live, "id,x,y\n5,5,1\n", name="other")
    evaluate(live, live.version("churn:2"), model(1.2, noise=2), on=other)

    refused(live, "was evaluated on sha256:.*, but the policy asks for sha256:")


def test_a_decision_older_than_the_live_version_is_a_conflict(live: Registry) -> None:
    measured(live, model(1.2, noise=2))
    old = live.check_gate("churn:2")
    third = register(live, "third")
    evaluate(live, third, model(1.6, noise=3), on=live.find_snapshot("test"))
    time_calls(live, third, milliseconds=5)
    live.promote("churn:3")

    with pytest.raises(Conflict, match="out of date: the live version"):
        live.promote("churn:2", decision=old.digest)

    assert live.version("churn@production").number == 3


def test_a_decision_made_by_another_policy_is_a_conflict(live: Registry) -> None:
    measured(live, model(1.2, noise=2))
    old = live.check_gate("churn:2")
    gate(live, BETTER, FLOOR, on=live.find_snapshot("test"))

    with pytest.raises(Conflict, match="out of date: the policy"):
        live.promote("churn:2", decision=old.digest)


def test_a_decision_that_still_holds_lets_the_label_move(live: Registry) -> None:
    measured(live, model(1.2, noise=2))
    made = live.check_gate("churn:2")

    step = live.promote("churn:2", decision=made.digest)

    assert step.number == 2


def test_checking_the_gate_moves_nothing(live: Registry) -> None:
    measured(live, model(1.2, noise=2))

    info = live.check_gate("churn:2")

    assert info.decision.verdict == "pass"
    assert live.version("churn@production").number == 1


def test_every_look_at_the_evaluation_set_is_counted(live: Registry) -> None:
    looks: list[int] = []
    for noise in (2, 3, 4):
        measured(live, model(1.2, noise=noise))
        looks.append(live.check_gate("churn:2").decision.look)

    assert looks == [2, 3, 4]


def test_equal_evidence_judged_again_is_no_new_look(live: Registry) -> None:
    measured(live, model(1.2, noise=2))

    digests = {live.check_gate("churn:2").digest for _ in range(3)}

    assert len(digests) == 1


def test_an_incomplete_version_is_refused_unless_somebody_accepts_its_gaps(
    live: Registry,
) -> None:
    digest = manifest(live, "third", code=None)
    third = live.engine.send(RegisterVersion(model=MODEL, manifest=digest, retroactive=True))
    evaluate(live, third, model(1.2, noise=2), on=live.find_snapshot("test"))
    time_calls(live, third, milliseconds=5)

    with pytest.raises(Refused, match="churn:3 is incomplete: code"):
        live.promote("churn:3")
    step = live.promote("churn:3", waiver="it has served since 2024")

    assert (step.number, step.waiver) == (3, "it has served since 2024")


def test_a_required_file_that_is_missing_is_refused(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    wanted = RequiredArtifacts(id="files", files=("schema.json",))
    gate(registry, FLOOR, wanted, on=test_set)
    evaluate(registry, register(registry), model(0.6), on=test_set)

    with pytest.raises(Refused, match=r"files: .*schema\.json"):
        registry.promote("churn:1")


def test_thin_evidence_is_inconclusive_and_not_a_pass(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    close = NonInferiority(id="close", metric="roc_auc", margin=0.01)
    gate(registry, FLOOR, close, on=test_set)
    small = [spread(60, skill=1.0, seed=3, noise=noise) for noise in (1, 2)]
    for weights, rows in zip("ab", small, strict=True):
        evaluate(registry, register(registry, weights), rows, on=test_set)
    registry.promote("churn:1")

    with pytest.raises(Inconclusive, match="close: "):
        registry.promote("churn:2")

    assert registry.version("churn@production").number == 1


def test_rollback_passes_no_gate(live: Registry) -> None:
    measured(live, model(1.2, noise=2))
    live.promote("churn:2")
    gate(live, Floor(id="floor", metric="roc_auc", value=0.999), on=live.find_snapshot("test"))

    assert live.rollback("churn").number == 1


def test_a_bad_version_is_good_again_once_new_evidence_passes_the_gate(live: Registry) -> None:
    measured(live, model(1.2, noise=2))
    live.mark_bad("churn:2", reason="suspicion")
    with pytest.raises(Refused, match=r"churn:2 is marked bad \(suspicion\), and .* measured"):
        live.promote("churn:2", reason="it was the dashboard")
    measured(live, model(1.2, noise=3))

    live.promote("churn:2", reason="it was the dashboard")

    assert live.version("churn:2").marked_bad is None


def test_a_bad_version_does_not_come_back_without_a_reason(live: Registry) -> None:
    live.mark_bad("churn:2", reason="suspicion")
    measured(live, model(1.2, noise=2))

    with pytest.raises(
        Refused, match=r"marked bad \(suspicion\): whoever .* say why"
    ) as refusal:
        live.promote("churn:2")

    assert "cairn promote churn:2 production --reason WHY" in refusal.value.fix
    assert live.version("churn:2").marked_bad == "suspicion"


def test_evidence_about_the_live_version_clears_nobody_else(live: Registry) -> None:
    measured(live, model(1.2, noise=2))
    live.mark_bad("churn:2", reason="suspicion")
    test_set = live.find_snapshot("test")
    evaluate(live, live.version("churn:1"), model(0.6, noise=5), on=test_set)

    with pytest.raises(Refused, match="nothing about it that was measured since"):
        live.promote("churn:2", reason="it was the dashboard")


VOIDING: dict[str, Callable[[Registry], object]] = {
    "a rollback": lambda live: live.rollback("churn"),
    "a mark on the candidate": lambda live: live.mark_bad("churn:2", reason="suspicion"),
    "a mark on the live version": lambda live: live.mark_bad("churn:3", reason="suspicion"),
    "a move there and back": lambda live: [live.rollback("churn"), live.promote("churn:3")],
}


@pytest.mark.parametrize("happens", VOIDING.values(), ids=VOIDING)
def test_a_decision_is_void_once_the_label_has_another_past(
    live: Registry, happens: Callable[[Registry], object]
) -> None:
    third = register(live, "third")
    evaluate(live, third, model(1.2, noise=3), on=live.find_snapshot("test"))
    time_calls(live, third, milliseconds=5)
    live.promote("churn:3")
    measured(live, model(2.5, noise=2))
    made = live.check_gate("churn:2")

    happens(live)

    assert live.check_gate("churn:2").digest != made.digest
    with pytest.raises(
        Conflict, match=r"out of date: .*what the label held, or what is marked"
    ):
        live.promote("churn:2", decision=made.digest, reason="please")
    assert live.replay(made.digest).digest == made.digest


def test_a_decision_is_judged_again_to_the_same_bytes(live: Registry) -> None:
    measured(live, model(1.2, noise=2))
    made = live.check_gate("churn:2")
    live.promote("churn:2")
    evaluate(live, live.version("churn:2"), model(0.1, noise=9), on=live.find_snapshot("test"))

    assert live.replay(made.digest).digest == made.digest


def test_forged_predictions_do_not_replay(live: Registry) -> None:
    measured(live, model(1.2, noise=2))
    made = live.check_gate("churn:2")
    store, predictions = live.settings.store / "objects", made.decision.evidence[0]
    forged = packed.read(store, predictions).replace(b'"rows":4000', b'"rows":4001')
    packed.overwrite(store, predictions, forged)

    with pytest.raises(Corrupt):
        live.replay(made.digest)


def test_a_policy_whose_snapshot_is_unknown_is_refused(registry: Registry) -> None:
    known = data(registry, name="test")
    unknown = replace(known, digest="sha256:" + "9" * 64)

    with pytest.raises(NotFound, match="there is no snapshot"):
        gate(registry, FLOOR, on=unknown)


def test_a_bootstrap_by_floors_without_a_floor_is_refused(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    with pytest.raises(Invalid, match="needs at least one check of type floor"):
        gate(registry, BETTER, on=test_set)


def test_every_policy_that_a_label_had_is_kept(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    first = gate(registry, FLOOR, on=test_set)
    second = gate(registry, FLOOR, BETTER, on=test_set)

    again = gate(registry, FLOOR, BETTER, on=test_set)

    assert again == second
    assert registry.policies("churn@production") == (second, first)
