"""Labels: where they may move, and where a rollback goes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cairn.core.digest import Digest, digest_bytes
from cairn.core.errors import Conflict, Corrupt, Refused
from cairn.core.known_good import Ground, known_good, rollback, standing
from cairn.core.label import (
    Anyone,
    Drill,
    Expecting,
    Holder,
    Move,
    MoveLabel,
    Nobody,
    Rollback,
    Switch,
    move,
)
from cairn.core.version import Manifest, Version

MODEL = "default/churn"


def digest(number: int) -> Digest:
    return digest_bytes(b"version %d" % number)


def version(number: int, **known: Any) -> Version:
    return Version(
        model=MODEL,
        number=number,
        digest=digest(number),
        manifest=Manifest(),
        registered_by="analyst",
        registered_at="2026-03-01T09:30:00.000000Z",
        **known,
    )


def step(kind: Literal["promote", "rollback"], to: int, before: int | None = None) -> Move:
    return Move(
        model=MODEL,
        label="production",
        kind=kind,
        after=digest(to),
        number=to,
        seq=0,
        actor="analyst",
        time="2026-03-01T09:30:00.000000Z",
        before=digest(before) if before else None,
    )


def promoted(*numbers: int) -> list[Move]:
    return [step("promote", number) for number in numbers]


def targets(history: Sequence[Move], bad: Sequence[int] = ()) -> list[int]:
    """The numbers that a rollback may go to, the nearest first."""
    names = {digest(number): number for number in range(20)}
    ground = Ground(bad=frozenset(digest(number) for number in bad))
    return [names[found] for found in known_good(reversed(history), ground)]


def asked(
    to: int,
    label: str = "production",
    *,
    expecting: Expecting | None = None,
    reason: str = "",
) -> MoveLabel:
    return MoveLabel(
        model=MODEL,
        label=label,
        version=digest(to),
        expecting=expecting or Anyone(),
        reason=reason,
    )


def back(label: str = "production", expecting: Expecting | None = None) -> Rollback:
    return Rollback(model=MODEL, label=label, expecting=expecting or Anyone())


def test_after_three_promotions_two_rollbacks_end_at_the_first() -> None:
    history = promoted(1, 2, 3)
    assert targets(history) == [2, 1]

    history.append(step("rollback", 2, before=3))
    assert targets(history) == [1]

    history.append(step("rollback", 1, before=2))
    assert targets(history) == []


def test_a_label_that_never_moved_has_no_target() -> None:
    assert targets([]) == []
    assert targets(promoted(1)) == []


def test_a_version_that_was_left_is_no_target_of_a_later_one() -> None:
    history = [*promoted(1, 2), step("rollback", 1, before=2), *promoted(3)]

    assert targets(history) == [1]


def test_a_version_that_was_left_and_promoted_afresh_is_a_target_again() -> None:
    history = [*promoted(1, 2), step("rollback", 1, before=2), *promoted(2, 3)]

    assert targets(history) == [2, 1]


def test_a_version_promoted_twice_is_one_target() -> None:
    assert targets(promoted(1, 2, 1, 2, 3)) == [2, 1]


def test_the_live_version_is_no_target_though_it_was_live_before() -> None:
    assert targets(promoted(1, 2, 1)) == [2]


def test_rolling_back_from_a_version_leaves_all_its_promotions() -> None:
    history = [*promoted(1, 2, 1), step("rollback", 2, before=1)]

    assert targets(history) == []


def test_a_bad_version_is_passed_over() -> None:
    assert targets(promoted(1, 2, 3), bad=[2]) == [1]
    assert targets(promoted(1, 2, 3), bad=[1, 2]) == []


def test_a_rollback_past_a_bad_version_forgets_it() -> None:
    history = [*promoted(1, 2, 3), step("rollback", 1, before=3)]

    assert targets(history) == []
    assert [found.after for found in standing(reversed(history))] == [digest(1)]


@pytest.mark.parametrize(
    "history",
    [
        [step("rollback", 1)],
        [*promoted(1), step("rollback", 2, before=1)],
        [*promoted(1, 2), step("rollback", 1, before=2), step("rollback", 3, before=1)],
    ],
    ids=["nothing was promoted", "another one", "another one, after a rollback"],
)
def test_a_rollback_to_what_was_never_held_is_corrupt(history: list[Move]) -> None:
    with pytest.raises(
        Corrupt, match=r"production of churn went back to .*, which it did not hold"
    ):
        list(standing(reversed(history)))


def test_no_more_moves_are_read_than_a_rollback_needs() -> None:
    def moves() -> Iterator[Move]:
        yield from reversed([*promoted(1, 2, 3, 4), step("rollback", 3, before=4)])
        pytest.fail("the whole history was read")

    assert next(known_good(moves(), Ground())) == digest(2)


@dataclass
class Naive:
    """A label as a chain of promotions, each with the one before it: no stack, no popping."""

    parent: dict[int, int | None] = field(default_factory=dict[int, int | None])
    holds: dict[int, int] = field(default_factory=dict[int, int])
    at: int | None = None
    left: set[int] = field(default_factory=set[int])
    bad: set[int] = field(default_factory=set[int])

    def promote(self, number: int) -> None:
        """Add to the chain; a promotion clears what was held against the version."""
        place = len(self.parent)
        self.parent[place], self.holds[place], self.at = self.at, number, place
        self.left.discard(number)
        self.bad.discard(number)

    def target(self) -> int | None:
        """Where a rollback goes: up the chain to the first that is good."""
        place = self.at
        while place is not None:
            number = self.holds[place]
            if (
                self.at is not None
                and number not in {self.holds[self.at]} | self.left | self.bad
            ):
                return place
            place = self.parent[place]
        return None

    def roll_back(self, place: int) -> None:
        """Go up to `place`."""
        assert self.at is not None
        self.left.add(self.holds[self.at])
        self.at = place


DEEDS = st.lists(
    st.tuples(st.sampled_from(["promote", "promote", "rollback", "bad"]), st.integers(1, 5)),
    max_size=40,
)


@given(DEEDS)
@example([("promote", 1), ("promote", 2), ("promote", 1), ("rollback", 0), ("rollback", 0)])
def test_a_rollback_goes_where_a_naive_model_goes(deeds: list[tuple[str, int]]) -> None:
    naive, history = Naive(), list[Move]()

    for deed, number in deeds:
        if deed == "promote" and (naive.at is None or naive.holds[naive.at] != number):
            naive.promote(number)
            history.append(step("promote", number))
        if deed == "bad":
            naive.bad.add(number)
        found, place = targets(history, sorted(naive.bad)), naive.target()
        assert found[:1] == ([] if place is None else [naive.holds[place]])
        if deed == "rollback" and place is not None and naive.at is not None:
            history.append(step("rollback", naive.holds[place], before=naive.holds[naive.at]))
            naive.roll_back(place)


@given(DEEDS)
def test_no_target_was_left_or_marked_bad(deeds: list[tuple[str, int]]) -> None:
    history, live, left, bad = list[Move](), 0, set[int](), set[int]()

    for deed, number in deeds:
        found = targets(history, sorted(bad))
        assert not set(found) & (left | bad | {live})
        assert len(set(found)) == len(found)
        if deed == "promote" and number != live:
            history.append(step("promote", number))
            live, left, bad = number, left - {number}, bad - {number}
        elif deed == "rollback" and found:
            history.append(step("rollback", found[0], before=live))
            live, left = found[0], left | {live}
        elif deed == "bad":
            bad = bad | {number}


@pytest.mark.parametrize(
    ("expecting", "live"),
    [
        (Anyone(), None),
        (Anyone(), version(1)),
        (Nobody(), None),
        (Holder(version=digest(1)), version(1)),
    ],
)
def test_a_move_goes_ahead_where_the_expectation_is_right(
    expecting: Expecting, live: Version | None
) -> None:
    move(asked(2, expecting=expecting), version(2), live, gated=False)


@pytest.mark.parametrize(
    ("expecting", "live", "message"),
    [
        (Nobody(), version(1), "holds churn:1, you expected it to hold nothing"),
        (Holder(version=digest(1)), None, "holds nothing, you expected it to hold sha256:"),
        (
            Holder(version=digest(1)),
            version(3),
            "holds churn:3, you expected it to hold sha256:",
        ),
    ],
)
def test_a_stale_expectation_is_a_conflict(
    expecting: Expecting, live: Version | None, message: str
) -> None:
    with pytest.raises(Conflict, match=f"production of churn {message}"):
        move(asked(2, expecting=expecting), version(2), live, gated=True)
    with pytest.raises(Conflict, match=message):
        rollback(back(expecting=expecting), live, [version(2)], others=[], moves=2)


def test_a_deleted_version_goes_nowhere() -> None:
    with pytest.raises(Refused, match=r"churn:2 was deleted: trained on the wrong month"):
        move(
            asked(2, "dev"),
            version(2, deleted="trained on the wrong month"),
            None,
            gated=False,
        )


def test_a_label_does_not_move_to_where_it_is() -> None:
    with pytest.raises(Refused, match=r"production already holds churn:2"):
        move(asked(2), version(2), version(2), gated=True)


@pytest.mark.parametrize("gated", [True, False])
def test_an_archived_version_comes_back_to_the_workbench_first(gated: bool) -> None:
    archived = version(2, archived=True)

    move(asked(2, "dev"), archived, None, gated=gated)
    with pytest.raises(Refused, match=r"churn:2 is archived") as refusal:
        move(asked(2), archived, None, gated=gated)
    assert refusal.value.fix == "bring it back first: `cairn promote churn:2 dev`"


def test_a_bad_version_needs_a_gate_that_can_clear_it() -> None:
    bad = version(2, marked_bad="scores are shifted")

    move(asked(2, reason="the scores were right"), bad, None, gated=True)
    with pytest.raises(Refused, match=r"marked bad \(scores are shifted\): .* say why"):
        move(asked(2), bad, None, gated=True)
    for harmless in ("dev", "archived"):
        move(asked(2, harmless), bad, None, gated=False)
    with pytest.raises(
        Refused, match=r"marked bad \(scores are shifted\) and production has no"
    ):
        move(asked(2), bad, None, gated=False)


def test_a_version_that_serves_is_not_archived() -> None:
    serves = version(2, labels=("dev", "production", "canary-eu"))

    with pytest.raises(Refused, match=r"while it holds canary-eu, production$"):
        move(asked(2, "archived"), serves, None, gated=False)
    move(asked(2, "archived"), version(2, labels=("dev",)), None, gated=False)


def test_a_rollback_takes_the_nearest_target_that_is_there() -> None:
    nearest = [version(4, archived=True), version(3, deleted="gone"), version(2), version(1)]

    assert rollback(back(), version(5), nearest, others=[], moves=5).number == 2


def test_a_rollback_without_a_target_says_how_often_the_label_moved() -> None:
    with pytest.raises(
        Refused, match=r"no earlier .* \(it moved 1 time\); churn:1 stays"
    ) as one:
        rollback(back(), version(1), [], others=[], moves=1)
    assert (
        one.value.fix == "promote a good version instead: `cairn promote churn:N production`"
    )
    with pytest.raises(Refused, match=r"it moved 2 times"):
        rollback(back(), version(2), [version(1, archived=True)], others=[], moves=2)


def test_a_label_that_holds_nothing_cannot_roll_back() -> None:
    with pytest.raises(Refused, match="production of churn holds nothing"):
        rollback(back(), None, [], others=[], moves=0)


def test_the_archive_does_not_roll_back() -> None:
    with pytest.raises(Refused, match="archived serves nothing"):
        rollback(back("archived"), version(2), [version(1)], others=[], moves=2)


def switched(step: Literal["start", "promote", "rollback"], *, right: bool = True) -> Switch:
    return Switch(step=step, expected=digest(1), loaded=digest(1 if right else 2), seconds=0.1)


@pytest.mark.parametrize(
    ("switches", "passed"),
    [
        ((switched("start"), switched("promote"), switched("rollback")), True),
        ((switched("promote"), switched("rollback")), True),
        ((switched("start"), switched("promote"), switched("rollback", right=False)), False),
        ((switched("start", right=False), switched("promote"), switched("rollback")), False),
        ((switched("start"), switched("promote")), False),
        ((switched("rollback"),), False),
        ((), False),
    ],
)
def test_a_drill_passes_when_both_switches_were_seen(
    switches: tuple[Switch, ...], passed: bool
) -> None:
    drill = Drill(model=MODEL, label="production", switches=switches, rollback_seconds=0.1)

    assert drill.passed is passed
