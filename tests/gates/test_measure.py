"""Before a label moves, what its policy needs is measured; then stored evidence counts."""

import pickle
from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression

import cairn
from cairn.core.errors import Conflict, Corrupt, Inconclusive, Refused
from cairn.core.evaluation import Latency, ListEvaluations, ListLatencies, RecordLatency
from cairn.core.gate import Decision
from cairn.core.version import Version
from cairn.gates import models
from cairn.gates.evaluation import evaluate
from cairn.gates.lacking import lacking
from cairn.gates.measure import measure
from cairn.gates.policy import load_policy
from cairn.objects import ObjectStore
from cairn.registry import Registry
from cairn.served import Served, serve
from harm import packed
from projects.workshop import (
    MODEL,
    SETTINGS,
    Shady,
    add_table,
    churn,
    fitted,
    open_workshop,
    register,
    register_file,
)

POLICY = """\
cairn: policy/1
evaluation: snap:test
bootstrap: floors_only
checks:
  - {id: better, type: superiority, metric: roc_auc}
  - {id: floor, type: floor, metric: roc_auc, value: 0.6}
"""
GROUPS = "  - {id: groups, type: no_subgroup_regression, by: [region], metric: accuracy}\n"
SPEED = "  - {id: speed, type: latency, max_ms: 400, percentile: 90}\n"
NOISE = """\
  - id: noise
    type: robustness
    metric: roc_auc
    perturbation: {kind: noise, amount: 0.1, seed: 3}
    max_drop: 0.5
"""
LABEL = "churn@production"


@pytest.fixture
def gated(registry: Registry) -> Registry:
    add_table(registry, churn(rows=2000))
    bind(registry, POLICY)
    return registry


def bind(registry: Registry, policy: str) -> None:
    path = registry.settings.folder / "churn.yaml"
    path.write_text(policy)
    registry.set_policy(LABEL, load_policy(path, registry, MODEL))


def trained(registry: Registry, *columns: str, rows: int = 3000) -> Version:
    """A complete version that sees these columns only; evaluated where no policy asks for."""
    model = fitted(LogisticRegression(), list(columns), rows=rows)
    first = register(registry, model)
    add_table(registry, churn(rows=20, seed=9), name="elsewhere")
    elsewhere = evaluate(registry, first, on="elsewhere")
    return register(registry, model, evaluations=(elsewhere.digest,))


def measured(registry: Registry, version: Version) -> None:
    measure(registry, version, lacking(registry, version, label="production"))


def snapshots(registry: Registry, version: Version) -> list[str]:
    assert version.manifest.artifacts is not None
    found = registry.engine.send(ListEvaluations(artifacts=version.manifest.artifacts.tree))
    return [info.evaluation.snapshot for info in found]


def latencies(registry: Registry, version: Version) -> int:
    assert version.manifest.artifacts is not None
    found = registry.engine.send(ListLatencies(artifacts=version.manifest.artifacts.tree))
    return len(found)


def refused(registry: Registry, version: Version) -> Decision:
    with pytest.raises(Refused):
        registry.promote(version.name)
    return registry.decisions(LABEL)[0].decision


def test_a_better_candidate_is_measured_judged_and_promoted(gated: Registry) -> None:
    poor, good = trained(gated, "age"), trained(gated, "age", "spend")

    gated.promote(poor.name)
    moved = gated.promote(good.name)

    assert moved.before == poor.digest
    decision = gated.decision(moved.decision or "").decision
    assert (decision.verdict, decision.live, decision.candidate) == (
        "pass",
        poor.digest,
        good.digest,
    )
    assert len(decision.evidence) == 2
    assert gated.replay(moved.decision or "").decision == decision


def test_a_worse_candidate_is_refused_on_record_and_the_label_stays(gated: Registry) -> None:
    poor, good = trained(gated, "spend"), trained(gated, "age", "spend")
    gated.promote(good.name)

    decision = refused(gated, poor)

    assert decision.verdict == "fail"
    assert decision.findings[0].code == "not-better"
    live = gated.live(LABEL)
    assert live is not None
    assert live.after == good.digest


def test_an_equal_candidate_is_refused(gated: Registry) -> None:
    one = trained(gated, "age", "spend")
    gated.promote(one.name)
    same = register(
        gated,
        fitted(LogisticRegression(), ["age", "spend"]),
        evaluations=one.manifest.evaluations,
        note="the same weights under another note",
    )

    decision = refused(gated, same)

    assert decision.findings[0].code == "no-difference"


def test_a_candidate_that_wins_overall_by_hurting_a_group_is_refused_by_name(
    gated: Registry,
) -> None:
    bind(gated, POLICY + GROUPS)
    narrow, broad = trained(gated, "age"), trained(gated, "age", "spend")
    gated.promote(narrow.name)

    decision = refused(gated, broad)

    better, _, groups, _ = decision.findings
    assert better.outcome == "pass"
    assert (groups.outcome, groups.code) == ("fail", "subgroup-regression")
    assert "south" in groups.reason


def test_a_candidate_on_few_rows_is_neither_passed_nor_failed(registry: Registry) -> None:
    add_table(registry, churn(rows=60))
    bind(registry, POLICY.replace("0.6", "0.5"))
    registry.promote(trained(registry, "age", "spend").name)
    other = trained(registry, "age", "spend", rows=12)

    with pytest.raises(Inconclusive, match="not shown to be better"):
        registry.promote(other.name)


def test_the_live_version_is_evaluated_on_the_new_snapshot_of_a_new_policy(
    gated: Registry,
) -> None:
    first = trained(gated, "age")
    gated.promote(first.name)
    fresh = add_table(gated, churn(rows=1500, seed=5))
    bind(gated, POLICY)

    gated.promote(trained(gated, "age", "spend").name)

    assert snapshots(gated, first)[0] == fresh.digest


def test_what_is_stored_already_is_not_measured_again(gated: Registry) -> None:
    bind(gated, POLICY + SPEED)
    version = trained(gated, "age")
    measured(gated, version)
    before = (snapshots(gated, version), latencies(gated, version))

    measured(gated, version)

    assert (snapshots(gated, version), latencies(gated, version)) == before
    assert before[1] == 1


def test_each_model_is_loaded_once_however_many_checks_ask_for_it(
    gated: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, version = trained(gated, "age"), trained(gated, "age", "spend")
    gated.promote(live.name)
    bind(gated, POLICY + NOISE + SPEED)
    loaded: list[str] = []

    def counted(objects: ObjectStore, found: Version, **how: bool) -> Served:
        loaded.append(found.name)
        return serve(objects, found, **how)

    monkeypatch.setattr(models, "serve", counted)

    measured(gated, version)

    assert len(snapshots(gated, version)) == 3  # where it was trained, here, and disturbed
    assert latencies(gated, version) == 1
    assert loaded == [version.name]


def test_latency_is_measured_only_if_a_check_asks_for_it(gated: Registry) -> None:
    version = trained(gated, "age")

    measured(gated, version)

    assert latencies(gated, version) == 0


def test_a_measurement_that_decides_nothing_is_taken_again(gated: Registry) -> None:
    bind(gated, POLICY + SPEED)
    version = trained(gated, "age")
    assert version.manifest.artifacts is not None
    few = Latency(
        artifacts=version.manifest.artifacts.tree,
        snapshot=gated.find_snapshot("snap:test").digest,
        samples_ms=(1.0,) * 20,
        warm_up=0,
        batch_rows=1,
        machine="here",
        rows=2000,
    )
    gated.engine.send(RecordLatency(latency=gated.objects.put_record(few)))

    measured(gated, version)

    assert latencies(gated, version) == 2


def test_a_measurement_is_not_taken_again_where_there_are_too_few_rows(
    gated: Registry,
) -> None:
    bind(gated, POLICY + SPEED.replace("90", "99.9"))  # 2,000 rows do not bound p99.9
    version = trained(gated, "age")
    measured(gated, version)

    measured(gated, version)

    assert latencies(gated, version) == 1


def test_a_slow_candidate_is_refused_with_its_latency(gated: Registry) -> None:
    bind(gated, POLICY + SPEED.replace("400", "0.001"))

    decision = refused(gated, trained(gated, "age"))

    assert [f.code for f in decision.findings if f.outcome == "fail"] == ["over-budget"]


def test_a_label_without_a_policy_needs_nothing(gated: Registry) -> None:
    version = trained(gated, "age")
    before = snapshots(gated, version)

    measure(gated, version, lacking(gated, version, label="staging"))

    assert snapshots(gated, version) == before


def test_without_a_way_to_score_the_gate_refuses_for_want_of_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    known = open_workshop(tmp_path / "project", SETTINGS)
    add_table(known, churn(rows=500))
    version = trained(known, "age")
    (tmp_path / "project" / "cairn.toml").write_text("")
    bare = cairn.open(tmp_path / "project")
    bind(bare, POLICY)

    decision = refused(bare, version)

    codes = {finding.check: finding.code for finding in decision.findings}
    assert codes["floor"] == "wrong-snapshot"
    assert "cairn evaluate" in next(f.fix for f in decision.findings if f.check == "floor")


def test_a_model_that_may_not_be_loaded_is_refused_on_record(gated: Registry) -> None:
    version = register_file(gated, "model.pkl", pickle.dumps(Shady()))

    decision = refused(gated, version)

    codes = {finding.check: finding.code for finding in decision.findings}
    assert (codes["floor"], codes["complete"]) == ("no-evaluation", "ok")


def test_a_changed_scoring_function_needs_a_new_policy_and_the_pinned_one_still_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    registry = open_workshop(tmp_path / "project", SETTINGS + 'score = "scoring:score"\n')
    source = tmp_path / "project" / "scoring.py"
    source.write_text(
        "def score(model, rows):\n    return model.predict_proba(rows[['age']])[:, 1]\n"
    )
    add_table(registry, churn(rows=500))
    bind(registry, POLICY)
    version = trained(registry, "age")
    source.write_text("def score(model, rows):\n    return rows['age'] * 0 + 0.5\n")

    moved = registry.promote(version.name)

    finding = registry.decision(moved.decision or "").decision.findings[1]
    assert finding.observed is not None
    assert finding.observed > 0.6


def test_a_decision_made_before_the_live_version_changed_is_void(gated: Registry) -> None:
    poor, good = trained(gated, "spend"), trained(gated, "age", "spend")
    decision = gated.check_gate(good.name)
    assert decision.decision.verdict == "pass"
    gated.promote(poor.name)

    with pytest.raises(Conflict, match="the live version"):
        gated.promote(good.name, decision=decision.digest)


def test_a_damaged_prediction_stops_the_gate(gated: Registry) -> None:
    version = trained(gated, "age")
    info = evaluate(gated, version, on="test")
    predictions = info.evaluation.predictions
    packed.flip(gated.settings.store / "objects", predictions, at=-1)

    with pytest.raises(Corrupt, match=predictions):
        gated.promote(version.name)

    assert gated.live(LABEL) is None
