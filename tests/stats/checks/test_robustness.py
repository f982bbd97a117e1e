"""Check `robustness`: the candidate under perturbed inputs against the candidate as it is."""

from dataclasses import replace

import pytest

from cairn.core.check import Robustness
from cairn.core.evaluation import Perturbation
from cairn.core.gate import Finding
from cairn.stats.checks import Problem, judge
from cairn.stats.scored import Predictions
from scores.scored import decided, evidence

NOISE = Perturbation(kind="noise", amount=0.1)
CHECK = Robustness(id="noise", metric="accuracy", perturbation=NOISE, max_drop=0.05)
CLEAN = decided(1000, wrong=range(100))


def judged(
    *perturbed: Predictions, check: Robustness = CHECK, problem: Problem | None = None
) -> Finding:
    found = {check.perturbation: problem or perturbed}
    return judge(check, replace(evidence(CLEAN, None), perturbed=found))


def test_a_small_drop_passes_and_needs_no_live_version() -> None:
    finding = judged(decided(1000, wrong=range(110)))

    assert (finding.outcome, finding.code) == ("pass", "robust")
    assert (finding.observed, finding.baseline) == (0.89, 0.9)
    assert "noise of 0.1 standard deviations" in finding.reason


def test_a_large_drop_is_refused_and_one_in_between_does_not_decide() -> None:
    large = judged(decided(1000, wrong=range(300)))
    between = judged(decided(1000, wrong=range(148)))

    assert (large.outcome, large.code) == ("fail", "fragile")
    assert (between.outcome, between.code) == ("inconclusive", "undecided")
    assert between.rows_needed is not None
    assert between.rows_needed > 1000


def test_every_seed_must_pass_and_each_is_listed() -> None:
    seeds = replace_kind("seed", amount=3)
    good, bad = decided(1000, wrong=range(105)), decided(1000, wrong=range(400))

    assert judged(good, good, good, check=seeds).outcome == "pass"
    finding = judged(good, bad, good, check=seeds)
    assert finding.outcome == "fail"
    assert [group.outcome for group in finding.groups] == ["pass", "fail", "pass"]


def test_what_was_never_measured_fails_and_says_what_would_provide_it() -> None:
    finding = judge(CHECK, evidence(CLEAN, None))

    assert (finding.outcome, finding.code) == ("fail", "not-perturbed")
    assert "cairn gate check churn:2" in finding.fix


def test_a_problem_with_the_evidence_is_repeated() -> None:
    finding = judged(problem=Problem(code="too-few-seeds", reason="only one", fix="train"))

    assert (finding.outcome, finding.code, finding.fix) == ("fail", "too-few-seeds", "train")


def test_rows_of_another_set_are_no_evidence() -> None:
    finding = judged(decided(900))

    assert (finding.outcome, finding.code) == ("fail", "rows-differ")


@pytest.mark.parametrize("kind", ["noise", "missing", "shift"])
def test_the_finding_says_what_was_done(kind: str) -> None:
    finding = judged(CLEAN, check=replace_kind(kind, amount=0.25))

    words = {"noise": "0.25 standard", "missing": "25% of values", "shift": "shift by 0.25"}
    assert words[kind] in finding.reason


def replace_kind(kind: str, *, amount: float) -> Robustness:
    perturbation = Perturbation(kind=kind, amount=amount)  # pyright: ignore[reportArgumentType] (a parameter of the test)
    return Robustness(id="noise", metric="accuracy", perturbation=perturbation, max_drop=0.05)


def test_twenty_seeds_fail_no_sooner_than_the_binomial_tail_lets_them() -> None:
    """70 of 1,000 rows lost or more at a true 0.05: 0.0035; 71: 0.0023, of 0.0025 allowed."""
    seeds = replace_kind("seed", amount=20)
    lost, more = (decided(1000, wrong=range(100 + many)) for many in (70, 71))

    assert judged(*[lost] * 20, check=seeds).outcome == "inconclusive"
    assert judged(*[lost] * 19, more, check=seeds).outcome == "fail"
