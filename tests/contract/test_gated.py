"""Gated labels: what production, and what a project lists, take of no version."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from cairn.core.approval import Approvals, ListApprovals
from cairn.core.errors import Invalid, Pending, Refused
from cairn.core.label import Anyone, MoveLabel
from cairn.core.override import ListOverrides, Review, ReviewOverride
from cairn.core.version import Artifacts, RegisterVersion, Safety, Version
from cairn.engine.local import LocalEngine
from cairn.registry import Registry
from projects.people import Becomes, Person, bind, live, worked_on
from projects.store import MODEL, Measured, evaluate, manifest, register, weights_of
from scores.scored import spread

OWN = "model.pkl: it names churn.models.Clip, which the allow-list does not"
PROGRAM = "model.pkl: it is a program: nothing outside the allow-list was found in it"
HOSTILE = "model.pkl: it names os.system, which no model needs"
WHY: dict[str, Any] = {"ungated": True, "reason": "no data yet"}


def scanned(registry: Registry, safety: Safety, *reasons: str, **parts: Any) -> Version:
    """Register a version of which the scan said this."""
    tree = weights_of(register(registry, f"weights of {safety} {reasons}"))
    files = Artifacts(
        tree=tree,
        flavor="pickle",
        safety=safety,
        reasons=reasons,
        formats={"model.pkl": "pickle"},
    )
    digest = manifest(registry, artifacts=files, **parts)
    return registry.engine.send(
        RegisterVersion(model=MODEL, manifest=digest, retroactive=bool(parts))
    )


def trusting(
    registry: Registry, trusted: Sequence[str], gated: Sequence[str] = ()
) -> Registry:
    """The same registry, in a project that trusts these names."""
    assert isinstance(registry.engine, LocalEngine)
    engine = LocalEngine(
        registry.engine.store,
        registry.engine.who,
        clock=registry.engine._clock,  # noqa: SLF001 (at the same time)
        gated=gated,
        trusted=trusted,
    )
    return Measured(engine, registry.objects, settings=registry.settings)


def test_without_a_policy_nothing_goes_to_production(registry: Registry) -> None:
    register(registry)

    with pytest.raises(Refused, match="production of churn has no policy") as refusal:
        registry.promote("churn:1")

    assert registry.live("churn@production") is None
    assert "cairn gate set churn@production gates/churn.yaml" in refusal.value.fix
    assert "cairn promote churn:1 production --ungated --reason WHY" in refusal.value.fix


def test_who_goes_without_says_why_and_it_is_an_override(registry: Registry) -> None:
    register(registry)
    with pytest.raises(Refused, match="whoever moves it ungated has to say why"):
        registry.promote("churn:1", ungated=True)

    step = registry.promote("churn:1", ungated=True, reason="the first one")

    (known,) = registry.engine.send(ListOverrides())
    assert (step.kind, step.decision) == ("override", None)
    assert (known.entry, known.decision, known.reviewed_by) == (step.seq, None, None)
    assert registry.verify().problems == ()


def test_a_move_without_a_gate_is_reviewed_by_somebody_else(
    ada: Person, become: Becomes
) -> None:
    bind(ada.registry, Approvals(people=("bo",)), label="canary")
    ada.registry.promote("churn:1", "staging")
    other = become("ada")
    register(other.registry, "first", model="default/other")
    step = other.registry.promote("other:1", ungated=True, reason="the first one")
    claim = Review(override=step.seq, reason="fine")

    with pytest.raises(Refused, match="ada cannot review this override"):
        other.registry.engine.send(
            ReviewOverride(override=step.seq, signed=other.sign(claim), reason="fine")
        )
    bo = become("bo")
    info = bo.registry.engine.send(
        ReviewOverride(override=step.seq, signed=bo.sign(claim), reason="fine")
    )

    assert info.reviewed_by == "bo"


@pytest.mark.parametrize(
    ("label", "says"), [("production", "has a policy"), ("staging", "asks for no gate")]
)
def test_ungated_is_for_what_has_no_gate_and_should(
    ada: Person, label: str, says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        ada.registry.promote("churn:1", label, **WHY)


def test_a_label_that_the_project_lists_is_as_strict(registry: Registry) -> None:
    register(registry)
    strict = trusting(registry, (), gated=["canary"])

    registry.promote("churn:1", "canary")
    register(strict, "b")
    with pytest.raises(Refused, match="canary of churn has no policy"):
        strict.promote("churn:2", "canary")


def test_an_incomplete_version_needs_a_waiver_without_a_policy_too(registry: Registry) -> None:
    scanned(registry, "safe", code=None)

    with pytest.raises(Refused, match="churn:2 is incomplete: code"):
        registry.promote("churn:2", **WHY)

    step = registry.promote("churn:2", waiver="it has served since 2019", **WHY)
    assert step.waiver == "it has served since 2019"


@pytest.mark.parametrize("reason", [OWN, HOSTILE, PROGRAM])
def test_files_that_can_run_code_go_nowhere_near_production(
    registry: Registry, reason: str
) -> None:
    version = scanned(registry, "unsafe", reason)

    with pytest.raises(Refused, match="can run code, and production takes none that can"):
        registry.promote(version.name, waiver="I know them", **WHY)

    registry.promote(version.name, "staging")


@pytest.mark.parametrize(
    ("safety", "reason", "trusted", "goes"),
    [
        ("unsafe", OWN, ["churn.models.Clip"], True),
        ("unsafe", OWN, ["churn.models"], False),
        ("unsafe", OWN, ["pickle"], False),
        ("unsafe", HOSTILE, ["os.system", "pickle"], False),
        ("unknown", PROGRAM, ["pickle"], True),
        ("unknown", PROGRAM, ["joblib"], False),
        ("unknown", "model.pkl: Cairn does not know this format", ["pickle"], False),
    ],
)
def test_names_that_the_project_trusts_answer_for_what_names_them(
    registry: Registry, safety: Safety, reason: str, trusted: list[str], goes: bool
) -> None:
    version = scanned(registry, safety, reason)
    project = trusting(registry, trusted)

    if goes:
        assert project.promote(version.name, **WHY).number == version.number
    else:
        with pytest.raises(Refused, match=r"can run code"):
            project.promote(version.name, **WHY)


def test_unknown_files_go_past_nobody_and_a_waiver_is_reviewed(registry: Registry) -> None:
    version = scanned(registry, "unknown", PROGRAM)

    with pytest.raises(Refused, match="nobody knows whether the files of churn:2 can"):
        registry.promote(version.name, **WHY)
    step = registry.promote(version.name, waiver="a pickle of ours", **WHY)

    assert (step.kind, step.waiver) == ("override", "a pickle of ours")


def test_behind_a_gate_people_review_the_waiver_before_the_label_moves(
    ada: Person, become: Becomes
) -> None:
    version = scanned(ada.registry, "unknown", PROGRAM)
    test_set = ada.registry.find_snapshot("test")
    evaluate(ada.registry, version, spread(500, skill=1.0, seed=1), on=test_set)
    with pytest.raises(Refused, match="nobody knows whether"):
        ada.registry.promote(version.name)
    bind(ada.registry, Approvals(people=("bo",), covers=("policy",)))
    with pytest.raises(Pending, match="1 of bo must agree"):
        ada.registry.promote(version.name, waiver="a pickle of ours")
    (asked,) = ada.registry.engine.send(ListApprovals())
    become("bo").approve(asked.subject)

    ada.registry.promote(version.name, waiver="a pickle of ours")

    assert live(ada) == version.number


def test_a_waiver_that_nobody_can_review_is_none(ada: Person) -> None:
    version = scanned(ada.registry, "unknown", PROGRAM)
    test_set = ada.registry.find_snapshot("test")
    evaluate(ada.registry, version, spread(500, skill=1.0, seed=1), on=test_set)
    bind(ada.registry, None)

    with pytest.raises(Refused, match="the policy of production names nobody"):
        ada.registry.promote(version.name, waiver="a pickle of ours")


def test_what_holds_a_label_under_a_waiver_is_waived_again_and_replaced(
    ada: Person,
) -> None:
    registry = ada.registry
    incomplete = scanned(registry, "safe", code=None)
    test_set = registry.find_snapshot("test")
    evaluate(registry, incomplete, spread(500, skill=1.0, seed=1), on=test_set)
    bind(registry, None)
    registry.promote(incomplete.name, waiver="it has served since 2019")

    with pytest.raises(Refused, match="production already holds"):
        registry.promote(incomplete.name)
    again = registry.promote(incomplete.name, waiver="until the new one is trained")
    better = worked_on(ada, "good", skill=1.3)
    registry.promote(better)

    assert (again.before, again.after) == (incomplete.digest, incomplete.digest)
    assert again.waiver == "until the new one is trained"
    assert registry.version("churn@production").name == better
    assert registry.rollback("churn").after == incomplete.digest
    with pytest.raises(Refused, match="production already holds"):
        registry.promote(incomplete.name, waiver="")
    assert registry.verify().problems == ()


def test_a_whole_version_that_holds_a_label_needs_no_waiver(registry: Registry) -> None:
    register(registry)
    registry.promote("churn:1", **WHY)

    with pytest.raises(Refused, match="production already holds churn:1"):
        registry.promote("churn:1", waiver="for the record", **WHY)


def test_fields_that_the_project_requires_are_asked_for_again(registry: Registry) -> None:
    version = register(registry)
    asked = MoveLabel(
        model=MODEL,
        label="production",
        version=version.digest,
        expecting=Anyone(),
        required=("owner",),
        **WHY,
    )

    with pytest.raises(Refused, match="churn:1 does not say its owner, and production takes"):
        registry.engine.send(asked)
    assert registry.live("churn@production") is None
    registry.engine.send(replace(asked, label="staging", ungated=False))
    registry.engine.send(replace(asked, waiver="nobody owns it yet"))
    assert live_number(registry) == 1


def test_a_version_that_says_them_is_taken(registry: Registry) -> None:
    digest = manifest(registry, fields={"owner": "risk"})
    version = registry.engine.send(RegisterVersion(model=MODEL, manifest=digest))

    registry.engine.send(
        MoveLabel(
            model=MODEL,
            label="production",
            version=version.digest,
            expecting=Anyone(),
            required=("owner",),
            **WHY,
        )
    )

    assert live_number(registry) == 1


def live_number(registry: Registry) -> int | None:
    held = registry.live("churn@production")
    return held.number if held else None
