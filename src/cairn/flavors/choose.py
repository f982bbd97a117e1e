"""Which flavor: by the model's class, by a directory's content, or by name."""

from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from cairn.core.errors import Invalid, NotFound
from cairn.flavors import catboost, files, lightgbm, pickled, sklearn, xgboost
from cairn.flavors.flavor import Flavor

GROUP = "cairn.flavors"
_OWN: tuple[Flavor, ...] = (sklearn, xgboost, lightgbm, catboost)
PARTS = ("name", "handles", "recognises", "save", "load", "score")


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
        raise NotFound(f"{directory} is not a directory: there is no model to load")
    found = next((f for f in _flavors() if f.recognises(directory)), None)
    if found is None:
        raise NotFound(f"{directory} has no files: there is no model to load")
    return found


def _flavors() -> Iterator[Flavor]:
    """Safe formats, then plugins, then pickle; any other directory is plain files."""
    yield from _OWN
    yield from plugins()
    yield pickled
    yield files


@cache
def plugins() -> tuple[Flavor, ...]:
    """Load the flavors that installed distributions offer, in order of their names.

    Raises `Invalid` naming the plugin that cannot be loaded, lacks a function, or takes a name
    that there is already.
    """
    found: list[Flavor] = []
    taken = {flavor.name for flavor in (*_OWN, pickled, files)}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        flavor = _plugin(point)
        if flavor.name in taken:
            raise Invalid(
                f"{_origin(point)} offers the flavor {flavor.name!r}, which there is already"
            )
        taken.add(flavor.name)
        found.append(flavor)
    return tuple(found)


def _plugin(point: EntryPoint) -> Flavor:
    try:
        offered = point.load()
    except Exception as error:  # other people's code may raise anything
        raise Invalid(f"{_origin(point)} cannot be loaded: {error!r}") from error
    missing = [part for part in PARTS if not hasattr(offered, part)]
    if missing:
        raise Invalid(f"{_origin(point)} is not a flavor: it has no {', '.join(missing)}")
    return offered


def _origin(point: EntryPoint) -> str:
    return f"the plugin {point.name} ({point.value})"
