"""What `cairn run` costs in CPU time beside the script alone."""

import re
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from peers import machine

RUNS = 5
README = Path(__file__).parents[1] / "README.md"


def main() -> None:
    """Measure each script alone and under capture, in turn."""
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make(folder)
        library = captured = bare = 0.0
        imports = [sys.executable, "-c", "import sklearn.ensemble"]
        for script in ("empty.py", "train.py"):
            alone = [sys.executable, script]
            watched = [sys.executable, "-m", "cairn", "run", "--model", "m", "--", *alone]
            bare, captured, library = _in_turn(folder, alone, watched, imports)
            print(f"  {script:<10}{bare:7.2f} s alone {captured:7.2f} s under capture")
        ratio = (captured - library) / bare
        print(f"  its library, imported once more to load back: {library:.2f} s")
        print(f"  under capture / alone, without that import: {ratio:.2f}")


def _make(folder: Path) -> None:
    for name in ("prepare.py", "train.py"):
        found = re.search(
            rf"cat > {name} <<'END'\n(.*?)\nEND\n", README.read_text(), re.DOTALL
        )
        if found is None:
            raise SystemExit(f"the README has no {name}")
        (folder / name).write_text(found[1])
    (folder / "empty.py").touch()
    (folder / ".gitignore").write_text("*.joblib\n.cairn/\n")
    for command in (
        [sys.executable, "prepare.py"],
        [sys.executable, "-m", "cairn", "init"],
        ["git", "init", "--quiet"],
        ["git", "add", "--all"],
        ["git", "-c", "user.name=b", "-c", "user.email=b@b", "commit", "--quiet", "-m", "b"],
    ):
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def _in_turn(folder: Path, *commands: list[str]) -> list[float]:
    """Run whole processes in turn, children included; return the median CPU seconds of each.

    Each has a depth of its own: a model that there is already is not loaded back again.
    """
    rounds = [
        [_seconds(folder, [*command, str(n)]) for command in commands]
        for n in range(1, RUNS + 1)
    ]
    return [statistics.median(found) for found in zip(*rounds, strict=True)]


def _seconds(folder: Path, command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    quiet = subprocess.DEVNULL
    subprocess.run(command, cwd=folder, check=True, stdout=quiet, stderr=quiet)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
