"""Training code: where a training can start, and whether git keeps it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cairn.core.errors import Unavailable
from cairn.core.tree import escape
from cairn.data.git import find_top, run_git
from cairn.inventory.findings import Tracking
from cairn.inventory.source import Source, called

_TRAINS = frozenset(
    {"fit", "fit_transform", "fit_predict", "partial_fit", "fit_generator", "fit_one_cycle"}
    | {"train", "train_model", "train_on_batch", "backward", "learn"}
)
_TESTS = re.compile(r"(?:^|/)(?:tests?/|test_[^/]*\.py$|[^/]*_test\.py$|conftest\.py$)")


class Repository(NamedTuple):
    """What git keeps of the project; `files` are escaped paths, `reason` why none is known."""

    known: bool
    files: frozenset[str] = frozenset()
    reason: str = ""

    def tracking(self, name: str) -> Tracking:
        """Say whether git keeps a file."""
        if self.reason:
            return "unknown"
        if not self.known:
            return "no-repository"
        return "tracked" if name in self.files else "untracked"


def repository(root: Path) -> Repository:
    """Ask git, once, which files under `root` it keeps."""
    if find_top(root) is None:
        return Repository(known=False)
    try:
        kept = run_git(("ls-files", "-z", "--recurse-submodules"), root)
    except Unavailable as error:
        return Repository(known=False, reason=str(error))
    return Repository(known=True, files=frozenset(map(escape, kept.split(b"\0"))))


def is_test(name: str) -> bool:
    """Tell tests, which train nothing that anybody keeps, from the rest of the code."""
    return _TESTS.search(name) is not None


def signs(source: Source) -> Iterator[str]:
    """Say what makes a file of code a place where a training can start."""
    for node in source.nodes:
        if isinstance(node, ast.If) and _is_main_guard(node.test):
            yield f"runs as a script, line {node.lineno}"
            break
    for node in source.nodes:
        if isinstance(node, ast.Call):
            last = called(source, node).rpartition(".")[2]
            if last in _TRAINS:
                yield f"calls {last}, {source.place(node.lineno)}"
                return


def _is_main_guard(test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            sides = [left, right]
        case _:
            return False
    names = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    return names and any(isinstance(s, ast.Constant) and s.value == "__main__" for s in sides)
