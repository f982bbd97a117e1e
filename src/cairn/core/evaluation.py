"""Evaluations: what one model predicted for every example of one snapshot."""

from typing import Annotated, Literal

from msgspec import Meta

from cairn.core.digest import Digest
from cairn.core.ledger import Signed
from cairn.core.name import LabelName, ModelName, Text
from cairn.core.request import Change, Record, Request

Rows = Annotated[int, Meta(ge=1)]
Milliseconds = Annotated[float, Meta(ge=0)]
Task = Literal["binary", "multiclass", "regression", "ranking", "values"]
Better = Literal["higher", "lower"]


class Perturbation(Record, frozen=True):
    """What was done to the inputs before scoring, to see how the model bears it.

    `amount` of `noise` and `shift` is in standard deviations of each column, of `missing` the
    share of values taken out, of `seed` the number of versions trained with another seed.
    No `columns` stands for all that are numbers.
    """

    kind: Literal["noise", "missing", "shift", "seed"]
    amount: Annotated[float, Meta(gt=0)]
    columns: tuple[str, ...] = ()
    seed: int = 0


class Scorer(Record, frozen=True, tag_field="cairn", tag="scorer/1"):
    """How predictions were made of a snapshot's rows: same digest, same procedure.

    `score` is `predict_proba`, `predict`, or `module:function` whose file is `source`.
    `data` names the file in the snapshot's tree; `id`, `label`, `groups`, `unit` and `weight`
    are columns of it. Rows with one `unit` belong together: one customer's, or one query's.
    With `ids_key`, ids and units are hashes under the key of that name.
    `values` are numbers a row by the project's own `metrics`, `module:function` whose file is
    `metrics_source`, and whether higher or lower is better.
    """

    score: str
    label: str
    id: str | None = None
    groups: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    data: str = ""
    source: Digest | None = None
    task: Task = "binary"
    unit: str | None = None
    weight: str | None = None
    values: dict[str, Better] = {}
    metrics: str | None = None
    metrics_source: Digest | None = None
    perturbation: Perturbation | None = None
    ids_key: str = ""


class Evaluation(Record, frozen=True, tag_field="cairn", tag="evaluation/1"):
    """Predictions of one artifact tree on one snapshot by one scorer.

    `predictions` is an object of the format `predictions/1`: ids, labels, scores and groups.
    `metrics` are computed from it and from nothing else.
    """

    artifacts: Digest
    snapshot: Digest
    scorer: Digest
    predictions: Digest
    rows: Rows
    task: Task = "binary"
    groups: tuple[str, ...] = ()
    metrics: dict[str, float] = {}
    trusted: bool = False
    """Whether the model was loaded although that could run code, because somebody asked."""


class Latency(Record, frozen=True, tag_field="cairn", tag="latency/1"):
    """How long the loaded model took for single rows, after warming up.

    `samples_ms` are milliseconds in the order of measurement; `machine` says where. With a
    `rate_per_second` calls were due at instants of their own, however long the ones before
    took, and a sample counts from when its call was due. `live` is the artifact tree that was
    measured in turn with this one, `round_calls` calls of each a round; `live_ms` are its
    samples. Calls cycle through `rows` rows of the snapshot; measurements of earlier releases
    do not say (0), and took up to 200.
    """

    artifacts: Digest
    snapshot: Digest
    samples_ms: Annotated[tuple[Milliseconds, ...], Meta(min_length=1)]
    warm_up: Annotated[int, Meta(ge=0)]
    batch_rows: Rows
    machine: str
    rate_per_second: Annotated[float, Meta(ge=0)] = 0.0
    live: Digest | None = None
    live_ms: tuple[Milliseconds, ...] = ()
    round_calls: Annotated[int, Meta(ge=0)] = 0
    rows: Annotated[int, Meta(ge=0)] = 0


class OwnResult(Record, frozen=True, tag_field="cairn", tag="result/1"):
    """What a check of the project's own said about an artifact tree.

    `run` is the command or `module:function` as the policy spells it. `plugin`, `version` and
    `source` say exactly what ran: the distribution or file, its version, its bytes.
    """

    run: Text
    artifacts: Digest
    snapshot: Digest
    outcome: Literal["pass", "fail", "inconclusive"]
    reason: Text
    plugin: str
    version: str
    source: Digest
    observed: float | None = None


class Measured(Record, frozen=True, tag_field="cairn", tag="measured/1"):
    """What a measurer signs: this evidence is what I saw."""

    evidence: Digest


class RecordEvaluation(Change["EvaluationInfo"], frozen=True, tag="evaluation.record"):
    """Record an evaluation that is stored with its predictions; may precede registration.

    `signed` is its measurer's signature over `Measured(evaluation)`.
    """

    evaluation: Digest
    signed: Signed | None = None


class RecordLatency(Change["LatencyInfo"], frozen=True, tag="latency.record"):
    """Record a stored latency measurement; `signed` is over `Measured(latency)`."""

    latency: Digest
    signed: Signed | None = None


class RecordResult(Change["ResultInfo"], frozen=True, tag="evaluation.result"):
    """Record what a check of the project's own said; `signed` is over `Measured(result)`."""

    result: Digest
    signed: Signed | None = None


class ListEvaluations(
    Request["tuple[EvaluationInfo, ...]"], frozen=True, tag="evaluation.list"
):
    """Read the evaluations of an artifact tree, newest first."""

    artifacts: Digest
    snapshot: Digest | None = None


class ListLatencies(Request["tuple[LatencyInfo, ...]"], frozen=True, tag="latency.list"):
    """Read the latency measurements of an artifact tree, newest first."""

    artifacts: Digest


class ListResults(Request["tuple[ResultInfo, ...]"], frozen=True, tag="evaluation.results"):
    """Read what the project's own checks said about an artifact tree, newest first."""

    artifacts: Digest


class ListLooks(Request["tuple[LookAhead, ...]"], frozen=True, tag="evaluation.looks"):
    """Say what the next look at a snapshot may spend, for each label judged on it.

    `version` is who would be judged.
    """

    model: ModelName
    version: Digest
    snapshot: Digest


class LookAhead(Record, frozen=True):
    """The next look at a set that a label's policy names.

    `looks` were taken by decisions, and `seen` other versions were seen there and never
    judged. Whoever is judged next has the error `error` of the `stated` one; unless looks are
    `counted`, all of it. `judged` says that the version had its look before.
    """

    label: LabelName
    looks: int
    seen: int
    counted: bool
    stated: float
    error: float
    judged: bool = False


class EvaluationInfo(Record, frozen=True):
    """An evaluation, and who recorded it when."""

    digest: Digest
    evaluation: Evaluation
    recorded_by: str
    recorded_at: str
    note: Text = ""
    signed_by: tuple[str, ...] = ()
    """Public keys of those who measured it."""


class LatencyInfo(Record, frozen=True):
    """A latency measurement, and who recorded it when."""

    digest: Digest
    latency: Latency
    recorded_by: str
    recorded_at: str


class ResultInfo(Record, frozen=True):
    """A result of a check of the project's own, and who recorded it when."""

    digest: Digest
    result: OwnResult
    recorded_by: str
    recorded_at: str
