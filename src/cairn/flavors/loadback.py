"""Can a model be loaded back, by somebody else, and does it still say the same?

A process of its own finds out: a class that exists only in the script that trained the model,
and a crash of compiled code, would not show in this one.
"""

import gc
import sys
from pathlib import Path
from typing import NoReturn

from msgspec import json

from cairn.core.errors import CairnError, Refused
from cairn.core.request import Record
from cairn.interpreter import isolated

TIMEOUT_SECONDS = 600


class Asked(Record, frozen=True):
    """What the other process is to do."""

    directory: str
    golden: str | None
    trust: bool


def loads_back(directory: Path, golden: Path | None = None, *, trust: bool = False) -> None:
    """Load the model in a fresh process, and check its golden predictions if there are any.

    Only with `trust` may it find classes in the working folder, if this process does.
    Raises `Refused` with what went wrong there.
    """
    import subprocess

    asked = Asked(
        directory=str(directory.resolve()),
        golden=None if golden is None else str(golden.resolve()),
        trust=trust,
    )
    try:
        done = subprocess.run(  # noqa: S603 (this interpreter, and a fixed program)
            isolated("cairn.flavors.loadback", own_modules=trust),
            input=json.encode(asked),
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(f"the model was not loaded back within {TIMEOUT_SECONDS} s") from error
    if done.returncode != 0:
        _refuse(done.returncode, done.stderr.decode(errors="replace").strip())


def main() -> None:
    """Do what the first process asked; leaves with an error's exit code and its sentence."""
    gc.disable()  # it ends before there is anything to collect
    from cairn.flavors.choose import flavor_in
    from cairn.flavors.golden import check_golden

    todo = json.decode(sys.stdin.buffer.read(), type=Asked)
    try:
        model = flavor_in(Path(todo.directory)).load(Path(todo.directory), trust=todo.trust)
        if todo.golden is not None:
            check_golden(model, Path(todo.golden))
    except CairnError as error:
        sys.stderr.write(f"\n{error}")
        raise SystemExit(error.exit_code) from None


def _refuse(code: int, said: str) -> NoReturn:
    if code < 0:
        raise Refused(f"loading the model back ended its process with signal {-code}")
    last = said.splitlines()[-1] if said else f"exit code {code}"
    raise Refused(f"the model cannot be loaded back: {last}")
