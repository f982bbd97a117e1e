"""Judge versions by policies, on stored evidence only; nothing is written."""

from cairn.core import gate as rules
from cairn.core.gate import Decision, PolicyInfo
from cairn.core.version import Version
from cairn.engine import label_moves, ledger, marks, version
from cairn.engine.context import Context


def now(
    context: Context, info: PolicyInfo, candidate: Version, *, waiver: str = ""
) -> Decision:
    """Judge a version now, against what is live now; nothing is written."""
    held = label_moves.current(context, info.model, info.policy.against.removeprefix("@"))
    live = version.by_digest(context, info.model, held.after) if held else None
    return then(context, info, candidate, live=live, waiver=waiver, now=ledger.now(context))


def then(
    context: Context,
    info: PolicyInfo,
    candidate: Version,
    *,
    live: Version | None,
    waiver: str,
    now: str,
    before: int | None = None,
    statistics: int = rules.STATISTICS,
) -> Decision:
    """Judge on the newest evidence as of `now`, or on the newest before a ledger entry."""
    # NumPy loads slowly, and a rollback or a move without a policy has no use for it.
    from cairn.engine import evidence
    from cairn.stats.checks import judge_all

    found = evidence.gather(
        context,
        info,
        candidate,
        live=live,
        waiver=waiver,
        now=now,
        before=before,
        statistics=statistics,
    )
    findings = judge_all(info.policy, found.evidence)
    return Decision(
        model=info.model,
        label=info.label,
        candidate=candidate.digest,
        policy=info.digest,
        snapshot=info.policy.evaluation,
        verdict=rules.verdict(findings),
        findings=findings,
        live=live.digest if live else None,
        evidence=found.used,
        look=max(found.looks[0].number, 1),
        waiver=waiver,
        looks=found.looks,
        since=marks.since(
            context, info, [candidate, *([live] if live else [])], before=before
        ),
        statistics=statistics,
    )
