"""A model object <-> a directory of files: safe formats first, pickle only after a scan."""

from pathlib import Path

from cairn.flavors.choose import flavor_for, flavor_in, flavor_named
from cairn.flavors.flavor import FileSafety, Flavor, Inspection, Written
from cairn.flavors.frame import read_frame, write_frame
from cairn.flavors.golden import Golden, check_golden, make_golden
from cairn.flavors.loadback import loads_back
from cairn.flavors.scan import inspect

__all__ = [
    "FileSafety",
    "Flavor",
    "Golden",
    "Inspection",
    "Written",
    "check_golden",
    "flavor_for",
    "flavor_in",
    "flavor_named",
    "inspect",
    "load",
    "loads_back",
    "make_golden",
    "read_frame",
    "save",
    "write_frame",
]


def save(model: object, directory: Path) -> Written:
    """Write a model into a directory (made if needed) in the safest format there is for it.

    Raises `Invalid` naming the class if there is none.
    """
    flavor = flavor_for(model)
    directory.mkdir(parents=True, exist_ok=True)
    flavor.save(model, directory)
    return Written(flavor=flavor.name, inspection=inspect(directory))


def load(directory: Path, *, trust: bool = False) -> object:
    """Read the model in a directory; safe formats are preferred to others beside them.

    What is read must be verified already: nothing here knows what it should be. Raises
    `Refused` if loading could run code and `trust` is false, with what was found.
    """
    return flavor_in(directory).load(directory, trust=trust)
