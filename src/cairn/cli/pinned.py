"""A note on the error stream where versions are scored otherwise than `cairn.toml` says."""

import click

from cairn.core.name import LabelName, ModelName
from cairn.registry import Registry


def note(registry: Registry, model: ModelName, label: LabelName) -> None:
    """Say so before anything is judged, if the label's policy pinned other settings."""
    if not registry.policies(f"{model}@{label}"):
        return  # and what needs no gate need not wait for NumPy
    from cairn.gates.pinned import told

    for line in told(registry, model, label):
        click.echo(line, err=True)
