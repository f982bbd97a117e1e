"""Kill, EIO and ENOSPC at every call that writes: nothing acknowledged is lost or half done.

strace injects the fault into the n-th such call of a process that registers, promotes and
rolls back. `CAIRN_FAULTS=all` visits every call, otherwise a sample of them.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harm.packed import crowd, is_joined
from harm.surviving import check, close
from projects.store import open_registry, register

CALLS = (
    "write,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,link,linkat,"
    "unlink,unlinkat,mkdir,mkdirat"
)
EVERY = os.environ.get("CAIRN_FAULTS") == "all"
PARTS = 8
STRIDE = PARTS if EVERY else 20 * PARTS
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two versions, the first of them live."""
    folder = tmp_path_factory.mktemp("faults")
    os.environ["CAIRN_HOME"] = str(folder / "home")
    (folder / "project").mkdir()
    registry = open_registry(folder / "project")
    register(registry, "first")
    register(registry, "second")
    registry.promote("churn:1", ungated=True, reason="no data yet")
    close(registry)
    crowd(folder / "project" / ".cairn" / "objects")
    return folder


@pytest.fixture(scope="module")
def points(project: Path) -> list[tuple[str, int]]:
    """Every call that writes, as its name and its rank among calls of that name."""
    folder = copied(project, "count")
    log = folder.parent / "trace"
    done = run(folder, "-e", f"trace={CALLS}", log=log)
    assert acknowledged(done) == ["register", "promote", "rollback"]
    assert is_joined(folder / ".cairn" / "objects")
    names = re.findall(r"(?m)^\d+ +(\w+)\(", log.read_text())
    return [(name, names[: rank + 1].count(name)) for rank, name in enumerate(names)]


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(
    "fault", ["signal=SIGKILL", "error=EIO", "error=ENOSPC"], ids=["kill", "eio", "enospc"]
)
def test_whatever_call_fails_nothing_acknowledged_is_lost(
    project: Path,
    points: list[tuple[str, int]],
    fault: str,
    part: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, rank in points[part::STRIDE]:
        folder = copied(project, f"{fault[-4:]}-{part}-{name}-{rank}")
        monkeypatch.setenv("CAIRN_HOME", str(folder.parent / "home"))

        done = run(folder, "-e", f"inject={name}:{fault}:when={rank}")

        check(folder, acknowledged(done), f"{fault} at {name} number {rank}\n{done.stdout}")
        shutil.rmtree(folder.parent)
    assert len(points) > PARTS


def copied(project: Path, name: str) -> Path:
    """Copy the prepared project, with its key."""
    folder = project / name / "project"
    shutil.copytree(project / "project", folder)
    shutil.copytree(project / "home", folder.parent / "home")
    return folder


def run(
    folder: Path, *options: str, log: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the three changes under strace."""
    command = ["strace", "-f", "-qq", "-o", str(log or "/dev/null"), *options]
    home = folder.parent / "home"
    return subprocess.run(
        [*command, sys.executable, str(HERE / "changes.py"), str(folder)],
        env=os.environ
        | {
            "CAIRN_HOME": str(home),
            "PYTHONPATH": str(HERE.parent),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def acknowledged(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line.split()[1] for line in done.stdout.splitlines() if line.startswith("ack ")]
