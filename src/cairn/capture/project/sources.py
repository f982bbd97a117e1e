"""Which uncommitted files belong to the code: sources, never secrets, nothing huge.

A file is taken as it is or not at all. One that seems to hold a secret is left out and named
in a gap: cutting the secret out would record code that never ran.
"""

import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

from cairn.core.run import Gap
from cairn.core.secret import PLACES, find, kind_of
from cairn.core.tree import escape

SUFFIXES = frozenset(
    {
        *(".py", ".pyi", ".pyx", ".pxd", ".ipynb", ".r", ".rmd", ".qmd", ".jl", ".scala"),
        *(".sql", ".sh", ".bash", ".zsh", ".fish", ".ps1", ".bat", ".mk", ".cmake"),
        *(".toml", ".yaml", ".yml", ".cfg", ".ini", ".conf", ".txt", ".md", ".rst"),
        *(".c", ".cc", ".cpp", ".cu", ".cuh", ".h", ".hpp", ".rs", ".go", ".java", ".js"),
        *(".ts", ".stan", ".proto", ".j2", ".jinja", ".jinja2", ".lock", ".in", ".tf"),
    }
)
NAMES = frozenset(
    {
        *("makefile", "gnumakefile", "dockerfile", "containerfile", "procfile", "justfile"),
        *("snakefile", "pipfile", "rakefile", "jenkinsfile", ".gitignore", ".gitattributes"),
        *(".dockerignore", ".python-version", ".gitmodules", ".env.example", ".env.template"),
    }
)
LARGEST_SOURCE, LARGEST_CHANGE = 5 << 20, 64 << 20
_PRIVATE = re.compile(
    r"""(?ix) (?: ^|/ ) (?:
        \.env (?: rc | \. (?! example$ | sample$ | template$ | dist$ ) .* )?
      | [^/]* \. (?: env | pem | key | p12 | pfx | pkcs12 | jks | keystore | kdbx | ovpn )
      | id_ (?: rsa | dsa | ecdsa | ed25519 ) (?: _sk )?
      | \.? (?: netrc | pgpass | pypirc | npmrc | htpasswd | git-credentials | boto | s3cfg )
      | (?: client_? )? (?: secrets? | credentials? ) (?: \. [^/]* )?
      | service[-_]account [^/]* \. json
      | kubeconfig (?: \. ya?ml )? | kaggle\.json | \.databrickscfg | \.dockercfg
      | \.?vault-token | \.my(?:login)?\.cnf | application_default_credentials\.json
      | (?: [^/]*[_.-] )? (?: token | api[_-]?key | passwords? ) (?: \.txt )?
      | [^/]* \. (?: token | ppk | tfstate | tfvars )
      | \. (?: aws | ssh | gnupg | kube | azure | docker ) / .*
    ) $"""
)


@dataclass(frozen=True)
class Taken:
    """The exact content of one path: git's mode and the bytes, or neither if it is gone."""

    mode: bytes | None = None
    content: bytes = b""


class LeftOut(NamedTuple):
    """A file that is not taken: the gap that says so, and the secrets in it, for no record."""

    gap: Gap
    secrets: tuple[str, ...] = ()


def is_private(path: bytes) -> bool:
    """Tell whether a file is one for secrets by its name: `.env`, `id_rsa`, `*.pem`."""
    return _PRIVATE.search(os.fsdecode(path)) is not None


def is_source(path: bytes) -> bool:
    """Tell whether an untracked file is code or configuration by its name."""
    name = Path(os.fsdecode(path).lower())
    stem = name.name.partition(".")[0] if name.name[0] != "." else name.name
    return name.suffix in SUFFIXES or name.name in NAMES or stem in NAMES


def take(folder: Path, path: bytes, *, tracked: bool) -> Taken | LeftOut | None:
    """Read an uncommitted file, or say why it is left out; None if it is not a source."""
    if not tracked and (is_private(path) or not is_source(path)):
        return None
    if is_private(path):
        return LeftOut(left_out(path, "differs from the commit and is a file for secrets"))
    try:
        return _read(folder / os.fsdecode(path), path, tracked=tracked)
    except (FileNotFoundError, NotADirectoryError):
        return Taken() if tracked else None
    except OSError as error:
        why = f"is uncommitted and cannot be read: {error.strerror}"
        return LeftOut(left_out(path, why))


def _read(place: Path, path: bytes, *, tracked: bool) -> Taken | LeftOut:
    found = place.lstat()
    if stat.S_ISLNK(found.st_mode):
        return Taken(b"120000", os.fsencode(place.readlink()))
    if tracked and stat.S_ISDIR(found.st_mode):
        return Taken()
    if not stat.S_ISREG(found.st_mode):
        why = "is uncommitted and is neither a file nor a link"
        return LeftOut(left_out(path, why))
    if found.st_size > (LARGEST_CHANGE if tracked else LARGEST_SOURCE):
        why = f"is uncommitted and has {found.st_size >> 20} MiB"
        return LeftOut(left_out(path, why))
    content = place.read_bytes()
    telling = find_secrets(os.fsdecode(path), content.decode(errors="replace"))
    if telling is not None:
        gap = left_out(path, f"is uncommitted and seems to hold {telling.kind}")
        return LeftOut(gap, telling.values)
    return Taken(b"100755" if found.st_mode & stat.S_IXUSR else b"100644", content)


class Telling(NamedTuple):
    """What a source file seems to hold, in words, and the values themselves."""

    kind: str
    values: tuple[str, ...]


def find_secrets(name: str, text: str) -> Telling | None:
    """Find secrets in a source file; None if there is none.

    Only literals count, as code that uses a secret names it too. Of a notebook the cells are
    looked at as code, and what they printed as text.
    """
    if name.lower().endswith(".ipynb") and (cells := _cells(text)) is not None:
        code, printed = cells
        return _telling(code, "source") or _telling(printed, "notebook output")
    return _telling(text, "source")


def _telling(text: str, place: str) -> Telling | None:
    found = find(text, PLACES[place])
    kind = kind_of(found)
    if kind is None:
        return None
    where = " in what a cell printed" if place == "notebook output" else ""
    return Telling(kind + where, tuple(text[each.start : each.end] for each in found))


def _cells(text: str) -> tuple[str, str] | None:
    """Split a notebook into its code and what it printed; None for what is not a notebook."""
    try:
        cells = json.loads(text)["cells"]
        code = "\n".join(_joined(cell.get("source", "")) for cell in cells)
        printed = [_joined(cell.get("outputs", ())) for cell in cells]
        return code, "\n".join([*printed, *(_joined(cell.get("metadata")) for cell in cells)])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _joined(value: Any) -> str:
    """Write all texts in a JSON value, one after the other."""
    return "".join(_texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in cast("dict[str, Any]", value).items():
            yield f"\n{key}: "
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _texts(inner)


def left_out(path: bytes, why: str) -> Gap:
    """Say that a file is not part of the recorded code, and what to do."""
    return Gap(
        field="code",
        reason=f"{escape(path)} {why}, so it is not recorded",
        fix="commit it if it belongs to the code, or name it in .gitignore if it does not",
    )
