"""The starting policy of a project, bound by itself: production is guarded from the start.

That happens once, with the first snapshot that it can pin, to a label that never had a policy,
and only while its file is as `cairn init` or `cairn gate new` wrote it. What somebody changed
is theirs to bind.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from cairn.core import reference
from cairn.core.errors import CairnError
from cairn.core.evaluation import Task
from cairn.core.gate import ListPolicies, Policy, PolicyInfo
from cairn.core.gated import ALWAYS
from cairn.core.name import ModelName, shown
from cairn.registry import Registry

REASON = "the starting policy, bound with the first snapshot that it can pin"


def bind_starters(registry: Registry) -> tuple[tuple[Path, PolicyInfo], ...]:
    """Bind each starting policy that can be bound now; return them with their files."""
    return tuple(
        (path, registry.set_policy(f"{model}@{ALWAYS}", policy, reason=REASON))
        for path, model in _starters(registry)
        if (policy := _loaded(registry, path, model)) is not None
    )


def _starters(registry: Registry) -> Iterator[tuple[Path, ModelName]]:
    """Find starting policies that nobody changed, of models that are scored and unguarded."""
    settings = registry.settings
    for path in sorted((settings.folder / "gates").glob("*.yaml")):
        try:
            model = reference.model_name(path.stem, team=settings.team)
        except CairnError:
            continue
        if settings.model(model).evaluation is None or not registry.versions(model):
            continue
        asked = ListPolicies(model=model, label=ALWAYS)
        if not registry.engine.send(asked) and _is_unchanged(path, model):
            yield path, model


def _is_unchanged(path: Path, model: ModelName) -> bool:
    from cairn.gates.template import starter_policy  # loads NumPy, and few commands need it

    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return text in {starter_policy(shown(model), task) for task in get_args(Task)}


def _loaded(registry: Registry, path: Path, model: ModelName) -> Policy | None:
    """Pin what a policy names; None while that cannot be pinned."""
    from cairn.gates.policy import load_policy

    try:
        return load_policy(path, registry, model)
    except CairnError:
        return None
