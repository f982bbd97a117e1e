"""Stores of files beside ours: DVC, restic, tar and cp, in turn on one journalled disk.

Prints a row for each bound, with what was measured and the ratio. Full size takes an hour, 45
GiB of free disk and a quiet machine; `--quick` is a hundredth and tells nothing but that all
of it runs. Needs root, to mount the disk.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from peers import machine
from peers.disk import MEBIBYTE, Taken, journalled_disk, remove, scan_seconds
from peers.stores import Cairn, Cp, Dvc, Restic, Tar, Tool
from peers.workloads import (
    GIBIBYTE,
    change_some,
    edit,
    large_file,
    safetensors,
    small_files,
    train_one_tensor,
)

PEAK_MIB = 400
TREES = """
import json, resource, sys, time
from pathlib import Path
from cairn.core.tree import Entry
from cairn.objects import open_local
from cairn.objects.folders.tree import compare_trees, store_entries

folder, count, step = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
objects = open_local(folder / "objects")
noted = folder / "trees.json"

def entries(changed):
    for i in range(count):
        digest = i + count if i in changed else i
        path = b"d%05d/s%02d/f%08d.bin" % (i // 1000, i // 100 % 10, i)
        yield Entry(path, "f", 10_000, f"sha256:{digest:064x}")

begin = time.perf_counter()
if step == "build":
    trees = []
    for changed in (range(0), range(count // 2, count // 2 + count // 100)):
        with objects.batch() as batch:
            trees.append(store_entries(batch, entries(changed)).digest)
    noted.write_text(json.dumps(trees))
    found = count // 100
else:
    found = sum(1 for _ in compare_trees(objects, *json.loads(noted.read_text())))
taken = time.perf_counter() - begin
assert found == count // 100, found
print(json.dumps([taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024]))
"""


@dataclass
class Row:
    """One bound: how often ours must fit into theirs, or be no more than a number."""

    work: str
    ours: str
    theirs: str
    ratio: str
    bound: str
    reached: bool


@dataclass
class Table:
    """What was found so far, the most memory of a process of ours, and processor time.

    Processor time is by tool and step, whole commands with their children.
    """

    rows: list[Row] = field(default_factory=list[Row])
    peak_mib: int = 0
    processor: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def faster(
        self, work: str, ours: float, theirs: float, *, than: str, times: float
    ) -> None:
        """Note that ours must be so many times faster (below 1: at most so much slower)."""
        ratio = theirs / ours
        bound = f"{times:g} x faster" if times >= 1 else f"within {1 / times:.2g} x"
        seen = f"{ratio:.2f} x faster" if times >= 1 else f"{1 / ratio:.2f} x"
        self.add(
            Row(work, f"{ours:.2f} s", f"{than} {theirs:.2f} s", seen, bound, ratio >= times)
        )

    def at_most(
        self, work: str, ours: float, most: float, *, unit: str, note: str = ""
    ) -> None:
        """Note that ours must be no more than a number."""
        seen = f"{ours:,.4g} {unit}"
        self.add(Row(work, seen, note, "", f"at most {most:,.4g} {unit}", ours <= most))

    def add(self, row: Row) -> None:
        """Print a row and keep it."""
        self.rows.append(row)
        print(_line(row), flush=True)

    def noted(self, taken: Taken) -> float:
        """Remember the memory that a command of ours took; returns its seconds."""
        self.peak_mib = max(self.peak_mib, taken.memory_mib)
        return taken.seconds


def main() -> None:
    """Run all, or say why not."""
    asked = _asked()
    if os.geteuid() != 0:
        print("objects: the disk of its own that this needs is for root to mount; not run")
        return
    print(machine())
    print(f"{asked.files:,} files of 10 kB, {asked.runs} runs, medians\n")
    print("| work | Cairn | beside | ratio | must reach | |\n|---|---|---|---|---|---|")
    table = Table()
    work: Path | None = asked.work
    folder = Path(tempfile.mkdtemp(dir=work)).resolve()
    try:
        with journalled_disk(folder, asked.disk) as disk:
            for part in asked.only or PARTS:
                PARTS[part](disk / part, asked, table)
                remove(disk / part)
    finally:
        remove(folder)
    table.at_most("most memory of one process", table.peak_mib, PEAK_MIB, unit="MiB")
    print("\nprocessor time, in the order of the runs (s):")
    for step, spent in table.processor.items():
        print(f"  {step}: {', '.join(f'{each:.2f}' for each in spent)}")
    missed = [row.work for row in table.rows if not row.reached]
    print(f"\nfell short: {', '.join(missed)}" if missed else "\nall bounds reached")


def small(folder: Path, asked: argparse.Namespace, table: Table) -> None:
    """Many small files: first, unchanged, changed, restored."""
    first: dict[str, list[float]] = {}
    same: dict[str, list[float]] = {}
    some: dict[str, list[float]] = {}
    back: dict[str, list[float]] = {}
    scans: list[float] = []
    packs = 0
    for run in range(asked.runs):
        kinds = [Cairn, Dvc, Restic, Tar, Cp]
        for kind in kinds[::-1] if run % 2 else kinds:
            tool = _tool(kind, folder, lambda data: small_files(data, asked.files))
            if kind is not Cp:
                _add(first, tool, table, tool.store)
            if kind is Cairn:
                packs = tool.kept().files
                scans.append(scan_seconds(tool.data))
            if kind in (Cairn, Dvc):
                _add(same, tool, table, tool.store)
                change_some(tool.data, run)
                _add(some, tool, table, tool.store)
            if kind is not Tar:
                _add(back, tool, table, tool.restore)
            remove(tool.folder)
    ours, named = _medians(first), f"{asked.files:,} files"
    table.faster(f"{named}, first", ours["cairn"], ours["dvc"], than="dvc add", times=8)
    table.faster(f"{named}, first", ours["cairn"], ours["restic"], than="restic", times=3)
    table.faster(
        f"{named}, first", ours["cairn"], ours["tar"], than="tar, synced", times=1 / 1.6
    )
    ours = _medians(same)
    table.faster("no change", ours["cairn"], ours["dvc"], than="dvc add", times=8)
    scan = statistics.median(scans)
    table.faster("no change", ours["cairn"], scan, than="scandir and stat", times=1 / 2)
    ours = _medians(some)
    table.faster("1% changed", ours["cairn"], ours["dvc"], than="dvc add", times=5)
    ours = _medians(back)
    table.faster("restore", ours["cairn"], ours["dvc"], than="dvc checkout", times=12)
    table.faster("restore", ours["cairn"], ours["cp"], than="cp -r, synced", times=1)
    table.at_most(f"packs for {named}", packs, 50, unit="files")


def remotes(folder: Path, asked: argparse.Namespace, table: Table) -> None:
    """Small files to a folder elsewhere, and from there."""
    there: dict[str, list[float]] = {}
    here: dict[str, list[float]] = {}
    for run in range(asked.runs):
        for kind in (Dvc, Cairn) if run % 2 else (Cairn, Dvc):
            tool = _tool(kind, folder, lambda data: small_files(data, asked.files // 5))
            tool.store()
            _add(there, tool, table, tool.push)
            _add(here, tool, table, tool.pull)
            remove(tool.folder)
    ours, named = _medians(there), f"{asked.files // 5:,} files"
    table.faster(f"push {named}", ours["cairn"], ours["dvc"], than="dvc push", times=15)
    ours = _medians(here)
    table.faster(f"pull {named}", ours["cairn"], ours["dvc"], than="dvc pull", times=10)


def large(folder: Path, asked: argparse.Namespace, table: Table) -> None:
    """Four large files, beside copying and syncing them."""
    taken: dict[str, list[float]] = {}

    def fill(data: Path) -> None:
        data.mkdir()
        for number in range(4):
            large_file(data / f"{number}.bin", asked.large, number)

    for run in range(asked.runs):
        for kind in (Cp, Cairn) if run % 2 else (Cairn, Cp):
            tool = _tool(kind, folder, fill)
            _add(taken, tool, table, tool.store)
            remove(tool.folder)
    ours, named = _medians(taken), f"4 files of {asked.large / GIBIBYTE:g} GiB"
    table.faster(named, ours["cairn"], ours["cp"], than="cp -r, synced", times=1 / 1.3)


def edited(folder: Path, asked: argparse.Namespace, table: Table) -> None:
    """A large file with an insertion, and weights with one tensor trained."""

    def grown(name: str, fill: Callable[[Path], None], change: Callable[[Path], int]) -> None:
        def made(data: Path) -> None:
            data.mkdir()
            fill(data / name)

        tool = _tool(Cairn, folder, made)
        table.noted(tool.store())
        before = tool.kept().size
        least = change(tool.data / name)
        table.noted(tool.store())
        share = (tool.kept().size - before) / least
        about = (
            "1 tensor of 16 changed"
            if name.startswith("model")
            else "5 MB inserted, 1% changed"
        )
        most = 1.01 if name.startswith("model") else 1.6
        work = f"{asked.large / GIBIBYTE:g} GiB, {about}"
        note = f"{least / MEBIBYTE:.2f} MiB is new"
        table.at_most(work, share, most, unit="x the new bytes", note=note)
        remove(tool.folder)

    size = asked.large
    grown("data.bin", lambda path: large_file(path, size, 1), edit)
    grown(
        "model.safetensors",
        lambda path: safetensors(path, size),
        lambda path: train_one_tensor(path, size),
    )


def trees(folder: Path, asked: argparse.Namespace, table: Table) -> None:
    """Two trees of millions of entries that differ in a hundredth, side by side."""
    folder.mkdir()
    steps = {step: _trees(folder, asked.entries, step) for step in ("build", "compare")}
    named = f"{asked.entries:,} entries"
    seconds, memory = steps["compare"]
    table.at_most(f"{named}: compare, 1% clustered", seconds, 1, unit="s")
    table.at_most(f"{named}: memory of that", memory, 500, unit="MiB")
    build, memory = steps["build"]
    note = f"{build / 2:.1f} s each"
    table.at_most(f"{named}: memory to build", memory, PEAK_MIB, unit="MiB", note=note)


PARTS: dict[str, Callable[[Path, argparse.Namespace, Table], None]] = {
    "small": small,
    "remotes": remotes,
    "large": large,
    "edited": edited,
    "trees": trees,
}


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000, help="small files")
    parser.add_argument("--large", type=int, default=GIBIBYTE, help="bytes of a large file")
    parser.add_argument("--entries", type=int, default=10_000_000, help="entries of a tree")
    parser.add_argument("--runs", type=int, default=3, help="times that each tool is run")
    parser.add_argument("--disk", type=int, default=45, help="GiB of the disk, as far as used")
    parser.add_argument("--work", type=Path, help="folder for the disk's image")
    parser.add_argument("--only", nargs="*", choices=sorted(PARTS), help="parts to run")
    parser.add_argument("--quick", action="store_true", help="a hundredth of all, once")
    asked = parser.parse_args()
    if asked.quick:
        asked.files, asked.entries, asked.runs = 3_000, 100_000, 1
        asked.large, asked.disk = 48 * MEBIBYTE, 4
    return asked


def _tool(kind: type[Tool], folder: Path, fill: Callable[[Path], None]) -> Tool:
    """Make an empty store beside fresh data."""
    tool = kind(folder / kind.name)
    fill(tool.data)
    tool.begin()
    return tool


def _add(
    taken: dict[str, list[float]], tool: Tool, table: Table, step: Callable[[], Taken]
) -> None:
    found = step()
    taken.setdefault(tool.name, []).append(found.seconds)
    spent = table.processor.setdefault(f"{tool.name} {step.__name__}", [])
    spent.append(found.processor)
    if isinstance(tool, Cairn):
        table.noted(found)


def _medians(taken: dict[str, list[float]]) -> dict[str, float]:
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def _trees(folder: Path, entries: int, step: str) -> Sequence[float]:
    command = [sys.executable, "-c", TREES, str(folder), str(entries), step]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def _line(row: Row) -> str:
    reached = "yes" if row.reached else "**no**"
    cells = (row.work, row.ours, row.theirs, row.ratio, row.bound, reached)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
