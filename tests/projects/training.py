"""Projects with real training scripts: a git repository, data, a store."""

import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

from cairn.capture import run
from cairn.capture.run import RunOutcome
from cairn.engine import store
from cairn.registry import Registry
from projects.repositories import repository
from suite import warm

SETTINGS = """
[model.churn.evaluation]
data = "snap:test"
label = "left"
groups = ["region"]
"""
IGNORED = ".cairn/\n__pycache__/\n*.joblib\n*.skops\n"
SCRIPT = """
import json, sys
import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split

strength = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
table = pd.read_csv("data/customers.csv", index_col="customer")
rows, labels = table.drop(columns="left"), table["left"]
parts = train_test_split(rows, labels, random_state=3)
train, test, train_labels, test_labels = parts
model = LogisticRegression(C=strength).fit(train, train_labels)
scores = model.predict_proba(test)[:, 1]
found = {
    "accuracy": accuracy_score(test_labels, scores > 0.5),
    "roc_auc": roc_auc_score(test_labels, scores),
}
with open("metrics.json", "w") as file:
    json.dump(found, file)
joblib.dump(model, "model.joblib")
print("trained", found)
"""


def customers(rows: int = 200) -> str:
    """A small table in which the old leave."""
    import numpy as np

    world = np.random.default_rng(0)
    age, spend, region = world.normal(size=rows), world.normal(size=rows), world.random(rows)
    left = (age + 0.5 * world.normal(size=rows) > 0).astype(int)
    lines = [
        f"c{n:04d},{age[n]:.6f},{spend[n]:.6f},{int(region[n] > 0.5)},{left[n]}"
        for n in range(rows)
    ]
    return "\n".join(["customer,age,spend,region,left", *lines]) + "\n"


def project(
    folder: Path,
    script: str = SCRIPT,
    *,
    files: dict[str, str | bytes] | None = None,
    settings: str = SETTINGS,
) -> Registry:
    """Make a project whose code is committed, with an empty store."""
    content: dict[str, str | bytes] = {
        "cairn.toml": settings,
        ".gitignore": IGNORED,
        "train.py": script,
        "data/customers.csv": customers(),
        **(files or {}),
    }
    repository(folder, content)
    store.create(folder / ".cairn")
    return Registry.open(folder)


def _text(file: str) -> str:
    return Path(file).read_text()


@contextmanager
def running_warm() -> Generator[None]:
    """Run scripts in forks of an interpreter that knows scikit-learn."""
    fresh = run.run_script

    def run_script(command: Sequence[str], **options: Any) -> Any:
        return fresh(warm.script(command), **options)

    with mock.patch.object(run, "run_script", run_script):
        yield


def train(
    registry: Registry, *command: str, model: str = "churn", fresh: bool = False
) -> RunOutcome:
    """Run the project's script, or another command, under capture.

    A script that imports scikit-learn is run by an interpreter that has done so, unless it
    matters that it is a `fresh` one.
    """
    os.chdir(registry.settings.folder)
    lines: list[str] = []
    words = command or (sys.executable, "train.py")
    is_warm = not fresh and words[:2] == (sys.executable, "train.py")
    with running_warm() if is_warm and "sklearn" in _text("train.py") else nullcontext():
        outcome = registry.run_command(model, words, on_line=lines.append)
    assert outcome.facts.exit_code == outcome.exit_code, "\n".join(lines)
    return outcome
