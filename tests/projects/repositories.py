"""Real git repositories in temporary folders."""

import os
import subprocess
from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    """Run git and return what it writes, without the last line end."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, env=quiet()
    )
    return done.stdout.decode().rstrip("\n")


def quiet() -> dict[str, str]:
    """Give an environment in which git knows nobody's configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {
        **kept,
        "GIT_CONFIG_GLOBAL": os.environ.get("GIT_CONFIG_GLOBAL", os.devnull),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_NAME": "Ada" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "ada@example.org" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_DATE": "2026-01-01T00:00:00Z" for who in ("AUTHOR", "COMMITTER")},
    }


def repository(folder: Path, files: dict[str, str | bytes] | None = None) -> Path:
    """Make a repository with one commit."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    for name, content in (files or {"train.py": "print(1)\n"}).items():
        write(folder / name, content)
    commit(folder)
    return folder


def commit(folder: Path) -> str:
    """Commit everything that is not ignored and return the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=work")
    return git(folder, "rev-parse", "HEAD")


def write(place: Path, content: str | bytes) -> None:
    """Write a file and the folders above it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content.encode() if isinstance(content, str) else content)


def files_of(folder: Path) -> dict[str, tuple[str, bytes]]:
    """List all files but git's own: what kind each is, and its bytes."""
    found: dict[str, tuple[str, bytes]] = {}
    for place in sorted(folder.rglob("*")):
        name = os.fsencode(place.relative_to(folder)).decode(errors="backslashreplace")
        if ".git" in place.relative_to(folder).parts:
            continue
        if place.is_symlink():
            found[name] = ("link", os.fsencode(place.readlink()))
        elif place.is_file():
            kind = "executable" if place.stat().st_mode & 0o100 else "file"
            found[name] = (kind, place.read_bytes())
    return found
