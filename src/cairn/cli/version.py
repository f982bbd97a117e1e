"""`cairn list`, `show`, `why`, `diff`, `export`, `release`, `mark-bad`, `delete`: versions."""

import shlex
from collections.abc import Sequence

import click

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.text import moment, number, short, table
from cairn.core.errors import Invalid, NotFound, Refused, Unavailable
from cairn.core.name import shown as model_shown
from cairn.core.reference import model_name
from cairn.core.required import minimum_set as minimum_set_of
from cairn.core.required import nine_fields
from cairn.core.version import Version
from cairn.core.words import counted

A_PAGE = 50
SEMANTIC = ("major", "minor", "patch")


@click.command("list")
@click.argument("model", required=False)
@click.option(
    "--where", default="", help='A filter: metrics.roc_auc > 0.7 and approved = "yes"'
)
@click.option(
    "--sort",
    metavar="METRIC",
    help="A metric to sort by, the best first: losses and errors such as log_loss and rmse "
    "from the lowest up, every other metric from the highest down.",
)
@click.option("--before", metavar="VERSION", help="Only those registered before this one.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help=f"At most so many; {A_PAGE}, or all with --json, if it is not given.",
)
@shown
def list_versions(
    model: str | None, *, where: str, sort: str | None, before: str | None, limit: int | None
) -> Shown:
    """List the versions of MODEL, or of all models, newest first."""
    is_whole = limit is None and click.get_current_context().params["json"]
    most = None if is_whole else limit or A_PAGE
    asked = most + 1 if most is not None and sort is None else None
    versions = cairn.open().versions(model, where=where, before=before, limit=asked)
    if sort is not None and versions:
        versions = _sorted(versions, sort)
    if not versions:
        return Shown((), _none(model, where))
    left = len(versions) - len(versions[:most])
    versions = versions[:most]
    rows = [
        (
            v.name,
            short(v.digest),
            moment(v.registered_at),
            ", ".join(v.labels) or "-",
            _best_metric(v, sort),
            _state(v),
        )
        for v in versions
    ]
    text = table(("version", "digest", "registered", "labels", "metric", "state"), rows)
    if left and sort is None:
        words = [*([model] if model else []), *(["--where", where] if where else [])]
        older = shlex.join([*words, "--before", versions[-1].name])
        text += f"\nthere are older ones: `cairn list {older}`"
    elif left:
        text += f"\nthe best {len(versions)} of {len(versions) + left}: --limit shows more"
    return Shown([_line(v) for v in versions], text)


@click.command()
@click.argument("reference")
@shown
def show(reference: str) -> Shown:
    """Show a version (churn:3, churn@production), a model, a run:... or a snap:..."""
    registry = cairn.open()
    if reference.startswith("run:"):
        from cairn.cli.run import shown_run

        return shown_run(registry, reference)
    if reference.startswith("snap:"):
        from cairn.cli.snapshot import shown_snapshot

        return shown_snapshot(registry, reference)
    if ":" not in reference and "@" not in reference and "/versions/" not in reference:
        from cairn.cli.model import shown_model

        return shown_model(registry, model_name(reference, team=registry.settings.team))
    from cairn.cli.describe import described, text_of

    version = registry.version(reference)
    return Shown(described(registry, version), text_of(registry, version))


@click.command()
@click.argument("version")
@click.option("--minimum-set", is_flag=True, help="Only what it takes to make it again.")
@shown
def check(version: str, *, minimum_set: bool) -> Shown:
    """Say whether VERSION has the fields that every version must have; exit code 6 if not."""
    found = cairn.open().version(version)
    parts = minimum_set_of(found.manifest) if minimum_set else nine_fields(found)
    lacking = [part.name for part in parts if not part.is_there]
    rows = [(p.name, "yes" if p.is_there else "MISSING", p.what) for p in parts]
    told = f"missing: {', '.join(lacking)}" if lacking else "nothing is missing"
    return Shown(
        [part._asdict() for part in parts],
        f"{table(('part', 'there', 'what'), rows)}\n{found.name}: {told}",
        Refused.exit_code if lacking else 0,
    )


@click.command()
@click.argument("version", required=False)
@click.option("--code", is_flag=True, help="Only the code: commit, changes, entry point.")
@click.option(
    "--row", metavar="COLUMN=VALUE", help="Say which snapshots and versions hold it."
)
@click.option(
    "--file", metavar="PATH|DIGEST", help="Say which snapshots and versions hold it."
)
@shown
def why(version: str | None, *, code: bool, row: str | None, file: str | None) -> Shown:
    """Say what made VERSION, and why it is where it is; or who holds a row or a file."""
    registry = cairn.open()
    if [version, row, file].count(None) != 2:  # noqa: PLR2004 (all but one)
        raise Invalid("say one of them: a version, --row COLUMN=VALUE, or --file PATH")
    if version is None:
        from cairn.cli.holding import holders

        return holders(registry, row=row, file=file)
    found = registry.version(version)
    from cairn.cli.why import story, story_of_code

    return story_of_code(registry, found) if code else story(registry, found)


@click.command()
@click.argument("before")
@click.argument("after")
@shown
def diff(before: str, after: str) -> Shown:
    """Say what differs between two versions: whatever they are made of, and the command."""
    from cairn.cli.difference import difference

    return difference(cairn.open().diff(before, after))


@click.command()
@click.argument("version")
@click.argument("root", metavar="FOLDER_OR_BUCKET")
@shown
def export(version: str, root: str) -> Shown:
    """Write the files of VERSION, verified, below FOLDER_OR_BUCKET: churn/v1.4.0/, checksums.

    Nothing there is ever replaced; the same version again changes nothing.
    """
    registry = cairn.open()
    found = registry.version(version)
    done = registry.export(found.digest, root)
    files = counted(len(done.files), "file")
    text = (
        f"{found.name} is in {done.place}: {files}, each with its sidecar .cairn.json, and "
        "SHA256SUMS"
        if done.is_new
        else f"{found.name} is in {done.place} already: {files}, every byte verified"
    )
    value = {"version": found.name, "digest": found.digest, **done._asdict()}
    return Shown(value, text)


@click.command()
@click.argument("version")
@click.argument("number_or_part", default="minor")
@click.option("--no-tag", is_flag=True, help="Write no git tag.")
@click.option("--sign", is_flag=True, help="Let git sign the tag; exit code 10 if it cannot.")
@click.option(
    "--allow-dirty",
    is_flag=True,
    help="Release uncommitted changes; the tag says so.",
)
@shown
def release(
    version: str, number_or_part: str, *, no_tag: bool, sign: bool, allow_dirty: bool
) -> Shown:
    """Release VERSION as the next major, minor, patch, or as 1.4.0; tags the commit."""
    if no_tag and sign:
        raise Invalid("--sign signs the tag that --no-tag leaves out: choose one")
    registry = cairn.open()
    if number_or_part in SEMANTIC:
        found = registry.release(version, part=number_or_part, allow_dirty=allow_dirty)
    elif number_or_part[:1].isdigit():
        found = registry.release(version, release=number_or_part, allow_dirty=allow_dirty)
    else:
        raise Invalid(
            f"{number_or_part!r} is neither major, minor, patch nor a number like 1.4.0"
        )
    text = f"{found.name} is released as {model_shown(found.model)}:{found.release}"
    if no_tag:
        return Shown(_line(found), f"{text}\nno git tag was asked for")
    tag = registry.tag(found.digest, sign=sign)
    failed = sign and not tag.is_written
    return Shown(_line(found), f"{text}\n{tag.told}", Unavailable.exit_code if failed else 0)


@click.command("mark-bad")
@click.argument("version")
@click.option("--reason", "-m", required=True, help="Why; it is kept in the ledger.")
@shown
def mark_bad(version: str, *, reason: str) -> Shown:
    """Never roll back to VERSION again, until it passes a gate afresh."""
    found = cairn.open().mark_bad(version, reason=reason)
    held = f"; it still holds {', '.join(found.labels)}" if found.labels else ""
    return Shown(_line(found), f"{found.name} is marked bad: {reason}{held}")


@click.command()
@click.argument("version")
@click.option("--reason", "-m", required=True, help="Why; it is kept in the ledger.")
@shown
def delete(version: str, *, reason: str) -> Shown:
    """Put a tombstone on VERSION; its number is never used again and its history stays."""
    registry = cairn.open()
    held = registry.version(version).labels
    found = registry.delete(version, reason=reason)
    lines = [f"{found.name} is deleted: {reason}; number and history stay"]
    lines += [f"{label} pointed at it, and holds nothing now" for label in held]
    return Shown(_line(found), "\n".join(lines))


def _sorted(versions: Sequence[Version], metric: str) -> tuple[Version, ...]:
    """Put the best first; those that lack the metric are left out. `NotFound` if all do."""
    from cairn.stats.metrics import better, spelled

    having = [(value, v) for v in versions if (value := _value(v, metric)) is not None]
    if not having:
        from difflib import get_close_matches

        known = sorted({name for v in versions for name in v.manifest.metrics})
        near = get_close_matches(spelled(metric), known, n=1)
        there = ", ".join(near or known) or "none: nothing was measured"
        which = "the nearest is" if near else "there are" if known else "there is"
        raise NotFound(f"no version has the metric {metric}; {which} {there}")
    having.sort(key=lambda one: one[0], reverse=better(metric) == "higher")
    return tuple(version for _, version in having)


def _value(version: Version, metric: str) -> float | None:
    """Read a metric under the name that was asked for, or another one of the same metric."""
    metrics = version.manifest.metrics
    if metric in metrics:
        return metrics[metric]
    return next((value for name, value in metrics.items() if _same(name, metric)), None)


def _same(name: str, metric: str) -> bool:
    from cairn.stats.metrics import spelled

    return spelled(name) == spelled(metric)


def _none(model: str | None, where: str) -> str:
    """Say why the list is empty: nothing there, or nothing that was asked for."""
    whose = f"no version of {model}" if model else "no version"
    if where:
        return f"{whose} matches {where}"
    name = model or "NAME"
    return f"{whose} yet; `cairn run --model {name} -- python train.py` makes one"


def _line(version: Version) -> dict[str, object]:
    return {
        "name": version.name,
        "digest": version.digest,
        "registered_at": version.registered_at,
        "registered_by": version.registered_by,
        "labels": version.labels,
        "metrics": version.manifest.metrics,
        "complete": version.complete,
        "release": version.release,
        "archived": version.archived,
        "marked_bad": version.marked_bad,
        "deleted": version.deleted,
    }


def _state(version: Version) -> str:
    states = [
        "deleted" if version.deleted is not None else "",
        "bad" if version.marked_bad is not None else "",
        "archived" if version.archived else "",
        "" if version.complete else f"incomplete ({counted(len(version.gaps), 'gap')})",
        f"release {version.release}" if version.release else "",
    ]
    return ", ".join(state for state in states if state) or "complete"


def _best_metric(version: Version, wanted: str | None) -> str:
    metrics = version.manifest.metrics
    name = wanted or next(iter(sorted(metrics)), None)
    return f"{name} {number(_value(version, name))}" if name else "-"
