"""How often each bound of a binary metric's interval misses a truth that is known.

python benchmarks/coverage.py                            the smaller cells, some minutes
python benchmarks/coverage.py --runs 100 --most 100000  the table of record, in Markdown
python benchmarks/coverage.py --least 30000 --metric mcc --runs 100 --most 100000    a part

Rows are right with 85% if their label is 1 and with 95% if it is 0; weights are lognormal,
units have 1 to 9 rows, which have a part of their luck in common; scores are 0.9 and 0.1, so
that areas have ties. A cell holds the larger of
the two shares of misses, in percent, of a promised 5; `-` is not a verdict in every run. What
is bootstrapped is drawn a fifth as often beyond 3,000 rows. A share of 5% of n draws has a
standard error of sqrt(.05 * .95 / n): 2.2 of 100, 4.9 of 20.
"""

import argparse
import math
import sys
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from cairn.stats.align import Pair, Sample
from cairn.stats.estimate import Difference, Estimate
from cairn.stats.measure import compare, measure

ROWS = (30, 300, 3000, 30_000, 100_000)
PREVALENCE = (0.002, 0.02, 0.1, 0.5)
DESIGNS = ("plain", "weights", "units")
RECALL, SPECIFICITY = 0.85, 0.95
SURE = 0.9
ALIKE = 0.7
RESAMPLED = ("mcc", "balanced_accuracy", "ece", "roc_auc", "average_precision")
RESAMPLED_IN_PAIRS = ("precision", "f1")
Flags = npt.NDArray[np.bool_]


def truths(rate: float) -> dict[str, float]:
    """What the metrics are of the world that rows are drawn from."""
    hits, misses = rate * RECALL, rate * (1 - RECALL)
    alarms, quiet = (1 - rate) * (1 - SPECIFICITY), (1 - rate) * SPECIFICITY
    spread = (hits + alarms) * (hits + misses) * (quiet + alarms) * (quiet + misses)
    right, wrong = hits + quiet, alarms + misses
    precision = hits / (hits + alarms)
    log_loss = -wrong * math.log(1 - SURE) - right * math.log(SURE)
    of_one = {
        "accuracy": right,
        "recall": RECALL,
        "specificity": SPECIFICITY,
        "selection_rate": hits + alarms,
        "precision": precision,
        "f1": 2 * hits / (2 * hits + wrong),
        "brier": SURE**2 * wrong + (1 - SURE) ** 2 * right,
        "log_loss": log_loss,
        "log_loss@0.01": log_loss,
        "ece": abs(SURE * (hits + alarms) - hits)
        + abs((1 - SURE) * (quiet + misses) - misses),
        "roc_auc": (RECALL + SPECIFICITY) / 2,
        "average_precision": RECALL * precision + (1 - RECALL) * rate,
        "balanced_accuracy": (RECALL + SPECIFICITY) / 2,
        "mcc": (hits * quiet - alarms * misses) / math.sqrt(spread),
    }
    return of_one | {f"{name}, two models": 0.0 for name in of_one}


def drawn(world: np.random.Generator, rows: int, rate: float, design: str) -> Pair:
    """Two models that are as good as each other, and right together more often than not."""
    unit = (
        np.repeat(np.arange(rows), 1 + np.arange(rows) % 9)[:rows]
        if design == "units"
        else None
    )
    luck = world.random(rows) if unit is None else shared(world, unit)
    label = world.random(rows) < rate
    chance = np.where(label, RECALL, SPECIFICITY)
    weight = np.exp(world.normal(size=rows)) if design == "weights" else None
    models: list[Sample] = []
    for _ in range(2):
        own = np.where(world.random(rows) < ALIKE, luck, world.random(rows))
        said = (own < chance) == label
        models.append(
            Sample(
                label=label.astype(float),
                score=np.where(said, SURE, 1 - SURE),
                weight=weight,
                unit=None if unit is None else unit.astype(np.uint32),
            )
        )
    return Pair(ids=(), ours=models[0], theirs=models[1])


def shared(world: np.random.Generator, unit: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Luck that a third of rows take from their unit; each is still uniform."""
    own, common = world.random(unit.size), world.random(int(unit.max()) + 1)[unit]
    return np.where(world.random(unit.size) < 1 / 3, common, own)


def misses(name: str, rows: Pair, truth: float) -> tuple[bool, bool] | None:
    """Whether the lower and the upper bound miss; None if there is no verdict."""
    metric, _, two = name.partition(", ")
    found = compare(metric, rows) if two else measure(metric, rows.ours)
    if not isinstance(found, Estimate | Difference) or found.thin is not None:
        return None
    return found.lower > truth + 1e-12, found.upper < truth - 1e-12


def drawings(name: str, rows: int, runs: int) -> int:
    """How often a cell is drawn: fewer times where that takes minutes."""
    metric, _, two = name.partition(", ")
    dear = metric in RESAMPLED or (two and metric in RESAMPLED_IN_PAIRS)
    return max(20, runs // 5) if dear and rows > 3000 else runs  # noqa: PLR2004 (as the docstring says)


def cell(name: str, rows: int, rate: float, *, design: str, runs: int) -> str:
    """The larger share of misses in percent, bold if it is more than chance makes it."""
    world = np.random.default_rng([rows, int(1000 * rate), DESIGNS.index(design), len(name)])
    truth = truths(rate)[name]
    found = [misses(name, drawn(world, rows, rate, design), truth) for _ in range(runs)]
    judged = [one for one in found if one is not None]
    if not judged:
        return "-"
    worst = max(sum(low for low, _ in judged), sum(high for _, high in judged)) / runs
    limit = 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)
    return f"**{100 * worst:.0f}**" if worst > limit else f"{100 * worst:.0f}"


def table(
    metrics: Sequence[str], sizes: Sequence[int], runs: int, tell: Callable[[str], None]
) -> Iterator[str]:
    """The table line by line, and at its end the cells that fall short."""
    heads = [f"{design}, {100 * rate:g}%" for design in DESIGNS for rate in PREVALENCE]
    yield "| metric | rows | draws | " + " | ".join(heads) + " |"
    yield "|---|---|---|" + "---|" * len(heads)
    short: list[str] = []
    for name in metrics:
        for rows in sizes:
            draws = drawings(name, rows, runs)
            cells = [
                cell(name, rows, rate, design=design, runs=draws)
                for design in DESIGNS
                for rate in PREVALENCE
            ]
            short += [
                f"{name} at {rows:,} rows, {head}: {found.strip('*')}%"
                for head, found in zip(heads, cells, strict=True)
                if found.startswith("*")
            ]
            tell(f"{name} {rows}")
            yield f"| {name} | {rows:,} | {draws} | " + " | ".join(cells) + " |"
    yield ""
    yield "Short of the promise: " + ("; ".join(short) or "none") + "."


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--most", type=int, default=300)
    parser.add_argument("--least", type=int, default=0)
    parser.add_argument("--metric", action="append", choices=list(truths(0.5)))
    given = parser.parse_args()
    sizes = [rows for rows in ROWS if given.least <= rows <= given.most]
    metrics = given.metric or list(truths(0.5))
    for text in table(metrics, sizes, given.runs, lambda done: print(done, file=sys.stderr)):
        print(text, flush=True)


if __name__ == "__main__":
    main()
