"""Whole commands in a small and in a large store: processor time over a bare interpreter.

`python benchmarks/commands.py 1000` says how large; 300 versions and as many moves of a label
if nothing is said. Beside them the nearest commands of Git, where there are as many commits.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from growth import grow, move, opened
from peers import machine

SMALL, LARGE = 10, 300
RUNS = 5
TURN = "3 or 4"
COMMANDS = {
    "cairn list": ("list",),
    "cairn show": ("show", "churn:2"),
    "cairn history": ("history", "churn@staging"),
    "cairn steps": ("steps",),
    "cairn status": ("status",),
    "cairn whoami": ("whoami",),
    "cairn promote, no gate": ("promote", f"churn:{TURN}", "dev"),
}
GIT = {
    "git log": ("log", "--oneline", "-n", "50"),
    "git show": ("show", "--stat", "HEAD~2"),
    "git tag": ("tag", "--force", "canary", "HEAD~2"),
}


def main() -> None:
    """Time each command in both stores, in turn."""
    large = int(sys.argv[1]) if len(sys.argv) > 1 else LARGE
    print(machine())
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name).resolve()
        os.environ["CAIRN_HOME"] = str(folder / "home")
        places = [made(folder / str(size), size) for size in (SMALL, large)]
        bare = cost([sys.executable, "-c", "pass"], folder)
        print(f"\n  bare interpreter: {1000 * bare:.0f} ms, taken off below but for Git")
        print(f"  {'':<26}{SMALL:>8} versions{large:>8} versions")
        cairn = [sys.executable, "-m", "cairn"]
        for what, words in COMMANDS.items():
            told(what, [cost([*cairn, *words], place) - bare for place in places])
        for what, words in GIT.items():
            told(what, [cost(["git", *words], place) for place in places])


def made(folder: Path, size: int) -> Path:
    """Make a project with so many versions, moves of a label, and commits."""
    folder.mkdir()
    registry = opened(folder)
    grow(registry, 0, size)
    move(registry, size)
    commit = "commit refs/heads/main\ncommitter a <a@b.invalid> {at} +0000\ndata 1\nx\n"
    file = "M 100644 inline weights\ndata {size}\n{at}\n"
    stream = "".join(
        commit.format(at=at) + file.format(at=at, size=len(str(at)))
        for at in range(1_700_000_000, 1_700_000_000 + size)
    )
    for words, given in (("init --quiet -b main", ""), ("fast-import --quiet", stream)):
        subprocess.run(["git", *words.split()], cwd=folder, input=given, text=True, check=True)
    return folder


def cost(command: Sequence[str], folder: Path) -> float:
    """Return the median of processor time of whole processes, their children included."""
    taken: list[float] = []
    for run in range(RUNS):
        words = [word.replace(TURN, str(3 + run % 2)) for word in command]
        begin = children()
        subprocess.run(words, cwd=folder, check=True, capture_output=True)
        taken.append(children() - begin)
    return statistics.median(taken)


def children() -> float:
    """Return the processor time of processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def told(what: str, taken: Sequence[float]) -> None:
    """Print a line: milliseconds in each place."""
    print(f"  {what:<26}" + "".join(f"{1000 * seconds:>14.0f} ms" for seconds in taken))


if __name__ == "__main__":
    main()
