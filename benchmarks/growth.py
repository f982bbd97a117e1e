"""What one more version, and a page of a list, cost as a store grows: processor time alone.

`python benchmarks/growth.py 10000` grows a store to so many versions, 1,000 if nothing is
said. Each version is registered by requests in this process, with weights, data, evaluation
and manifest stored on the way and synced to disk.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from peers import machine

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from cairn.inventory.status import status
from cairn.inventory.steps import steps
from cairn.registry import Registry
from projects.store import open_registry, register

VERSIONS = 1000
STEPS = (10, 100, 300, 1000, 3000, 10_000, 30_000)
LAST = 50


def main() -> None:
    """Grow a store, and say at some sizes what things cost."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else VERSIONS
    print(machine())
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name).resolve()
        os.environ["CAIRN_HOME"] = str(folder / "home")
        registry, there = opened(folder), 0
        for size in (size for size in STEPS if size <= most):
            cost = grow(registry, there, size)
            there = size
            packs = len(list((folder / ".cairn/objects/packs").iterdir()))
            print(f"\n{size:,} versions: one more takes {cost:.1f} ms, {packs} packs")
            tell(costs(registry, size))


def opened(folder: Path) -> Registry:
    """Make an empty store in a folder."""
    (folder / "cairn.toml").write_text("")
    return open_registry(folder)


def grow(registry: Registry, first: int, last: int) -> float:
    """Register versions; returns the mean of what the last ones took, in milliseconds."""
    taken = [
        spent(lambda number=number: register(registry, str(number), auc=number % 997 / 1000))
        for number in range(first, last)
    ]
    return 1000 * statistics.mean(taken[-LAST:])


def move(registry: Registry, count: int) -> None:
    """Move a label there and back."""
    for number in range(count):
        registry.promote(f"churn:{number % 2 + 1}", "staging")


def costs(registry: Registry, size: int) -> dict[str, float]:
    """Time what people look at, in seconds of processor time."""
    folder, half = registry.settings.folder, f"churn:{size // 2}"
    return {
        "list, a page of 50": least(lambda: registry.versions(limit=51)),
        "show": least(lambda: registry.version(half)),
        "search by metric, few found": least(
            lambda: registry.versions(where="metrics.roc_auc > 0.995", limit=51)
        ),
        "search by metric, none found": least(
            lambda: registry.versions(where="metrics.roc_auc > 0.999", limit=51)
        ),
        "steps": least(lambda: steps(registry, folder)),
        "status": least(lambda: status(registry)),
        "verify": least(registry.verify, times=1),
    }


def least(work: Callable[[], object], *, times: int = 3) -> float:
    """Return the least of some times: others are at work on the machine."""
    return min(spent(work) for _ in range(times))


def spent(work: Callable[[], object]) -> float:
    """Return the processor time of this process, its threads included."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def tell(found: dict[str, float]) -> None:
    """Print a line for each."""
    for what, seconds in found.items():
        print(f"  {what:<34}{1000 * seconds:>10.1f} ms")


if __name__ == "__main__":
    main()
