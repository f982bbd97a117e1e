"""The report of a decision: what was compared, what failed and by how much, what to do."""

from dataclasses import replace

from cairn.core.check import Check, Floor, LatencyBudget, NoSubgroupRegression, Superiority
from cairn.core.gate import Decision, Policy, verdict
from cairn.core.run import Gap
from cairn.gates.report import WIDTH, decision_text
from cairn.stats.checks import judge_all
from cairn.stats.predictions import Predictions
from scores.scored import SNAPSHOT, decided, evidence

CHECKS: tuple[Check, ...] = (
    Superiority(id="better", metric="accuracy"),
    Floor(id="floor", metric="recall", value=0.9),
    NoSubgroupRegression(id="groups", by=("region",), metric="accuracy", min_rows=50),
    LatencyBudget(id="speed", max_ms=40),
)


def decided_on(
    candidate: Predictions, live: Predictions | None, *, checks: tuple[Check, ...] = CHECKS
) -> Decision:
    """A decision on these rows, 500 quick calls and one gap."""
    policy = Policy(evaluation=SNAPSHOT, checks=checks, bootstrap="floors_only")
    gap = Gap(field="seeds", reason="random generators without a seed", fix="seed them")
    found = replace(
        evidence(candidate, live),
        latency_ms=[3.0 + call % 9 / 10 for call in range(8000)],
        latency_rows=4000,
        gaps=(gap,),
        bootstrap="floors_only",
    )
    findings = judge_all(policy, found)
    return Decision(
        model="default/churn",
        label="production",
        candidate="sha256:" + "a" * 64,
        policy="sha256:" + "b" * 64,
        snapshot=SNAPSHOT,
        verdict=verdict(findings),
        findings=findings,
        live="sha256:" + "c" * 64 if live else None,
        look=3,
    )


def rows(*, wrong: range, regions: int = 2) -> Predictions:
    column = {"region": [f"region {row % regions}" for row in range(2000)]}
    return decided(2000, wrong=wrong, groups=column)


def test_a_refusal_reads_from_verdict_to_next_step() -> None:
    text = decision_text(decided_on(rows(wrong=range(700)), rows(wrong=range(200))))

    lines = text.splitlines()
    assert lines[0] == "The candidate is refused by the gate of production."
    assert text.index("FAIL") < text.index("What to do next:") < text.index("Judged:")
    better = next(line for line in lines if line.startswith("better"))
    assert better.split()[:5] == ["better", "FAIL", "0.650", "0.900", "-0.250"]
    assert better.split()[-1] == "2,000"
    assert "look 3 at it" in " ".join(text.split())


def test_failing_groups_have_their_own_table() -> None:
    live = rows(wrong=range(0))
    candidate = rows(wrong=range(1, 1200, 2))

    text = decision_text(decided_on(candidate, live))

    assert "groups, by group:" in text
    row = next(line for line in text.splitlines() if line.startswith("region 1"))
    assert row.split() == [
        "region", "1", "FAIL", "0.4000", "1.0000", "-0.6000", "<0.0001", "1,000",
    ]  # fmt: skip


def test_many_groups_are_cut_with_a_note() -> None:
    text = decision_text(
        decided_on(rows(wrong=range(900), regions=30), rows(wrong=range(0), regions=30))
    )

    assert "and 10 more groups" in text


def test_a_pass_has_no_next_step() -> None:
    found = decided_on(rows(wrong=range(20)), rows(wrong=range(300)), checks=CHECKS[:2])
    passing = [f for f in found.findings if f.outcome == "pass"]

    assert [finding.check for finding in passing] == ["better", "floor"]
    text = decision_text(
        Decision(
            model=found.model,
            label=found.label,
            candidate=found.candidate,
            policy=found.policy,
            snapshot=found.snapshot,
            verdict="pass",
            findings=tuple(passing),
            live=found.live,
        )
    )

    assert text.startswith("The candidate passes the gate of production.")
    assert "What to do next" not in text


def test_a_first_promotion_says_that_nothing_was_live() -> None:
    text = decision_text(decided_on(rows(wrong=range(20)), None))

    assert "n/a" in text
    assert "nothing is live yet" in text
    assert "nothing live" in text


def test_every_line_fits_the_terminal_whatever_the_names() -> None:
    checks: tuple[Check, ...] = (
        Superiority(id="a" * 50, metric="accuracy"),
        NoSubgroupRegression(id="b" * 50, by=("region",), metric="accuracy", min_rows=50),
    )
    column = {
        "region": ["\x1b[31m" + "long name " * 20 if r % 2 else "ü" for r in range(2000)]
    }
    candidate = decided(2000, wrong=range(900), groups=column)
    live = decided(2000, wrong=range(100), groups=column)

    text = decision_text(decided_on(candidate, live, checks=checks))

    assert max(map(len, text.splitlines())) <= WIDTH
    assert "\x1b" not in text
