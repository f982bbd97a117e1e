"""Peers in environments of their own, and the words that every benchmark prints."""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

HOME = Path(__file__).parent.parent / ".peers"
MLFLOW = "mlflow==3.17.2"


def python_with(requirement: str) -> str:
    """Return a Python that has a peer installed; it is made the first time."""
    folder = HOME / requirement.replace("==", "-")
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"installing {requirement} into {folder} ...", flush=True)
        uv = [sys.executable, "-m", "uv", "--quiet"]
        subprocess.run([*uv, "venv", "--python", sys.executable, str(folder)], check=True)
        subprocess.run(
            [*uv, "pip", "install", "--python", str(python), requirement], check=True
        )
    return str(python)


def machine() -> str:
    """Describe where the figures were taken."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return f"{os.cpu_count()} cores of {model}, Python {platform.python_version()}"


def processes(commands: dict[str, Sequence[str]], *, runs: int) -> dict[str, float]:
    """Time whole processes in turn, A B A B; return the median of each in seconds."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            begin = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            if run:
                taken[name].append(time.perf_counter() - begin)
    return {name: statistics.median(values) for name, values in taken.items()}


def calls(work: Callable[[int], object], *, count: int) -> list[float]:
    """Time single calls in seconds, the first tenth left out as warm-up."""
    taken: list[float] = []
    for index in range(count):
        begin = time.perf_counter()
        work(index)
        taken.append(time.perf_counter() - begin)
    return taken[count // 10 :]


def show(title: str, rows: dict[str, float], *, unit: str = "ms", scale: float = 1000) -> None:
    """Print figures, and each as a multiple of the first."""
    print(f"\n{title}")
    first = next(iter(rows.values()))
    for name, seconds in rows.items():
        print(f"  {name:<44} {seconds * scale:10.2f} {unit}   {seconds / first:8.2f} x")
