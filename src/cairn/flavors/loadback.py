"""Can a model be loaded back, by somebody else, and does it still say the same?

A process of its own finds out: a class that exists only in the script that trained the model,
and a crash of compiled code, would not show in this one. It is a fork of the one that judges
(`judging.py`), which has judged the files before and imported what both need.
"""

import gc
import site
import sys
from pathlib import Path
from typing import NoReturn

from msgspec import json

from cairn.core.errors import CairnError, Refused
from cairn.core.request import Record
from cairn.flavors.judging import judging
from cairn.interpreter import after_standard_library, search_path

TIMEOUT_SECONDS = 600


class Asked(Record, frozen=True):
    """What the other process is to do, and where it finds modules."""

    directory: str
    golden: str | None
    trust: bool
    path: tuple[str, ...]


def loads_back(directory: Path, golden: Path | None = None, *, trust: bool = False) -> None:
    """Load the model in a fresh process, and check its golden predictions if there are any.

    Only with `trust` may it find classes in the working folder, if this process does.
    Raises `Refused` with what went wrong there.
    """
    asked = Asked(
        directory=str(directory.resolve()),
        golden=None if golden is None else str(golden.resolve()),
        trust=trust,
        path=tuple(search_path(own_modules=trust)),
    )
    try:
        code, said = judging.load_back(json.encode(asked), seconds=TIMEOUT_SECONDS)
    except TimeoutError as error:
        raise Refused(f"the model was not loaded back within {TIMEOUT_SECONDS} s") from error
    if code != 0:
        _refuse(code, said)


def load_asked(question: bytes) -> None:
    """Do what the first process asked; leaves with an error's exit code and its sentence."""
    gc.disable()  # it ends before there is anything to collect
    todo = json.decode(question, type=Asked)
    _start_as_any_python(todo.path)
    from cairn.flavors.choose import flavor_in
    from cairn.flavors.golden import check_golden

    try:
        model = flavor_in(Path(todo.directory)).load(Path(todo.directory), trust=todo.trust)
        if todo.golden is not None:
            check_golden(model, Path(todo.golden))
    except CairnError as error:
        sys.stderr.write(f"\n{error}")
        raise SystemExit(error.exit_code) from None


def _start_as_any_python(path: tuple[str, ...]) -> None:
    """Run what is installed to run at the start of every Python; judging starts without it."""
    sys.path[:] = path[: after_standard_library(path)]
    site.main()
    sys.path[:] = path


def _refuse(code: int, said: str) -> NoReturn:
    if code < 0:
        raise Refused(f"loading the model back ended its process with signal {-code}")
    raise Refused(f"the model cannot be loaded back: {said or f'exit code {code}'}")
