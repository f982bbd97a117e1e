"""The whole page: verdict, what to do, every check, the pictures, and what was judged."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from cairn.core.approval import Given
from cairn.core.digest import Digest
from cairn.core.errors import CairnError, Unavailable
from cairn.core.evaluation import Better, EvaluationInfo, ListEvaluations, Task
from cairn.core.gate import Decision, DecisionInfo, Finding, Policy, explain
from cairn.core.name import shown
from cairn.gates.page.checks import check
from cairn.gates.page.classes import pictures as of_classes
from cairn.gates.page.curves import pictures as of_two_classes
from cairn.gates.page.model import CANDIDATE, LIVE, Model
from cairn.gates.page.parts import badge, plain, prose, table
from cairn.gates.page.residuals import pictures as of_numbers
from cairn.gates.page.style import STYLE
from cairn.gates.report import next_look, seen_beside
from cairn.project import Project
from cairn.stats.align import align, sample
from cairn.stats.predictions import Predictions, decode

OPEN = ("fail", "inconclusive")


class Judged(NamedTuple):
    """What the page shows beside a decision: versions by name, and what both predicted.

    `absent` says why there are no predictions to draw; `policy` is the one that judged.
    """

    names: Mapping[Digest, str]
    candidate: Predictions | None = None
    live: Predictions | None = None
    absent: str = ""
    policy: Policy | None = None


def judged(project: Project, decision: Decision) -> Judged:
    """Read the predictions that a decision was made of; what cannot be read is said."""
    named = (decision.candidate, *([decision.live] if decision.live else ()))
    names = project.names(decision.model, named)
    policy = project.objects.get_record(decision.policy, Policy)
    try:
        ours = _predictions(project, decision, decision.candidate)
        theirs = _predictions(project, decision, decision.live) if decision.live else None
        if ours is None:
            return Judged(
                names, absent="the decision was made without predictions", policy=policy
            )
        if theirs is not None:
            align(ours, theirs)
    except CairnError as error:
        return Judged(names, absent=f"the predictions cannot be shown: {error}", policy=policy)
    return Judged(names, candidate=ours, live=theirs, policy=policy)


def _predictions(project: Project, decision: Decision, version: Digest) -> Predictions | None:
    """What a version predicted, by the first evaluation of it that was judged."""
    artifacts = project.version(version).manifest.artifacts
    if artifacts is None:
        return None
    asked = ListEvaluations(artifacts=artifacts.tree, snapshot=decision.snapshot)
    found: dict[Digest, EvaluationInfo] = {
        info.digest: info for info in project.engine.send(asked)
    }
    used = next((found[digest] for digest in decision.evidence if digest in found), None)
    return decode(project.objects.get(used.evaluation.predictions)) if used else None


_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
"""The browser is told as well: no script, nothing from elsewhere, whatever stands in it."""


def page(info: DecisionInfo, seen: Judged, *, agreed: Sequence[Given] = ()) -> str:
    """Write the page of a decision: it runs no script and loads nothing."""
    decision = info.decision
    ways = _ways(seen)
    model = f"{shown(decision.model)}@{decision.label}"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{plain(model)}: {decision.verdict}</title>\n"
        f"<style>{STYLE}</style></head>\n<body>\n"
        f"{_head(info, seen)}{_next(decision.findings)}"
        f"<h2>Checks</h2>\n{_overview(decision.findings)}"
        f"{''.join(check(finding, ways) for finding in _sorted(decision.findings))}"
        f"{_curves(decision, seen)}{_basis(info, seen, agreed)}</body></html>\n"
    )


def write(content: str, path: Path) -> None:
    """Write the file, whole or not at all; raises `Unavailable`."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("wb") as file:
            file.write(content.encode())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise Unavailable(f"{path} cannot be written: {error.strerror or error}") from error


def _ways(seen: Judged) -> dict[str, Better]:
    """Which way the project's own numbers are better."""
    if seen.candidate is None:
        return {}
    return {name: own.better for name, own in seen.candidate.values.items()}


def _head(info: DecisionInfo, seen: Judged) -> str:
    decision = info.decision
    live = _name(decision.live, seen) if decision.live else "nothing, for nothing is live yet"
    return (
        f'<header class="{decision.verdict}"><h1>{plain(explain(decision).splitlines()[0])}'
        f"</h1>\n<p>{plain(_counted(decision.findings))}</p>\n"
        f"<p><b>{plain(_name(decision.candidate, seen))}</b> for "
        f"{plain(shown(decision.model))}@{plain(decision.label)}, compared with "
        f"<b>{plain(live)}</b>.</p></header>\n"
    )


def _counted(findings: Sequence[Finding]) -> str:
    """Say how many checks came out how, by name where they did not pass."""
    said: list[str] = []
    for outcome, words in (
        ("fail", "failed"),
        ("inconclusive", "undecided"),
        ("pass", "passed"),
        ("not-applicable", "not applicable"),
    ):
        of = [finding.check for finding in findings if finding.outcome == outcome]
        if of:
            listed = f" ({', '.join(of)})" if outcome in OPEN else ""
            said.append(f"{len(of)} {words}{listed}")
    return f"Of {len(findings)} checks: {', '.join(said)}." if said else "Nothing was checked."


def _next(findings: Sequence[Finding]) -> str:
    steps = [
        f"<li><b>{plain(finding.check)}</b>: {prose(line)}</li>"
        for finding in _sorted(findings)
        if finding.outcome in OPEN
        for line in _steps(finding)
    ]
    return f"<h2>What to do next</h2>\n<ul>{''.join(steps)}</ul>\n" if steps else ""


def _steps(finding: Finding) -> list[str]:
    asked = f"a person must accept: {finding.approval}"
    return [*finding.fix.splitlines(), *([asked] if finding.approval else [])]


def _sorted(findings: Sequence[Finding]) -> list[Finding]:
    order = ("fail", "inconclusive", "pass", "not-applicable")
    return sorted(findings, key=lambda finding: order.index(finding.outcome))


def _overview(findings: Sequence[Finding]) -> str:
    rows = [
        (
            badge(finding.outcome),
            f'<a href="#check-{plain(finding.check)}">{plain(finding.check)}</a>',
            plain(f"{finding.type.replace('_', ' ')} {finding.metric or ''}"),
        )
        for finding in _sorted(findings)
    ]
    lines = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in row)}</tr>" for row in rows)
    return f"<table>{lines}</table>\n"


def _curves(decision: Decision, seen: Judged) -> str:
    if seen.candidate is None:
        why = f'<p class="note">{plain(seen.absent)}.</p>\n' if seen.absent else ""
        return f"<h2>All rows</h2>\n{why}" if why else ""
    pictures = _PICTURES.get(seen.candidate.task)
    if pictures is None:
        return ""
    models = [Model(_name(decision.candidate, seen), sample(seen.candidate), CANDIDATE)]
    if seen.live is not None and decision.live is not None:
        models.append(Model(_name(decision.live, seen), sample(seen.live), LIVE))
    return f"<h2>All rows</h2>\n{pictures(models)}"


_PICTURES: dict[Task, Callable[[Sequence[Model]], str]] = {
    "binary": of_two_classes,
    "multiclass": of_classes,
    "regression": of_numbers,
}
"""Orders and numbers of one's own have no picture: their checks are drawn above."""


def _basis(info: DecisionInfo, seen: Judged, agreed: Sequence[Given]) -> str:
    """Name all that the decision was made of, so that it can be judged again."""
    decision = info.decision
    rows = [
        ("decision", info.digest),
        ("decided", f"{info.decided_at} by {info.decided_by}"),
        ("candidate", f"{_name(decision.candidate, seen)}, {decision.candidate}"),
        ("live", f"{_name(decision.live, seen)}, {decision.live}" if decision.live else "-"),
        ("policy", decision.policy),
        (
            "evaluation data",
            f"{decision.snapshot}, look {decision.look} at it{seen_beside(decision)}",
        ),
        *_ahead(decision, seen.policy),
        *(("evidence", digest) for digest in decision.evidence),
        *([("waiver", decision.waiver)] if decision.waiver else []),
        *(("approved", f"{one.at} by {one.name}: {one.reason or '-'}") for one in agreed),
    ]
    cells = [(plain(name), f"<code>{plain(value)}</code>") for name, value in rows]
    again = f"cairn gate replay decision:{info.digest.removeprefix('sha256:')[:12]}"
    return (
        f"<h2>What was judged</h2>\n{table(['what', 'which'], cells)}"
        f"<p>Judge the same evidence again: <code>{plain(again)}</code></p>\n"
    )


def _ahead(decision: Decision, policy: Policy | None) -> list[tuple[str, str]]:
    said = next_look(decision, policy) if policy else ""
    return [("looks to come", said)] if said else []


def _name(digest: Digest, seen: Judged) -> str:
    return seen.names.get(digest, digest[:19])
