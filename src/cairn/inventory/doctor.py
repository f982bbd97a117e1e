"""What Cairn needs around it: Python, git, room on the disk, keys, extras."""

import importlib.util
import shlex
import shutil
import sys
from pathlib import Path

from cairn import identity, rights
from cairn.config import ledger_key_override
from cairn.core.errors import CairnError, NotFound
from cairn.core.ledger import VerifyStore
from cairn.core.request import Record
from cairn.data.git import find_top, run_git
from cairn.engine.store import key_path, read_about
from cairn.project import Project

LITTLE_BYTES = 1 << 30
EXTRAS = {
    "catboost": ("catboost", "sklearn"),
    "cloud": ("obstore",),
    "delta": ("deltalake", "pyarrow"),
    "duckdb": ("duckdb", "pyarrow"),
    "iceberg": ("pyiceberg", "pyarrow"),
    "lightgbm": ("lightgbm", "sklearn"),
    "postgresql": ("psycopg", "pyarrow"),
    "ray": ("ray", "obstore"),
    "sklearn": ("sklearn", "skops", "pandas"),
    "table": ("pyarrow",),
    "xgboost": ("xgboost", "sklearn"),
}


class Sign(Record, frozen=True):
    """One thing that was looked at; `fix` is what to do where it is not `well`."""

    what: str
    found: str
    well: bool
    fix: str


def examine(opened: Project | CairnError, folder: Path) -> tuple[Sign, ...]:
    """Look at the surroundings of `folder`; changes nothing and reads no object's bytes.

    `opened` is its project, or why that could not be opened.
    """
    inside = (
        ()
        if isinstance(opened, CairnError)
        else (_store(opened), _rights(opened), _room(opened), _key(opened))
    )
    return (
        _sign(what="Python", found=f"{sys.version.split()[0]} at {sys.executable}"),
        _git(folder),
        _project(opened),
        *inside,
        _person(),
        *(_extra(name, modules) for name, modules in EXTRAS.items()),
    )


def _sign(*, what: str, found: str, well: bool = True, fix: str = "") -> Sign:
    return Sign(what=what, found=found, well=well, fix=fix)


def _git(folder: Path) -> Sign:
    try:
        version = run_git(("--version",), folder).decode().strip()
        if find_top(folder) is None:
            fix = 'git init && git add . && git commit -m "Keep the code"'
            found = f"{version}, but {folder} is not in a repository"
            return _sign(what="git", found=found, well=False, fix=fix)
        commit = run_git(("rev-parse", "--verify", "HEAD"), folder).decode().strip()
    except CairnError as error:
        fix = 'git add . && git commit -m "Keep the code"'
        return _sign(what="git", found=str(error), well=False, fix=fix)
    return _sign(what="git", found=f"{version}, at commit {commit[:12]}")


def _project(opened: Project | CairnError) -> Sign:
    if not isinstance(opened, CairnError):
        return _sign(what="project", found=str(opened.settings.folder))
    found, _, way_out = str(opened).partition("; ")
    fix = "cairn init" if isinstance(opened, NotFound) else way_out
    return _sign(what="project", found=found, well=False, fix=fix)


def _store(project: Project) -> Sign:
    try:
        checked = project.engine.send(VerifyStore())
    except CairnError as error:
        return _sign(what="store", found=str(error), well=False, fix="cairn verify --all")
    if checked.problems:
        found = f"{checked.problems[0].place}: {checked.problems[0].reason}"
        return _sign(what="store", found=found, well=False, fix="cairn verify --all")
    found = f"{project.settings.store}, {checked.entries:,} ledger entries, rows agree"
    return _sign(what="store", found=found)


def _rights(project: Project) -> Sign:
    """Say who may look into the store: its owner, or a group that was asked for."""
    mode = project.settings.store.stat().st_mode & 0o7777
    is_shared = mode & rights.SHARED == rights.SHARED
    found = "its group's" if is_shared else "its owner's alone"
    if mode & (0o007 if is_shared else 0o077):
        whom = "o=" if is_shared else "go="
        fix = f"chmod -R {whom} {shlex.quote(str(project.settings.store))}"
        return _sign(
            what="rights", found=f"others may look in ({mode:o})", well=False, fix=fix
        )
    return _sign(what="rights", found=f"the store is {found}")


def _room(project: Project) -> Sign:
    free = shutil.disk_usage(project.settings.store).free
    found = f"{free / 1e9:.1f} GB free where the store lies"
    fix = "cairn sweep" if free < LITTLE_BYTES else ""
    return _sign(what="disk", found=found, well=not fix, fix=fix)


def _key(project: Project) -> Sign:
    path = key_path(read_about(project.settings.store).id)
    if path.exists() or ledger_key_override():
        return _sign(
            what="ledger key", found=str(path) if path.exists() else "CAIRN_LEDGER_KEY"
        )
    found = f"{path} is not there: nothing can be changed"
    fix = f"copy it to {path} from the machine that made the store, or set CAIRN_LEDGER_KEY"
    return _sign(what="ledger key", found=found, well=False, fix=fix)


def _person() -> Sign:
    known = identity.os_user().id
    return _sign(what="you", found=f"{known}, who signs with {identity.place()}")


def _extra(name: str, modules: tuple[str, ...]) -> Sign:
    lacking = [module for module in modules if importlib.util.find_spec(module) is None]
    found = f"without {', '.join(lacking)}" if lacking else "installed"
    return _sign(what=f"extra {name}", found=found)
