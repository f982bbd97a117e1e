"""Looks at an evaluation set: whoever could be chosen counts, and not only who was judged."""

import pytest

from cairn.core.check import Floor, NonInferiority
from cairn.core.errors import Invalid, NotFound
from cairn.core.evaluation import ListLooks, LookAhead
from cairn.core.gate import Decision, Policy, Reuse
from cairn.core.run import Input
from cairn.core.snapshot import SnapshotInfo
from cairn.core.version import RegisterVersion, Version
from cairn.gates.report import decision_text, looks_taken, next_look
from cairn.registry import Registry
from projects.store import MODEL, data, evaluate, manifest, register
from scores.scored import SNAPSHOT, spread

FIRST = 0.05 * 6 / 3.141592653589793**2


@pytest.fixture
def test_set(registry: Registry) -> SnapshotInfo:
    return data(registry, "id,x,y\n1,2,1\n2,3,0\n", name="test")


def bind(registry: Registry, on: SnapshotInfo, *, reuse: Reuse | None) -> None:
    floor = Floor(id="floor", metric="roc_auc", value=0.6)
    policy = Policy(
        evaluation=on.digest, checks=(floor,), bootstrap="floors_only", reuse=reuse
    )
    registry.set_policy("churn@production", policy)


def candidate(registry: Registry, weights: str) -> Version:
    version = register(registry, weights)
    rows = spread(500, skill=1.0, seed=1, noise=ord(weights))
    evaluate(registry, version, rows, on=registry.find_snapshot("test"))
    return version


def judged(registry: Registry, version: Version) -> Decision:
    return registry.check_gate(version.name).decision


def test_a_version_chosen_among_five_that_were_evaluated_shares_the_error_of_its_look(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    bind(registry, test_set, reuse=Reuse())
    *_, last = [candidate(registry, weights) for weights in "abcde"]

    decision = judged(registry, last)

    assert (decision.looks[0].number, decision.looks[0].seen) == (1, 4)
    finding = decision.findings[0]
    assert finding.alpha == pytest.approx(FIRST / 5)
    assert "4 other versions seen on this set and never judged share the error" in (
        finding.reason
    )
    assert "look 1 at it, 4 other versions seen on it and never judged" in " ".join(
        decision_text(decision).split()
    )


def test_a_version_that_was_judged_had_its_look_and_is_not_counted_as_seen(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    bind(registry, test_set, reuse=Reuse())
    first = candidate(registry, "a")
    judged(registry, first)

    second = judged(registry, candidate(registry, "b"))

    assert [(look.number, look.seen) for look in second.looks] == [(2, 0)] * 2


def test_what_is_seen_after_a_look_changes_nothing_about_it(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    bind(registry, test_set, reuse=Reuse())
    first = candidate(registry, "a")
    made = registry.check_gate(first.name)
    candidate(registry, "b")

    again = registry.check_gate(first.name)

    assert again.decision.looks == made.decision.looks
    assert again.decision.findings == made.decision.findings
    assert registry.replay(made.digest).decision == made.decision


def test_the_metrics_of_a_run_that_read_the_set_are_counted_as_seen(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    bind(registry, test_set, reuse=Reuse())
    read = (Input(role="test", snapshot=test_set.digest, path="data/test.csv"),)
    for weights in ("r", "s"):
        made = manifest(registry, weights, inputs=read)
        registry.engine.send(RegisterVersion(model=MODEL, manifest=made, retroactive=True))
    register(registry, "another")  # it never read the set

    decision = judged(registry, candidate(registry, "a"))

    assert decision.looks[0].seen == 2


def test_a_fixed_reference_is_compared_with_whatever_is_live(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    first, second, third = (candidate(registry, weights) for weights in "abc")
    since = NonInferiority(id="since", metric="roc_auc", margin=0.2, reference="fixed")
    policy = Policy(evaluation=test_set.digest, checks=(since,), reference=first.digest)
    registry.set_policy("churn@production", policy)
    registry.promote(second.name)

    made = registry.check_gate(third.name)

    reason = made.decision.findings[0].reason
    assert "of churn:1" in reason
    assert "may have become worse by up to" in reason
    assert "since churn:1" in reason
    assert len(made.decision.evidence) == 3
    assert registry.replay(made.digest).digest == made.digest


def test_a_reference_that_is_no_version_of_the_model_is_not_bound(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    since = NonInferiority(id="since", metric="roc_auc", margin=0.2, reference="fixed")
    unknown = Policy(evaluation=test_set.digest, checks=(since,), reference=SNAPSHOT)
    nothing = Policy(evaluation=test_set.digest, checks=(since,))

    with pytest.raises(NotFound, match="has no version"):
        registry.set_policy("churn@production", unknown)
    with pytest.raises(Invalid, match="reference: fixed needs a version"):
        registry.set_policy("churn@production", nothing)


def test_without_a_rule_the_report_says_that_the_error_is_that_of_one_look(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    version = candidate(registry, "a")
    bind(registry, test_set, reuse=None)
    uncounted = decision_text(judged(registry, version))
    bind(registry, test_set, reuse=Reuse())
    counted = decision_text(judged(registry, version))

    assert "Looks are not counted: each confidence is that of one look" in uncounted
    assert "Looks are not counted" not in counted


def ahead(registry: Registry, version: Version) -> tuple[LookAhead, ...]:
    test = registry.find_snapshot("test")
    asked = ListLooks(model=MODEL, version=version.digest, snapshot=test.digest)
    return registry.engine.send(asked)


def test_who_is_seen_is_told_what_the_next_look_may_spend(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    bind(registry, test_set, reuse=Reuse())
    judged(registry, candidate(registry, "a"))
    *_, last = [candidate(registry, weights) for weights in "bcd"]

    (look,) = ahead(registry, last)

    assert (look.label, look.looks, look.seen, look.judged) == ("production", 1, 2, False)
    assert look.error == pytest.approx(judged(registry, last).findings[0].alpha)
    assert (look.error, look.stated) == (pytest.approx(FIRST / 4 / 3), 0.05)
    assert " ".join(" ".join(looks_taken([look])).split()) == (
        "A look at the data of production: after 1 look and 2 other versions seen, the "
        "next judgement may err with a chance of 0.0025."
    )


@pytest.mark.usefixtures("test_set")
def test_a_set_that_no_policy_names_has_no_looks(registry: Registry) -> None:
    assert ahead(registry, candidate(registry, "a")) == ()


def test_a_policy_that_counts_no_looks_says_so_to_whoever_is_seen(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    bind(registry, test_set, reuse=None)
    version = candidate(registry, "a")

    said = " ".join(looks_taken(ahead(registry, version)))

    assert "whose policy counts none: its error is that of one look" in said


def test_a_decision_says_at_which_error_the_next_look_is_judged(
    registry: Registry, test_set: SnapshotInfo
) -> None:
    bind(registry, test_set, reuse=Reuse())
    decision = judged(registry, candidate(registry, "a"))
    policy = registry.policy("churn@production").policy

    assert "an error of 0.0076 of 0.05" in next_look(decision, policy)
    assert "The next look at this set" in decision_text(decision, policy)
