"""Version control for models: from training run to production label and back, on evidence.

    registry = cairn.open()                          the project around the working folder
    registry.snapshot("data/test.csv", name="test")  freeze data
    with cairn.run("churn", seed=7) as run: ...      capture a training run
    registry.promote(run.version, "production")      judge, then move the label
    cairn.load("churn@production").model             verified bytes, then the model
    registry.rollback("churn")                       back to the last known-good version
    registry.versions("churn").to_frame()            a row a version, for pandas

`Registry` has the methods; the errors say what the caller can do.
"""

from typing import TYPE_CHECKING, Any

from cairn.core.errors import (
    CairnError,
    Conflict,
    Corrupt,
    Forbidden,
    Inconclusive,
    Invalid,
    NotFound,
    Refused,
    Unavailable,
)

if TYPE_CHECKING:
    from pathlib import Path

    from cairn.registry import Registry
    from cairn.registry.session import Session
    from cairn.served import Served

__version__ = "0.2.0"

__all__ = [
    "CairnError",
    "Conflict",
    "Corrupt",
    "Forbidden",
    "Inconclusive",
    "Invalid",
    "NotFound",
    "Refused",
    "Registry",
    "Unavailable",
    "load",
    "open",
    "run",
]


def open(start: "str | Path | None" = None) -> "Registry":  # noqa: A001 (cairn.open is the verb)
    """Open the registry of the project in or above `start` (default: the working folder).

    Raises `NotFound` where no `cairn.toml` lies, and `Invalid` for a store of a newer format.
    """
    from cairn.registry import Registry

    return Registry.open(start)


def run(model: str, *, seed: int | None = None) -> "Session":
    """Capture a training run as a context; `seed` seeds random, NumPy and PyTorch if used."""
    from cairn.registry.session import Session

    return Session(open(), model, seed=seed)


def load(version: str, *, trust: bool = False, files: bool = False) -> "Served":
    """Load a version by any reference, every byte verified first.

    `trust` allows formats that can run code when they are read, after a scan. Of files that
    Cairn cannot load `files` gives their folder.
    """
    return open().load(version, trust=trust, files=files)


def __dir__() -> list[str]:
    """List what is public: these names are all that is meant to be used."""
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    if name == "Registry":
        from cairn.registry import Registry

        return Registry
    raise AttributeError(name)
