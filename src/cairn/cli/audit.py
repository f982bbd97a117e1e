"""`cairn audit`: what an auditor asks of labels, joined in one table."""

from collections.abc import Iterator

import click
from msgspec import to_builtins

import cairn
from cairn.cli import approvers
from cairn.cli.app import Shown, shown
from cairn.cli.text import moment, short, table
from cairn.core.approval import Given
from cairn.core.digest import Digest
from cairn.core.errors import NotFound
from cairn.core.label import Move
from cairn.core.name import shown as model_shown
from cairn.registry import Registry

ACTIONS = ("promote", "override", "rollback")


@click.group()
def audit() -> None:
    """Answer an auditor: who moved which label, on what evidence, approved by whom."""


@audit.command("show")
@click.option("--model", required=True, help="Whose labels: fraud.")
@click.option("--action", type=click.Choice(ACTIONS), help="Only these moves.")
@shown
def show(model: str, *, action: str | None) -> Shown:
    """List every move of the labels of a model, with decision, evidence and approvals."""
    registry = cairn.open()
    if not registry.versions(model):
        raise NotFound(f"there is no model {model} yet (`cairn list` shows the models)")
    steps = [step for step in _moves(registry, model) if action in (None, step.kind)]
    evidence = [_evidence(registry, step) for step in steps]
    agreed = [approvers.of_move(registry, step) for step in steps]
    joined = list(zip(steps, evidence, agreed, strict=True))
    value = [
        to_builtins(step) | {"evidence": seen, "approved_by": given}
        for step, seen, given in joined
    ]
    head = ("when", "who", "what", "label", "version", "digest", "decision", "evidence")
    text = table((*head, "approved by", "why"), (_row(*one) for one in joined))
    return Shown(value, text or f"no label of {model} moved like that yet")


def _moves(registry: Registry, model: str) -> Iterator[Move]:
    """Read every move of every label of a model, oldest first."""
    labels = [held.label for held in registry.labels(model)]
    every = [step for label in labels for step in registry.history(f"{model}@{label}")]
    yield from sorted(every, key=lambda step: step.seq)


def _evidence(registry: Registry, step: Move) -> tuple[Digest, ...]:
    """Name what was judged, if anything was."""
    return registry.decision(step.decision).decision.evidence if step.decision else ()


def _row(step: Move, evidence: tuple[Digest, ...], agreed: tuple[Given, ...]) -> list[str]:
    return [
        moment(step.time),
        step.actor,
        step.kind,
        step.label,
        f"{model_shown(step.model)}:{step.number}",
        short(step.after),
        short(step.decision),
        ", ".join(map(short, evidence)) or "-",
        ", ".join(f"{one.name} {moment(one.at)}" for one in agreed) or "-",
        step.reason or "-",
    ]
