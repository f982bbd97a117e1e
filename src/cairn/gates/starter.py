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
from cairn.core.gate import ListPolicies, Policy, PolicyInfo, SetPolicy
from cairn.core.gated import ALWAYS
from cairn.core.name import ModelName, shown
from cairn.core.version import ListVersions
from cairn.project import Project

REASON = "the starting policy, bound with the first snapshot that it can pin"


def bind_starters(project: Project) -> tuple[PolicyInfo, ...]:
    """Bind the starting policy to each model that it can be bound to now."""
    return tuple(
        _bind(project, model, policy)
        for model in _unguarded(project)
        if (policy := _starter(project, model)) is not None
    )


def _bind(project: Project, model: ModelName, policy: Policy) -> PolicyInfo:
    digest = project.objects.put_record(policy)
    asked = SetPolicy(model=model, label=ALWAYS, policy=digest, reason=REASON)
    return project.engine.send(asked)


def _unguarded(project: Project) -> Iterator[ModelName]:
    """Find the models that are scored, have a version, and never had a policy."""
    settings = project.settings
    for name in sorted(settings.models):
        model = reference.model_name(name, team=settings.team)
        if settings.models[name].evaluation is None:
            continue
        if project.engine.send(ListVersions(model=model, limit=1)) and not (
            project.engine.send(ListPolicies(model=model, label=ALWAYS))
        ):
            yield model


def _starter(project: Project, model: ModelName) -> Policy | None:
    """Pin the starting policy for what a model predicts.

    None where somebody wrote one of their own, and while it cannot be pinned.
    """
    from cairn.gates import template  # loads NumPy, and few commands need it
    from cairn.gates.policy import pin_policy
    from cairn.gates.task import asked

    settings = project.settings.model(model).evaluation
    own = template.policy_file(shown(model))
    path = own if (project.settings.folder / own).exists() else template.NEUTRAL
    called = shown(model) if path == own else template.ANY
    try:
        text = (project.settings.folder / path).read_text("utf-8")
        if settings is None or text not in _unchanged(called):
            return None
        fitting = template.starter_policy(called, asked(project, settings)[0])
        return pin_policy(text if path == own else fitting, path, project, model)
    except (OSError, UnicodeDecodeError, CairnError):
        return None


def _unchanged(model: str) -> set[str]:
    from cairn.gates.template import starter_policy

    return {starter_policy(model, task) for task in get_args(Task)}
