"""What other stores say of a model, in words; it is shown as theirs."""

from typing import Any

import click
from msgspec import to_builtins

from cairn.cli.text import moment, one_line, short, table
from cairn.core.digest import Digest
from cairn.core.gate import PolicyInfo
from cairn.core.ledger import Entry, Time
from cairn.core.name import LabelName, ModelName
from cairn.core.reference import model_and_label
from cairn.core.version import Version
from cairn.data.said import Said, about, marks_elsewhere, policy_elsewhere, said_of
from cairn.registry import Registry

_WORDS = {
    "gate.set": "policy {digest} bound to {label}",
    "gate.judge": "judged for {label}: {verdict}",
    "label.refuse": "refused for {label}: {verdict}",
    "label.move": "took {label}",
    "label.override": "took {label} against or without its gate",
    "label.rollback": "got {label} back by a rollback",
    "version.mark-bad": "marked bad",
    "version.release": "released as {release}",
    "version.delete": "deleted",
    "approval.request": "approval asked for",
    "approval.give": "approved",
    "approval.review": "override {override} reviewed",
}


def told(
    registry: Registry,
    model: ModelName,
    *,
    label: LabelName | None = None,
    version: Digest | None = None,
) -> list[str]:
    """Tell what each other store says of a label or a version, a table for each."""
    parts: list[str] = []
    for said in said_of(registry, model):
        chosen = _chosen(registry, said, label=label, version=version)
        names = registry.names(model, (digest for _, digest in chosen if digest))
        rows = [_row(entry, digest, names) for entry, digest in chosen]
        if rows:
            head = (
                f"At {said.origin}, as its ledger says up to entry {said.last} (fetched "
                f"{moment(said.fetched_at)}); nothing here follows it:"
            )
            parts.append(f"{head}\n{table(('when', 'what', 'version', 'who', 'why'), rows)}")
    return parts


def value(
    registry: Registry,
    model: ModelName,
    *,
    label: LabelName | None = None,
    version: Digest | None = None,
) -> list[dict[str, Any]]:
    """Give the same entries as values, each with the ledger that it is of."""
    return [
        {"origin": said.origin, "version": digest, "entry": to_builtins(entry)}
        for said in said_of(registry, model)
        for entry, digest in _chosen(registry, said, label=label, version=version)
    ]


def marks(registry: Registry, version: Version) -> list[str]:
    """Say where else a version is marked bad, by whom and why."""
    return [
        f"marked bad at {origin} by {entry.actor.id}: "
        f"{one_line(entry.reason) or 'no reason given'}"
        for origin, entry in marks_elsewhere(registry, version.model, version.digest)
    ]


def note(registry: Registry, version: Version) -> None:
    """Say on the error stream where else a version is marked bad, whatever happens here."""
    for mark in marks(registry, version):
        click.echo(f"{version.name} is {mark}", err=True)


def _chosen(
    registry: Registry, said: Said, *, label: LabelName | None, version: Digest | None
) -> list[tuple[Entry, Digest | None]]:
    """Choose entries by label or version; what is of no label goes with every label."""
    pairs = [(entry, about(registry, entry)) for entry in said.entries]
    return [
        (entry, digest)
        for entry, digest in pairs
        if (label is None or entry.after.get("label", label) in (label, None))
        and (version is None or digest == version)
    ]


def _row(entry: Entry, digest: Digest | None, names: dict[Digest, str]) -> tuple[str, ...]:
    facts = {k: short(v) if k == "digest" else v for k, v in entry.after.items()}
    return (
        moment(entry.time),
        _WORDS[entry.action].format(**{"release": "?", **facts}),
        _version(entry, digest, names),
        _who(entry),
        entry.reason or "-",
    )


def _version(entry: Entry, digest: Digest | None, names: dict[Digest, str]) -> str:
    if digest is None:
        return "-"
    there = entry.after.get("number")
    return f"{names.get(digest, short(digest))}" + (
        f" (number {there} there)" if there else ""
    )


def _who(entry: Entry) -> str:
    """Name who acted there; who signed, by the key."""
    key = str(entry.after.get("key", ""))
    return (
        f"{entry.actor.id}, key {key.split('+')[1]}" if key.count("+") > 1 else entry.actor.id
    )


def policy_of(
    registry: Registry, label: str, *, origin: str, at: Time | None
) -> tuple[str, PolicyInfo]:
    """Read the policy that a label had in another store, now or at a time, and which store."""
    model, name = model_and_label(label, team=registry.settings.team)
    found, entry, policy = policy_elsewhere(registry, model, name, origin=origin, at=at)
    return found, PolicyInfo(
        digest=entry.after["digest"],
        model=model,
        label=name,
        policy=policy,
        set_by=entry.actor.id,
        set_at=entry.time,
        reason=entry.reason,
    )
