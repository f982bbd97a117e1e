"""Stored predictions of a person's rows: told by the rows of their snapshot, or by id."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from cairn.core.digest import Digest
from cairn.core.errors import CairnError
from cairn.core.evaluation import Evaluation, Scorer
from cairn.core.snapshot import DeltaTable, IcebergTable, Snapshot
from cairn.core.tree import Entry, escape, unescape
from cairn.data.giver import Giver
from cairn.data.lakes.rows import lake_rows
from cairn.data.read_table import read_table
from cairn.data.rows import captured
from cairn.data.rows.asked import Asked, Looked
from cairn.data.rows.look import rows_of
from cairn.data.rows.search import Held
from cairn.data.rows.wanted import Wanted
from cairn.data.tables.table_files import ALL_ROWS
from cairn.engine.ids import hasher
from cairn.listed import ledger_entries
from cairn.objects.folders.tree import tree_entries
from cairn.project import Project
from cairn.stats.predictions import decode, encode
from cairn.stats.scored import Predictions, leave_out
from cairn.stats.summary import summarise

Spelling = Callable[[str], str]
RECORD = "evaluation.record"


class Judged(NamedTuple):
    """An evaluation, and the ids of its predictions that are looked for.

    `unknown` says why they are not known, or not all.
    """

    digest: Digest
    evaluation: Evaluation
    ids: frozenset[str]
    unknown: str = ""


def recorded(project: Project) -> Iterator[Digest]:
    """Yield every evaluation that the ledger has, once."""
    seen: set[Digest] = set()
    for entry in ledger_entries(project.engine, action=RECORD):
        if entry.after["digest"] not in seen:
            seen.add(entry.after["digest"])
            yield entry.after["digest"]


def judged(
    project: Project, asked: Asked, held: Mapping[Digest, Held], gone: frozenset[Digest]
) -> Iterator[Judged]:
    """Look into every evaluation; those whose predictions are `gone` hold nothing any more."""
    for digest in recorded(project):
        evaluation = project.objects.get_record(digest, Evaluation)
        if evaluation.predictions in gone:
            continue
        try:
            yield _judged(project, asked, digest, evaluation, held.get(evaluation.snapshot))
        except CairnError as error:
            yield Judged(digest, evaluation, frozenset(), str(error))


def rewritten(
    project: Project, found: Judged, successors: Mapping[Digest, Digest]
) -> Digest | None:
    """Store an evaluation again without the rows, on its snapshot's successor.

    None where no row is left. Nobody signs for it: whoever measured saw other rows.
    """
    objects = project.objects
    left = leave_out(decode(objects.get(found.evaluation.predictions)), found.ids)
    if left is None:
        return None
    with objects.batch() as batch:
        return batch.put_record(
            replace(
                found.evaluation,
                snapshot=successors.get(found.evaluation.snapshot, found.evaluation.snapshot),
                predictions=batch.put(encode(left)),
                rows=len(left.ids),
                metrics=summarise(left),
            )
        )


def _judged(
    project: Project,
    asked: Asked,
    digest: Digest,
    evaluation: Evaluation,
    held: Held | None,
) -> Judged:
    scorer = project.objects.get_record(evaluation.scorer, Scorer)
    predictions = decode(project.objects.get(evaluation.predictions))
    spell = hasher(project.settings.store, scorer.ids_key) if scorer.ids_key else str
    ids, is_told = _named(asked, scorer, predictions, spell)
    if held is not None and held.files:
        placed = _placed(project, held, scorer, set(predictions.ids), spell)
        if placed is None:
            what = "its rows cannot be told from those of its snapshot"
            return Judged(digest, evaluation, ids, what)
        return Judged(digest, evaluation, ids | placed)
    if not is_told and (held is None or held.unread or held.is_erased):
        what = "its snapshot was not searched, or not all of it"
        return Judged(digest, evaluation, ids, what)
    return Judged(digest, evaluation, ids)


def _named(
    asked: Asked, scorer: Scorer, predictions: Predictions, spell: Spelling
) -> tuple[frozenset[str], bool]:
    """Find rows by their own id, unit and groups; whether the id is what is asked for."""
    found: set[str] = set()
    by_id = asked.in_column(scorer.id) if scorer.id else None
    if by_id is not None:
        found |= {name for name in predictions.ids if _is(by_id, name, spell)}
    units = {} if predictions.unit is None else {scorer.unit or "": predictions.unit}
    columns = [(name, grouping, spell) for name, grouping in units.items()]
    columns += [(name, grouping, str) for name, grouping in predictions.groups.items()]
    for column, grouping, spelled in columns:
        wanted = asked.in_column(column)
        levels = [each for each in grouping.levels if wanted and _is(wanted, each, spelled)]
        found |= {predictions.ids[row] for row in np.flatnonzero(grouping.rows(*levels))}
    return frozenset(found), by_id is not None and bool(asked.column)


def _is(wanted: Wanted, name: str, spell: Spelling) -> bool:
    """Tell whether a name is what is looked for, as it is or as it was hashed."""
    return wanted.is_spelled(name) if spell is str else name in map(spell, wanted.texts)


def _placed(
    project: Project, held: Held, scorer: Scorer, has: set[str], spell: Spelling
) -> frozenset[str] | None:
    """Give the ids of the rows of a snapshot; None if it is not clear which they are."""
    entries = {e.path: e for e in tree_entries(project.objects, held.info.tree)}
    frames = captured.frames_in(project.objects, entries)
    if not frames:
        table = read_table(project, held.info, file=scorer.data)
        looked = _in_table(project, held, entries, table.name)
        if looked is None:
            return frozenset()
        names = table.column(scorer.id).texts() if scorer.id else _numbers(table.rows, 1)
        return _chosen([names], looked, has, spell)
    for path, looked in held.files.items():
        named: list[list[str]] = []
        if path in frames:
            value = captured.read(project.objects, frames[path])
            named = [_numbers(captured.count(value), first) for first in (0, 1)]
            named += [[str(each) for each in value.index]] if hasattr(value, "iloc") else []
        else:
            table = read_table(project, held.info, file=escape(path))
            named = [_numbers(table.rows, 1)]
            named += [table.column(scorer.id).texts()] if scorer.id in table.names else []
        if (found := _chosen(named, looked, has, spell)) is not None:
            return found
    return None


def _in_table(
    project: Project, held: Held, entries: Mapping[bytes, Entry], name: str
) -> Looked | None:
    """Return the rows found in a table: one file, or several one after another."""
    if name != ALL_ROWS:
        return held.files.get(unescape(name))
    source = project.objects.get_record(held.info.digest, Snapshot).source
    giver: Giver = project.objects
    if isinstance(source, DeltaTable | IcebergTable):
        lake = lake_rows(project.objects, source, project.settings.folder)
        entries = {part.path: entries[part.path] for part in lake.layout.parts}
        giver = lake.giver
    places: list[int] = []
    start = 0
    for path, entry in entries.items():
        looked = held.files.get(path)
        rows = rows_of(giver, entry)
        if looked is not None and looked.whole:
            places += range(start, start + rows)
        elif looked is not None and looked.at is not None:
            places += (looked.at + start).tolist()
        start += rows
    return Looked(len(places), has_column=True, at=np.array(places, dtype=np.int64))


def _chosen(
    named: Sequence[list[str]], looked: Looked, has: set[str], spell: Spelling
) -> frozenset[str] | None:
    """Pick the ids of rows by the first way of naming them that gives what there is."""
    for each in named:
        names = [spell(name) for name in each]
        if looked.at is not None and set(names) == has:
            rows: list[int] = looked.at.tolist()
            return frozenset(names[row] for row in rows)
    return None


def _numbers(rows: int, first: int) -> list[str]:
    return [str(number) for number in range(first, first + rows)]
