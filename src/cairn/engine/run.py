"""Record how runs begin and end, and read them."""

from cairn.core import run as rules
from cairn.core.errors import Conflict, Invalid, NotFound
from cairn.core.ledger import Entry
from cairn.core.name import require_model_name
from cairn.core.run import FinishRun, GetRun, ListRuns, Run, RunFacts, StartRun
from cairn.engine import ledger
from cairn.engine.context import Context, Draft
from cairn.objects.closure import require_facts
from cairn.sql.database import Row

STARTED, FINISHED = "run.start", "run.finish"
SHORTEST_ID = 8
ALL = (1 << 63) - 1


def start(context: Context, asked: StartRun) -> Draft:
    """Record that a run has begun."""
    require_model_name(asked.model)
    if context.tx.all("run_by_id", prefix=asked.run):
        raise Conflict(f"there is a run {asked.run} already")
    return Draft(
        action=STARTED,
        subject=f"run:{asked.run}",
        after={"run": asked.run, "model": asked.model, "command": list(asked.command)},
    )


def apply_started(context: Context, entry: Entry) -> None:
    """Write the view of a started run."""
    context.tx.run(
        "run_start", id=entry.after["run"], model=entry.after["model"], seq=entry.seq
    )


def finish(context: Context, asked: FinishRun) -> Draft:
    """Record how a run ended, with everything observed about it."""
    found = find(context, asked.run)
    rules.finish(asked, found)
    if asked.facts is not None:
        require_facts(context.objects, context.objects.get_record(asked.facts, RunFacts))
    return Draft(
        action=FINISHED,
        subject=f"run:{asked.run}",
        before={"status": found.status},
        after={"run": asked.run, "status": asked.status, "facts": asked.facts},
        evidence=(asked.facts,) if asked.facts else (),
        reason=asked.reason,
    )


def apply_finished(context: Context, entry: Entry) -> None:
    """Write the view of an ended run."""
    context.tx.run(
        "run_finish", id=entry.after["run"], status=entry.after["status"], seq=entry.seq
    )


def answer(context: Context, entry: Entry) -> Run:
    """Answer whoever started or ended the run."""
    return find(context, entry.after["run"])


def get(context: Context, asked: GetRun) -> Run:
    """Answer `GetRun`."""
    return find(context, asked.run)


def find(context: Context, digits: str) -> Run:
    """Read a run by the beginning of its id."""
    if not all(char in "0123456789abcdef" for char in digits) or len(digits) < SHORTEST_ID:
        raise Invalid(f"{digits!r} is not a run id: give {SHORTEST_ID} or more of its digits")
    rows = context.tx.all("run_by_id", prefix=digits)
    if not rows:
        raise NotFound(f"there is no run {digits}; `cairn runs` lists them")
    if len(rows) > 1:
        raise Conflict(f"{digits} begins more than one run's id; give more digits")
    return _run(context, rows[0])


def every(context: Context, asked: ListRuns) -> tuple[Run, ...]:
    """Answer `ListRuns`."""
    last = context.tx.all("run_by_id", prefix=asked.before) if asked.before else ()
    rows = context.tx.all(
        "run_list",
        model=asked.model,
        status=asked.status,
        made=int(asked.made),
        before=last[0].started if last else None,
        limit=asked.limit or ALL,
    )
    return tuple(_run(context, row) for row in rows)


def _run(context: Context, row: Row) -> Run:
    begin = ledger.read(context.tx, row.started)
    ledger.agree(begin, STARTED, run=row.id, model=row.model)
    end = ledger.read(context.tx, row.finished) if row.finished is not None else None
    if end is not None:
        ledger.agree(end, FINISHED, run=row.id, status=row.status)
    return Run(
        id=row.id,
        model=row.model,
        status=row.status,
        started_by=begin.actor.id,
        started_at=begin.time,
        command=tuple(begin.after["command"]),
        ended_at=end.time if end else None,
        facts=end.after["facts"] if end else None,
        reason=end.reason if end else "",
        versions=tuple(each.number for each in context.tx.all("version_by_run", run=row.id)),
    )
