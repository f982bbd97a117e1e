"""Promote and roll back a label, beside moving an MLflow alias on the same kind of database.

Cairn's move is judged, signed and synced to disk; MLflow's alias is one row, overwritten.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from peers import MLFLOW, calls, machine, python_with, show

MOVES = 200
MLFLOW_MOVES = """
import statistics, sys, time
from mlflow import MlflowClient
folder, moves = sys.argv[1], int(sys.argv[2])
client = MlflowClient(f"sqlite:///{folder}/mlflow.db", f"sqlite:///{folder}/mlflow.db")
client.create_registered_model("churn")
for _ in range(3):
    client.create_model_version("churn", source=folder)
taken = []
for index in range(moves):
    begin = time.perf_counter()
    client.set_registered_model_alias("churn", "production", str(index % 3 + 1))
    taken.append(time.perf_counter() - begin)
print(statistics.median(taken[moves // 10:]))
"""


def main() -> None:
    """Time moves of one label, in process, then as whole commands."""
    mlflow = python_with(MLFLOW)
    print(machine())
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name).resolve()
        os.environ["CAIRN_HOME"] = str(folder / "home")
        moves = in_process(folder)
        done = subprocess.run(
            [mlflow, "-c", MLFLOW_MOVES, str(folder), str(MOVES)],
            check=True,
            capture_output=True,
            text=True,
        )
        moves["MLflow: set alias"] = float(done.stdout.splitlines()[-1])
        show(f"median of {MOVES} moves in one process", moves)
        show("one whole command", as_commands(folder))


def in_process(folder: Path) -> dict[str, float]:
    """Promote three versions in turn, then promote and roll back in turn."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    from projects.store import open_registry, register

    (folder / "cairn.toml").write_text("")
    registry = open_registry(folder)
    for weights in "abc":
        register(registry, weights)
    promoted = calls(lambda i: registry.promote(f"churn:{i % 3 + 1}", "staging"), count=MOVES)

    def there_and_back(index: int) -> None:
        if index % 2:
            registry.rollback("churn@canary")
        else:
            registry.promote("churn:2", "canary")

    registry.promote("churn:1", "canary")
    back = calls(there_and_back, count=MOVES)[1::2]
    return {
        "Cairn: promote (no gate)": statistics.median(promoted),
        "Cairn: rollback": statistics.median(back),
    }


def as_commands(folder: Path) -> dict[str, float]:
    """Time the command line, Python's own start included."""
    cairn = [sys.executable, "-m", "cairn"]

    def typed(index: int) -> None:
        words = ["rollback", "churn@shell"] if index % 2 else ["promote", "churn:2", "shell"]
        subprocess.run([*cairn, *words], cwd=folder, check=True, capture_output=True)

    subprocess.run(
        [*cairn, "promote", "churn:1", "shell"], cwd=folder, check=True, capture_output=True
    )
    taken = calls(typed, count=22)
    return {
        "cairn promote": statistics.median(taken[::2]),
        "cairn rollback": statistics.median(taken[1::2]),
    }


if __name__ == "__main__":
    main()
