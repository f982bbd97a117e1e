"""Say that a starting policy was bound, wherever a command let that become possible."""

from cairn.cli.text import short
from cairn.core.gate import PolicyInfo
from cairn.core.name import shown
from cairn.registry import Registry


def lines(registry: Registry) -> list[str]:
    """Bind the project's starting policies that can be bound now, and tell of each."""
    return [_told(info) for info in registry.bind_starters()]


def _told(info: PolicyInfo) -> str:
    model = shown(info.model)
    label = f"{model}@{info.label}"
    return (
        f"{label} is now judged by the starting policy ({short(info.digest)}): "
        f"`cairn gate show {label}` shows it, `cairn gate new {model}` writes it down for you "
        f"to change, `cairn gate set {label} FILE` binds another"
    )
