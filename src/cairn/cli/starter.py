"""Say that a starting policy was bound, wherever a command let that become possible."""

from cairn.cli.text import short
from cairn.core.name import shown
from cairn.gates.starter import bind_starters
from cairn.registry import Registry


def lines(registry: Registry) -> list[str]:
    """Bind the project's starting policies that can be bound now, and tell of each."""
    return [
        f"{shown(info.model)}@{info.label} is now judged by the starting policy, "
        f"{path.relative_to(registry.settings.folder)} ({short(info.digest)}): look at it; "
        f"`cairn gate set {shown(info.model)}@{info.label} FILE` binds another"
        for path, info in bind_starters(registry)
    ]
