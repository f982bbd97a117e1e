"""A Python beside this one that runs a module of Cairn, and nothing that happens to lie about.

1. It starts isolated: no `PYTHON*` variables, no working folder and no folder of a script come
   first on its path. It then finds modules as this process does, the standard library first:
   a `json.py` of a project is not what `import json` finds.
2. The working folder is on its path only if this process has it there and the project's own
   modules are asked for.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

_STANDARD = str(Path(os.__file__).parent)
_ZIPPED = f"python{sys.version_info.major}{sys.version_info.minor}.zip"
# Cairn itself comes right behind the standard library, until it is imported.
_START = (
    "import sys; module, home, first, count = sys.argv[1:5]; "
    "path = sys.argv[5:5 + int(count)]; sys.argv[:] = [module, *sys.argv[5 + int(count):]]; "
    "sys.path[:] = [*path[:int(first)], home, *path[int(first):]]; import cairn; "
    "sys.path[:] = path; from importlib import import_module; import_module(module).main()"
)
_SCRIPT = """
import sys; sys.path[:] = [entry for entry in sys.path if entry]
import os, runpy; os.environ.pop("PYTHONSAFEPATH", None)
library = os.path.dirname(os.__file__)
standard = library, os.path.join(library, "lib-dynload")
at = 1 + max((at for at, entry in enumerate(sys.path) if entry in standard), default=-1)
del sys.argv[0]
sys.path.insert(at, os.path.dirname(os.path.abspath(sys.argv[0])))
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def isolated(
    module: str, *words: str, own_modules: bool = False, plain: bool = False
) -> list[str]:
    """Return the command that calls `main()` of a module of Cairn, with `words` in `sys.argv`.

    `own_modules` lets it find what lies in the working folder, if this process does; `plain`
    leaves out what is installed to run at the start of every Python.
    """
    path = search_path(own_modules=own_modules)
    first = after_standard_library(path)
    home = str(Path(__file__).parents[1])
    start = [sys.executable, "-I", *(("-S",) if plain else ()), "-c", _START]
    return [*start, module, home, str(first), str(len(path)), *path, *words]


def isolated_script(python: str, script: str, *words: str) -> tuple[list[str], dict[str, str]]:
    """Return the command, and variables for it, by which a Python runs a script of a project.

    Modules beside the script are found after the standard library, not before.
    """
    return [python, "-c", _SCRIPT, script, *words], {"PYTHONSAFEPATH": "1"}


def search_path(*, own_modules: bool) -> list[str]:
    """List where this process finds modules, the standard library first."""
    working = [str(Path.cwd())] if own_modules else []
    path = [place for entry in sys.path for place in ([entry] if entry else working)]
    standard = [entry for entry in path if _is_standard(entry)]
    return [*standard, *(entry for entry in path if not _is_standard(entry))]


def after_standard_library(path: Sequence[str]) -> int:
    """Return the place in a path right behind the standard library."""
    return 1 + max((at for at, entry in enumerate(path) if _is_standard(entry)), default=-1)


def _is_standard(entry: str) -> bool:
    return entry in (_STANDARD, f"{_STANDARD}{os.sep}lib-dynload") or entry.endswith(_ZIPPED)
