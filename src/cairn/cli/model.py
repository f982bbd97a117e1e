"""`cairn show MODEL`: every label with what it holds, the empty ones too."""

from cairn.cli.app import Shown
from cairn.cli.text import moment, short, table
from cairn.core.errors import NotFound
from cairn.core.label import Move
from cairn.core.name import PREDEFINED_LABELS, LabelName, ModelName
from cairn.core.name import shown as model_shown
from cairn.core.words import counted
from cairn.registry import Registry


def shown_model(registry: Registry, model: ModelName) -> Shown:
    """Show what is known of a model as a whole."""
    name = model_shown(model)
    newest = registry.versions(model, limit=1)
    if not newest:
        raise NotFound(f"there is no model {name} yet (`cairn list` shows the models)")
    held: dict[LabelName, Move] = {move.label: move for move in registry.labels(model)}
    labels = [*PREDEFINED_LABELS, *sorted(held.keys() - set(PREDEFINED_LABELS))]
    gates = {label: _policy(registry, model, label) for label in labels}
    rows = [
        (
            label,
            f"{name}:{held[label].number}" if label in held else "-",
            moment(held[label].time) if label in held else "-",
            held[label].actor if label in held else "-",
            short(gates[label]),
        )
        for label in labels
    ]
    value = {
        "model": model,
        "versions": newest[0].number,
        "newest": newest[0].name,
        "labels": {
            label: {"version": held[label].after if label in held else None, "policy": policy}
            for label, policy in gates.items()
        },
    }
    head = f"{name}: {counted(newest[0].number, 'version')}, the newest is {newest[0].name}"
    return Shown(value, f"{head}\n\n{table(('label', 'holds', 'since', 'by', 'gate'), rows)}")


def _policy(registry: Registry, model: ModelName, label: LabelName) -> str | None:
    try:
        return registry.policy(f"{model}@{label}").digest
    except NotFound:
        return None
