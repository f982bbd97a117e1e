"""Gates: what makes a policy, a verdict, and a decision that still holds."""

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

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
from cairn.core.digest import canonical, digest_bytes, digest_of, from_canonical
from cairn.core.errors import Conflict, Corrupt, Invalid
from cairn.core.gate import (
    Decision,
    Finding,
    Outcome,
    Policy,
    advised_as,
    check_policy,
    explain,
    still_holds,
    verdict,
)

A, B = digest_bytes(b"a"), digest_bytes(b"b")
FLOOR = Floor(id="floor", metric="recall", value=0.7)


def policy(*checks: Check, **changed: Any) -> Policy:
    return Policy(evaluation=A, checks=checks or (FLOOR,), **changed)


def finding(outcome: Outcome, check: str = "floor", reason: str = "") -> Finding:
    return Finding(check=check, type="floor", outcome=outcome, code="floor", reason=reason)


def decision(**changed: Any) -> Decision:
    plain = Decision(
        model="default/churn",
        label="production",
        candidate=A,
        policy=A,
        snapshot=A,
        verdict="pass",
        findings=(finding("pass"),),
        live=A,
        evidence=(A,),
    )
    return msgspec.structs.replace(plain, **changed)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((), "inconclusive"),
        (("pass",), "pass"),
        (("pass", "pass"), "pass"),
        (("fail",), "fail"),
        (("inconclusive",), "inconclusive"),
        (("not-applicable",), "inconclusive"),
        (("pass", "not-applicable"), "pass"),
        (("pass", "inconclusive"), "inconclusive"),
        (("pass", "fail"), "fail"),
        (("inconclusive", "fail"), "fail"),
        (("not-applicable", "inconclusive"), "inconclusive"),
    ],
)
def test_a_verdict_combines_findings(outcomes: tuple[Outcome, ...], expected: str) -> None:
    for order in itertools.permutations(outcomes):
        assert verdict([finding(outcome) for outcome in order]) == expected


OUTCOMES = st.sampled_from(["pass", "fail", "inconclusive", "not-applicable"])


@given(st.lists(OUTCOMES, max_size=6))
def test_a_pass_needs_a_pass_and_nothing_against_it(outcomes: list[Outcome]) -> None:
    passed = verdict([finding(outcome) for outcome in outcomes]) == "pass"

    assert passed == ("pass" in outcomes and not {"fail", "inconclusive"} & set(outcomes))


def test_a_policy_with_a_floor_may_start_by_the_floors() -> None:
    check_policy(policy(FLOOR, bootstrap="floors_only"))
    check_policy(policy(Superiority(id="better", metric="auc")))


def test_a_start_by_floors_without_a_floor_is_refused() -> None:
    with pytest.raises(Invalid, match="floors_only needs at least one check of type floor"):
        check_policy(policy(Superiority(id="better", metric="auc"), bootstrap="floors_only"))


def test_advice_may_be_worded_anew_and_what_was_found_may_not() -> None:
    made = decision(findings=(replace(finding("fail", reason="0.6"), fix="do this"),))
    worded = decision(findings=(replace(finding("fail", reason="0.6"), fix="do that"),))
    other = decision(findings=(replace(finding("fail", reason="0.7"), fix="do this"),))

    assert advised_as(made, worded) == made
    assert advised_as(made, other) == other
    assert advised_as(made, decision(findings=())) != made


def test_doubled_ids_are_refused_and_named() -> None:
    checks = (FLOOR, Complete(), Floor(id="floor", metric="auc", value=0.5), Complete())

    with pytest.raises(Invalid, match="check ids must differ: complete, floor comes twice"):
        check_policy(policy(*checks))


@pytest.mark.parametrize(
    ("check", "field"),
    [
        (Superiority(id="Better", metric="auc"), "id"),
        (Superiority(id="b\n", metric="auc"), "id"),
        (Superiority(id="b", metric=""), "metric"),
        (Superiority(id="b", metric="auc", margin=-0.1), "margin"),
        (Superiority(id="b", metric="auc", confidence=0.5), "confidence"),
        (Superiority(id="b", metric="auc", confidence=1.0), "confidence"),
        (NonInferiority(id="b", metric="auc", margin=0.0), "margin"),
        (NoSubgroupRegression(id="b", by=(), metric="auc"), "by"),
        (NoSubgroupRegression(id="b", by=(("x",),), metric="auc"), "by"),
        (NoSubgroupRegression(id="b", by=("x",), metric="auc", min_rows=1), "min_rows"),
        (LatencyBudget(id="b", max_ms=0.0), "max_ms"),
        (LatencyBudget(id="b", max_ms=1.0, percentile=100.0), "percentile"),
        (RequiredArtifacts(id="b", files=()), "files"),
    ],
)
def test_a_check_with_an_impossible_number_is_not_stored(check: Check, field: str) -> None:
    with pytest.raises(Invalid, match=field):
        canonical(policy(check))


@pytest.mark.parametrize(
    "changed",
    [
        {"checks": ()},
        {"against": "production"},
        {"against": "@Production"},
        {"bootstrap": "anything"},
        {"evaluation": "snap:test"},
    ],
)
def test_a_policy_that_says_nothing_sensible_is_not_stored(changed: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=next(iter(changed))):
        canonical(msgspec.structs.replace(policy(), **changed))


def test_a_policy_with_its_defaults_written_out_is_the_same_policy() -> None:
    plain = policy(Superiority(id="b", metric="auc"), LatencyBudget(id="s", max_ms=40.0))
    spelled = Policy(
        evaluation=A,
        scorer=None,
        against="@" + "production",
        bootstrap="refuse",
        checks=(
            Superiority(id="b", metric="auc", margin=float("0"), confidence=float("0.95")),
            LatencyBudget(id="s", max_ms=40, percentile=99, confidence=float("0.95")),
        ),
    )

    assert digest_of(plain) == digest_of(spelled)
    assert from_canonical(canonical(spelled), Policy) == plain


def test_a_policy_is_no_decision() -> None:
    with pytest.raises(Corrupt, match="cairn"):
        from_canonical(canonical(policy()), Decision)


def test_a_decision_holds_while_nothing_moved() -> None:
    still_holds(decision(), decision())
    still_holds(decision(look=1), decision(look=4, findings=(), verdict="fail", waiver="x"))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"policy": B}, "the policy"),
        ({"live": B}, "the live version"),
        ({"live": None}, "the live version"),
        ({"candidate": B}, "the candidate"),
        ({"label": "canary"}, "the candidate"),
        ({"model": "risk/churn"}, "the candidate"),
        ({"snapshot": B}, "the evaluation snapshot"),
        ({"evidence": (A, B)}, "the evidence"),
        ({"evidence": ()}, "the evidence"),
        ({"statistics": 2}, "how Cairn judges"),
    ],
)
def test_a_decision_is_void_once_something_moved(changed: dict[str, Any], named: str) -> None:
    with pytest.raises(Conflict, match=f"is out of date: {named} changed since; check"):
        still_holds(decision(), decision(**changed))


def test_everything_that_moved_is_named() -> None:
    with pytest.raises(Conflict, match="the policy and the live version changed since"):
        still_holds(decision(), decision(policy=B, live=B))


@pytest.mark.parametrize(
    ("outcome", "head"),
    [
        ("pass", "The candidate passes the gate of production."),
        ("fail", "The candidate is refused by the gate of production."),
        ("inconclusive", "The evidence does not decide: no pass to production."),
    ],
)
def test_an_explanation_has_a_line_for_each_finding(outcome: Any, head: str) -> None:
    findings = (
        finding("pass", "floor", "recall is 0.8, at least 0.7 wanted"),
        finding("fail", "better", "auc fell by 0.1"),
        finding("inconclusive", "groups", "12 rows are too few"),
        finding("not-applicable", "speed", "nothing is live"),
    )

    lines = explain(decision(verdict=outcome, findings=findings)).split("\n")

    assert lines == [
        head,
        "pass  floor: recall is 0.8, at least 0.7 wanted",
        "FAIL  better: auc fell by 0.1",
        "????  groups: 12 rows are too few",
        "n/a   speed: nothing is live",
    ]
