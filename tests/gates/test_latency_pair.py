"""Two models are measured in turn, and calls that wait for a slow one count their waiting."""

import pytest

from cairn.gates.latency_pair import ROUND, ROUNDS, sample_in_turn


class Bench:
    """A clock that moves while somebody calls or waits, and who called when."""

    def __init__(self) -> None:
        self.now = 0.0
        self.order: list[str] = []

    def model(self, name: str, *seconds: float) -> "Model":
        """A model whose calls take these durations, over and over."""
        return Model(self, name, seconds)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class Model:
    """Takes its time."""

    def __init__(self, bench: Bench, name: str, seconds: tuple[float, ...]) -> None:
        self.bench, self.name, self.seconds, self.made = bench, name, seconds, 0

    def __call__(self) -> float:
        """Take the next duration."""
        took = self.seconds[self.made % len(self.seconds)]
        self.made += 1
        self.bench.now += took
        self.bench.order.append(self.name)
        return took


def test_rounds_alternate_and_every_call_is_kept() -> None:
    bench = Bench()

    discarded, rate, (ours, theirs) = sample_in_turn(
        (bench.model("a", 0.001), bench.model("b", 0.002)),
        clock=lambda: bench.now,
        wait=bench.wait,
    )

    order = "".join(bench.order[discarded:])
    assert order == ("a" * ROUND + "b" * 2 * ROUND + "a" * ROUND) * (ROUNDS // 2)
    assert (set(ours), set(theirs)) == ({1.0}, {2.0})
    assert rate == pytest.approx(250)


def test_a_call_that_had_to_wait_counts_from_when_it_was_due() -> None:
    bench = Bench()
    rare = [0.001] * 99 + [0.1]  # one call in a hundred takes a hundred times as long

    _, _, (ours, _) = sample_in_turn(
        (bench.model("a", *rare), bench.model("b", 0.001)),
        clock=lambda: bench.now,
        wait=bench.wait,
    )

    late = [milliseconds for milliseconds in ours if milliseconds > 2]
    assert len(late) > 10 * sum(milliseconds > 99 for milliseconds in ours)


def test_measured_again_there_are_as_many_rounds_as_are_asked_for() -> None:
    bench = Bench()

    _, _, (ours, theirs) = sample_in_turn(
        (bench.model("a", 0.001), bench.model("b", 0.002)),
        rounds=2 * ROUNDS,
        clock=lambda: bench.now,
        wait=bench.wait,
    )

    assert len(ours) == len(theirs) == 2 * ROUNDS * ROUND
