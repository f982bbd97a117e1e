"""What a record refers to must be there before the record is accepted."""

from collections.abc import Iterable, Iterator
from itertools import islice

from cairn.core.digest import Digest
from cairn.core.errors import NotFound
from cairn.core.evaluation import Evaluation
from cairn.core.reserved import check_free
from cairn.core.run import RunFacts
from cairn.core.snapshot import Recipe, Snapshot, Source, is_kept
from cairn.core.tree import LEAF_ROWS, ROOT_BYTES, Entry, escape, read_root
from cairn.core.version import Manifest
from cairn.objects.store import ObjectStore
from cairn.objects.tree import tree_entries, tree_objects


def require_tree(objects: ObjectStore, tree: Digest) -> tuple[int, int]:
    """Return files and bytes of a tree; raises `NotFound` unless every file is stored."""
    files = size_bytes = 0
    entries = _free(tree_entries(objects, tree))
    while some := list(islice(entries, LEAF_ROWS)):
        here = objects.have(entry.digest for entry in some)
        for entry in some:
            if entry.digest not in here:
                require(objects, entry.digest, f"file {escape(entry.path)}")
        files, size_bytes = files + len(some), size_bytes + sum(e.size for e in some)
    return files, size_bytes


def require_source(objects: ObjectStore, source: Source) -> tuple[int, int]:
    """Return files and bytes of a source; raises `NotFound` unless what it keeps is stored.

    Of a source that is pinned only the tree is; its files stay where they were.
    """
    if isinstance(source, Recipe):
        require_tree(objects, source.code)
        if source.lock is not None:
            require(objects, source.lock, "the recipe's lock")
    if is_kept(source):
        return require_tree(objects, source.tree)
    entries = list(_free(tree_entries(objects, source.tree)))
    return len(entries), sum(entry.size for entry in entries)


def _free(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Pass entries on; raises `Refused` for a name that is not for data to take."""
    for entry in entries:
        check_free(entry.path)
        yield entry


def source_objects(objects: ObjectStore, source: Source) -> Iterator[Digest]:
    """List every stored object of a source, the root of its tree first; some come twice."""
    if is_kept(source):
        yield from tree_objects(objects, source.tree)
    else:
        yield source.tree
        yield from (
            leaf.digest for leaf in read_root(objects.get(source.tree, most=ROOT_BYTES))
        )
    if isinstance(source, Recipe):
        yield from tree_objects(objects, source.code)
        yield from (source.lock,) if source.lock is not None else ()


def require(objects: ObjectStore, digest: Digest, what: str) -> None:
    """Raise `NotFound` unless the object is stored."""
    if not objects.has(digest):
        raise NotFound(f"{what} is not in the store: put the bytes of {digest} there first")


def require_manifest(objects: ObjectStore, manifest: Manifest) -> None:
    """Raise `NotFound` unless everything a manifest names is stored."""
    if manifest.artifacts is not None:
        require_tree(objects, manifest.artifacts.tree)
        if manifest.artifacts.golden is not None:
            require_tree(objects, manifest.artifacts.golden)
    if manifest.feature_spec is not None:
        require_tree(objects, manifest.feature_spec)
    for what, digest in manifest_objects(manifest):
        require(objects, digest, what)


def manifest_objects(manifest: Manifest) -> Iterator[tuple[str, Digest]]:
    """List the plain objects that a manifest names, trees left out."""
    for source in manifest.inputs:
        yield f"the {source.role} snapshot", source.snapshot
    if manifest.code is not None and manifest.code.patch is not None:
        yield "the patch of uncommitted changes", manifest.code.patch
    if manifest.environment is not None:
        yield "the environment's lock", manifest.environment.lock
    for evaluation in manifest.evaluations:
        yield "an evaluation", evaluation


def require_evaluation(objects: ObjectStore, evaluation: Evaluation) -> None:
    """Raise `NotFound` unless everything an evaluation names is stored."""
    require(objects, evaluation.artifacts, "the evaluated artifact tree")
    require(objects, evaluation.snapshot, "the evaluation snapshot")
    require(objects, evaluation.scorer, "the scorer")
    require(objects, evaluation.predictions, "the predictions")


def require_facts(objects: ObjectStore, facts: RunFacts) -> None:
    """Raise `NotFound` unless everything a run's facts name is stored."""
    for source in facts.inputs:
        require(objects, source.snapshot, f"the {source.role} snapshot")
    for path, digest in (*facts.outputs.items(), *facts.artifacts.items()):
        require(objects, digest, f"what the run wrote to {path}")
    if facts.log is not None:
        require(objects, facts.log, "the run's log")


def version_objects(objects: ObjectStore, digest: Digest) -> Iterator[Digest]:
    """List every object that a version is made of, its manifest first; some come twice."""
    yield digest
    manifest = objects.get_record(digest, Manifest)
    if manifest.artifacts is not None:
        yield from tree_objects(objects, manifest.artifacts.tree)
        if manifest.artifacts.golden is not None:
            yield from tree_objects(objects, manifest.artifacts.golden)
    if manifest.feature_spec is not None:
        yield from tree_objects(objects, manifest.feature_spec)
    for source in manifest.inputs:
        yield from _snapshot_objects(objects, source.snapshot)
    for evaluation in manifest.evaluations:
        yield from _evaluation_objects(objects, objects.get_record(evaluation, Evaluation))
    for _, named in manifest_objects(manifest):
        yield named


def _evaluation_objects(objects: ObjectStore, evaluation: Evaluation) -> Iterator[Digest]:
    yield from (evaluation.predictions, evaluation.scorer, evaluation.snapshot)
    yield from _snapshot_objects(objects, evaluation.snapshot)


def _snapshot_objects(objects: ObjectStore, digest: Digest) -> Iterator[Digest]:
    yield from source_objects(objects, objects.get_record(digest, Snapshot).source)
