"""Which flavor: by the model's class, by a directory's content, or by name."""

from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from cairn.core.errors import Invalid, NotFound
from cairn.flavors import files, pickled, sklearn
from cairn.flavors.flavor import Flavor

GROUP = "cairn.flavors"


def flavor_for(model: object) -> Flavor:
    """Choose the flavor that stores this object; raises `Invalid` naming its class."""
    for flavor in _flavors():
        if flavor.handles(model):
            return flavor
    kind = f"{type(model).__module__}.{type(model).__qualname__}"
    raise Invalid(
        f"Cairn has no safe format for a {kind}: write it to a file with its own library and "
        "register that file, or install a plugin that offers a flavor for it"
    )


def flavor_scoring(model: object) -> Flavor:
    """Choose the flavor that asks an object for predictions; any object will do."""
    return next((flavor for flavor in _flavors() if flavor.handles(model)), pickled)


def flavor_named(name: str) -> Flavor:
    """Look a flavor up by the name that versions record; raises `NotFound`."""
    known = {flavor.name: flavor for flavor in _flavors()}
    if name not in known:
        raise NotFound(
            f"there is no flavor {name!r}: installed are {', '.join(sorted(known))}"
        )
    return known[name]


def flavor_in(directory: Path) -> Flavor:
    """Choose the flavor that loads this directory, safe formats first; raises `NotFound`."""
    if not directory.is_dir():
        raise NotFound(f"{directory} is no directory: there is no model to load")
    found = next((f for f in _flavors() if f.recognises(directory)), None)
    if found is None:
        raise NotFound(f"{directory} has no files: there is no model to load")
    return found


def _flavors() -> Iterator[Flavor]:
    """Safe formats, then plugins, then pickle; any other directory is plain files."""
    yield sklearn
    yield from plugins()
    yield pickled
    yield files


@cache
def plugins() -> tuple[Flavor, ...]:
    """Load the flavors that installed distributions offer, in order of their names."""
    offered = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return tuple(point.load() for point in offered)
