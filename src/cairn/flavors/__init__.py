"""A model object <-> a directory of files: safe formats first, pickle only after a scan.

What each name needs is imported when it is asked for: a process that only judges files starts
without the libraries that models need.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cairn.core.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from cairn.flavors.choose import flavor_for, flavor_in, flavor_named
    from cairn.flavors.flavor import FileSafety, Flavor, Inspection, Written
    from cairn.flavors.frames.frame import read_frame, write_frame
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

_HOMES = {
    "choose": ("flavor_for", "flavor_in", "flavor_named"),
    "flavor": ("FileSafety", "Flavor", "Inspection", "Written"),
    "frames.frame": ("read_frame", "write_frame"),
    "golden": ("Golden", "check_golden", "make_golden"),
    "loadback": ("loads_back",),
    "scan": ("inspect",),
}


def __getattr__(name: str) -> Any:
    """Import what is asked for from the module that defines it."""
    home = next((home for home, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def save(model: object, directory: "Path") -> "Written":
    """Write a model into a directory (made if needed) in the safest format there is for it.

    Raises `Invalid` naming the class if there is none.
    """
    from cairn.flavors.choose import flavor_for
    from cairn.flavors.flavor import Written
    from cairn.flavors.scan import inspect

    flavor = flavor_for(model)
    directory.mkdir(parents=True, exist_ok=True)
    flavor.save(model, directory)
    return Written(flavor=flavor.name, inspection=inspect(directory))


def load(directory: "Path", *, trust: bool = False, files: bool = True) -> object:
    """Read the model in a directory; safe formats are preferred to others beside them.

    Of files that no flavor loads it is the directory itself, unless `files` rules that out.

    What is read must be verified already: nothing here knows what it should be. Raises
    `Refused` if loading could run code and `trust` is false, with what was found.
    """
    from cairn.flavors.choose import flavor_in

    flavor = flavor_in(directory)
    if flavor.name == "files" and not files:
        named = ", ".join(sorted(path.name for path in directory.iterdir()))
        raise Refused(
            f"Cairn does not load what this version is: {named}",
            fix="`cairn.load(VERSION, files=True).model` is their folder",
        )
    return flavor.load(directory, trust=trust)
