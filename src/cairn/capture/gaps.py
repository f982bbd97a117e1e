"""What could not be seen of a run, in plain words, each with what to do."""

from collections.abc import Sequence

from cairn.capture.events import (
    End,
    Fault,
    Journal,
    Network,
    Outside,
    Process,
    Unseen,
    Unwatched,
)
from cairn.core.run import Gap

SHOWN, LONGEST = 5, 2000
_ALONE = ("-I", "-S", "-E")


def clipped_gap(field: str, reason: str, fix: str = "") -> Gap:
    """Make a gap of a sentence that may quote others at any length."""
    return Gap(field=field, reason=reason[:LONGEST], fix=fix)


def observed_gaps(
    journal: Journal, command: Sequence[str], *, succeeded: bool
) -> tuple[Gap, ...]:
    """List what the hook noticed that it cannot record, and what it missed."""
    return (
        *_not_observed(journal, command),
        *_not_ended(journal, succeeded=succeeded),
        *_outside(journal),
        *_network(journal),
        *_unseen(journal),
        *_unwatched(journal),
        *_faults(journal),
    )


def _not_observed(journal: Journal, command: Sequence[str]) -> list[Gap]:
    if journal.of(Process):
        return []
    alone = next((word for word in command if word in _ALONE), None)
    why = (
        f"python {alone} shuts out what watches it"
        if alone
        else "no Python reported that it started"
    )
    return [
        Gap(
            field="capture",
            reason=f"nothing inside the run was observed: {why}",
            fix=f"run it without {alone}" if alone else "run a Python script",
        )
    ]


def _not_ended(journal: Journal, *, succeeded: bool) -> list[Gap]:
    """Say so if the first process left without a word although the command succeeded."""
    started = journal.of(Process)
    ended = {event.number for event in journal.of(End)}
    if not succeeded or not started or started[0].number in ended:
        return []
    return [
        Gap(
            field="capture",
            reason="the script's process ended without finishing its notes, so what it did at "
            "the end may be missing",
            fix="let it end by itself (no os._exit), with room left on the disk",
        )
    ]


def _outside(journal: Journal) -> list[Gap]:
    paths = sorted({event.path for event in journal.of(Outside)})
    if not paths:
        return []
    return [
        clipped_gap(
            "inputs",
            f"the run read {_some(paths)}, outside the project",
            fix="declare its folder with `cairn run --data FOLDER`, or copy it here",
        )
    ]


def _network(journal: Journal) -> list[Gap]:
    hosts = sorted({event.host for event in journal.of(Network)})
    if not hosts:
        return []
    return [
        clipped_gap(
            "inputs",
            f"the run talked to {_some(hosts)}: what it read there is not frozen",
            fix="fetch the data first, freeze it with `cairn snapshot add`, and read the file",
        )
    ]


def _unseen(journal: Journal) -> list[Gap]:
    libraries = sorted({event.library for event in journal.of(Unseen)})
    if not libraries:
        return []
    return [
        Gap(
            field="inputs",
            reason=f"{_some(libraries)} read{'s' if len(libraries) == 1 else ''} files out of "
            "sight, so what was read with it is not known",
            fix="export what the training needs to a file, and read it with pandas or polars",
        )
    ]


def _unwatched(journal: Journal) -> list[Gap]:
    programs = sorted({event.program for event in journal.of(Unwatched)})
    if not programs:
        return []
    return [
        Gap(
            field="capture",
            reason=f"the run started {_some(programs)} so that it could not be watched",
            fix="start it without -I, -S or -E, and hand the environment on to it",
        )
    ]


def _faults(journal: Journal) -> list[Gap]:
    faults = {(event.where, event.error.partition(":")[0]) for event in journal.of(Fault)}
    return [
        Gap(
            field="capture",
            reason=f"watching {where} failed ({error})",
            fix="please report this: the script itself was not disturbed",
        )
        for where, error in sorted(faults)
    ]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
