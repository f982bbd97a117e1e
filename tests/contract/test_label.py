"""Labels: moving, refusing, going back, remembering."""

import pytest

from cairn.core.errors import Conflict, Invalid, NotFound, Refused
from cairn.core.label import MoveLabel, Nobody
from cairn.registry import Registry
from harm import packed
from projects.store import MODEL, register


def test_a_promotion_points_the_label_at_the_version(registry: Registry) -> None:
    version = register(registry)

    step = registry.promote("churn:1", "staging", reason="first")

    assert (step.before, step.after, step.reason) == (None, version.digest, "first")
    assert registry.version("churn@staging") == registry.version("churn:1")
    assert registry.version("churn:1").labels == ("staging",)


def test_promotion_changes_no_byte_of_the_version(registry: Registry) -> None:
    before = register(registry)

    registry.promote("churn:1", "staging")

    after = registry.version("churn:1")
    assert (after.digest, after.manifest) == (before.digest, before.manifest)


def test_a_stale_expectation_is_a_conflict_and_nothing_moves(registry: Registry) -> None:
    for weights in "abc":
        register(registry, weights)
    registry.promote("churn:1", "staging")
    registry.promote("churn:2", "staging")

    with pytest.raises(Conflict, match=r"staging of churn holds churn:2, you expected"):
        registry.promote("churn:3", "staging", expecting="churn:1")

    assert registry.version("churn@staging").number == 2


def test_expecting_nobody_is_a_conflict_once_somebody_is_there(registry: Registry) -> None:
    register(registry, "a")
    register(registry, "b")
    registry.promote("churn:1", "staging", expecting="none")

    with pytest.raises(Conflict, match="you expected it to hold nothing"):
        registry.promote("churn:2", "staging", expecting="none")


def test_promoting_what_is_live_already_is_refused(registry: Registry) -> None:
    register(registry)
    registry.promote("churn:1", "staging")

    with pytest.raises(Refused, match="staging already holds churn:1"):
        registry.promote("churn:1", "staging")


def test_after_three_promotions_two_rollbacks_end_at_the_first(registry: Registry) -> None:
    for weights in "abc":
        registry.promote(register(registry, weights).name, "staging")

    first = registry.rollback("churn@staging", reason="too slow")
    second = registry.rollback("churn@staging")

    assert (first.before_number, first.number) == (3, 2)
    assert (second.before_number, second.number) == (2, 1)


def test_a_third_rollback_is_refused_and_the_label_stays(registry: Registry) -> None:
    for weights in "abc":
        registry.promote(register(registry, weights).name, "staging")
    registry.rollback("churn@staging")
    registry.rollback("churn@staging")

    with pytest.raises(Refused, match=r"no earlier known-good version .* churn:1 stays"):
        registry.rollback("churn@staging")

    assert registry.version("churn@staging").number == 1


def test_a_version_that_was_rolled_back_from_is_no_target(registry: Registry) -> None:
    for weights in "abc":
        register(registry, weights)
    registry.promote("churn:1", "staging")
    registry.promote("churn:2", "staging")
    registry.rollback("churn@staging")
    registry.promote("churn:3", "staging")

    assert registry.rollback("churn@staging").number == 1


def test_a_version_promoted_afresh_is_a_target_again(registry: Registry) -> None:
    for weights in "abc":
        register(registry, weights)
    registry.promote("churn:1", "staging")
    registry.promote("churn:2", "staging")
    registry.rollback("churn@staging")
    registry.promote("churn:2", "staging")
    registry.promote("churn:3", "staging")

    assert registry.rollback("churn@staging").number == 2


def test_a_version_marked_bad_is_passed_over(registry: Registry) -> None:
    for weights in "abc":
        registry.promote(register(registry, weights).name, "staging")

    registry.mark_bad("churn:2", reason="wrong currency")

    assert registry.version("churn:2").marked_bad == "wrong currency"
    assert registry.rollback("churn@staging").number == 1


def test_a_bad_version_does_not_reach_a_label_without_a_gate(registry: Registry) -> None:
    register(registry)
    registry.mark_bad("churn:1", reason="leaks the target")

    with pytest.raises(
        Refused, match=r"marked bad \(leaks the target\) and staging has no gate"
    ):
        registry.promote("churn:1", "staging")


def test_a_misspelt_label_moves_nothing_and_proposes_the_right_one(registry: Registry) -> None:
    register(registry)

    for attempt in (
        lambda: registry.promote("churn:1", "stagin"),
        lambda: registry.rollback("churn@stagin"),
        lambda: registry.version("churn@stagin"),
    ):
        with pytest.raises(NotFound, match=r"no label stagin; did you mean staging\?"):
            attempt()
    assert registry.labels("churn") == ()


def test_a_new_label_is_made_by_whoever_says_so_and_is_known_from_then_on(
    registry: Registry,
) -> None:
    registry.promote(register(registry, "a").name, "eu-live", new_label=True)

    assert registry.promote(register(registry, "b").name, "eu-live").number == 2


def test_latest_is_never_a_label(registry: Registry) -> None:
    register(registry)

    with pytest.raises(Invalid, match="'latest' is never a label"):
        registry.promote("churn:1", "latest", new_label=True)


def test_rolling_back_a_label_that_holds_nothing_is_refused(registry: Registry) -> None:
    register(registry)

    with pytest.raises(Refused, match="holds nothing"):
        registry.rollback("churn@staging")


def test_history_says_who_when_and_why(registry: Registry) -> None:
    register(registry, "a")
    register(registry, "b")
    registry.promote("churn:1", "staging", reason="first")
    registry.promote("churn:2", "staging", reason="second")
    registry.rollback("churn@staging", reason="worse")

    told = [
        (s.kind, s.before_number, s.number, s.actor, s.reason)
        for s in registry.history("churn@staging")
    ]

    assert told == [
        ("promote", None, 1, "ada", "first"),
        ("promote", 1, 2, "ada", "second"),
        ("rollback", 2, 1, "ada", "worse"),
    ]


def test_the_past_is_answered_for_every_instant(registry: Registry) -> None:
    register(registry, "a")
    register(registry, "b")
    registry.promote("churn:1", "staging")
    registry.promote("churn:2", "staging")
    registry.rollback("churn@staging")
    moves = registry.history("churn@staging")

    at = [registry.live("churn@staging", at=step.time) for step in moves]
    before = registry.live("churn@staging", at="2020-01-01T00:00:00.000000Z")

    assert [step.number for step in at if step] == [1, 2, 1]
    assert before is None


@pytest.mark.parametrize("at", ["yesterday", "2026-03-01T09:30", "900-01-01T00:00:00.000000Z"])
def test_an_instant_that_is_not_spelled_as_in_the_ledger_is_refused(
    registry: Registry, at: str
) -> None:
    with pytest.raises(Invalid, match=r"^at: "):
        registry.live("churn@staging", at=at)


def test_an_archived_version_cannot_be_deployed_until_it_is_brought_back(
    registry: Registry,
) -> None:
    register(registry)
    registry.promote("churn:1", "archived")

    with pytest.raises(Refused, match="archived and cannot be deployed"):
        registry.promote("churn:1", "staging")
    registry.promote("churn:1", "dev")

    assert registry.promote("churn:1", "staging").number == 1


def test_archived_is_left_when_the_version_comes_back_and_its_history_stays(
    registry: Registry,
) -> None:
    archived = registry.promote(register(registry).name, "archived")
    assert [move.label for move in registry.labels("churn")] == ["archived"]

    back = registry.promote("churn:1", "dev")

    assert registry.version("churn:1").labels == ("dev",)
    assert [move.label for move in registry.labels("churn")] == ["dev"]
    assert registry.live("churn@archived") is None
    assert registry.versions("churn", where='stage = "archived"') == ()
    assert registry.history("churn@archived") == (archived,)
    assert registry.live("churn@archived", at=archived.time) == archived
    assert registry.live("churn@archived", at=back.time) is None
    again = registry.promote("churn:1", "archived")
    assert (again.before, registry.live("churn@archived")) == (None, again)
    assert registry.version("churn:1").labels == ("archived", "dev")
    registry.promote("churn:1", "dev")
    assert registry.version("churn:1").labels == ("dev",)


def test_a_version_that_was_archived_before_another_one_can_be_deleted(
    registry: Registry,
) -> None:
    for weights in "ab":
        registry.promote(register(registry, weights).name, "archived")

    assert registry.delete("churn:1", reason="no longer needed").deleted is not None


def test_the_label_of_rehearsals_is_nobodys(registry: Registry) -> None:
    digest = register(registry).digest
    registry.engine.send(
        MoveLabel(
            model=MODEL, label="drill", version=digest, expecting=Nobody(), new_label=True
        )
    )

    assert registry.version("churn:1").labels == ()
    assert registry.labels("churn") == ()
    assert [step.label for step in registry.history("churn@drill")] == ["drill"]
    with pytest.raises(Invalid, match="drill is the label of rollback drills"):
        registry.promote("churn:1", "drill")
    assert registry.delete("churn:1", reason="no longer needed").deleted is not None


def test_a_version_that_serves_cannot_be_archived(registry: Registry) -> None:
    register(registry)
    registry.promote("churn:1", "production", ungated=True, reason="no data yet")

    with pytest.raises(Refused, match="cannot be archived while it holds production"):
        registry.promote("churn:1", "archived")


def test_an_archived_version_is_no_rollback_target(registry: Registry) -> None:
    for weights in "abc":
        registry.promote(register(registry, weights).name, "staging")
    registry.promote("churn:2", "archived")

    assert registry.rollback("churn@staging").number == 1


def test_rollback_to_a_version_with_missing_bytes_is_an_error_and_nothing_moves(
    registry: Registry,
) -> None:
    first = register(registry, "a")
    registry.promote("churn:1", "staging")
    registry.promote(register(registry, "b").name, "staging")
    assert first.manifest.artifacts is not None
    remove(registry, first.manifest.artifacts.tree)

    with pytest.raises(NotFound):
        registry.rollback("churn@staging")

    assert registry.version("churn@staging").number == 2


def test_a_version_with_missing_bytes_is_not_promoted_but_may_be_archived(
    registry: Registry,
) -> None:
    version = register(registry, "a")
    assert version.manifest.artifacts is not None
    remove(registry, version.manifest.artifacts.tree)

    with pytest.raises(NotFound, match="is missing"):
        registry.promote("churn:1", "staging")

    assert registry.version("churn:1").labels == ()
    assert registry.promote("churn:1", "archived").number == 1


def test_labels_of_different_models_do_not_meet(registry: Registry) -> None:
    register(registry, "a")
    register(registry, "a", model="risk/churn")
    registry.promote("churn:1", "staging")

    with pytest.raises(NotFound, match="staging of risk/churn holds nothing"):
        registry.version("risk/churn@staging")


def test_the_known_good_version_before_the_live_one_has_a_name(registry: Registry) -> None:
    for weights in "abc":
        registry.promote(register(registry, weights).name, "staging")

    assert registry.version("churn@staging~1").number == 2
    assert registry.version("churn@staging~2").number == 1
    with pytest.raises(NotFound, match="2 known-good versions before the live one, not 3"):
        registry.version("churn@staging~3")


def remove(registry: Registry, digest: str) -> None:
    """Take an object away behind the store's back."""
    packed.remove(registry.settings.store / "objects", digest)
