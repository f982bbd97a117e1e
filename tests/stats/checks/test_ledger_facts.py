"""Checks on what the registry knows: size, metadata, scan, drills, order, soak, rate, own."""

from dataclasses import replace

import pytest

from cairn.core.check import (
    ArtifactSize,
    Check,
    LabelOrder,
    OwnCheck,
    RateLimit,
    Reproduced,
    RequiredMetadata,
    RollbackDrill,
    SafetyScan,
    SoakTime,
)
from cairn.core.evaluation import OwnResult
from cairn.core.gate import Verdict
from cairn.stats.checks import Facts, Problem, Tenure, judge
from scores.scored import SNAPSHOT, decided, evidence

NOW = "2026-03-10T12:00:00.000000Z"
TEN_DAYS_AGO = "2026-02-28T12:00:00.000000Z"
DAY_BEFORE = "2026-03-09T12:00:00.000000Z"
HOUR_BEFORE = "2026-03-10T11:00:00.000000Z"
KNOWN = Facts(
    now=NOW,
    label="production",
    tenures=(
        Tenure(label="dev", since=TEN_DAYS_AGO, until=DAY_BEFORE),
        Tenure(label="staging", since=DAY_BEFORE),
    ),
    promotions=(HOUR_BEFORE, TEN_DAYS_AGO),
    drilled_at=TEN_DAYS_AGO,
    reproduced_at=DAY_BEFORE,
    fields={"owner": "risk", "reviewed": True, "empty": "", "nothing": None},
    safety="safe",
    size_bytes=12_500_000,
)
EMPTY = replace(KNOWN, size_bytes=None)
SHADY = replace(KNOWN, safety="unsafe", safety_reasons=("calls os.system",))


def outcome(check: Check, facts: Facts | None = KNOWN) -> tuple[str, str]:
    finding = judge(check, replace(evidence(decided(4), None), facts=facts))
    assert finding.reason
    assert finding.outcome == "pass" or finding.fix
    return finding.outcome, finding.code


@pytest.mark.parametrize(
    ("check", "facts", "expected"),
    [
        (ArtifactSize(id="c", max_mb=12.5), KNOWN, ("pass", "within-size")),
        (ArtifactSize(id="c", max_mb=12.4), KNOWN, ("fail", "too-large")),
        (ArtifactSize(id="c", max_mb=1), EMPTY, ("fail", "no-artifacts")),
        (RequiredMetadata(id="c", fields=("owner", "reviewed")), KNOWN, ("pass", "ok")),
        (RequiredMetadata(id="c", fields=("empty",)), KNOWN, ("fail", "missing-metadata")),
        (RequiredMetadata(id="c", fields=("nothing",)), KNOWN, ("fail", "missing-metadata")),
        (RequiredMetadata(id="c", fields=("licence",)), KNOWN, ("fail", "missing-metadata")),
        (SafetyScan(id="c"), KNOWN, ("pass", "ok")),
        (SafetyScan(id="c"), SHADY, ("fail", "unsafe")),
        (SafetyScan(id="c"), replace(KNOWN, safety="unknown"), ("fail", "safety-unknown")),
        (SafetyScan(id="c"), replace(KNOWN, safety=None), ("fail", "not-judged-here")),
        (SafetyScan(id="c"), replace(EMPTY, safety=None), ("fail", "no-scan")),
        (Reproduced(id="c"), KNOWN, ("pass", "ok")),
        (Reproduced(id="c", max_age_days=1), KNOWN, ("pass", "ok")),
        (Reproduced(id="c", max_age_days=0.9), KNOWN, ("fail", "stale")),
        (Reproduced(id="c"), replace(KNOWN, reproduced_at=None), ("fail", "no-reproduction")),
        (RollbackDrill(id="c"), KNOWN, ("pass", "ok")),
        (RollbackDrill(id="c", max_age_days=9), KNOWN, ("fail", "stale")),
        (RollbackDrill(id="c"), replace(KNOWN, drilled_at=None), ("fail", "no-drill")),
        (LabelOrder(id="c", after=("dev", "staging")), KNOWN, ("pass", "ok")),
        (LabelOrder(id="c", after=("staging", "dev")), KNOWN, ("fail", "label-order")),
        (LabelOrder(id="c", after=("canary",)), KNOWN, ("fail", "label-skipped")),
        (SoakTime(id="c", label="staging", min_hours=24), KNOWN, ("pass", "ok")),
        (SoakTime(id="c", label="staging", min_hours=25), KNOWN, ("fail", "not-soaked")),
        (SoakTime(id="c", label="canary", min_hours=1), KNOWN, ("fail", "not-soaked")),
        (SoakTime(id="c", label="dev", min_hours=216), KNOWN, ("pass", "ok")),
        (RateLimit(id="c", max=2, within_hours=24), KNOWN, ("pass", "ok")),
        (RateLimit(id="c", max=1, within_hours=24), KNOWN, ("fail", "too-often")),
        (RateLimit(id="c", max=2, within_hours=1000), KNOWN, ("fail", "too-often")),
    ],
)  # fmt: skip
def test_a_fact_is_held_against_what_the_policy_asks(
    check: Check, facts: Facts, expected: tuple[str, str]
) -> None:
    assert outcome(check, facts) == expected


@pytest.mark.parametrize(
    "check",
    [
        ArtifactSize(id="c", max_mb=1),
        RequiredMetadata(id="c", fields=("owner",)),
        SafetyScan(id="c"),
        Reproduced(id="c"),
        RollbackDrill(id="c"),
        LabelOrder(id="c", after=("dev",)),
        SoakTime(id="c", label="dev", min_hours=1),
        RateLimit(id="c", max=1, within_hours=1),
        OwnCheck(id="c", run="shop.checks:leak"),
    ],
)
def test_what_nobody_knows_lets_nothing_through(check: Check) -> None:
    assert outcome(check, None)[0] == "fail"


@pytest.mark.parametrize(
    ("said", "expected"),
    [("pass", ("pass", "ok")), ("fail", ("fail", "failed")),
     ("inconclusive", ("inconclusive", "undecided"))],
)  # fmt: skip
def test_a_check_of_the_projects_own_is_repeated_in_its_words(
    said: Verdict, expected: tuple[str, str]
) -> None:
    result = OwnResult(
        run="shop.checks:leak", artifacts=SNAPSHOT, snapshot=SNAPSHOT,
        outcome=said, reason="no row leaks", plugin="shop", version="1", source=SNAPSHOT,
        observed=0.25,
    )  # fmt: skip
    found = replace(evidence(decided(4), None), own={result.run: result})

    finding = judge(OwnCheck(id="c", run=result.run), found)

    assert (finding.outcome, finding.code) == expected
    assert "no row leaks" in finding.reason
    assert finding.observed == 0.25


def test_a_check_of_the_projects_own_by_an_unknown_measurer_fails() -> None:
    problem = Problem(code="unknown-measurer", reason="signed by nobody", fix="sign")
    found = replace(evidence(decided(4), None), own={"x": problem})

    assert judge(OwnCheck(id="c", run="x"), found).code == "unknown-measurer"
