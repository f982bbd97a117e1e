"""`cairn promote`, `rollback`, `history`: labels."""

import click
from msgspec import to_builtins

import cairn
from cairn.cli import approvers, pinned, testimony
from cairn.cli.app import Shown, shown
from cairn.cli.progress import working
from cairn.cli.text import moment, one_line, short, table
from cairn.core import reference
from cairn.core.approval import Given
from cairn.core.errors import NotFound
from cairn.core.label import Move
from cairn.core.name import shown as shown_name
from cairn.core.override import OverrideInfo
from cairn.core.version import Version
from cairn.core.words import counted
from cairn.registry import Registry

A_PAGE = 50


@click.command()
@click.argument("version")
@click.argument("label", required=False)
@click.option("--reason", "-m", default="", help="Why; it is kept in the ledger.")
@click.option(
    "--expecting",
    help="The version believed to hold the label (`none`: nobody); another one is a conflict.",
)
@click.option("--decision", help="Move only if this earlier decision still holds.")
@click.option("--waiver", default="", help="Accept an incomplete version, with the reason.")
@click.option(
    "--override", is_flag=True, help="Move against the gate: an emergency, with --reason."
)
@click.option(
    "--ungated", is_flag=True, help="Move production though it has no policy, with --reason."
)
@click.option("--new-label", is_flag=True, help="Make a label that the model does not have.")
@shown
def promote(
    version: str,
    label: str | None,
    *,
    reason: str,
    expecting: str | None,
    decision: str | None,
    waiver: str,
    override: bool,
    ungated: bool,
    new_label: bool,
) -> Shown:
    """Move LABEL (production) to VERSION, if the policy of the label agrees.

    `cairn promote churn:2 staging` may be written `cairn promote churn:2@staging`.
    """
    registry = cairn.open()
    version, label = reference.version_and_label(version, label)
    before = registry.version(version)
    pinned.note(registry, before.model, label)
    testimony.note(registry, before)
    if override:
        step = registry.override(version, label, reason=reason, waiver=waiver)
    else:
        with working(f"measuring {version} for {label}"):
            step = registry.promote(
                version,
                label,
                reason=reason,
                expecting=expecting,
                decision=decision,
                waiver=waiver,
                ungated=ungated,
                new_label=new_label,
            )
    model = step.model.removeprefix("default/")
    lines = [f"{model}@{step.label} now holds {model}:{step.number} {_before(step)}"]
    if step.kind == "override":
        past = "AGAINST THE GATE" if step.decision else "WITHOUT A GATE"
        lines.append(
            f"{past}: entry {step.seq} of the ledger, to be reviewed by somebody "
            f"else: `cairn gate review {step.seq} --reason WHAT-CAME-OF-IT`"
        )
    elif step.decision:
        lines.append(f"gate passed: decision:{short(step.decision).removeprefix('sha256:')}")
    else:
        lines.append(_ungated(registry, model, step.label))
    lines += _mark(before, registry.version(before.digest))
    return Shown(step, "\n".join(lines))


@click.command()
@click.argument("label")
@click.argument("name", required=False)
@click.option("--reason", "-m", default="", help="Why; it is kept in the ledger.")
@click.option("--drill", is_flag=True, help="Rehearse it on a copy of the label and time it.")
@click.option("--to", help="Choose the version that it goes back to, known-good or not.")
@shown
def rollback(
    label: str, name: str | None, *, reason: str, drill: bool, to: str | None
) -> Shown:
    """Point LABEL (churn, or churn@staging) back at its last known-good version.

    `cairn rollback churn@staging` may be written `cairn rollback churn staging`.
    """
    registry = cairn.open()
    label = reference.model_with_label(label, name)
    if drill:
        from cairn.cli.drill import rehearse

        return rehearse(registry, label)
    step = registry.rollback(label, reason=reason, to=to)
    model = step.model.removeprefix("default/")
    lines = [f"{model}@{step.label} now holds {model}:{step.number} {_before(step)}"]
    if step.chosen:
        lines.append(f"{model}:{step.number} was chosen, not found to be known-good")
    return Shown(step, "\n".join(lines))


@click.command()
@click.argument("label")
@click.argument("name", required=False)
@click.option("--at", help="Only what held then: 2026-03-01T09:30 (local), or with an offset.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help=f"The newest so many; {A_PAGE}, or all with --json, if it is not given.",
)
@shown
def history(label: str, name: str | None, *, at: str | None, limit: int | None) -> Shown:
    """Show the moves of LABEL (churn, or churn@staging): when, who, why."""
    registry = cairn.open()
    label = reference.model_with_label(label, name)
    if at is None:
        is_whole = limit is None and click.get_current_context().params["json"]
        most = None if is_whole else limit or A_PAGE
        steps = registry.history(label, limit=most + 1 if most else None)
        has_older, steps = len(steps) > (most or len(steps)), steps[-(most or 0) :]
        if not steps and not registry.versions(label.partition("@")[0], limit=1):
            raise NotFound(f"there is no model {label} yet (`cairn list` shows the models)")
        agreed = [approvers.of_move(registry, step) for step in steps]
        parts = [
            *(
                [f"the newest {counted(most or 0, 'move')}; --limit shows more"]
                if has_older
                else []
            ),
            _table(steps) or f"{label} has not moved yet",
            *_approved(steps, agreed),
            *_overrides(registry, label),
            *_elsewhere(registry, label),
        ]
        value = [
            to_builtins(step) | {"approved_by": given}
            for step, given in zip(steps, agreed, strict=True)
        ]
        return Shown(value, "\n\n".join(parts))
    return _at(registry.live(label, at=instant(at)), label, instant(at))


def instant(text: str) -> str:
    """Read a time; without an offset it is local. Returns it as the ledger writes it."""
    from datetime import UTC, datetime

    from cairn.core.errors import Invalid

    try:
        given = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(
            f"{text!r} is not a time; write 2026-03-01T09:30 or add +01:00"
        ) from error
    return given.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _at(step: Move | None, label: str, time: str) -> Shown:
    if step is None:
        return Shown(None, f"{label} held nothing at {moment(time)}")
    model = step.model.removeprefix("default/")
    held = f"{model}:{step.number} ({short(step.after)})"
    text = f"{model}@{step.label} held {held} at {moment(time)}"
    return Shown(
        step,
        f"{text}\nsince {moment(step.time)}, by {step.actor}: {one_line(step.reason) or '-'}",
    )


def _table(steps: tuple[Move, ...]) -> str:
    rows = [
        (
            moment(step.time),
            _kind(step),
            f"{step.before_number or '-'} -> {step.number}",
            short(step.after),
            step.actor,
            step.reason or "-",
        )
        for step in steps
    ]
    return table(("when", "what", "version", "digest", "who", "why"), rows)


def _approved(steps: tuple[Move, ...], agreed: list[tuple[Given, ...]]) -> list[str]:
    """Name who agreed to the moves, if anybody was asked."""
    rows = [
        (moment(step.time), f"{shown_name(step.model)}:{step.number}", *approvers.row(one))
        for step, given in zip(steps, agreed, strict=True)
        for one in given
    ]
    head = ("moved", "to", "approved by", "when", "why")
    return [table(head, rows)] if rows else []


def _overrides(registry: Registry, label: str) -> list[str]:
    """Say of each override of a label who looked into it, or that nobody has."""
    model, name = reference.model_and_label(label, team=registry.settings.team)
    found = registry.overrides(model)
    return [_looked_into(info) for info in found if info.label == name]


def _looked_into(info: OverrideInfo) -> str:
    moved = (
        f"{shown_name(info.model)}:{info.number} moved to {info.label} "
        f"{'against its' if info.decision else 'without a'} gate by {info.moved_by} "
        f"({one_line(info.reason)})"
    )
    if info.reviewed_by is None:
        review = f"cairn gate review {info.entry} --reason WHAT-CAME-OF-IT"
        return f"not reviewed yet: {moved}; `{review}`"
    return (
        f"{moved}; reviewed by {info.reviewed_by}, {moment(info.reviewed_at)}: "
        f"{one_line(info.review)}"
    )


def _elsewhere(registry: Registry, label: str) -> list[str]:
    model, name = reference.model_and_label(label, team=registry.settings.team)
    return testimony.told(registry, model, label=name)


def _mark(before: Version, after: Version) -> list[str]:
    """Say what was held against a version when it was promoted."""
    if before.marked_bad is None:
        return []
    stands = after.marked_bad is not None
    what = "is still marked bad" if stands else "was marked bad, and is not any more"
    return [f"{before.name} {what}: {before.marked_bad}"]


def _kind(step: Move) -> str:
    if step.kind == "override":
        return "OVERRIDE"
    return f"{step.kind}, chosen" if step.chosen else step.kind


def _ungated(registry: Registry, model: str, label: str) -> str:
    """Say how a label gets a gate: with the policy that is written, or with a first one."""
    file = f"gates/{model.rpartition('/')[2]}.yaml"
    if (registry.settings.folder / file).is_file():
        return (
            f"no gate is bound to {label}; `cairn gate set {model}@{label} {file}` binds one"
        )
    return f"no gate is bound to {label}; `cairn gate new {model}` writes a policy to bind"


def _before(step: Move) -> str:
    return f"(before: {step.before_number})" if step.before_number else "(before: nothing)"
