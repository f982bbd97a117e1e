"""Candidate and live version measured in turn, at a steady rate of arrivals.

1. Rounds of calls alternate between the two (ABBA), so what the machine does hits both alike.
2. Calls are due at instants of their own, whether or not the one before is done, and count
   from then on: a slow call makes those behind it wait, as it would make customers (no
   coordinated omission). The rate keeps the slower model busy for half of the time.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter, sleep

from cairn import identity
from cairn.core.evaluation import Latency, LatencyInfo, ListLatencies, RecordLatency, Scorer
from cairn.core.snapshot import SnapshotInfo
from cairn.core.version import Version
from cairn.data.read_table import read_table
from cairn.gates.latency import DIGITS, WARM_SECONDS, alone, calls, cycled, machine, warmed_up
from cairn.gates.models import Models, artifacts_of
from cairn.gates.scorer import score_with

ROUND = 25
ROUNDS = 40
DOUBLED = 3
BUSY = 0.5
PROBES = 20
MOST_SECONDS = 120.0

Call = Callable[[], float]


def measure_in_turn(
    models: Models, version: Version, live: Version, *, on: SnapshotInfo, scorer: Scorer
) -> LatencyInfo:
    """Time single-row calls of both loaded models on rows of `on`, and record them.

    Measured again, as is done while nothing is decided, they take twice as many rounds.
    Raises `Invalid` if the data do not fit, and `Refused` for a model that could run code.
    """
    project, ours, theirs = models.project, artifacts_of(version), artifacts_of(live)
    table, score = (
        read_table(project, on, file=scorer.data),
        score_with(scorer, project),
    )
    pair = tuple(
        calls(models.load(one), table, scorer=scorer, score=score) for one in (version, live)
    )
    known = project.engine.send(ListLatencies(artifacts=ours.tree))
    again = sum(info.latency.live == theirs.tree for info in known)
    with alone():
        discarded, rate, samples = sample_in_turn(
            (pair[0], pair[1]), rounds=ROUNDS * 2 ** min(again, DOUBLED)
        )
    latency = Latency(
        artifacts=ours.tree,
        snapshot=on.digest,
        samples_ms=samples[0],
        warm_up=discarded,
        batch_rows=1,
        machine=machine(),
        rate_per_second=rate,
        live=theirs.tree,
        live_ms=samples[1],
        round_calls=ROUND,
        rows=cycled(table),
    )
    digest = project.objects.put_record(latency)
    return project.engine.send(RecordLatency(latency=digest, signed=identity.vouch(digest)))


def sample_in_turn(
    pair: tuple[Call, Call],
    *,
    rounds: int = ROUNDS,
    clock: Callable[[], float] = perf_counter,
    wait: Callable[[float], None] = sleep,
) -> tuple[int, float, tuple[tuple[float, ...], tuple[float, ...]]]:
    """Warm both up, then take rounds; calls thrown away, calls a second, milliseconds of each.

    There are `rounds` rounds, or fewer if that would take longer than `MOST_SECONDS`.
    """
    begun = clock()
    discarded = sum(warmed_up(call, clock, until=clock() + WARM_SECONDS) for call in pair)
    slower = max(median(call() for _ in range(PROBES)) for call in pair)
    interval = max(slower, 1e-6) / BUSY
    samples: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds):
        for which in (0, 1) if turn % 2 == 0 else (1, 0):
            samples[which].extend(_round(pair[which], interval, clock=clock, wait=wait))
        if clock() - begun > MOST_SECONDS:
            break
    found = tuple(samples[0]), tuple(samples[1])
    return discarded + PROBES * len(pair), round(1 / interval, DIGITS), found


def _round(
    call: Call, interval: float, *, clock: Callable[[], float], wait: Callable[[float], None]
) -> list[float]:
    """Make a round of calls, each due an interval after the one before; milliseconds."""
    first = clock()
    found: list[float] = []
    for number in range(ROUND):
        due = first + number * interval
        if (early := due - clock()) > 0:
            wait(early)
        call()
        found.append(round(1000 * (clock() - due), DIGITS))
    return found
