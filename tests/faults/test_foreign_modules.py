"""Modules that lie about are not imported: not by a command, nor by a process that it starts.

A project is planted with a module for every name of the standard library and of the packages
here. Each leaves a trace when it runs, wherever it runs; what is executed in this process is
also told by an audit hook.
"""

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.metadata import packages_distributions
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from cairn.interpreter import after_standard_library, isolated, search_path
from cairn.objects import workers
from desk import Desk, copy
from shell import Shell

OWN_CHECK = """\
cairn: policy/1
evaluation: snap:test
bootstrap: floors_only
checks:
  - {id: mine, type: own, run: "python checks/look.py"}
  - {id: floor, type: floor, metric: roc_auc, value: 0.1}
  - {id: speed, type: latency, percentile: 99, max_ms: 4000}
"""
LOOK = "import colorsys, beside\nprint(beside.WORD, colorsys.ONE_THIRD)\n"
SCORE = """\
import colorsys, tabnanny
def score(model, rows):
    return model.predict_proba(rows[["age", "spend"]])[:, 1]
"""
_executed: list[str] | None = None


@contextmanager
def watched() -> Generator[list[str]]:
    """List the files whose code this process executes meanwhile."""
    global _executed  # noqa: PLW0603 (a hook cannot be taken out again, only be told to rest)
    _executed = []
    try:
        yield _executed
    finally:
        _executed = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "exec" and _executed is not None and isinstance(arguments[0], CodeType):
        _executed.append(arguments[0].co_filename)


sys.addaudithook(_hook)


@pytest.fixture(scope="module")
def planted(furnished: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project with a module of every name, at its top and beside its own check."""
    desk = copy(furnished, tmp_path_factory.mktemp("planted") / "project")
    traces = desk.folder.with_name("traces")
    traces.mkdir()
    names = {*sys.stdlib_module_names, *packages_distributions(), "sitecustomize"}
    names |= {"cairn", "usercustomize"}
    for folder in (".", "src", "checks"):
        for name in sorted(name for name in names if name.isidentifier()):
            trace = traces / f"{folder}-{name}"
            desk.write(f"{folder}/{name}.py", f"open({str(trace)!r}, 'w').close()\n")
    return desk


def traces(desk: Desk) -> list[str]:
    """Name the planted modules that ran."""
    return sorted(path.name for path in desk.folder.with_name("traces").iterdir())


def test_no_command_imports_what_lies_in_the_project(
    planted: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "MANY_FILES", 0)  # so that few files have workers, too
    planted.write("checks/look.py", LOOK)
    planted.write("checks/beside.py", "WORD = 'seen'\n")
    planted.write("gates/own.yaml", OWN_CHECK)
    planted.write("weights.json", '{"weights": [1, 2]}')

    with watched() as executed:
        planted("snapshot", "add", "data", "--name", "again")
        planted("register", "weights.json", "--model", "other", "--retroactive")
        planted("promote", "churn:1")
        planted("promote", "churn:2")
        planted("rollback", "churn", "--drill")
        planted("gate", "set", "churn@staging", "gates/own.yaml")
        planted("gate", "check", "churn:2", "staging")
        planted("snapshot", "restore", "snap:again", "back")
        planted("verify", "--all")

    assert not traces(planted)
    assert not [file for file in executed if Path(file).is_relative_to(planted.folder)]


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
    command = isolated("cairn.objects.worker", plain=True)

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
