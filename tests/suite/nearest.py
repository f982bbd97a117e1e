"""Names the test files nearest to what changed, as many as run in a minute and a half.

    python tests/suite/nearest.py [BASE]

What changed since BASE (a commit, `main` unless named), in commits and in the working tree,
reaches a test file over imports: of the test file, of the builders that it uses, and of the
package. Files nearer to a change come first. What a file costs is what it cost when it last
ran; what there was no room for is said on standard error.
"""

import ast
import json
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
COSTS = ROOT / ".pytest_cache/v/cairn/costs"
SECONDS = 110  # of CPU, on two cores, beside the start of the workers
UNKNOWN_SECONDS = 2.0
EVERYWHERE = {"tests/conftest.py", "pyproject.toml", "uv.lock"}
ALWAYS = ("tests/test_architecture.py",)


def nearest(
    changed: Iterable[str], imports: Mapping[str, set[str]], tests: Iterable[str]
) -> dict[str, int]:
    """Return the tests that a change reaches, each with the number of imports in between."""
    importers: dict[str, set[str]] = {}
    for file, imported in imports.items():
        for name in imported:
            importers.setdefault(name, set()).add(file)
    steps = dict.fromkeys(changed, 0)
    waiting = deque(steps)
    while waiting:
        file = waiting.popleft()
        for importer in importers.get(file, set()) - steps.keys():
            steps[importer] = steps[file] + 1
            waiting.append(importer)
    return {test: steps[test] for test in tests if test in steps}


def fitting(
    steps: Mapping[str, int], costs: Mapping[str, float], *, seconds: float
) -> tuple[list[str], list[str]]:
    """Choose the nearest tests, of equally near ones the cheaper; return the rest too."""
    chosen: list[str] = []
    rest: list[str] = []
    for test in sorted(steps, key=lambda test: (steps[test], costs.get(test, 0), test)):
        cost = costs.get(test, UNKNOWN_SECONDS)
        (chosen if cost <= seconds else rest).append(test)
        seconds -= cost if cost <= seconds else 0
    return chosen, rest


def graph(root: Path) -> dict[str, set[str]]:
    """Return which files of the project each Python file imports, and what lies beside it."""
    files = {
        _module(path.relative_to(root)): path.relative_to(root).as_posix()
        for folder in ("src", "tests")
        for path in (root / folder).rglob("*.py")
    }
    found = {
        file: {files[name] for name in _imported(root / file) if name in files}
        for file in files.values()
    }
    for conftest in [file for file in found if file.endswith("/conftest.py")]:
        folder = conftest.removesuffix("conftest.py")
        if folder == "tests/":  # see `carriers`: it is not on the way from everything to all
            continue
        for file, imported in found.items():
            if file.startswith(folder) and file != conftest:
                imported.add(conftest)
    return found


def carriers(path: str, files: Iterable[str]) -> set[str]:
    """Return what stands for a changed file: itself, or the Python files that read it."""
    if path in EVERYWHERE:
        return {file for file in files if file.startswith("tests/")}
    if path.endswith(".py"):
        return {path}
    if path.startswith("docs/") or path == "README.md":
        return {file for file in files if file.startswith("tests/examples/")}
    folder = path.rpartition("/")[0]
    while folder:
        beside = {file for file in files if file.rpartition("/")[0] == folder}
        if beside:
            return beside
        folder = folder.rpartition("/")[0]
    return set()


def _module(path: Path) -> str:
    parts = path.with_suffix("").parts[1:]  # below src, or tests, which is on the path
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _imported(path: Path) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            within = _module(path.relative_to(ROOT)).split(".")[: -node.level or None]
            start = ".".join([*(within if node.level else []), node.module or ""]).strip(".")
            names.add(start)
            names.update(f"{start}.{alias.name}" for alias in node.names)
    return frozenset(names)


def _changed(base: str) -> set[str]:
    def git(*words: str) -> list[str]:
        done = subprocess.run(
            ["git", *words], cwd=ROOT, check=True, capture_output=True, text=True
        )
        return done.stdout.splitlines()

    (fork,) = git("merge-base", base, "HEAD")
    return {
        *git("diff", "--name-only", fork),
        *git("ls-files", "--others", "--exclude-standard"),
    }


def main() -> None:
    """Print the files, one a line."""
    changed = _changed(sys.argv[1] if len(sys.argv) > 1 else "main")
    imports = graph(ROOT)
    tests = [file for file in imports if file.rpartition("/")[2].startswith("test_")]
    starts = {file for path in changed for file in carriers(path, imports)}
    steps = nearest(starts, imports, tests) | dict.fromkeys(ALWAYS, 0)
    costs: dict[str, float] = json.loads(COSTS.read_text()) if COSTS.exists() else {}
    chosen, rest = fitting(steps, costs, seconds=SECONDS)
    sys.stdout.write("".join(f"{file}\n" for file in chosen))
    if rest:
        nearby = ", ".join(rest[:5])
        sys.stderr.write(f"left for `make test`: {len(rest)} files, the nearest {nearby}\n")


if __name__ == "__main__":
    main()
