"""`cairn gate`: policies and decisions."""

from pathlib import Path

import click
from msgspec import to_builtins

import cairn
from cairn.cli import approvers, pinned, testimony
from cairn.cli.app import Shown, shown
from cairn.cli.label import instant
from cairn.cli.progress import working
from cairn.cli.text import moment, one_line, short, table
from cairn.core.approval import everybody, listed, needed, one_more, plain_names, wants
from cairn.core.check import NonInferiority
from cairn.core.errors import Inconclusive, Invalid, NotFound, Refused
from cairn.core.gate import DecisionInfo, Policy, PolicyInfo
from cairn.core.name import shown as model_shown
from cairn.core.need import view_of
from cairn.core.reference import (
    model_and_label,
    model_with_label,
    version_and_label,
)
from cairn.core.words import counted
from cairn.registry import Registry

EXIT_CODES = {"pass": 0, "fail": Refused.exit_code, "inconclusive": Inconclusive.exit_code}


@click.group()
def gate() -> None:
    """Bind policies to labels, judge versions, read decisions."""


@gate.command()
@click.argument("model")
@shown
def new(model: str) -> Shown:
    """Write a first policy for MODEL into gates/, with a note on every kind of check."""
    path = cairn.open().write_policy(model)
    bind = f"cairn gate set {model}@production {path}"
    return Shown(
        {"policy": str(path)}, f"{path} is written; look at it, then `{bind}` binds it"
    )


@gate.command("set")
@click.argument("label")
@click.argument("policy", type=click.Path(path_type=Path))
@click.option("--reason", "-m", default="", help="Why; it is kept in the ledger.")
@click.option("--new-label", is_flag=True, help="Make a label that the model does not have.")
@shown
def set_policy(label: str, policy: Path, *, reason: str, new_label: bool) -> Shown:
    """Bind the POLICY file to LABEL (churn@production); its evaluation data is pinned."""
    info = cairn.open().set_policy(label, policy, reason=reason, new_label=new_label)
    checks = counted(len(info.policy.checks), "check")
    text = (
        f"{model_shown(info.model)}@{info.label} is now judged by {short(info.digest)}: "
        f"{checks} on snapshot {short(info.policy.evaluation)}"
    )
    return Shown(info, f"{text}\n{_warned(info.policy)}".rstrip())


@gate.command("show")
@click.argument("label")
@click.argument("name", required=False)
@click.option("--at", help="The one that held then: 2026-03-01T09:30 (local), or an offset.")
@click.option("--origin", default="", help="The one of another store: cairn.local/5f4d...")
@shown
def show_policy(label: str, name: str | None, *, at: str | None, origin: str) -> Shown:
    """Show the policy bound to LABEL (churn@production), now, then, or in another store."""
    registry, time = cairn.open(), instant(at) if at else None
    label = model_with_label(label, name)
    if origin:
        origin, info = testimony.policy_of(registry, label, origin=origin, at=time)
    else:
        info = registry.policy(label) if time is None else _held_then(registry, label, time)
    head = (
        f"{model_shown(info.model)}@{info.label}  {info.digest}\n"
        f"set {moment(info.set_at)} by {info.set_by}: {one_line(info.reason) or '-'}\n"
        f"{_elsewhere(origin)}"
        f"evaluation data {short(info.policy.evaluation)}, against {info.policy.against}, "
        f"while nothing is live: {info.policy.bootstrap}\n"
        f"{_people(info.policy)}{_warned(info.policy)}\n"
    )
    if not origin and at is None:
        pinned.note(registry, info.model, info.label)
    return Shown(info, head + _checks(info.policy))


@gate.command()
@click.argument("version")
@click.argument("label", required=False)
@shown
def check(version: str, label: str | None) -> Shown:
    """Judge VERSION by the policy of LABEL; nothing moves. Exit 6: refused, 7: undecided."""
    registry = cairn.open()
    version, label = version_and_label(version, label)
    found = registry.version(version)
    pinned.note(registry, found.model, label)
    testimony.note(registry, found)
    with working(f"measuring {version} for {label}"):
        judged = registry.check_gate(version, label)
    told = _decision(registry, judged)
    if found.marked_bad is None:
        return told
    mark = f"{found.name} is marked bad: {found.marked_bad}"
    return told._replace(text=f"{told.text}\n{mark}")


@gate.command()
@click.argument("decision")
@click.option("--html", type=click.Path(path_type=Path), help="Write it as a page: FILE.html.")
@shown
def explain(decision: str, *, html: Path | None) -> Shown:
    """Say in plain words what a DECISION was made of."""
    registry = cairn.open()
    info = registry.decision(decision)
    told = _decision(registry, info)._replace(exit_code=0)
    agreed = approvers.of_decision(registry, info.digest)
    told = told._replace(
        value=to_builtins(info) | {"approved_by": agreed},
        text="\n".join([told.text, *(f"approved by {approvers.line(one)}" for one in agreed)]),
    )
    if html is None:
        return told
    from cairn.gates.page import sheet

    sheet.write(registry.page(info.digest), html)
    return told._replace(text=f"{told.text}\n\npage: {html}")


@gate.command()
@click.argument("decision")
@shown
def replay(decision: str) -> Shown:
    """Judge the evidence of a DECISION again; it must give the same bytes."""
    info = cairn.open().replay(decision)
    text = f"judged again: the same {info.decision.verdict}, {info.digest}"
    return Shown(info, text)


@gate.command()
@click.argument("override", required=False, type=click.IntRange(0))
@click.option("--reason", "-m", default="", help="What came of it; it is kept and signed.")
@shown
def review(override: int | None, *, reason: str) -> Shown:
    """List moves against a gate, or say that you looked into OVERRIDE (its ledger entry)."""
    registry = cairn.open()
    if override is not None:
        if not reason:
            raise Invalid("say what came of looking into it: `--reason ...`")
        info = registry.review(override, reason=reason)
        return Shown(info, f"override {info.entry} reviewed by {info.reviewed_by}")
    found = registry.overrides()
    rows = [
        (
            info.entry,
            moment(info.moved_at),
            f"{model_shown(info.model)}:{info.number} -> {info.label}",
            info.moved_by,
            info.reason,
            f"{info.reviewed_by}, {moment(info.reviewed_at)}: {info.review}"
            if info.reviewed_by
            else "NOT REVIEWED",
        )
        for info in found
    ]
    head = ("entry", "when", "what", "by", "why", "review")
    return Shown(found, table(head, rows) or "no label was moved against its gate")


@gate.command()
@click.argument("label")
@click.argument("name", required=False)
@shown
def history(label: str, name: str | None) -> Shown:
    """List the decisions made for LABEL (churn@production) and the policies it had."""
    registry = cairn.open()
    label = model_with_label(label, name)
    decisions, policies = registry.decisions(label), registry.policies(label)
    model, _ = model_and_label(label, team=registry.settings.team)
    numbers = registry.names(model, (info.decision.candidate for info in decisions))
    rows = [
        (
            moment(info.decided_at),
            numbers.get(info.decision.candidate, short(info.decision.candidate)),
            info.decision.verdict,
            f"look {info.decision.look}",
            f"decision:{short(info.digest).removeprefix('sha256:')}",
            short(info.decision.policy),
            info.decided_by,
        )
        for info in decisions
    ]
    value = {"decisions": decisions, "policies": policies}
    head = ("when", "version", "verdict", "look", "decision", "policy", "by")
    text = table(head, rows) or f"nothing was judged for {label} yet"
    return Shown(value, "\n\n".join([text, *_policies(policies)]))


def _elsewhere(origin: str) -> str:
    return f"in the store {origin}; nothing here follows it\n" if origin else ""


def _held_then(registry: Registry, label: str, time: str) -> PolicyInfo:
    """Read the policy that a label had at an instant; raises `NotFound` if it had none."""
    for info in registry.policies(label):
        if info.set_at <= time:
            return info
    raise NotFound(
        f"{label} had no policy at {moment(time)}; `cairn gate history {label}` lists those "
        "that it had"
    )


def _policies(policies: tuple[PolicyInfo, ...]) -> list[str]:
    rows = [
        (moment(info.set_at), short(info.digest), info.set_by, info.reason or "-")
        for info in policies
    ]
    return [table(("policy since", "digest", "by", "why"), rows)] if rows else []


def _decision(registry: Registry, info: DecisionInfo) -> Shown:
    from cairn.gates.report import decision_text

    policy = registry.objects.get_record(info.decision.policy, Policy)

    code = EXIT_CODES[info.decision.verdict]
    name = f"decision:{short(info.digest).removeprefix('sha256:')}"
    return Shown(info, f"{decision_text(info.decision, policy)}\n\n{name}", code)


def _checks(policy: Policy) -> str:
    import msgspec

    rows: list[tuple[str, str, str]] = []
    for one in policy.checks:
        fields = {name: getattr(one, name) for name in one.__struct_fields__ if name != "id"}
        plain = ", ".join(f"{k} {_value(v)}" for k, v in msgspec.to_builtins(fields).items())
        rows.append((one.id, str(one.__struct_config__.tag), plain))
    return table(("check", "type", "settings"), rows)


def _creeping(policy: Policy) -> str:
    """Say so where each release may lose a little more than the one before."""
    losing = [one for one in policy.checks if isinstance(one, NonInferiority)]
    if not losing or any(one.reference == "fixed" for one in losing):
        return ""
    return (
        f"{losing[0].id}: each release may lose up to {losing[0].margin:g} against the one "
        "before it; a second check with `reference: fixed`, and `reference: MODEL:NUMBER` in "
        "the policy, bounds what they lose together\n"
    )


def _people(policy: Policy) -> str:
    lines: list[str] = []
    if rule := policy.approvals:
        lines.append(
            f"{', '.join(rule.covers)}: {wants(rule)} must agree, "
            f"for {rule.expire_days:g} days"
        )
        if "policy" not in rule.covers:
            lines.append(
                "another policy can be bound without asking anybody: covers has no policy"
            )
    if policy.override:
        lines.append(f"in an emergency {listed(policy.override)} may move it all the same")
    if policy.authors:
        lines.append(
            f"one more must agree to what others than {listed(policy.authors)} made or ask for"
        )
    if policy.measurers:
        lines.append(f"evidence counts if {listed(policy.measurers)} measured it")
    return "".join(f"{line}\n" for line in lines)


def _warned(policy: Policy) -> str:
    """Say what is not counted or bounded, what no people can grant, and who is a mere name."""
    said = (_uncounted, _creeping, _ungrantable, _plainly_named)
    return "".join(one(policy) for one in said)


def _uncounted(policy: Policy) -> str:
    """Say so where every look at the evaluation set has the whole error."""
    if policy.reuse is not None or not any(view_of(one) for one in policy.checks):
        return ""
    return (
        "looks at the evaluation set are not counted: each error that is stated is that of "
        "one look; `reuse: {spending: inverse_square}` in the policy counts them\n"
    )


def _ungrantable(policy: Policy) -> str:
    """Say so if what others than the authors ask for wants more people than there are."""
    if not policy.authors or policy.approvals is None:
        return ""
    wanted, there = needed(one_more(policy.approvals)), len(everybody(policy.approvals))
    if wanted <= there:
        return ""
    return (
        f"what others than {listed(policy.authors)} made or ask for can never be granted: "
        f"{wanted} people would have to agree, and only {there} may; name another one under "
        "approvals, or the author under authors\n"
    )


def _plainly_named(policy: Policy) -> str:
    names = plain_names(policy.approvals, *policy.override, *policy.measurers)
    if not names:
        return ""
    are, name = ("are names", "their keys") if len(names) > 1 else ("is a name", "the key")
    return (
        f"{', '.join(names)} {are}, and anybody can call himself that: write {name} instead, "
        "which `cairn whoami` shows\n"
    )


def _value(value: object) -> str:
    return str(value).strip("[]").replace("'", "")
