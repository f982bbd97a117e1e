"""Check a store against itself: tree, signature, segments, views, and every stored byte.

The views are checked by replaying the ledger into memory and comparing every row, so a row
that anybody changed is named, whatever it says.
"""

from collections.abc import Iterator

from cairn.core import ledger as rules
from cairn.core.digest import from_canonical
from cairn.core.errors import CairnError, Corrupt
from cairn.core.ledger import Entry, Problem, Verification, VerifyStore
from cairn.engine import (
    checkpoints,
    continuation,
    erased,
    object_check,
    replay,
    signed,
)
from cairn.engine.context import Context
from cairn.sql.database import Transaction


def verify(context: Context, asked: VerifyStore) -> Verification:
    """Answer `VerifyStore`: every problem there is, not only the first."""
    entries, problems = _read_all(context.tx)
    if sentence := context.beside.changed():
        problems.append(Problem(place="store.json", reason=sentence))
    problems += _check_tree(context.tx, entries)
    problems += checkpoints.check(context, entries, against=asked.against)
    problems += _check_segments(context, entries)
    read = [from_canonical(content, Entry) for content in entries] if not problems else []
    problems += replay.compare(context, read) if not problems else []
    problems += signed.check(read)
    problems += continuation.check(read, entries)
    objects, size_bytes = 0, 0
    if asked.objects:
        objects, size_bytes, broken = object_check.check(context, read)
        problems += broken
    return Verification(
        entries=len(entries),
        objects=objects,
        size_bytes=size_bytes,
        versions=(context.tx.one("version_count") or (0,))[0],
        uncovered=tuple(context.beside.uncovered()) if asked.objects else (),
        problems=tuple(problems),
        erased=tuple(
            Problem(place=f"object {digest}", reason=found.words())
            for digest, found in erased.by_object(context.tx).items()
            if not context.objects.has(digest)
        ),
    )


def _read_all(tx: Transaction) -> tuple[list[bytes], list[Problem]]:
    """Read every entry and check what its own columns, number and time say."""
    rows = tx.all("ledger_everything")
    problems: list[Problem] = []
    last = ""
    for expected, (seq, content, *columns) in enumerate(rows):
        place = f"ledger entry {seq}"
        try:
            entry = from_canonical(content, Entry)
        except Corrupt as error:
            problems.append(Problem(place=place, reason=str(error)))
            continue
        if entry.seq != seq or seq != expected:
            problems.append(Problem(place=place, reason=f"it should be number {expected}"))
        if columns != [entry.actor.id, entry.change_id, entry.action, entry.subject]:
            problems.append(Problem(place=place, reason="its columns contradict its content"))
        if entry.time < last:
            problems.append(
                Problem(place=place, reason="its time is before its predecessor's")
            )
        last = entry.time
    return [row[1] for row in rows], problems


def _check_tree(tx: Transaction, entries: list[bytes]) -> list[Problem]:
    """Compare every stored node with what the entries give."""
    expected = rules.tree_of(rules.leaf_hash(content) for content in entries)
    stored = {(level, position): value for level, position, value in tx.all("ledger_nodes")}
    wrong = sorted(
        place
        for place in expected.keys() | stored.keys()
        if expected.get(place) != stored.get(place)
    )
    return [
        Problem(
            place=f"ledger entry {position}"
            if level == 0
            else f"ledger node {level}/{position}",
            reason="the Merkle tree does not match the entries",
        )
        for level, position in wrong
    ]


def _check_segments(context: Context, entries: list[bytes]) -> list[Problem]:
    """Compare the exported segments with the database; lagging behind is not a problem."""
    try:
        return list(_segment_problems(context, entries))
    except CairnError as error:
        return [Problem(place="ledger/", reason=str(error))]


def _segment_problems(context: Context, entries: list[bytes]) -> Iterator[Problem]:
    beside = context.beside
    confirmed, lines = beside.exported_size(), 0
    for seq, (file, line, content) in enumerate(beside.exported()):
        lines += 1
        # What comes after the checkpoint may be what a power cut left: it promises nothing.
        if seq < confirmed and (seq >= len(entries) or content != entries[seq]):
            yield Problem(
                place=f"{file} line {line}",
                reason=f"it is not entry {seq} of the ledger",
            )
    if lines < confirmed:
        yield Problem(place=beside.last_exported(), reason="its last line is cut short")
    note = beside.exported_checkpoint()
    if note is None and entries:
        yield Problem(place="ledger/checkpoint", reason="it is missing")
    elif note is not None and not context.tx.all("ledger_checkpoint_is", note=note):
        yield Problem(place="ledger/checkpoint", reason="the ledger never had this checkpoint")
