"""Judge stored files of a model: this store's own verdict, made of the bytes that it has."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from cairn import flavors
from cairn.core.digest import Digest
from cairn.core.errors import CairnError
from cairn.core.verdict import (
    LONGEST_REASON,
    MOST_REASONS,
    GetVerdict,
    RecordVerdict,
    Rejudged,
    Safety,
    Verdict,
)
from cairn.core.version import Artifacts, Version
from cairn.flavors.allowed import allow_list_digest
from cairn.flavors.disk import disk_errors
from cairn.flavors.flavor import Inspection
from cairn.objects.folders.tree import restore_tree
from cairn.project import Project


def verdict_on(project: Project, tree: Digest) -> Verdict:
    """Return the verdict of today's judge on a stored tree; judges it if it has not yet.

    Raises `Corrupt` or `NotFound` unless every byte of the tree is stored.
    """
    known = project.engine.send(GetVerdict(tree=tree))
    if known is not None and is_of_today(known):
        return known
    found = _inspected(project, tree)
    return project.engine.send(
        RecordVerdict(
            tree=tree,
            safety=found.safety,
            reasons=_bounded(found.reasons),
            judge=_judge(),
            allow_list=found.allow_list,
        )
    )


def rejudged(project: Project) -> Iterator[Rejudged]:
    """Judge the files of every version that is not deleted, and record nothing.

    Yields those of which something else is recorded than today's judge finds, and those whose
    files it cannot see.
    """
    found: dict[Digest, tuple[Safety | None, tuple[str, ...]]] = {}
    for each in reversed(project.versions()):
        artifacts, known = each.manifest.artifacts, each.verdict
        if artifacts is None or each.deleted or (known and is_of_today(known)):
            continue
        if artifacts.tree not in found:
            found[artifacts.tree] = _today(project, artifacts.tree)
        today, reasons = found[artifacts.tree]
        recorded = _recorded(each, artifacts)
        if today != recorded:
            yield Rejudged(
                version=each.name,
                recorded=recorded,
                claimed=each.safety is None,
                today=today,
                reasons=reasons,
            )


def _recorded(version: Version, artifacts: Artifacts) -> Safety:
    return version.verdict.safety if version.verdict else artifacts.safety


def _today(project: Project, tree: Digest) -> tuple[Safety | None, tuple[str, ...]]:
    """Judge a tree; None, and why, if that cannot be done here and now."""
    try:
        found = _inspected(project, tree)
    except CairnError as error:
        return None, (str(error),)
    return found.safety, _bounded(found.reasons)


@disk_errors()
def _inspected(project: Project, tree: Digest) -> Inspection:
    with TemporaryDirectory(prefix="cairn-") as folder:
        restore_tree(project.objects, tree, Path(folder) / "model")
        return flavors.inspect(Path(folder) / "model")


def is_of_today(known: Verdict | None) -> bool:
    """Whether today's judge, by today's list of what is allowed, gave a verdict."""
    return known is not None and (known.judge, known.allow_list) == (
        _judge(),
        allow_list_digest(),
    )


def _judge() -> str:
    return f"cairn {version('cairn-ml')}"


def _bounded(reasons: tuple[str, ...]) -> tuple[str, ...]:
    """Keep what fits into a ledger entry; how many more there were is the last of them."""
    kept = [reason[:LONGEST_REASON] for reason in reasons[:MOST_REASONS]]
    if len(reasons) > MOST_REASONS:
        kept[-1] = f"and {len(reasons) - MOST_REASONS + 1} more"
    return tuple(kept)
