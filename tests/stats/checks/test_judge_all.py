"""A whole policy: every check is judged, and completeness always."""

import math
from dataclasses import replace

import pytest

from cairn.core.check import (
    Check,
    Complete,
    Floor,
    LatencyBudget,
    NonInferiority,
    NoSubgroupRegression,
    RequiredArtifacts,
    Superiority,
)
from cairn.core.digest import canonical, from_canonical
from cairn.core.gate import Decision, Policy, verdict
from cairn.core.run import Gap
from cairn.stats.checks import (
    Evidence,
    judge_all,
    no_evaluation,
    not_scored_alike,
    wrong_scorer,
    wrong_snapshot,
)
from scores.scored import SNAPSHOT, decided, evidence

CHECKS: tuple[Check, ...] = (
    Superiority(id="better", metric="accuracy"),
    NonInferiority(id="close", metric="brier", margin=0.01),
    Floor(id="floor", metric="recall", value=0.6),
    NoSubgroupRegression(id="groups", by=("region",), metric="accuracy", min_rows=50),
    LatencyBudget(id="speed", max_ms=40),
    RequiredArtifacts(id="files", files=("*.skops",)),
)
POLICY = Policy(evaluation=SNAPSHOT, checks=CHECKS)
COLUMN = {"region": ["north", "south"] * 500}
LIVE = decided(1000, wrong=range(300), groups=COLUMN)
BETTER = decided(1000, wrong=range(100), groups=COLUMN)


def sound(evidence: Evidence) -> Evidence:
    return replace(
        evidence, latency_ms=[3.0] * 8000, latency_rows=4000, files=frozenset({"model.skops"})
    )


def test_a_better_candidate_passes_every_check_and_completeness() -> None:
    findings = judge_all(POLICY, sound(evidence(BETTER, LIVE)))

    assert [finding.check for finding in findings] == [
        "better", "close", "floor", "groups", "speed", "files", "complete",
    ]  # fmt: skip
    assert {finding.outcome for finding in findings} == {"pass"}
    assert verdict(findings) == "pass"


def test_no_check_is_left_out_after_a_failure() -> None:
    findings = judge_all(POLICY, evidence(LIVE, BETTER))

    assert len(findings) == 7
    assert {f.check for f in findings if f.outcome == "fail"} == {
        "better", "close", "groups", "speed", "files",
    }  # fmt: skip


def test_completeness_is_not_judged_twice_when_the_policy_lists_it() -> None:
    listed = Policy(evaluation=SNAPSHOT, checks=(Complete(id="whole"), *CHECKS[:1]))

    findings = judge_all(listed, sound(evidence(BETTER, LIVE)))

    assert [finding.check for finding in findings] == ["whole", "better"]


def test_an_incomplete_version_does_not_pass_an_otherwise_perfect_gate() -> None:
    gap = Gap(field="code", reason="no commit")

    findings = judge_all(POLICY, replace(sound(evidence(BETTER, LIVE)), gaps=(gap,)))

    assert verdict(findings) == "fail"
    assert findings[-1].code == "incomplete"


def test_while_nothing_is_live_floors_decide_and_comparisons_do_not_apply() -> None:
    first = replace(sound(evidence(BETTER, None)), bootstrap="floors_only")

    findings = judge_all(POLICY, first)

    outcomes = {finding.check: finding.outcome for finding in findings}
    assert [outcomes[name] for name in ("better", "close", "groups")] == ["not-applicable"] * 3
    assert outcomes["floor"] == "pass"
    assert verdict(findings) == "pass"
    assert "nothing is live yet" in findings[0].reason


def test_while_nothing_is_live_a_missed_floor_refuses_the_first_version() -> None:
    poor = decided(1000, wrong=range(600), groups=COLUMN)

    findings = judge_all(POLICY, replace(sound(evidence(poor, None)), bootstrap="floors_only"))

    assert verdict(findings) == "fail"


def test_with_bootstrap_refused_nothing_gets_in_while_nothing_is_live() -> None:
    findings = judge_all(POLICY, sound(evidence(BETTER, None)))

    assert verdict(findings) == "inconclusive"
    assert "bootstrap: refuse" in findings[0].reason


@pytest.mark.parametrize(
    ("problem", "says"),
    [
        (no_evaluation("churn:2", SNAPSHOT), "churn:2 has no stored evaluation"),
        (wrong_snapshot("churn:2", SNAPSHOT, found=["sha256:" + "a" * 64]), "sha256:aaaa"),
        (wrong_scorer("churn:2", SNAPSHOT, scorer="sha256:" + "b" * 64), "sha256:bbbb"),
        (not_scored_alike("churn:2", "churn:1", SNAPSHOT), "by the same scorer"),
    ],
)
def test_each_way_in_which_evidence_is_missing_fails_and_says_what_to_type(
    problem: object, says: str
) -> None:
    missing = replace(sound(evidence(BETTER, LIVE)), candidate=problem)

    findings = judge_all(POLICY, missing)

    compared = findings[:4]
    assert {finding.outcome for finding in compared} == {"fail"}
    assert all(says in finding.reason for finding in compared)
    assert all("cairn " in finding.fix and "churn:2" in finding.fix for finding in compared)


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_nan_and_infinity_fail_with_their_own_code(broken: float) -> None:
    score = BETTER.score.copy()
    score[:3] = broken
    bad = replace(BETTER, score=score)

    as_candidate = judge_all(POLICY, sound(evidence(bad, LIVE)))
    as_live = judge_all(POLICY, sound(evidence(BETTER, bad)))

    assert [finding.code for finding in as_candidate[:4]] == ["not-finite"] * 4
    assert [finding.code for finding in as_live[:4]] == [
        *["no-baseline"] * 2, "reached", "no-baseline",
    ]  # fmt: skip
    assert "churn:2 cannot be judged: 3 of 1000 rows have a score" in as_candidate[0].reason


def test_equal_evidence_gives_equal_bytes_that_read_back() -> None:
    decision = [
        Decision(
            model="default/churn",
            label="production",
            candidate=SNAPSHOT,
            policy=SNAPSHOT,
            snapshot=SNAPSHOT,
            verdict="pass",
            findings=judge_all(POLICY, sound(evidence(BETTER, LIVE))),
        )
        for _ in range(2)
    ]

    assert canonical(decision[0]) == canonical(decision[1])
    assert from_canonical(canonical(decision[0]), Decision) == decision[0]
