"""The tour in the README, typed as it stands."""

import re
import sys
from pathlib import Path

import pytest

from shell import Shell

README = (Path(__file__).parents[2] / "README.md").read_text()
DATA = """\
from sklearn.datasets import load_breast_cancer

table = load_breast_cancer(as_frame=True).frame.rename_axis("id")
table = table.sample(frac=1, random_state=0)
table[:300].to_csv("train.csv")
table[300:].to_csv("test.csv")
"""
SETTINGS = """
[model.cancer.evaluation]
data = "snap:test"
id = "id"
label = "target"
"""
REFUSED, UNDECIDED = "cairn promote cancer:1", 7


def block(first_line: str) -> str:
    """Return the code block that begins with this comment."""
    found = re.search(rf"```\w+\n{re.escape(first_line)}\n(.*?)```", README, re.DOTALL)
    assert found, first_line
    return found[1]


def typed() -> list[str]:
    """List the commands of the console blocks, in order."""
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    return [line[2:] for text in blocks for line in text.splitlines() if line.startswith("$ ")]


@pytest.fixture
def tour(tmp_path: Path) -> Shell:
    """The folder in which the tour begins."""
    folder = tmp_path / "tour"
    folder.mkdir()
    shell = Shell(folder)
    shell.write("train.py", block("# train.py"))
    shell.write("prepare.py", DATA)
    assert shell.run("bash", "-c", f"{sys.executable} prepare.py").returncode == 0
    shell.git("init", "-q")
    return shell


@pytest.mark.costly("the tour trains and promotes with the processes that a reader has")
def test_every_command_of_the_tour_ends_as_the_readme_says(tour: Shell) -> None:
    answers: list[tuple[str, int, str]] = []
    for command in typed():
        line = command.replace("cairn ", f"{sys.executable} -m cairn ", 1)
        done = tour.run("bash", "-c", line.replace("-- python", f"-- {sys.executable}"))
        answers.append((command, done.returncode, done.stdout + done.stderr))
        if command == "cairn init":
            prepare(tour)

    failed = [answer for answer in answers if answer[1]]
    assert [(command, code) for command, code, _ in failed] == [(REFUSED, UNDECIDED)]
    assert "was not promoted to production: not-worse: roc_auc" in failed[0][2]
    assert answers[-1][2].startswith("verified: ")
    loaded = tour.run(sys.executable, "-c", "import cairn\n" + block("import cairn"))
    assert loaded.returncode == 0, loaded.stderr


def prepare(tour: Shell) -> None:
    """Do what the README says in words: settings, policy, a first commit."""
    with (tour.folder / "cairn.toml").open("a") as file:
        file.write(SETTINGS)
    tour.write("gates/cancer.yaml", block("# gates/cancer.yaml"))
    tour.git("add", "-A")
    tour.git("commit", "-qm", "start")
