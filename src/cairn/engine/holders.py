"""What keeps a version from being deleted."""

from cairn.core.label import known_good
from cairn.core.version import Version
from cairn.engine import moves
from cairn.engine.context import Context


def of(context: Context, version: Version) -> tuple[str, ...]:
    """Say in words what holds a version: labels, and the stacks that rollbacks walk."""
    found = [f"it holds the label {name}" for name in version.labels]
    bad = moves.bad(context, version.model)
    for (name,) in context.tx.all("label_names", model=version.model):
        if name in version.labels:
            continue
        if version.digest in known_good(moves.backwards(context, version.model, name), bad):
            found.append(f"{name} may roll back to it")
    return tuple(found)
