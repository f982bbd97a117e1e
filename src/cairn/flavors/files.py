"""Any directory of files: kept, checked and handed back by path, never loaded in process."""

from pathlib import Path
from typing import Any, Final

from cairn.core.errors import Invalid, NotFound

name: Final = "files"


def handles(model: object) -> bool:
    """Tell that no object in memory is a directory of files."""
    del model
    return False


def recognises(directory: Path) -> bool:
    """Tell whether there is any file at all."""
    return any(path.is_file() for path in directory.rglob("*"))


def save(model: object, directory: Path) -> None:
    """Raise `Invalid`: whoever made the object knows how to write it."""
    raise Invalid(
        f"a {type(model).__qualname__} cannot be written to {directory} as plain files: "
        "write it with its own library and register the files"
    )


def load(directory: Path, *, trust: bool) -> Path:
    """Hand back the directory itself, verified and unopened; trusting changes nothing."""
    del trust
    if not recognises(directory):
        raise NotFound(f"{directory} has no files")
    return directory


def score(model: object, inputs: Any, *, method: str) -> Any:
    """Raise `Invalid`: files give no predictions."""
    del inputs, method
    raise Invalid(
        f"{model} holds files that Cairn does not load in process: load them with the "
        "framework that wrote them, or install a plugin that offers a flavor for them"
    )
