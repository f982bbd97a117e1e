"""Judge stored files of a model: this store's own verdict, made of the bytes that it has."""

from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from cairn import flavors
from cairn.core.digest import Digest
from cairn.core.verdict import (
    LONGEST_REASON,
    MOST_REASONS,
    GetVerdict,
    RecordVerdict,
    Verdict,
)
from cairn.flavors.allowed import allow_list_digest
from cairn.objects.tree import restore_tree
from cairn.registry import Registry


def verdict_on(registry: Registry, tree: Digest) -> Verdict:
    """Return the verdict of today's judge on a stored tree; judges it if it has not yet.

    Raises `Corrupt` or `NotFound` unless every byte of the tree is stored.
    """
    judge, allow_list = _judge(), allow_list_digest()
    known = registry.engine.send(GetVerdict(tree=tree))
    if known is not None and (known.judge, known.allow_list) == (judge, allow_list):
        return known
    with TemporaryDirectory(prefix="cairn-") as folder:
        restore_tree(registry.objects, tree, Path(folder) / "model")
        found = flavors.inspect(Path(folder) / "model")
    return registry.engine.send(
        RecordVerdict(
            tree=tree,
            safety=found.safety,
            reasons=_bounded(found.reasons),
            judge=judge,
            allow_list=found.allow_list,
        )
    )


def _judge() -> str:
    return f"cairn {version('cairn-ml')}"


def _bounded(reasons: tuple[str, ...]) -> tuple[str, ...]:
    """Keep what fits into a ledger entry; how many more there were is the last of them."""
    kept = [reason[:LONGEST_REASON] for reason in reasons[:MOST_REASONS]]
    if len(reasons) > MOST_REASONS:
        kept[-1] = f"and {len(reasons) - MOST_REASONS + 1} more"
    return tuple(kept)
