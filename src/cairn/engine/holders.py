"""What keeps a version from being deleted."""

from cairn.core.label import ARCHIVED
from cairn.core.name import REHEARSAL
from cairn.core.version import Version
from cairn.engine import known_good
from cairn.engine.context import Context


def of(context: Context, version: Version) -> tuple[str, ...]:
    """Say in words what holds a version: labels, and the stacks that rollbacks walk."""
    found = [f"it holds the label {name}" for name in version.labels]
    for (name,) in context.tx.all("label_names", model=version.model):
        if name in (*version.labels, ARCHIVED, REHEARSAL):
            continue
        targets = known_good.targets(context, version.model, name)
        if any(step.after == version.digest for step in targets):
            found.append(f"{name} may roll back to it")
    return tuple(found)
