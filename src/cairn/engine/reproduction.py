"""Record what came of training versions once more.

There is no view: the reproductions of a version are the entries with its subject.
"""

from cairn.core import reproduction as rules
from cairn.core.errors import Invalid
from cairn.core.ledger import Entry
from cairn.core.reproduction import (
    RECORDED,
    ListReproductions,
    RecordReproduction,
    Reproduction,
)
from cairn.engine import ledger, run, version
from cairn.engine.context import Context, Draft


def record(context: Context, asked: RecordReproduction) -> Draft:
    """Record a reproduction of a registered version by a run of the same model."""
    rules.check(asked)
    known = version.by_digest(context, asked.model, asked.version)
    if run.find(context, asked.run).model != asked.model:
        raise Invalid(f"run {asked.run[:12]} is not one of {asked.model}")

    return Draft(
        action=RECORDED,
        subject=f"{known.model}:{known.number}",
        after={
            "model": known.model,
            "number": known.number,
            "digest": known.digest,
            "run": asked.run,
            "outcome": asked.outcome,
            "made": asked.made,
            "measure": asked.measure,
            "causes": list(asked.causes),
        },
        evidence=(known.digest,),
    )


def apply_recorded(_context: Context, _entry: Entry) -> None:
    """Write nothing: the entry is all there is."""


def answer_recorded(_context: Context, entry: Entry) -> Reproduction:
    """Answer whoever reproduced it."""
    return _read(entry)


def every(context: Context, asked: ListReproductions) -> tuple[Reproduction, ...]:
    """Answer `ListReproductions`."""
    known = version.by_digest(context, asked.model, asked.version)
    rows = context.tx.all("reproduction_of_version", subject=f"{known.model}:{known.number}")
    return tuple(_read(ledger.read(context.tx, row.seq)) for row in rows)


def _read(entry: Entry) -> Reproduction:
    after = entry.after
    return Reproduction(
        version=after["digest"],
        run=after["run"],
        outcome=after["outcome"],
        made=after["made"],
        measure=after["measure"],
        causes=tuple(after["causes"]),
        reproduced_by=entry.actor.id,
        reproduced_at=entry.time,
    )
