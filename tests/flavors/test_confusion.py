"""Many files of many kinds: none that holds code is safe, and none that does not is unsafe."""

import sys
from collections.abc import Callable
from os import sysconf
from pathlib import Path
from random import Random

import pytest

from cairn.flavors.scan import judge_file, judging_process
from cairn.flavors.verdict import Verdict
from models.model_kinds import CODE, OPAQUE, SAFE, Maker

EACH = 4
WORST_SECONDS = 2.0
WORST_MEGABYTES = 100


def judged(folder: Path, kind: str, make: Maker, seed: int) -> tuple[Verdict, float]:
    """Judge one file of a kind, as it is judged when it is registered; also says how long."""
    name, content = make(Random(f"{kind} {seed}"))
    path = folder / name
    path.write_bytes(content)
    begin = cpu_seconds(judging_process())
    verdict = judge_file(path)
    return verdict, cpu_seconds(judging_process()) - begin


def cpu_seconds(process: int) -> float:
    """Tell how long a process has worked."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / sysconf("SC_CLK_TCK")


@pytest.mark.parametrize(
    ("files", "expected"),
    [(SAFE, {"safe"}), (OPAQUE, {"unknown"}), (CODE, {"unknown", "unsafe"})],
    ids=["data only", "may hold code", "holds code"],
)
def test_every_kind_of_file_gets_its_verdict(
    files: dict[str, Callable[[Random], tuple[str, bytes]]], expected: set[str], tmp_path: Path
) -> None:
    wrong: list[str] = []
    worst = 0.0
    for kind, make in files.items():
        for seed in range(EACH):
            verdict, seconds = judged(tmp_path, kind, make, seed)
            worst = max(worst, seconds)
            if verdict.safety not in expected or (verdict.safety != "safe") > bool(
                verdict.reasons
            ):
                wrong.append(f"{kind}: {verdict}")

    line = f"{len(files)} kinds, {EACH * len(files)} files, {len(wrong)} wrong, {worst:.2f} s"
    sys.stdout.write(f"{line}\n")
    assert wrong == []
    assert worst < WORST_SECONDS


def test_there_are_enough_kinds_to_tell() -> None:
    assert EACH * (len(SAFE) + len(OPAQUE) + len(CODE)) >= 300
    assert len(SAFE) + len(OPAQUE) >= 40
    assert len(CODE) >= 40


def test_judging_them_takes_little_memory() -> None:
    told = Path(f"/proc/{judging_process()}/status").read_text()

    kilobytes = int(told.partition("VmHWM:")[2].split()[0])
    assert kilobytes < WORST_MEGABYTES << 10
