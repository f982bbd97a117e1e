"""Check every stored byte, and that everything the ledger names is stored."""

from collections.abc import Container, Iterator, Sequence

from msgspec.structs import replace

from cairn.core.digest import Digest
from cairn.core.errors import CairnError
from cairn.core.evaluation import Evaluation
from cairn.core.ledger import Entry, Problem
from cairn.core.run import RunFacts
from cairn.core.snapshot import Snapshot
from cairn.core.version import Manifest
from cairn.engine import erased, evaluation, run, snapshot, version
from cairn.engine.context import Context
from cairn.engine.reachable import Released, released_by
from cairn.objects import ObjectStore, closure
from cairn.objects.excusing import Excusing


def check(context: Context, entries: Sequence[Entry]) -> tuple[int, int, list[Problem]]:
    """Re-hash all objects; returns how many, how many bytes, and every problem."""
    problems: list[Problem] = []
    count = size_bytes = 0
    for digest in context.objects.digests():
        count += 1
        try:
            size_bytes += context.objects.check(digest)
        except CairnError as error:
            problems.append(Problem(place=f"object {digest}", reason=str(error)))
    broken = {problem.place.removeprefix("object ") for problem in problems}
    problems += _frames(context.objects, problems)
    return count, size_bytes, [*problems, *missing(context, entries, broken)]


def _frames(objects: ObjectStore, known: Sequence[Problem]) -> list[Problem]:
    """Report packs that are damaged where no object lies: in a header, an index, an end."""
    told = " ".join(problem.reason for problem in known)
    return [
        Problem(place=f"pack {damage.where}", reason=damage.reason)
        for damage in objects.checker().check("full").damage
        if damage.where not in told
    ]


def missing(
    context: Context, entries: Sequence[Entry], broken: Container[Digest] = ()
) -> Iterator[Problem]:
    """Report what the entries need and the store lacks, whatever is `broken` left out."""
    released = released_by(context.objects, entries)
    objects = Excusing(context.objects, erased.by_object(context.tx).keys())
    for entry in entries:
        yield from _missing(objects, entry, released, broken)


def _missing(
    objects: Excusing, entry: Entry, released: Released, broken: Container[Digest]
) -> Iterator[Problem]:
    """Report what an entry needs and the store lacks; what is broken was reported already."""
    for digest in entry.evidence:
        if digest not in broken and not objects.has(digest):
            yield Problem(
                place=f"object {digest}",
                reason=f"ledger entry {entry.seq} names it, it is gone",
            )
    try:
        _require(objects, entry, released)
    except CairnError as error:
        yield Problem(place=f"objects of ledger entry {entry.seq}", reason=str(error))


def _require(objects: Excusing, entry: Entry, released: Released) -> None:
    """Raise unless everything reachable from an entry is stored."""
    digest = entry.after.get("digest")
    match entry.action:
        case version.REGISTERED:
            manifest = objects.get_record(str(digest), Manifest)
            if manifest.artifacts and manifest.artifacts.tree in released.trees:
                return  # deleted: its weights may be gone
            closure.require_needs(objects, manifest)
            for made in set(manifest.evaluations) - objects.erased:
                found = objects.get_record(made, Evaluation)
                closure.require_evaluation(objects, found)
        case snapshot.ADDED:
            closure.require_source(objects, objects.get_record(str(digest), Snapshot).source)
        case evaluation.RECORDED:
            closure.require_evaluation(objects, objects.get_record(str(digest), Evaluation))
        case run.FINISHED if entry.after["facts"] not in (None, *objects.erased):
            facts = objects.get_record(entry.after["facts"], RunFacts)
            outputs = {k: v for k, v in facts.outputs.items() if v not in released.files}
            closure.require_facts(objects, replace(facts, outputs=outputs))
        case _:
            return
