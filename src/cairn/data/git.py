"""Git, asked as a program: without locks, helpers or anybody's variables in between."""

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cairn.core.errors import Unavailable

TIMEOUT_SECONDS = 120
# Hooks and aliases run with variables that point git elsewhere; only these are harmless.
_KEPT = frozenset(
    {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH"}
    | {"GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"}
)


def find_top(folder: Path) -> Path | None:
    """Return the top of the working tree around `folder`."""
    return next((at for at in (folder, *folder.parents) if _is_top(at / ".git")), None)


def _is_top(marker: Path) -> bool:
    """Tell a repository, or the file of a worktree or submodule, from an empty folder."""
    return marker.is_file() or (marker / "HEAD").exists()


def run_git(
    arguments: Sequence[str | bytes],
    folder: Path,
    *,
    allowed: Sequence[int] = (0,),
    given: bytes = b"",
    variables: Mapping[str, str] | None = None,
) -> bytes:
    """Run git in `folder` and return what it writes; `given` is what it reads.

    Raises `Unavailable` with git's own words if it is missing, fails or takes too long.
    """
    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 (git itself, with arguments made here)
            command,
            cwd=folder,
            input=given,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
            env=_environment(variables or {}),
        )
    except FileNotFoundError as error:
        raise Unavailable("git is not installed") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(
            f"git {os.fsdecode(arguments[0])} did not answer: {error}"
        ) from error
    if done.returncode not in allowed:
        raise Unavailable(f"git {os.fsdecode(arguments[0])} failed: {_words(done.stderr)}")
    return done.stdout


def without_filters(names: Iterable[str]) -> dict[str, str]:
    """Return variables by which git runs none of the filters that its configuration names.

    They are programs, and whoever wrote the repository's configuration chose them.
    """
    drivers = sorted({name.rpartition(".")[0] for name in names if name.startswith("filter.")})
    off = [(f"{name}.{key}", "") for name in drivers for key in ("clean", "smudge", "process")]
    off += [(f"{name}.required", "false") for name in drivers]
    found = {"GIT_CONFIG_COUNT": str(len(off))} if off else {}
    for number, (key, value) in enumerate(off):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return found


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in _KEPT
    }
    return {**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", **variables}


def _words(stderr: bytes) -> str:
    """Take the sentence out of git's complaint."""
    lines = stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
    return lines[0].removeprefix("fatal: ").removeprefix("error: ")
