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
from cairn.core.name import REHEARSAL, LabelName, ModelName
from cairn.core.name import shown as model_shown
from cairn.core.override import OverrideInfo
from cairn.core.reference import model_name
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
    """List every move of a model's labels, with decision, evidence, approvals and reviews."""
    registry = cairn.open()
    if not registry.versions(model, limit=1):
        raise NotFound(f"there is no model {model} yet (`cairn list` shows the models)")
    steps = [step for step in _moves(registry, model) if action in (None, step.kind)]
    evidence = [_evidence(registry, step) for step in steps]
    agreed = [approvers.of_move(registry, step) for step in steps]
    reviews = _reviews(registry, model)
    joined = list(zip(steps, evidence, agreed, strict=True))
    value = [
        to_builtins(step)
        | {"evidence": seen, "approved_by": given, "review": reviews.get(step.seq)}
        for step, seen, given in joined
    ]
    head = ("when", "who", "what", "label", "version", "digest", "decision", "evidence")
    rows = (_row(*one, reviews.get(one[0].seq)) for one in joined)
    text = table((*head, "approved by", "review", "why"), rows)
    return Shown(value, text or f"no label of {model} moved like that yet")


def _moves(registry: Registry, model: str) -> Iterator[Move]:
    """Read every move of every label that a model ever had, oldest first."""
    labels = _labels(registry, model_name(model, team=registry.settings.team))
    every = [step for label in labels for step in registry.history(f"{model}@{label}")]
    yield from sorted(every, key=lambda step: step.seq)


def _labels(registry: Registry, model: ModelName) -> list[LabelName]:
    """Name the labels that moved, also those now empty; rehearsals are not moves."""
    told = registry.entries(subject=f"{model}@")
    found = {entry.after["label"] for entry in told if entry.action.startswith("label.")}
    return sorted(found - {REHEARSAL})


def _reviews(registry: Registry, model: str) -> dict[int, OverrideInfo]:
    """Read the overrides of a model by their ledger entries."""
    return {info.entry: info for info in registry.overrides(model)}


def _evidence(registry: Registry, step: Move) -> tuple[Digest, ...]:
    """Name what was judged, if anything was."""
    return registry.decision(step.decision).decision.evidence if step.decision else ()


def _row(
    step: Move,
    evidence: tuple[Digest, ...],
    agreed: tuple[Given, ...],
    override: OverrideInfo | None,
) -> list[str]:
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
        _review(override),
        step.reason or "-",
    ]


def _review(override: OverrideInfo | None) -> str:
    """Say who looked into a move against a gate, or that nobody did."""
    if override is None:
        return "-"
    if override.reviewed_by is None:
        return "NOT REVIEWED"
    return f"{override.reviewed_by} {moment(override.reviewed_at)}: {override.review}"
