"""A real DVC project, made by DVC itself: once in a session, and copied for each test."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import joblib
from sklearn.linear_model import LogisticRegression

from projects.repositories import quiet, write

IMAGES = 30
MAKE = """
import pathlib, subprocess, sys
from dvc.repo import Repo

def git(*words):
    subprocess.run(["git", *words], check=True, capture_output=True)

git("init", "--quiet", "--initial-branch=main")
repo = Repo.init(".")
with repo.config.edit() as settings:
    settings["core"]["analytics"] = False
    settings["core"]["remote"] = "shelf"
    settings["remote"]["shelf"] = {"url": sys.argv[1]}
repo.close()
repo = Repo(".")
for number in (1, 2):
    prepared = pathlib.Path(f"../prepared/{number}")
    for file in prepared.rglob("*"):
        if file.is_file():
            place = pathlib.Path(file.relative_to(prepared))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            place.write_bytes(file.read_bytes())
    repo.add(["data/train.csv", "data/images", "notes.txt"])
    repo.reproduce()
    repo.push()
    git("add", "--all")
    git("commit", "--quiet", "--message", f"state {number}")
    git("tag", f"v{number}.0")
    git("tag", f"churn@v1.{number - 1}.0")
git("tag", "churn#prod#1")
repo.close()
"""
PIPELINE = """\
stages:
  train:
    cmd: install -D prepared.joblib models/churn.joblib && cp prepared.json metrics.json
    deps: [data/train.csv, prepared.joblib]
    params: [train.depth, seed]
    outs: [models/churn.joblib]
    metrics:
      - metrics.json: {cache: false}
artifacts:
  churn: {path: models/churn.joblib, type: model}
"""


def make(folder: Path) -> Path:
    """Make a project of two states: a table, a folder of images, a text, and a model."""
    for number in (1, 2):
        _prepare(folder / "prepared" / str(number), number)
    project = folder / "project"
    project.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", MAKE, "../shelf"],
        cwd=project,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return project


def copy(made: Path, folder: Path) -> Path:
    """Copy a project with its remote, so that it can be damaged."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("project", "shelf"):
        shutil.copytree(made.parent / name, folder / name, symlinks=True)
    return folder / "project"


def environment(folder: Path) -> dict[str, str]:
    """Give variables that keep DVC and git to a folder."""
    places = {"HOME": str(folder), "DVC_SITE_CACHE_DIR": str(folder / "site")}
    return {**quiet(), **places, "DVC_NO_ANALYTICS": "1", "PYTHONWARNINGS": "ignore"}


def cached(project: Path, content: bytes) -> Path:
    """Find where DVC's cache keeps these bytes."""
    return _object(project / ".dvc" / "cache", content)


def shelved(project: Path, content: bytes) -> Path:
    """Find where the remote keeps these bytes."""
    return _object(project.parent / "shelf", content)


def damage(path: Path) -> None:
    """Change a byte as a disk would, the file's mode and size as before."""
    mode, content = path.stat().st_mode, bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(content))
    os.chmod(path, mode)  # noqa: PTH101 (beside stat)


def train(number: int) -> bytes:
    """Return the table as it is in one of the states."""
    rows = [f"{row},{(row * 7919 + number) % 101}" for row in range(300)]
    return "\n".join(["id,spend", *rows, ""]).encode()


def image(at: int, number: int) -> bytes:
    """Return an image as it is in one of the states: the first changes, the others stay."""
    return bytes((at * 31 + step + (number if at == 0 else 0)) % 251 for step in range(500))


def _prepare(folder: Path, number: int) -> None:
    write(folder / "data" / "train.csv", train(number))
    for at in range(IMAGES):
        write(folder / "data" / "images" / f"{at % 3}" / f"{at:03}.png", image(at, number))
    write(folder / "notes.txt", "a\r\nb\r\n")
    write(
        folder / "prepared.json", f'{{"roc_auc": 0.{number + 6}, "by": {{"region": 0.5}}}}\n'
    )
    write(folder / "params.yaml", f"train: {{depth: {number}}}\nseed: 7\n")
    write(folder / "dvc.yaml", PIPELINE)
    model = LogisticRegression(C=number).fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
    joblib.dump(model, folder / "prepared.joblib")


def _object(store: Path, content: bytes) -> Path:
    import hashlib

    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return store / "files" / "md5" / md5[:2] / md5[2:]
