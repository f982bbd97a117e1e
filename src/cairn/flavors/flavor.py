"""What a flavor is: a way to turn a model into files and back."""

from pathlib import Path
from typing import Any, Protocol

from cairn.core.digest import Digest
from cairn.core.request import Record
from cairn.core.version import Safety


class FileSafety(Record, frozen=True):
    """What one file is, judged by its content, and whether loading it can run code.

    `safe`: the format holds data only and the content keeps to it. `unsafe`: loading it can
    run code that no ordinary model needs, or it cannot be read to its end. `unknown`: nothing
    bad was found, and nothing rules it out. `names` are the globals outside the allow-list.
    """

    path: str
    format: str
    safety: Safety
    reasons: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Inspection(Record, frozen=True, tag_field="cairn", tag="inspection/1"):
    """A verdict on every file of a directory, and the allow-list that it was made with."""

    files: tuple[FileSafety, ...]
    allow_list: Digest

    @property
    def safety(self) -> Safety:
        """The worst verdict of all files; an empty directory is `unknown`."""
        found = {file.safety for file in self.files} or {"unknown"}
        return next(s for s in ("unsafe", "unknown", "safe") if s in found)

    @property
    def formats(self) -> dict[str, str]:
        """The format of each file by its path."""
        return {file.path: file.format for file in self.files}

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not safe: one sentence for each finding, with its file."""
        return tuple(
            f"{file.path}: {reason}"
            for file in self.files
            if file.safety != "safe"
            for reason in file.reasons
        )


class Written(Record, frozen=True):
    """A model that was just written: by which flavor, and what its files are."""

    flavor: str
    inspection: Inspection


class Flavor(Protocol):
    """One way to store models; a module with these functions is one, and so is an object.

    Plugins offer one through the entry-point group `cairn.flavors`.
    """

    @property
    def name(self) -> str:
        """The word that versions record: `sklearn`."""
        ...

    def handles(self, model: object) -> bool:
        """Tell whether `save` takes this object, without importing anything heavy."""
        ...

    def recognises(self, directory: Path) -> bool:
        """Tell whether `load` would take this directory, by its content."""
        ...

    def save(self, model: object, directory: Path) -> None:
        """Write the model into an existing directory; equal models give equal bytes."""
        ...

    def load(self, directory: Path, *, trust: bool) -> object:
        """Read the model; raises `Refused` if that could run code and `trust` is false."""
        ...

    def score(self, model: object, inputs: Any, *, method: str) -> Any:
        """Predict one row of an array for each row of `inputs`."""
        ...
