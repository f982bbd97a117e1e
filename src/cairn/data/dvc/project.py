"""A DVC project: its root, its settings, and its files as they are or were at a revision."""

import configparser
import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from cairn.core.errors import Corrupt, NotFound, Unavailable
from cairn.core.tree import escape
from cairn.data.dvc.outputs import (
    LOCK,
    PIPELINE,
    Output,
    Written,
    read_lock,
    read_pointer,
)
from cairn.data.dvc.pipeline import Pipeline, read_pipeline
from cairn.data.git import find_top, run_git
from cairn.objects.backends.os_errors import reading

CONTROL = ".dvc"
CACHE = f"{CONTROL}/cache"
POINTER = ".dvc"
_PASSED_OVER = frozenset({".git", ".dvc", ".cairn", ".hg", ".venv", "node_modules"})
_REMOTE = re.compile(r"""^\s*'?remote "(?P<name>.*)"'?\s*$""")


class Remote(NamedTuple):
    """A place that `dvc push` writes to: a folder's absolute path or an address."""

    name: str
    url: str
    options: Mapping[str, str]


class DvcProject(NamedTuple):
    """Where a project lies, where its cache is, and its remotes, the default one first."""

    root: Path
    cache: Path
    remotes: tuple[Remote, ...]


class State(Protocol):
    """The files of a project at one moment."""

    def names(self) -> Iterator[str]:
        """List the files that can be DVC's, by their path in the project."""
        ...

    def read(self, name: str) -> bytes | None:
        """Read a file; None where there is none."""
        ...


def is_root(folder: Path) -> bool:
    """Tell whether a folder is a DVC project."""
    return (folder / CONTROL / "config").is_file()


def find_root(start: Path) -> Path | None:
    """Return the nearest folder, from `start` upwards, that is a DVC project."""
    folder = start.resolve()
    return next((at for at in (folder, *folder.parents) if is_root(at)), None)


def open_project(root: Path) -> DvcProject:
    """Read the settings of a project; raises `NotFound` where there is none.

    Only the project's own settings count (`.dvc/config`, `.dvc/config.local`), not those of
    the user or the machine.
    """
    if not is_root(root):
        raise NotFound(f"{root} is not a DVC project: there is no {CONTROL}/config in it")
    settings: dict[str, dict[str, str]] = {}
    for name in ("config", "config.local"):
        for section, values in _settings(root / CONTROL / name).items():
            settings.setdefault(section, {}).update(values)
    default = settings.get("core", {}).get("remote", "").lower()
    remotes = [
        remote for section, values in settings.items() if (remote := _remote(section, values))
    ]
    cache = settings.get("cache", {}).get("dir", str(root / CACHE))
    ordered = sorted(remotes, key=lambda remote: remote.name.lower() != default)
    return DvcProject(root, Path(cache), tuple(ordered))


class Working:
    """A project as it lies on disk."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> Iterator[str]:
        """List the files that can be DVC's, by their path in the project."""
        for folder, folders, files in os.walk(self._root):
            folders[:] = sorted(name for name in folders if name not in _PASSED_OVER)
            inside = Path(folder).relative_to(self._root).as_posix()
            for name in sorted(files):
                if is_dvc(name):
                    yield posixpath.normpath(posixpath.join(inside, name))

    def read(self, name: str) -> bytes | None:
        """Read a file; None where there is none."""
        with reading(name):
            try:
                return (self._root / name).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None


class Revision:
    """A project as a commit of git has it."""

    def __init__(self, root: Path, revision: str) -> None:
        self._root = root
        self.commit = resolve(root, revision)
        self._blobs: dict[str, str] | None = None

    def names(self) -> Iterator[str]:
        """List the files that can be DVC's, by their path in the project."""
        return (name for name in self._listed() if is_dvc(posixpath.basename(name)))

    def read(self, name: str) -> bytes | None:
        """Read a file; None where there is none."""
        blob = self._listed().get(name)
        return None if blob is None else run_git(("cat-file", "blob", blob), self._root)

    def _listed(self) -> dict[str, str]:
        if self._blobs is None:
            self._blobs = dict(blobs(self._root, self.commit))
        return self._blobs


def resolve(root: Path, revision: str) -> str:
    """Return the commit that a revision names; raises `NotFound`."""
    if find_top(root) is None:
        raise NotFound(f"{root} is in no git repository: leave out @{revision}")
    try:
        asked = (
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            f"{revision}^{{commit}}",
        )
        return run_git(asked, root).decode().strip()
    except Unavailable as error:
        raise NotFound(
            f"git knows no revision {revision!r} in {root}; `git log --oneline --all` and "
            "`git tag` list them"
        ) from error


def blobs(root: Path, commit: str) -> Iterator[tuple[str, str]]:
    """List the files of a commit below `root`: path and git's name of the content."""
    for row in run_git(("ls-tree", "-r", "-z", commit), root).split(b"\0"):
        facts, _, path = row.partition(b"\t")
        if facts.startswith(b"100"):
            yield os.fsdecode(path), facts.split(b" ")[2].decode()


def written(state: State) -> Iterator[tuple[str, Written | Corrupt]]:
    """Read every file of DVC's; what cannot be read is named beside the others."""
    for name in state.names():
        try:
            yield name, read_file(state, name)
        except Corrupt as error:
            yield name, error


def read_file(state: State, name: str) -> Written:
    """Read one file of DVC's; raises `Corrupt`, and `NotFound` if it is not there."""
    content = state.read(name)
    if content is None:
        raise NotFound(f"there is no {name} in this project at this revision")
    if posixpath.basename(name) == LOCK:
        return read_lock(name, content, pipeline_beside(state, name))
    return read_pointer(name, content)


def pipeline_beside(state: State, name: str) -> Pipeline:
    """Read the `dvc.yaml` in the folder of a file; an absent one says nothing."""
    beside = posixpath.join(posixpath.dirname(name), PIPELINE)
    content = state.read(beside)
    return read_pipeline(beside, content) if content is not None else Pipeline()


def find_output(state: State, name: str) -> Output:
    """Find the output that `name` means: its path, or the `.dvc` file that names it alone.

    Raises `NotFound` with what there is, `Invalid` for a file with several outputs, `Corrupt`.
    """
    if name.endswith(POINTER) or posixpath.basename(name) == LOCK:
        return _only(read_file(state, name), name)
    if state.read(name + POINTER) is not None:
        for output in read_file(state, name + POINTER).outputs:
            if output.path == name:
                return output
    known: list[str] = []
    for _, found in written(state):
        for output in found.outputs if isinstance(found, Written) else ():
            if output.path == name:
                return output
            known.append(output.path)
    raise NotFound(f"DVC knows no output {name!r} here{_some(known)}")


def is_dvc(name: str) -> bool:
    """Tell a file of DVC's by its name."""
    return name == LOCK or (name.endswith(POINTER) and name != POINTER)


def _only(found: Written, name: str) -> Output:
    if len(found.outputs) == 1:
        return found.outputs[0]
    if not found.outputs:
        reason = found.unknown[0].reason if found.unknown else f"{name} names no output"
        raise NotFound(reason)
    raise NotFound(
        f"{name} names {len(found.outputs)} outputs; name one by its path"
        f"{_some([output.path for output in found.outputs])}"
    )


def _some(paths: list[str], most: int = 5) -> str:
    if not paths:
        return "; it has none"
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return f": {', '.join(escape(os.fsencode(path)) for path in paths[:most])}{more}"


def _settings(path: Path) -> dict[str, dict[str, str]]:
    """Read a file of settings, relative paths made absolute; an absent one says nothing."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        with reading(str(path)):
            parser.read_string(path.read_text("utf-8"))
    except NotFound:
        return {}
    except (configparser.Error, UnicodeDecodeError) as error:
        raise Corrupt(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    found: dict[str, dict[str, str]] = {}
    for section in parser.sections():
        values = {key: _unquoted(value) for key, value in parser.items(section)}
        for key in ("url", "dir"):
            if key in values and "://" not in values[key]:
                place = path.parent / Path(values[key]).expanduser()
                values[key] = os.path.normpath(place)
        found[section] = values
    return found


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _remote(section: str, values: Mapping[str, str]) -> Remote | None:
    found = _REMOTE.match(section)
    if found is None or "url" not in values:
        return None
    options = {key: value for key, value in values.items() if key != "url"}
    return Remote(found["name"], values["url"], options)
