"""The starting policy of a project, bound by itself: production is guarded from the start.

That happens once, with the first snapshot that it can pin, to a label that never had a policy,
and only while its file is as it was written: by `cairn init` for whatever model comes, or by
`cairn gate new` for this one. What somebody changed is theirs to bind.
"""

from collections.abc import Iterator
from typing import get_args

from cairn.core import reference
from cairn.core.errors import CairnError
from cairn.core.evaluation import Task
from cairn.core.gate import ListPolicies, Policy, PolicyInfo
from cairn.core.gated import ALWAYS
from cairn.core.name import ModelName, shown
from cairn.core.version import ListVersions
from cairn.registry import Registry

REASON = "the starting policy, bound with the first snapshot that it can pin"


def bind_starters(registry: Registry) -> tuple[PolicyInfo, ...]:
    """Bind the starting policy to each model that it can be bound to now."""
    return tuple(
        registry.set_policy(f"{model}@{ALWAYS}", policy, reason=REASON)
        for model in _unguarded(registry)
        if (policy := _starter(registry, model)) is not None
    )


def _unguarded(registry: Registry) -> Iterator[ModelName]:
    """Find the models that are scored, have a version, and never had a policy."""
    settings = registry.settings
    for name in sorted(settings.models):
        model = reference.model_name(name, team=settings.team)
        if settings.models[name].evaluation is None:
            continue
        if registry.engine.send(ListVersions(model=model, limit=1)) and not (
            registry.engine.send(ListPolicies(model=model, label=ALWAYS))
        ):
            yield model


def _starter(registry: Registry, model: ModelName) -> Policy | None:
    """Pin the starting policy for what a model predicts.

    None where somebody wrote one of their own, and while it cannot be pinned.
    """
    from cairn.gates import template  # loads NumPy, and few commands need it
    from cairn.gates.policy import pin_policy
    from cairn.gates.task import asked

    settings = registry.settings.model(model).evaluation
    own = template.policy_file(shown(model))
    path = own if (registry.settings.folder / own).exists() else template.NEUTRAL
    called = shown(model) if path == own else template.ANY
    try:
        text = (registry.settings.folder / path).read_text("utf-8")
        if settings is None or text not in _unchanged(called):
            return None
        fitting = template.starter_policy(called, asked(registry, settings)[0])
        return pin_policy(text if path == own else fitting, path, registry, model)
    except (OSError, UnicodeDecodeError, CairnError):
        return None


def _unchanged(model: str) -> set[str]:
    from cairn.gates.template import starter_policy

    return {starter_policy(model, task) for task in get_args(Task)}
