"""Which uncommitted files belong to the code: sources, never secrets, nothing huge.

A file is taken as it is or not at all. One that seems to hold a secret is left out and named
in a gap: cutting the secret out would record code that never ran.
"""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from cairn.capture.redact import find_secret
from cairn.core.run import Gap
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
      | kubeconfig (?: \. ya?ml )?
      | \. (?: aws | ssh | gnupg | kube | azure | docker ) / .*
    ) $"""
)


@dataclass(frozen=True)
class Taken:
    """The exact content of one path: git's mode and the bytes, or neither if it is gone."""

    mode: bytes | None = None
    content: bytes = b""


def is_private(path: bytes) -> bool:
    """Tell whether a file is one for secrets by its name: `.env`, `id_rsa`, `*.pem`."""
    return _PRIVATE.search(os.fsdecode(path)) is not None


def is_source(path: bytes) -> bool:
    """Tell whether an untracked file is code or configuration by its name."""
    name = Path(os.fsdecode(path).lower())
    stem = name.name.partition(".")[0] if name.name[0] != "." else name.name
    return name.suffix in SUFFIXES or name.name in NAMES or stem in NAMES


def take(folder: Path, path: bytes, *, tracked: bool) -> Taken | Gap | None:
    """Read an uncommitted file, or say why it is left out; None if it is no source."""
    if not tracked and (is_private(path) or not is_source(path)):
        return None
    if is_private(path):
        return _left_out(path, "differs from the commit and is a file for secrets")
    try:
        return _read(folder / os.fsdecode(path), path, tracked=tracked)
    except (FileNotFoundError, NotADirectoryError):
        return Taken() if tracked else None
    except OSError as error:
        return _left_out(path, f"is uncommitted and cannot be read: {error.strerror}")


def _read(place: Path, path: bytes, *, tracked: bool) -> Taken | Gap:
    found = place.lstat()
    if stat.S_ISLNK(found.st_mode):
        return Taken(b"120000", os.fsencode(place.readlink()))
    if tracked and stat.S_ISDIR(found.st_mode):
        return Taken()
    if not stat.S_ISREG(found.st_mode):
        return _left_out(path, "is uncommitted and is neither a file nor a link")
    if found.st_size > (LARGEST_CHANGE if tracked else LARGEST_SOURCE):
        return _left_out(path, f"is uncommitted and has {found.st_size >> 20} MiB")
    content = place.read_bytes()
    if secret := find_secret(content.decode(errors="replace")):
        return _left_out(path, f"is uncommitted and seems to hold {secret}")
    return Taken(b"100755" if found.st_mode & stat.S_IXUSR else b"100644", content)


def _left_out(path: bytes, why: str) -> Gap:
    return Gap(
        field="code",
        reason=f"{escape(path)} {why}, so it is not recorded",
        fix="commit it if it belongs to the code, or name it in .gitignore if it does not",
    )
