"""Processes that promote at once: one wins, the others are told, the ledger holds."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from projects.store import open_registry, register

ROUNDS, RACERS = 25, 8
HERE = Path(__file__).parent


def test_of_eight_that_promote_with_one_expectation_one_moves_the_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    registry = open_registry(tmp_path)
    names = [register(registry, f"w{index}").name for index in range(RACERS + 1)]
    registry.promote(names[0], "staging")

    with racers(tmp_path) as running:
        for _ in range(ROUNDS):
            live = registry.version("churn@staging").name
            others = [name for name in names if name != live]

            answers = race(running, [f"{name} {live}" for name in others])

            assert Counter(answers) == {"moved": 1, "conflict": RACERS - 1}
            winner = others[answers.index("moved")]
            assert registry.version("churn@staging").name == winner

    assert len(registry.history("churn@staging")) == ROUNDS + 1
    assert registry.verify(objects=True).problems == ()


def race(running: list[subprocess.Popen[str]], orders: list[str]) -> list[str]:
    """Give every process its order at once; collect what each says."""
    for process, order in zip(running, orders, strict=True):
        assert process.stdin
        process.stdin.write(order + "\n")
        process.stdin.flush()
    return [line(process) for process in running]


@contextmanager
def racers(folder: Path) -> Generator[list[subprocess.Popen[str]]]:
    """Start the processes and wait until each has opened the store."""
    environment = os.environ | {"PYTHONPATH": str(HERE.parent)}
    running = [
        subprocess.Popen(
            [sys.executable, str(HERE / "racer.py"), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(RACERS)
    ]
    try:
        assert [line(process) for process in running] == ["ready"] * RACERS
        yield running
    finally:
        for process in running:
            process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()
