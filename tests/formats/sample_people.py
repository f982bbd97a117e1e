"""Records about people: what they sign, what they are asked, what they measured."""

from cairn.core.approval import Approval, Approvals
from cairn.core.check import Floor
from cairn.core.evaluation import Evaluation, Latency, Measured, OwnResult
from cairn.core.gate import Decision, Look, Policy
from cairn.core.override import Override, Review
from cairn.core.proposal import DropVersion, Erase, Proposal, SwapPolicy
from cairn.core.request import Record
from formats.sample_records import SNAPSHOT, A, B, C

KEY = "analyst+c4d1b7a0+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"

PEOPLE: dict[str, Record] = {
    "latency/in-turn": Latency(
        artifacts=A,
        snapshot=SNAPSHOT,
        samples_ms=(1.5, 2.25, 1.0, 1.75),
        warm_up=100,
        batch_rows=1,
        machine="x86_64, 4 cores",
        rate_per_second=12.5,
        live=B,
        live_ms=(1.25, 2.0, 1.0, 1.5),
        round_calls=2,
    ),
    "evaluation/trusted": Evaluation(
        artifacts=A, snapshot=SNAPSHOT, scorer=B, predictions=C, rows=1, trusted=True
    ),
    "result/passed": OwnResult(
        run="checks:no_leak",
        artifacts=A,
        snapshot=SNAPSHOT,
        outcome="pass",
        reason="no column repeats the label",
        plugin="checks.py",
        version="",
        source=B,
    ),
    "result/of-a-distribution": OwnResult(
        run="drift-guard --strict",
        artifacts=A,
        snapshot=SNAPSHOT,
        outcome="inconclusive",
        reason="too few rows \u2717",
        plugin="drift-guard",
        version="2.1.0",
        source=C,
        observed=0.125,
    ),
    "measured/evaluation": Measured(evidence=A),
    "approval/plain": Approval(subject=A),
    "approval/with-reason": Approval(subject=B, reason="looked at the regions \u2713"),
    "override/emergency": Override(decision=A, reason="the live model fails on every request"),
    "review/first": Review(override=17, reason="it was right: the fix is churn:9"),
    "proposal/policy": Proposal(
        model="default/churn",
        change=SwapPolicy(label="production", policy=A, replaces=B),
    ),
    "proposal/deletion": Proposal(model="risk/churn", change=DropVersion(version=C)),
    "proposal/erasure": Proposal(
        model="risk/churn", change=Erase(objects=(A, B), successors={SNAPSHOT: C})
    ),
    "policy/people": Policy(
        evaluation=SNAPSHOT,
        checks=(Floor(id="floor", metric="recall", value=0.7),),
        approvals=Approvals(
            people=("bo", KEY),
            count=2,
            expire_days=0.5,
            covers=("promotion", "policy", "deletion"),
        ),
        override=("ada",),
        measurers=("ci", KEY),
    ),
    "policy/authors": Policy(
        evaluation=SNAPSHOT,
        checks=(Floor(id="floor", metric="recall", value=0.7),),
        approvals=Approvals(people=("bo", "cy")),
        authors=("ci", KEY),
    ),
    "policy/one-approval": Policy(
        evaluation=SNAPSHOT,
        checks=(Floor(id="floor", metric="recall", value=0.7),),
        approvals=Approvals(people=("bo",)),
    ),
    "decision/looks": Decision(
        model="default/churn",
        label="production",
        candidate=A,
        policy=B,
        snapshot=SNAPSHOT,
        verdict="pass",
        findings=(),
        look=3,
        looks=(
            Look(number=3, evidence=C),
            Look(number=2, evidence=C, metric="recall", by=("region", ("region", "sex"))),
            Look(number=0, evidence=C, metric="calibration"),
        ),
    ),
}
