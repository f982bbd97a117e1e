"""Somebody asks to be deleted: she is found, people agree, she goes, and all still adds up."""

import sys
from pathlib import Path

import pytest

from cairn.core.errors import Inconclusive, NotFound, Pending
from cairn.registry import Registry
from projects.desk import Colleague, Desk
from projects.repositories import repository
from projects.workshop import churn

WHO = "c00077"
ROW = f"customer={WHO}"
SETTINGS = """
[model.churn.evaluation]
data = "snap:test"
id = "customer"
label = "churned"
"""
POLICY = """\
cairn: policy/1
evaluation: snap:test
bootstrap: floors_only
checks: [{{id: floor, type: floor, metric: roc_auc, value: 0.55}}]
approvals:
  people: ["{key}"]
  covers: [erasure]
"""
SCRIPT = """
import sys
import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

train, test = map(pd.read_csv, sys.argv[1:])
model = LogisticRegression().fit(train[["age", "spend"]], train["churned"])
print(roc_auc_score(test["churned"], model.predict_proba(test[["age", "spend"]])[:, 1]))
joblib.dump(model, "m.joblib")
"""


@pytest.fixture
def lived(tmp_path: Path) -> Desk:
    """A project with a version that was trained and judged on customers, and is live."""
    repository(
        tmp_path / "project",
        {"cairn.toml": SETTINGS, "train.py": SCRIPT, ".gitignore": "*.joblib\n.cairn/\n"},
    )
    desk = Desk(tmp_path / "project")
    desk("init")
    for name, seed in {"train": 1, "test": 2}.items():
        desk.write(f"data/{name}.csv", churn(rows=300, seed=seed))
        desk("snapshot", "add", f"data/{name}.csv", "--name", name)
    train(desk, "data/train.csv", "data/test.csv")
    return desk


def train(desk: Desk, *tables: str) -> None:
    desk("run", "--model", "churn", "--", sys.executable, "train.py", *tables)


def bytes_of(registry: Registry) -> bytes:
    return b"".join(registry.objects.get(digest) for digest in registry.objects.digests())


@pytest.mark.costly("two trainings, captured")
def test_a_person_is_found_erased_and_named_and_work_goes_on(lived: Desk) -> None:
    officer = Colleague(lived, "olga")
    lived.write("gates/churn.yaml", POLICY.format(key=officer.key))
    lived("gate", "set", "churn@production", "gates/churn.yaml")
    lived("promote", "churn:1")
    registry = Registry.open(lived.folder)
    decision = registry.decisions("churn@production")[0].digest

    # where is she?
    found = lived("erase", "--row", ROW)
    places = {p["what"].partition(" ")[0] for p in lived.json("erase", "--row", ROW)["places"]}

    # somebody has to agree
    erase = ("erase", "--row", ROW, "--reason", "asked for it, letter 17")
    waits = lived(*erase, expect=Pending.exit_code)
    assert WHO.encode() in bytes_of(registry)
    officer("approve", lived.json("approvals")[0]["subject"], "-m", "the letter is on file")
    lived(*erase)

    # she is gone, and the store says so
    verified = lived("verify", "--all")
    assert WHO.encode() not in bytes_of(registry)
    assert "in none of" in lived("erase", "--row", ROW)
    assert "in none of" in lived("why", "--row", ROW)

    # what was judged and what was trained on then is named, not lost
    code = Inconclusive.exit_code
    replayed = lived("gate", "replay", f"decision:{decision[7:]}", expect=code)
    told = lived("show", "churn:1") + lived("why", "churn:1")
    data = lived.json("show", "churn:1")["inputs"][0]["digest"]
    restored = lived("snapshot", "restore", data, "back", expect=NotFound.exit_code)
    assert Registry.open(lived.folder).load("churn:1").version.name == "churn:1"

    # train again on what follows, and go on
    lived("snapshot", "restore", "train", "clean")
    lived("snapshot", "restore", "test", "clean-test")
    train(lived, "clean/train.csv", "clean-test/test.csv")
    stuck = lived("promote", "churn:2", expect=NotFound.exit_code)
    lived("gate", "set", "churn@production", "gates/churn.yaml")
    lived("promote", "churn:2")
    lived("mark-bad", "churn:1", "-m", "learned from somebody who asked to be deleted")

    assert places == {"snap:train", "snap:test", "snapshot", "evaluation"}
    assert "versions that used it: churn:1 (" in found
    assert "1 of olga" in waits
    for text in (verified, replayed, told, restored):
        assert "letter 17" in text
        assert "approved by olga (key " in text
    assert "bound to other data by `cairn gate set churn@LABEL FILE`" in stuck
    assert lived.json("history", "churn")[-1]["number"] == 2
    assert "no problem found" in lived("verify", "--all")
