"""How long a loaded model takes for one row: measured here, stored with the machine it was on.

1. Rows of the evaluation snapshot are scored one at a time, by the policy's scorer.
2. The first calls are thrown away, window by window, until two windows in a row have medians
   that agree: caches, branch predictors and the processor's clock have then settled.
3. Then calls are timed until there are `SAMPLES`, or as many as a budget needs, or time is up;
   a slow model gives fewer, and the check knows what those can show. It gets more time if it
   may keep its budget only with more calls, and no more once it is clear that it does not.
"""

import gc
import math
import os
import platform
import random
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import cycle
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from msgspec.structs import replace

from cairn import identity
from cairn.core.check import LatencyBudget
from cairn.core.errors import Invalid
from cairn.core.evaluation import Latency, LatencyInfo, ListLatencies, RecordLatency, Scorer
from cairn.core.snapshot import SnapshotInfo
from cairn.core.version import Version
from cairn.data.read_table import read_table
from cairn.data.tables.table import Table
from cairn.flavors.frames.frame import take_rows
from cairn.gates.models import Models, artifacts_of
from cairn.gates.rows import inputs
from cairn.gates.scorer import Score, score_with
from cairn.stats.checks.latency import SPELL, independent, judge_calls

SAMPLES = 500
ROWS = 5000
WINDOW = 50
WINDOWS = 20
_LOOKS = (0, WINDOW)
AGREE = 0.1
SLOW_MS = 20.0
WARM_SECONDS = 5.0
USUAL_SECONDS = 20.0
MOST_SECONDS = 240.0
CLEAR = 0.01
"""What part of its error a budget may spend on being given up early."""
DIGITS = 6

Clock = Callable[[], float]
"""Gives seconds, as `perf_counter` does."""


def measure_latency(
    models: Models,
    version: Version,
    *,
    on: SnapshotInfo,
    scorer: Scorer,
    budgets: Sequence[LatencyBudget] = (),
) -> LatencyInfo:
    """Time single-row calls of the loaded model on rows of `on`, and record them.

    `budgets` are the checks that will be judged on it, so that a slow model is given the time
    for as many calls as they need, and one that is clearly too slow no more than that.
    Raises `Invalid` if the data do not fit, and `Refused` for a model that could run code
    when it is loaded.
    """
    project, artifacts = models.project, artifacts_of(version)
    table = read_table(project, on, file=scorer.data)
    model = models.load(version)
    call = calls(model, table, scorer=scorer, score=score_with(scorer, project))
    known = len(project.engine.send(ListLatencies(artifacts=artifacts.tree)))
    asked = Asked(budgets=tuple(budgets), rows=cycled(table), number=known + 1)
    with alone():
        discarded, samples = sample(call, asked, clock=perf_counter)
    latency = Latency(
        artifacts=artifacts.tree,
        snapshot=on.digest,
        samples_ms=samples,
        warm_up=discarded,
        batch_rows=1,
        machine=machine(),
        rows=cycled(table),
    )
    digest = project.objects.put_record(latency)
    return project.engine.send(RecordLatency(latency=digest, signed=identity.vouch(digest)))


def cycled(table: Table) -> int:
    """How many rows of a table calls cycle through."""
    return min(table.rows, ROWS)


def calls(model: Any, table: Table, *, scorer: Scorer, score: Score) -> Callable[[], float]:
    """Take single rows, as if drawn from the table; each call times one, in seconds."""
    if not table.rows:
        raise Invalid(f"{table.name} has no rows to measure latency with")
    whole = inputs(model, table, scorer=scorer)
    picked = random.Random(0).sample(range(table.rows), cycled(table))  # noqa: S311 - no secret
    rows = cycle(picked)

    def call() -> float:
        row = take_rows(whole, [next(rows)])
        begun = perf_counter()
        score(model, row)
        return perf_counter() - begun

    return call


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a measurement is for: `budgets` held against calls of `rows` rows.

    It is measurement `number` of the files.
    """

    budgets: tuple[LatencyBudget, ...] = ()
    rows: int = ROWS
    number: int = 1

    def calls(self) -> int:
        """How many calls let every budget be kept that so many rows can show to be kept."""
        needed = [independent(budget, self.number) for budget in self.budgets]
        most = max([SAMPLES, *(SPELL * many for many in needed if many <= self.rows)])
        return WINDOW * math.ceil(most / WINDOW)

    def codes(self, samples: Sequence[float], *, clear: bool = False) -> set[str]:
        """What every budget says of the calls; `clear`, at a small part of its error."""
        return {
            judge_calls(
                _clearly(budget) if clear else budget,
                samples,
                rows=self.rows,
                measurement=self.number,
            ).code
            for budget in self.budgets
        }


def sample(
    call: Callable[[], float], asked: Asked, *, clock: Clock
) -> tuple[int, tuple[float, ...]]:
    """Warm up, then time calls until there are enough; calls thrown away, and milliseconds."""
    begun = clock()
    discarded = warmed_up(call, clock, until=begun + WARM_SECONDS)
    samples: list[float] = []
    while not samples or not _enough(samples, asked, seconds=clock() - begun):
        samples += [round(1000 * call(), DIGITS) for _ in range(_some(samples))]
    return discarded, tuple(samples)


def _clearly(budget: LatencyBudget) -> LatencyBudget:
    return replace(budget, confidence=1 - CLEAR * (1 - budget.confidence))


def _some(samples: Sequence[float]) -> int:
    """How many calls to make before thinking again: one, or if they are quick a window."""
    slow = not samples or max(samples) > SLOW_MS
    return 1 if slow else WINDOW - len(samples) % WINDOW


def _enough(samples: Sequence[float], asked: Asked, *, seconds: float) -> bool:
    if seconds >= MOST_SECONDS:
        return True
    due = seconds >= USUAL_SECONDS
    beyond = len(samples) - asked.calls()
    if beyond >= 0 and (due or beyond % SAMPLES == 0):
        # Where calls are alike, more of them are needed for the same.
        return due or "too-few-calls" not in asked.codes(samples)
    # Each look has a chance of its own of a false alarm: few looks, and of a small one.
    if not due and len(samples) % SAMPLES not in _LOOKS:
        return False
    if "over-budget" in asked.codes(samples, clear=True):
        return True
    return due and "too-few-calls" not in asked.codes(samples)


def warmed_up(call: Callable[[], float], clock: Clock, *, until: float) -> int:
    """Call until two windows in a row agree; returns the number of calls."""
    done, before = 0, None
    for _ in range(WINDOWS):
        window: list[float] = []
        while len(window) < WINDOW and clock() < until:
            window.append(call())
        done += len(window)
        if len(window) < WINDOW:
            return done
        middle = median(window)
        if before is not None and abs(middle - before) <= AGREE * before:
            return done
        before = middle
    return done


@contextmanager
def alone() -> Generator[None]:
    """Keep libraries to one thread, and the garbage collector off what was there before."""
    with ExitStack() as stack:
        with suppress(ModuleNotFoundError):
            limits: Any = import_module("threadpoolctl").threadpool_limits
            stack.enter_context(limits(limits=1))
        gc.collect()
        gc.freeze()
        stack.callback(gc.unfreeze)
        yield


def machine() -> str:
    """Say what kind of machine this is, not whose."""
    return ", ".join(
        [
            f"{platform.system()} {platform.release()} {platform.machine()}",
            _processor(),
            f"{os.cpu_count()} processors",
            f"{platform.python_implementation()} {platform.python_version()}",
        ]
    )


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown processor"
