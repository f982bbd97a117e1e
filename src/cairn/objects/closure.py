"""What a record needs: which objects it names, what each of them leads to, and are they there.

`needs` is the one list, field by field; that no field with a digest is forgotten is tested.
What is accepted must have its direct needs; what travels or is verified takes all of them.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal, NamedTuple

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt, NotFound
from cairn.core.evaluation import Evaluation, Scorer
from cairn.core.request import Record
from cairn.core.reserved import check_free
from cairn.core.run import RunFacts
from cairn.core.snapshot import Recipe, Snapshot, Source, is_kept, parents_of
from cairn.core.tree import LEAF_ROWS, ROOT_BYTES, Entry, escape, read_root
from cairn.core.version import Manifest
from cairn.objects.folders.stored_tree import tree_entries
from cairn.objects.store import ObjectStore

Leads = type[Record] | Literal["bytes", "tree", "names"]
"""To a record of this kind, to nothing, to a tree with its files, to one whose files stay."""


class Need(NamedTuple):
    """An object that a record names: what it is to a person, and where it leads."""

    what: str
    digest: Digest
    leads: Leads


class Part(NamedTuple):
    """An object of a whole, and what it is there."""

    what: str
    digest: Digest


def needs(record: Record) -> Iterator[Need]:
    """List what a record cannot do without.

    Left out is what names something else: a container image, the versions before this one,
    the weights that an evaluation is about (its predictions stand without).
    """
    match record:
        case Manifest():
            yield from _manifest_needs(record)
        case Snapshot():
            yield from _source_needs(record.source)
        case Evaluation():
            yield Need("the evaluation snapshot", record.snapshot, Snapshot)
            yield Need("the scorer", record.scorer, Scorer)
            yield Need("the predictions", record.predictions, "bytes")
        case Scorer():
            if record.source is not None:
                yield Need("the scorer's source", record.source, "bytes")
            if record.metrics_source is not None:
                yield Need("the source of the metrics", record.metrics_source, "bytes")
        case _:
            return


def parts(objects: ObjectStore, wanted: Iterable[Need]) -> Iterator[Part]:
    """List every object that is needed, and all that those need, each once.

    Raises `NotFound` or `Corrupt` for a record or tree that cannot be read.
    """
    listed: set[Digest] = set()
    followed: set[tuple[Digest, Leads]] = set()
    waiting = list(wanted)[::-1]
    while waiting:
        need = waiting.pop()
        if (need.digest, need.leads) in followed:
            continue
        followed.add((need.digest, need.leads))
        for part in _own_parts(objects, need):
            if part.digest not in listed:
                listed.add(part.digest)
                yield part
        if isinstance(need.leads, type):
            found = objects.get_record(need.digest, need.leads)
            waiting += reversed(list(needs(found)))


def check_parts(objects: ObjectStore, need: Need) -> tuple[int, int]:
    """Read everything that is needed, byte by byte; returns objects and bytes.

    Raises `Corrupt` or `NotFound` with what the first one that is not as recorded is there.
    """
    count = size_bytes = 0
    for part in parts(objects, [need]):
        try:
            size_bytes += objects.check(part.digest)
        except (Corrupt, NotFound) as error:
            raise type(error)(f"{part.what}: {error}") from error
        count += 1
    return count, size_bytes


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
    for need in _source_needs(source):
        if need.digest != source.tree:
            _require_need(objects, need)
    if is_kept(source):
        return require_tree(objects, source.tree)
    entries = list(_free(tree_entries(objects, source.tree)))
    return len(entries), sum(entry.size for entry in entries)


def _free(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Pass entries on; raises `Refused` for a name that is not for data to take."""
    for entry in entries:
        check_free(entry.path)
        yield entry


def require(objects: ObjectStore, digest: Digest, what: str) -> None:
    """Raise `NotFound` unless the object is stored."""
    if not objects.has(digest):
        raise NotFound(f"{what} is not in the store: put the bytes of {digest} there first")


def require_needs(objects: ObjectStore, record: Record) -> None:
    """Raise `NotFound` unless everything a record names is stored.

    A record among it was accepted before, and is not looked into again.
    """
    for need in needs(record):
        _require_need(objects, need)


def require_evaluation(objects: ObjectStore, evaluation: Evaluation) -> None:
    """Raise `NotFound` unless everything an evaluation names is stored."""
    require(objects, evaluation.artifacts, "the evaluated artifact tree")
    require_needs(objects, evaluation)


def require_facts(objects: ObjectStore, facts: RunFacts) -> None:
    """Raise `NotFound` unless everything a run's facts name is stored."""
    for source in facts.inputs:
        require(objects, source.snapshot, f"the {source.role} snapshot")
    for path, digest in (*facts.outputs.items(), *facts.artifacts.items()):
        require(objects, digest, f"what the run wrote to {path}")
    if facts.log is not None:
        require(objects, facts.log, "the run's log")


def _require_need(objects: ObjectStore, need: Need) -> None:
    if need.leads == "tree":
        require_tree(objects, need.digest)
    else:
        require(objects, need.digest, need.what)


def _manifest_needs(manifest: Manifest) -> Iterator[Need]:
    artifacts = manifest.artifacts
    if artifacts is not None:
        yield Need("the weights", artifacts.tree, "tree")
    if artifacts is not None and artifacts.golden is not None:
        yield Need("the golden predictions", artifacts.golden, "tree")
    if manifest.feature_spec is not None:
        yield Need("the feature files", manifest.feature_spec, "tree")
    for source in manifest.inputs:
        yield Need(f"the {source.role} snapshot", source.snapshot, Snapshot)
    if manifest.code is not None and manifest.code.patch is not None:
        yield Need("the patch of uncommitted changes", manifest.code.patch, "bytes")
    if manifest.environment is not None:
        yield Need("the environment's lock", manifest.environment.lock, "bytes")
    for evaluation in manifest.evaluations:
        yield Need("an evaluation", evaluation, Evaluation)


def _source_needs(source: Source) -> Iterator[Need]:
    yield Need("the data", source.tree, "tree" if is_kept(source) else "names")
    for parent in parents_of(source):
        yield Need("the snapshot that it was made from", parent, Snapshot)
    if isinstance(source, Recipe):
        yield Need("the recipe's code", source.code, "tree")
        if source.lock is not None:
            yield Need("the recipe's lock", source.lock, "bytes")


def _own_parts(objects: ObjectStore, need: Need) -> Iterator[Part]:
    """List an object and, of a tree, its leaves and files."""
    yield Part(need.what, need.digest)
    if need.leads in ("tree", "names"):
        for leaf in read_root(objects.get(need.digest, most=ROOT_BYTES)):
            yield Part(f"{need.what}, its list of files", leaf.digest)
    if need.leads == "tree":
        for entry in tree_entries(objects, need.digest):
            yield Part(f"{need.what}, {escape(entry.path)}", entry.digest)
