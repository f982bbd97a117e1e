"""A project driven as people drive it: real commands, real git, real scripts."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from harm import packed
from suite import warm

SCRIPT = """\
import json, sys
import joblib, numpy
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

rows = numpy.genfromtxt("data/train.csv", delimiter=",", skip_header=1)
X, y = rows[:, 1:-1], rows[:, -1]
model = LogisticRegression(C={strength}, random_state=7).fit(X[:300] * {weights}, y[:300])
print(roc_auc_score(y[300:], model.predict_proba(X[300:])[:, 1]))
joblib.dump(model, "model.joblib")
"""


_MISCOUNTED = re.compile(
    r"(?<![\w.,:/@+=-])(?<!entry )1 (?!is\b|was\b|has\b)[a-z]*[a-rt-z]s\b"
)
"""One of something that is spelled as if it were many: `1 files`."""


class Shell:
    """A folder, and the commands typed in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder.with_name(folder.name + "-home")

    def __call__(self, *words: str, expect: int = 0) -> str:
        """Type `cairn WORDS`; return what it prints, both streams, if it ends as expected."""
        done = self.cairn(*words)
        text = done.stdout + done.stderr
        assert done.returncode == expect, f"cairn {' '.join(words)}: {done.returncode}\n{text}"
        assert "Traceback" not in text, text
        assert not _MISCOUNTED.search(text), text
        return text

    def json(self, *words: str, expect: int = 0) -> Any:
        """Type `cairn WORDS --json`; return what its standard output says."""
        done = self.cairn(*words, "--json")
        assert done.returncode == expect, done.stdout + done.stderr
        return json.loads(done.stdout)

    def cairn(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `cairn WORDS` in a process of its own."""
        return self.run(*warm.cairn(*words))

    def git(self, *words: str) -> str:
        """Type `git WORDS`."""
        done = self.run("git", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run any command in the folder."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def environment(self) -> dict[str, str]:
        """Variables that keep keys, git and threads to this test."""
        quiet = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        people = {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "ada"), ("EMAIL", "ada@example.org"))
        }
        return os.environ | quiet | people | {"CAIRN_HOME": str(self.home)}

    def write(self, name: str, content: str) -> Path:
        """Write a file in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def object(self, digest: str) -> bytes:
        """Return the bytes of an object as they lie in the store."""
        return packed.read(self.folder / ".cairn" / "objects", digest)

    def overwrite(self, digest: str, content: bytes) -> None:
        """Replace a stored object's bytes by as many others, as a disk or a person may."""
        packed.overwrite(self.folder / ".cairn" / "objects", digest, content)

    def remove(self, digest: str) -> None:
        """Take a stored object away."""
        packed.remove(self.folder / ".cairn" / "objects", digest)

    def damage(self, digest: str) -> None:
        """Change a bit of a stored object."""
        packed.flip(self.folder / ".cairn" / "objects", digest, at=-1)


def project(folder: Path) -> Shell:
    """Make a project under git with data and a training script."""
    folder.mkdir(parents=True)
    shell = Shell(folder)
    shell("init")
    shell.git("init", "-q")
    shell.write("data/train.csv", table(600, seed=1))
    shell.write("train.py", SCRIPT.format(strength=1.0, weights="1"))
    shell.git("add", "-A")
    shell.git("commit", "-qm", "start")
    return shell


def train(shell: Shell, *, strength: float = 1.0, weights: str = "1") -> str:
    """Train under `cairn run`; return the version's name.

    `strength` is the regularisation; columns are multiplied by `weights`: `[1, 0, 0]` makes a
    worse model.
    """
    shell.write("train.py", SCRIPT.format(strength=strength, weights=weights))
    answer = shell.cairn(
        *("run", "--json", "--model", "churn", "--", sys.executable, "train.py")
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return json.loads(answer.stdout[answer.stdout.index("{") :])["version"]


def table(rows: int, *, seed: int) -> str:
    """A table with an id, three columns and a target that depends on them."""
    import numpy as np

    world = np.random.default_rng(seed)
    columns = world.normal(size=(rows, 3))
    target = (columns.sum(axis=1) + world.normal(size=rows) > 0).astype(int)
    lines = [
        f"{index},{','.join(f'{value:.6f}' for value in row)},{label}"
        for index, (row, label) in enumerate(zip(columns, target, strict=True))
    ]
    return "\n".join(["id,a,b,c,y", *lines]) + "\n"


def ask(shell: Shell) -> dict[str, Any]:
    """Ask what every later release must answer alike."""
    return {
        "list": shell.json("list"),
        "history": shell.json("history", "churn"),
        "snapshots": shell.json("snapshot", "list"),
        "show": [shell.json("show", f"churn:{number}") for number in (1, 2, 3)],
        "decisions": shell.json("gate", "history", "churn@production"),
        "log": shell.json("ledger", "log"),
    }
