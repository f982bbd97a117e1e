"""The tour in the README, typed as it stands in an empty folder."""

import re
import subprocess
from getpass import getuser
from pathlib import Path

import pytest

from projects.shell import Shell
from suite import warm

README = (Path(__file__).parents[2] / "README.md").read_text()


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the blocks of the tour print, one after the other, in one shell."""
    folder = tmp_path_factory.mktemp("tour")
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")  # would be seen as parameters
    environment = {n: v for n, v in Shell(folder).environment().items() if n not in threads}
    environment["PATH"] = warm.path(tmp_path_factory.mktemp("path") / "bin")
    tour = README.partition("## A tour of two minutes")[2].partition("\n## ")[0]
    typed = "\n".join(re.findall(r"```sh\n(.*?)```", tour, re.DOTALL))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", typed],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


@pytest.mark.costly("the tour trains and promotes with the processes that a reader has")
def test_every_command_of_the_tour_does_what_the_readme_says(printed: str) -> None:
    assert "exit code 7\n" in printed
    assert "was not promoted to production: not-worse: roc_auc" in printed
    assert "cancer@production now holds cancer:1 (before: 2)" in printed
    assert "no problem found" in printed
    assert re.search(r"^cancer:1 sha256:[0-9a-f]{64} RandomForest", printed, re.MULTILINE)


def test_what_the_readme_shows_is_what_is_printed(printed: str) -> None:
    shown = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    lines = [line for block in shown for line in block.splitlines() if line.strip(" .")]

    words = {_plain(line) for line in printed.splitlines()}
    missing = [line for line in lines if not any(_plain(line) in one for one in words)]

    assert lines
    assert missing == []


def _plain(line: str) -> str:
    """Take out what differs from day to day: digests, times, people, what was cut off."""
    line = line.removesuffix("...").rstrip(" ,")
    line = re.sub(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", line)
    line = re.sub(r"[0-9a-f]{8,64}", "DIGEST", line)
    line = re.sub(r"\d+ (ledger entries|objects)|\(\d.* [kM]B\)", "COUNT", line)
    line = re.sub(rf"\b({getuser()}|ada)\b", "WHO", line)
    return re.sub(r"[\s-]+", " ", line).strip()
