"""Register, promote and roll back in one process, saying aloud what was acknowledged.

Run by the fault tests as `python changes.py PROJECT`, usually under strace, on a copy of a
project in which two versions are registered and the first is live.
"""

import sys
from pathlib import Path

from cairn.core.errors import CairnError
from cairn.core.label import Anyone, MoveLabel
from cairn.core.version import RegisterVersion
from cairn.objects.folders.tree import store_tree
from projects.store import MODEL, manifest, open_registry


def main(folder: Path) -> None:
    """Do the three changes; print a line after each that was answered."""
    registry = open_registry(folder)

    def attempt(name: str, change: object) -> None:
        try:
            change()  # type: ignore[operator] (a change is callable)
        except CairnError as error:
            say(f"error {name} {type(error).__name__}: {error}")
        else:
            say(f"ack {name}")

    def register() -> None:
        (folder / "weights").mkdir(exist_ok=True)
        (folder / "weights" / "a.bin").write_bytes(b"a" * 5000)
        store_tree(registry.objects, folder / "weights")
        digest = manifest(registry, "third")
        registry.engine.send(RegisterVersion(model=MODEL, manifest=digest))

    def promote() -> None:
        second = registry.version("churn:2")
        registry.engine.send(
            MoveLabel(
                model=MODEL,
                label="production",
                version=second.digest,
                expecting=Anyone(),
                reason="in a hurry",
                ungated=True,
            )
        )

    attempt("register", register)
    attempt("promote", promote)
    attempt("rollback", lambda: registry.rollback("churn"))


def say(text: str) -> None:
    """Write a line that the test reads at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
