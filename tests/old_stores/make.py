"""Make a store in which everything happened, for every later release to open.

`python tests/old_stores/make.py 0.1.0` writes `tests/old_stores/0.1.0/`, unless that is there
already: old stores are never made again.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from projects.shell import Shell, ask, project, train  # noqa: E402 (found by the line above)

POLICY = """\
cairn: policy/1
evaluation: snap:test
against: "@production"
bootstrap: floors_only
checks:
  - {id: better, type: superiority, metric: roc_auc}
  - {id: floor, type: floor, metric: roc_auc, value: 0.6}
  - {id: speed, type: latency, percentile: 90, max_ms: 5000}
"""
SETTINGS = """
[model.churn.evaluation]
data = "snap:test"
id = "id"
label = "y"
"""


def main(release: str) -> None:
    """Train, judge, promote, roll back, mark, release, drill; then copy the store away."""
    target = HERE / release
    if target.exists():
        raise SystemExit(f"{target} is there; old stores are never made again")
    with tempfile.TemporaryDirectory() as folder:
        shell = project(Path(folder) / "project")
        live(shell)
        copy(shell.folder / ".cairn", target)
        (target / "answers.json").write_text(
            json.dumps(ask(shell), indent=1, sort_keys=True) + "\n"
        )


def live(shell: Shell) -> None:
    """Let everything happen that a store remembers."""
    with (shell.folder / "cairn.toml").open("a") as file:
        file.write(SETTINGS)
    shell.write("gates/churn.yaml", POLICY)
    shutil.copy(shell.folder / "data" / "train.csv", shell.folder / "data" / "test.csv")
    shell("snapshot", "add", "data/test.csv", "--name", "test")
    names = [train(shell, weights=weights) for weights in ("[1, 0, 0]", "1", "[1, 1, 0]")]
    shell("gate", "set", "churn@production", "gates/churn.yaml")
    shell("promote", names[0], "-m", "first")
    shell("promote", names[1], "-m", "second")
    shell("promote", names[0], "-m", "worse", expect=6)
    shell("rollback", "churn", "--drill")
    shell("rollback", "churn", "-m", "back")
    shell("mark-bad", names[1], "-m", "an example")
    shell("release", names[0], "1.0.0")


def copy(store: Path, target: Path) -> None:
    """Copy what a backup takes: the database closed, no locks."""
    ignored = shutil.ignore_patterns("*.lock", "cairn.db-*", "runs")
    shutil.copytree(store, target / "store", ignore=ignored)


if __name__ == "__main__":
    main(sys.argv[1])
