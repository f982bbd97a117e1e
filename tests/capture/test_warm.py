"""A script that a warm interpreter runs is seen as one that a fresh interpreter runs."""

import re
from pathlib import Path
from typing import Any

from projects.training import customers
from projects.watched import watch

SCRIPT = """
import argparse, joblib, os, random, sys
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, train_test_split
import beside
parser = argparse.ArgumentParser()
parser.add_argument("--strength", type=float)
print(parser.parse_args(), sys.argv, sys.orig_argv[1:], __name__, __file__, sys.path[0])
random.seed(3), np.random.seed(4)
table = pd.read_csv("customers.csv", index_col="customer")
rows, labels = table.drop(columns="left"), table["left"]
train, test, y, y_test = train_test_split(rows, labels, random_state=3)
search = GridSearchCV(LogisticRegression(), {"C": [0.5, 1.0]}, cv=3).fit(train, y)
print(accuracy_score(y_test, search.predict(test)), np.random.rand(), random.random())
print(roc_auc_score(y_test, search.predict_proba(test)[:, 1]), os.environ["CAIRN_HOOK_ROOT"])
joblib.dump(search, "model.joblib")
raise SystemExit(3)
"""


def plainly(event: dict[str, Any]) -> str:
    """Spell an event without times, and numbers of processes and files."""
    kept = {k: v for k, v in event.items() if k not in ("time", "inode", "changed", "parent")}
    return re.sub(r"\d{2,}-", "N-", repr(kept | ({"number": 0} if "number" in kept else {})))


def test_both_are_seen_alike(tmp_path: Path) -> None:
    found: list[Any] = []
    for fresh in (True, False):
        folder = tmp_path / "work"
        folder.mkdir(exist_ok=True)
        (folder / "customers.csv").write_text(customers())
        (folder / "beside.py").write_text("x = 1\n")

        seen = watch(folder, SCRIPT, "--strength", "2", fresh=fresh)

        found.append((seen.code, seen.output, [plainly(event) for event in seen.events]))
        for file in [*seen.room.rglob("*")]:
            if file.is_file():
                file.unlink()
        (folder / "model.joblib").unlink()
    fresh, warm = found
    assert fresh[:2] == warm[:2]
    assert fresh[0] == 3
    assert fresh[2] == warm[2]
