"""`cairn verify`, `ledger`, `rebuild`: trust."""

from pathlib import Path

import click
import msgspec

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.text import moment, size, table
from cairn.core.errors import Corrupt, Invalid
from cairn.core.ledger import Verification
from cairn.core.words import counted
from cairn.registry import Registry

EXIT_CORRUPT = Corrupt.exit_code
PINNED = "pinned checkpoint"


@click.command()
@click.argument("version", required=False)
@click.option("--all", "whole", is_flag=True, help="Every byte of every object as well.")
@click.option("--predictions", is_flag=True, help="Load VERSION and score its golden rows.")
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that was kept outside of the store.",
)
@click.option("--accept", is_flag=True, help="Take this store for the one that lies here.")
@shown
def verify(
    version: str | None, *, whole: bool, predictions: bool, against: Path | None, accept: bool
) -> Shown:
    """Check the ledger, its signature and every row; one VERSION, or --all bytes, as well."""
    registry = cairn.open()
    if accept:
        _accept(registry)
    if predictions and version is None:
        raise Invalid("say whose predictions: `cairn verify churn:1 --predictions`")
    if version is not None and predictions:
        return _scored_again(registry, version)
    if version is not None:
        from cairn.data.erasure import erased_of

        found = registry.version(version)
        erased = erased_of(registry, found)
        count, size_bytes = registry.verify_version(version, without=erased)
        many = counted(count, "object")
        text = f"{found.name} is intact: {many}, {size(size_bytes)}, {found.digest}"
        value: dict[str, object] = {"version": found.name, "digest": found.digest}
        value |= {"objects": count}
        if erased:
            lines = [f"  {digest} {why}" for digest, why in erased.items()]
            text = "\n".join([text, f"but for {len(erased)} that were erased:", *lines])
            value["erased"] = erased
        return Shown(value, text)
    checked = registry.verify(objects=whole, against=_kept(against))
    told = _verified(checked, whole=whole)
    return _judged_again(told, registry) if whole and not checked.problems else told


def _judged_again(told: Shown, registry: Registry) -> Shown:
    """Add the versions of which today's rules say something else; that is not damage."""
    from cairn.data.verdict import rejudged

    changed = tuple(rejudged(registry))
    if not changed:
        return told
    value = {**msgspec.to_builtins(told.value), "rejudged": changed}
    lines = ["of the verdicts on files, these are not what is recorded:"]
    lines += [f"  {each.words()}" for each in changed]
    return Shown(value, "\n".join([told.text, "", *lines]), told.exit_code)


def _accept(registry: Registry) -> None:
    """Take the store for the one at its place, whatever lay there before."""
    from cairn.engine import known, store

    known.remember(registry.settings.store, store.read_about(registry.settings.store))


@click.group()
def ledger() -> None:
    """Read and prove the ledger."""


@ledger.command()
@click.option(
    "--subject", default="", help="Only entries about this: default/churn@production."
)
@click.option("--action", default="", help="Only entries of this kind: label.move.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@shown
def log(*, subject: str, action: str, limit: int) -> Shown:
    """List entries, the newest last: who did what, when, and why."""
    entries = cairn.open().log(subject=subject, action=action, limit=limit)
    rows = [
        (e.seq, moment(e.time), e.actor.id, e.action, e.subject, e.reason or "-")
        for e in entries
    ]
    text = table(("entry", "when", "who", "did", "to", "why"), rows) or "no such entry"
    return Shown(entries, text)


@ledger.command("verify")
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that was kept outside of the store.",
)
@shown
def verify_ledger(*, against: Path | None) -> Shown:
    """Check the ledger's tree, signature and copy, and every row that comes of it."""
    return _verified(cairn.open().verify(against=_kept(against)), whole=False)


@ledger.command()
@shown
def checkpoint() -> Shown:
    """Print the newest signed checkpoint; keep it outside of the store."""
    head = cairn.open().checkpoint()
    return Shown(head, head.note.rstrip("\n"))


@ledger.command()
@click.argument("entry", type=click.IntRange(0))
@shown
def prove(entry: int) -> Shown:
    """Prove that ENTRY is in the ledger, in the form of C2SP tlog-proof."""
    proof = cairn.open().prove(entry)
    text = "\n".join(
        [
            "c2sp.org/tlog-proof@v1",
            f"index {proof.seq}",
            *proof.hashes,
            "",
            proof.checkpoint.note,
        ]
    )
    return Shown(proof, text.rstrip("\n"))


@ledger.command()
@click.option("--reason", "-m", required=True, help="Why; it stays in the ledger.")
@shown
def rekey(*, reason: str) -> Shown:
    """Go on under a new key: the old one was lost, or somebody else may have it."""
    from cairn.cli.backup import told
    from cairn.data.backup import rekey as go_on

    if not reason.strip():
        raise Invalid("say why with --reason: it stays in the ledger")
    done = go_on(reason=reason)
    advice = "keep the new key in a copy: `cairn backup FOLDER` takes it along"
    return Shown(done, "\n".join([*told(done), advice]))


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@shown
def rebuild(*, yes: bool) -> Shown:
    """Make the database again from the exported ledger and the objects."""
    from cairn.config import load_settings
    from cairn.engine.rebuild import rebuild as make_again

    settings = load_settings(Path.cwd())
    folder = settings.store
    if (folder / "cairn.db").exists() and not yes:
        raise Invalid(
            f"{folder / 'cairn.db'} is there; `cairn rebuild --yes` puts it aside and makes "
            "a new one"
        )
    done = make_again(folder, objects=settings.objects)
    lines = [f"replayed {done.entries} ledger entries, the last of {moment(done.last)}"]
    if done.unsigned:
        lines.append(
            f"left out {done.unsigned} unsigned entries after it, cut short by a crash"
        )
    if done.kept:
        lines.append(f"the database that was there is kept as {done.kept}")
    return Shown(done.__dict__ | {"kept": str(done.kept or "")}, "\n".join(lines))


def _scored_again(registry: Registry, version: str) -> Shown:
    """Load a version and compare its golden predictions with those of its training."""
    found = registry.verify_predictions(version)
    artifacts = found.manifest.artifacts
    text = f"{found.name} loads, and scores its golden rows as it did when it was trained"
    value = {"version": found.name, "golden": artifacts.golden if artifacts else None}
    return Shown(value, text)


def _kept(against: Path | None) -> str:
    """Read the checkpoint that was kept elsewhere; what is not text cannot be one."""
    return against.read_text("utf-8", "replace") if against else ""


def _verified(result: Verification, *, whole: bool) -> Shown:
    entries = counted(result.entries, "ledger entry", "ledger entries")
    checked = f"{entries}, {counted(result.versions, 'version')}"
    if whole:
        checked += f", {counted(result.objects, 'object')} ({size(result.size_bytes)})"
    if not result.problems:
        erased = [(gone.place, gone.reason) for gone in result.erased]
        what = f", {counted(len(erased), 'object was', 'objects were')} erased"
        what = what if erased else ""
        text = f"verified: {checked}; no problem found{what}"
        listed = "\n\n" + table(("what", "why"), erased) if erased else ""
        rest = f"\nnot looked at: {', '.join(result.uncovered)}" if result.uncovered else ""
        return Shown(result, text + listed + rest)
    rows = [(problem.place, problem.reason) for problem in result.problems]
    head = f"PROBLEMS: {len(rows)} in {checked}\n\n"
    text = head + table(("where", "what"), rows) + "\n\n" + _advice(result)
    return Shown(result, text, EXIT_CORRUPT)


def _advice(result: Verification) -> str:
    """Say what mends it: where the damage is decides which of the three copies is good."""
    stop = "Stop writing to this store and keep a copy of it."
    places = [problem.place for problem in result.problems]
    if all(place.startswith(PINNED) for place in places):
        return (
            "The store is whole in itself, and is not the one that was last seen here: it is "
            "an older copy, or one of two copies that were both written to. Let one copy be; "
            'in the other `cairn restore-store --reason "WHY"` makes it a store of its own. '
            "Then `cairn push` from one and `cairn pull` into the other bring them together."
        )
    if all("ledger/" in place or ".jsonl" in place for place in places):
        return (
            f"{stop} The database is intact, its copy in `ledger` is not: move that folder "
            "away, and the next change writes it again."
        )
    if any(place.startswith(("object", "pack")) for place in places):
        return (
            f"{stop} `cairn fsck --full --repair --from COPY` moves damage aside and brings "
            "back what is lost from a backup, a remote or a folder of files."
        )
    return (
        f"{stop} `cairn rebuild --yes` makes the database again from the exported ledger and "
        "the objects."
    )
