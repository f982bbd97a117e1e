"""`cairn approve`, `approvals`, `whoami`: people who agree, and how they are known."""

from pathlib import Path

import click

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.text import moment, pairs, short, table
from cairn.core.approval import ApprovalInfo


@click.command()
@click.argument("subject")
@click.option("--reason", "-m", default="", help="What you looked at; it is kept and signed.")
@shown
def approve(subject: str, *, reason: str) -> Shown:
    """Agree to a DECISION (decision:2f83...) or to a proposal, signed with your own key."""
    info = cairn.open().approve(subject, reason=reason)
    lines = [f"{info.about}: {info.have} of {info.count} agreed"]
    lines.append(f"go on: `{info.then}`" if info.state == "granted" else _waits(info))
    return Shown(info, "\n".join(lines))


@click.command()
@click.argument("model", required=False)
@click.option("--all", "past", is_flag=True, help="What is over as well.")
@shown
def approvals(model: str | None, *, past: bool) -> Shown:
    """List what waits for people to agree: for which change, until when, who may."""
    found = cairn.open().approvals(model, past=past)
    rows = [
        (
            f"{_prefix(info)}:{short(info.subject).removeprefix('sha256:')}",
            info.about,
            info.state,
            f"{info.have} of {info.count}",
            ", ".join(yes.who for yes in info.given if yes.counts) or "-",
            info.open or "-",
            f"{info.asked_by}, {moment(info.asked_at)}",
            moment(info.until),
        )
        for info in found
    ]
    head = ("what", "for", "state", "agreed", "who", "waits for", "asked by", "until")
    return Shown(found, table(head, rows) or "nothing waits for anybody's approval")


@click.command()
@click.option(
    "--new",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Make a key in this file, for a program that acts on its own (CAIRN_KEY).",
)
@click.option("--name", default="", help="Whose key it is, with --new: ci.")
@shown
def whoami(*, new: Path | None, name: str) -> Shown:
    """Show by which name and key you are known; a policy may name either."""
    from cairn import identity

    user = identity.os_user().id
    if new is not None:
        made = identity.create(new, name or user)
        text = f"{new} holds a new private key; policies know it as\n{made.verifier}"
        return Shown({"user": user, "key": made.verifier, "file": str(new)}, text)
    key = identity.key().verifier
    text = pairs([("user", user), ("public key", key), ("kept at", identity.place())])
    return Shown({"user": user, "key": key, "file": identity.place()}, text)


def _prefix(info: ApprovalInfo) -> str:
    return "decision" if info.kind == "promotion" else "proposal"


def _waits(info: ApprovalInfo) -> str:
    return f"still {info.state}: it waits for {info.open}, until {moment(info.until)}"
