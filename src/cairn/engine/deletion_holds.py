"""What keeps a version from being deleted."""

from cairn.core.label import ARCHIVED, STAGING
from cairn.core.name import REHEARSAL
from cairn.core.version import Version
from cairn.engine import known_good, policies
from cairn.engine.context import Context


def of(context: Context, version: Version) -> tuple[str, ...]:
    """Say in words what holds a version: labels, and the stacks that rollbacks walk.

    The label that a version took by itself when it was registered keeps it only if that label
    is gated or has a policy.
    """
    free = {ARCHIVED, REHEARSAL}
    if version.stage_at_creation == STAGING and not _is_guarded(context, version):
        free.add(STAGING)
    found = [f"it holds the label {name}" for name in version.labels if name not in free]
    for (name,) in context.tx.all("label_names", model=version.model):
        if name in version.labels or name in free:
            continue
        targets = known_good.targets(context, version.model, name)
        if any(step.after == version.digest for step in targets):
            found.append(f"{name} may roll back to it")
    return tuple(found)


def _is_guarded(context: Context, version: Version) -> bool:
    bound = policies.bound(context, version.model, STAGING)
    return STAGING in context.gated or bound is not None
