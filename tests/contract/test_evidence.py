"""Evidence: who measured it, how often a set was looked at, what the ledger knows."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from cairn import identity
from cairn.core.check import (
    Check,
    Floor,
    LabelOrder,
    LatencyRatio,
    NoSubgroupRegression,
    RateLimit,
    Reproduced,
    RollbackDrill,
    SoakTime,
    Superiority,
)
from cairn.core.errors import Corrupt, Refused, Unavailable
from cairn.core.evaluation import (
    Evaluation,
    Latency,
    Measured,
    RecordEvaluation,
    RecordLatency,
)
from cairn.core.gate import Decision, Finding, Policy
from cairn.core.ledger import Signed
from cairn.core.run import FinishRun, ListRuns, RunFacts, StartRun
from cairn.core.snapshot import SnapshotInfo
from cairn.core.version import RegisterVersion, Version
from cairn.registry import Registry
from cairn.signing import note
from projects.store import (
    MODEL,
    Clock,
    data,
    evaluate,
    evaluation,
    open_registry,
    register,
    time_calls,
    weights_of,
)
from scores.scored import spread

FLOOR = Floor(id="floor", metric="roc_auc", value=0.6)
RUN = "a" * 32


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(tmp_path: Path, clock: Clock) -> Registry:
    """A registry whose clock the test moves."""
    folder = tmp_path / "timed"
    folder.mkdir()
    return open_registry(folder, clock=clock)


def bind(registry: Registry, *checks: Check, measurers: tuple[str, ...] = ()) -> SnapshotInfo:
    """Bind these checks, and a floor, to production."""
    test_set = data(registry, "id,x,y\n1,2,1\n2,3,0\n", name="test")
    policy = Policy(
        evaluation=test_set.digest,
        checks=(FLOOR, *checks),
        bootstrap="floors_only",
        measurers=measurers,
    )
    registry.set_policy("churn@production", policy)
    return test_set


def candidate(registry: Registry, weights: str = "w", *, skill: float = 1.0) -> Version:
    """A version that was evaluated on the test set."""
    version = register(registry, weights)
    on = registry.find_snapshot("test")
    evaluate(registry, version, spread(500, skill=skill, seed=1, groups=2), on=on)
    return version


def judged(registry: Registry, version: Version) -> Decision:
    return registry.check_gate(version.name).decision


def finding(registry: Registry, version: Version, check: str) -> Finding:
    return next(f for f in judged(registry, version).findings if f.check == check)


def signed(registry: Registry, version: Version, key: note.SigningKey) -> None:
    """Record the evaluation of a version once more, signed by this key."""
    rows = spread(500, skill=1.0, seed=1, groups=2)
    on = registry.find_snapshot("test").digest
    digest = evaluation(registry, weights_of(version), on, predictions=rows)
    claim = identity.statement(Measured(evidence=digest))
    signature = Signed(key=key.verifier, note=note.sign(claim, key))
    registry.engine.send(RecordEvaluation(evaluation=digest, signed=signature))


def test_unsigned_evidence_counts_only_where_no_measurer_is_named(registry: Registry) -> None:
    ci = note.generate("ci")
    bind(registry, measurers=(ci.verifier,))
    version = candidate(registry)

    unsigned = finding(registry, version, "floor")
    signed(registry, version, note.generate("ci"))
    forged = finding(registry, version, "floor")
    signed(registry, version, ci)

    assert (unsigned.outcome, unsigned.code) == ("fail", "unknown-measurer")
    assert "signed by nobody" in unsigned.reason
    assert "measure it: `cairn evaluate churn:1" in unsigned.fix
    assert (forged.outcome, forged.code) == ("fail", "unknown-measurer")
    assert finding(registry, version, "floor").outcome == "pass"
    assert registry.verify().problems == ()


def test_a_signature_on_other_evidence_is_refused(registry: Registry) -> None:
    bind(registry)
    version, key = candidate(registry), note.generate("ci")
    claim = identity.statement(Measured(evidence="sha256:" + "0" * 64))
    digest = evaluation(registry, weights_of(version), data(registry).digest)

    with pytest.raises(Corrupt, match="for something else"):
        registry.engine.send(
            RecordEvaluation(
                evaluation=digest,
                signed=Signed(key=key.verifier, note=note.sign(claim, key)),
            )
        )


def test_looks_are_counted_by_metric_and_grouping(registry: Registry) -> None:
    groups = NoSubgroupRegression(id="groups", by=("region",), metric="roc_auc")
    bind(registry, groups)
    first, second = candidate(registry, "a"), candidate(registry, "b", skill=1.2)

    looks = [judged(registry, version).looks for version in (first, second, first)]

    assert [{(x.metric, x.by): x.number for x in found} for found in looks] == [
        {("", ()): n, ("roc_auc", ()): n, ("roc_auc", ("region",)): n} for n in (1, 2, 1)
    ]


def test_another_metric_begins_to_count_afresh(registry: Registry) -> None:
    bind(registry)
    version = candidate(registry)
    judged(registry, version)
    bind(registry, Floor(id="recall", metric="recall", value=0.1))

    other = judged(registry, candidate(registry, "b", skill=1.2))

    assert {x.metric: x.number for x in other.looks} == {"": 2, "roc_auc": 2, "recall": 1}


def test_a_refused_gate_is_a_look_and_one_without_evidence_is_none(
    registry: Registry,
) -> None:
    bind(registry)
    bare = register(registry, "bare")
    assert judged(registry, bare).looks[0].number == 0
    with pytest.raises(Refused):
        registry.promote(candidate(registry, "bad", skill=0.0).name)

    assert judged(registry, candidate(registry, "good")).look == 2


def test_a_version_comes_by_the_way_that_the_policy_asks_for(timed: Registry) -> None:
    bind(timed, LabelOrder(id="order", after=("dev", "staging")))
    version = candidate(timed)
    skipped = finding(timed, version, "order")

    for label in ("dev", "staging"):
        timed.promote(version.name, label)

    assert skipped.outcome == "fail"
    assert finding(timed, version, "order").outcome == "pass"


def test_a_version_soaks_and_a_decision_keeps_the_time_of_its_judgement(
    timed: Registry, clock: Clock
) -> None:
    bind(timed, SoakTime(id="soak", label="staging", min_hours=24))
    version = candidate(timed)
    timed.promote(version.name, "staging")
    early = timed.check_gate(version.name)
    clock.now += timedelta(hours=30)

    late = timed.check_gate(version.name)

    assert (early.decision.verdict, late.decision.verdict) == ("fail", "pass")
    assert timed.replay(early.digest) == early
    assert timed.replay(late.digest) == late


def test_a_label_does_not_move_more_often_than_the_policy_lets_it(
    timed: Registry, clock: Clock
) -> None:
    bind(timed, RateLimit(id="rate", max=1, within_hours=24))
    timed.promote(candidate(timed, "a").name)
    second = candidate(timed, "b")
    with pytest.raises(Refused, match="rate: "):
        timed.promote(second.name)

    clock.now += timedelta(hours=25)

    assert timed.promote(second.name).number == 2


def test_what_was_never_done_fails_closed_and_says_what_would_provide_it(
    registry: Registry,
) -> None:
    bind(registry, RollbackDrill(id="drill"), Reproduced(id="again"))
    version = candidate(registry)

    drill, again = (finding(registry, version, check) for check in ("drill", "again"))

    assert (drill.outcome, again.outcome) == ("fail", "fail")
    assert "--drill" in drill.fix
    assert again.fix


def test_a_run_that_makes_a_version_again_is_linked_and_reproduces_it(
    registry: Registry,
) -> None:
    bind(registry, Reproduced(id="again"))
    version = candidate(registry)
    registry.engine.send(StartRun(run=RUN, model=MODEL, command=("train",)))
    facts = registry.objects.put_record(RunFacts(exit_code=0))
    registry.engine.send(FinishRun(run=RUN, status="succeeded", facts=facts))

    for _ in range(2):
        made = registry.engine.send(
            RegisterVersion(model=MODEL, manifest=version.digest, run=RUN)
        )
        assert made.number == version.number

    (run,) = registry.engine.send(ListRuns())
    assert run.versions == (version.number,)
    assert finding(registry, version, "again").outcome == "pass"
    assert registry.verify().problems == ()


def test_metrics_that_somebody_wrote_into_an_evaluation_decide_nothing(
    registry: Registry,
) -> None:
    on = bind(registry)
    version = register(registry, "bad")
    bad = spread(500, skill=0.0, seed=1)
    honest = evaluation(registry, weights_of(version), on.digest, predictions=bad)
    record = registry.objects.get_record(honest, Evaluation)
    forged = registry.objects.put_record(replace(record, metrics={"roc_auc": 0.99}))
    registry.engine.send(RecordEvaluation(evaluation=forged))

    with pytest.raises(Refused, match=r"floor: roc_auc 0\.[0-5]"):
        registry.promote(version.name)


def test_predictions_without_the_grouping_that_the_policy_asks_for_never_pass(
    registry: Registry,
) -> None:
    on = bind(registry, NoSubgroupRegression(id="groups", by=("region",), metric="recall"))
    registry.promote(candidate(registry, "live").name)
    version = register(registry, "new")
    evaluate(registry, version, spread(500, skill=1.5, seed=1), on=on)

    with pytest.raises(Refused, match="groups: "):
        registry.promote(version.name)


def test_predictions_of_other_rows_never_pass(registry: Registry) -> None:
    on = bind(registry, Superiority(id="better", metric="roc_auc"))
    registry.promote(candidate(registry, "live").name)
    version = register(registry, "new")
    evaluate(registry, version, spread(400, skill=3.0, seed=9, groups=2), on=on)

    with pytest.raises(Refused, match="better: "):
        registry.promote(version.name)


def test_a_live_version_without_evaluation_is_no_easy_baseline(registry: Registry) -> None:
    bind(registry)
    registry.promote(candidate(registry, "live").name)
    data(registry, "id,x,y\n9,9,1\n", name="fresh")
    fresh = registry.find_snapshot("fresh")
    policy = registry.policy("churn@production").policy
    better = (FLOOR, Superiority(id="better", metric="roc_auc"))
    registry.set_policy(
        "churn@production", replace(policy, evaluation=fresh.digest, checks=better)
    )
    version = register(registry, "new")
    evaluate(registry, version, spread(500, skill=3.0, seed=1), on=fresh)

    with pytest.raises(Refused, match="nothing to compare with"):
        registry.promote(version.name)


def test_a_decision_by_newer_statistics_asks_for_a_newer_release(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    bind(registry)
    made = registry.check_gate(candidate(registry).name)
    monkeypatch.setattr("cairn.core.gate.STATISTICS", 1)

    with pytest.raises(
        Unavailable, match=r"version 2 of the statistics.* install a newer one"
    ):
        registry.replay(made.digest)


def test_a_ratio_is_judged_by_what_was_measured_in_turn_whatever_came_after(
    registry: Registry,
) -> None:
    test_set = bind(registry, LatencyRatio(id="no-slower", max_ratio=1.5, percentile=50))
    live, candidate = (register(registry, weights) for weights in "ab")
    for version in (live, candidate):
        evaluate(registry, version, spread(500, skill=1.0, seed=1), on=test_set)
    registry.promote(live.name)
    calls = tuple(4 + call * 7 % 11 / 100 for call in range(40 * 25))
    in_turn = Latency(
        artifacts=weights_of(candidate),
        snapshot=test_set.digest,
        samples_ms=calls,
        warm_up=0,
        batch_rows=1,
        machine="test",
        live=weights_of(live),
        live_ms=calls[::-1],
        round_calls=25,
        rows=1000,
    )
    registry.engine.send(RecordLatency(latency=registry.objects.put_record(in_turn)))
    time_calls(registry, candidate, milliseconds=9)

    made = registry.check_gate(candidate.name)

    finding = next(f for f in made.decision.findings if f.check == "no-slower")
    assert (finding.outcome, finding.observed) == ("pass", pytest.approx(4.05, abs=0.1))
    assert registry.replay(made.digest).digest == made.digest
