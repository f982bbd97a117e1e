"""What captured runs know of a project's models: a gap that a run filled in is closed."""

from cairn.core.version import Manifest
from cairn.inventory.findings import INGREDIENTS, Captured, Ingredient
from cairn.project import Project


def captured(project: Project) -> tuple[Captured, ...]:
    """Name for each ingredient the newest version, made by a run, that has it."""
    found: dict[Ingredient, str] = {}
    for version in project.newest():
        if len(found) == len(INGREDIENTS):
            break
        if version.run is not None and version.deleted is None:
            for ingredient in _known(version.manifest):
                found.setdefault(ingredient, version.name)
    return tuple(
        Captured(ingredient=ingredient, version=found[ingredient])
        for ingredient in INGREDIENTS
        if ingredient in found
    )


def _known(manifest: Manifest) -> list[Ingredient]:
    """List the ingredients that a version has."""
    has: dict[Ingredient, object] = {
        "weights": manifest.artifacts,
        "data": [given for given in manifest.inputs if given.role in ("train", "input")],
        "code": manifest.code,
        "hyperparameters": manifest.parameters,
        "metrics": manifest.metrics,
        "environment": manifest.environment,
        "seeds": manifest.seeds if not manifest.unseeded else None,
    }
    return [ingredient for ingredient, part in has.items() if part]
