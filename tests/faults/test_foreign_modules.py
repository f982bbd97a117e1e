"""Modules that lie about are not imported, where a project's own modules are and elsewhere.

`test_foreign_commands.py` types every command among them.
"""

import json
import sys
from pathlib import Path

import pytest

from cairn.interpreter import after_standard_library, isolated, search_path
from harm.foreign import plant, traces
from projects.desk import Desk
from projects.shell import Shell

SCORE = """\
import colorsys, tabnanny
def score(model, rows):
    return model.predict_proba(rows[["age", "spend"]])[:, 1]
"""


@pytest.fixture(scope="module")
def planted(furnished: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project with a module of every name."""
    return plant(furnished, tmp_path_factory.mktemp("planted") / "project")


def test_a_scorer_of_the_project_finds_the_standard_library_first(planted: Desk) -> None:
    planted.write("own_score.py", SCORE)
    settings = (planted.folder / "cairn.toml").read_text()
    planted.write("cairn.toml", settings + 'score = "own_score:score"\n')

    planted("evaluate", "churn:2", "--on", "snap:test")

    assert not traces(planted)


def test_the_module_cairn_is_not_led_astray_by_its_working_folder(planted: Desk) -> None:
    begun = "import sys, runpy, cairn; print(*sys.modules)"
    for name in planted.run(sys.executable, "-I", "-c", begun).stdout.split():
        # Python imports these, before Cairn can say a word; `python -P -m cairn` is stricter.
        (planted.folder / f"{name}.py").unlink(missing_ok=True)

    done = Shell.run(planted, sys.executable, "-m", "cairn", "list")

    assert "churn:2" in done.stdout, done.stderr
    assert not traces(planted)


def test_a_process_beside_this_one_starts_with_what_is_installed(
    planted: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = isolated("cairn.objects.folders.worker", plain=True)

    monkeypatch.setenv("PYTHONPATH", str(planted.folder))
    print_path = "import json, sys; print(json.dumps(sys.path))"
    done = planted.run(*command[: command.index("-c")], "-c", print_path)

    assert str(planted.folder) not in json.loads(done.stdout), done.stderr
    assert not traces(planted)


def test_the_working_folder_comes_last_and_only_when_own_modules_are_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", "/somewhere", *sys.path])

    wanted, other = search_path(own_modules=True), search_path(own_modules=False)

    assert wanted[after_standard_library(wanted) :][:2] == [str(tmp_path), "/somewhere"]
    assert str(tmp_path) not in other
    assert "" not in other
