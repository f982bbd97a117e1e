"""Checks: what a policy may demand of a candidate, one type a demand.

`confidence` is that of the bound which lets a candidate pass (or, for a regression that is to
be detected, of the alarm). What a check concludes is a `Finding`; how, is in `cairn.stats`.
"""

from typing import Annotated, Literal

from msgspec import Meta

from cairn.core.evaluation import Perturbation
from cairn.core.name import LabelName, MetricName, Text
from cairn.core.need import (
    Grouped,
    Need,
    Perturbed,
    Predicted,
    Recorded,
    Scanned,
    Timed,
    Tried,
    Whose,
)
from cairn.core.request import Record

CheckId = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,49}$(?!\n)")]
Margin = Annotated[float, Meta(ge=0)]
Confidence = Annotated[float, Meta(gt=0.5, lt=1)]
Positive = Annotated[float, Meta(gt=0)]
Percentile = Annotated[float, Meta(gt=0, lt=100)]
MinRows = Annotated[int, Meta(ge=2)]
By = Annotated[tuple[Grouped, ...], Meta(min_length=1)]
SmallGroups = Literal["list", "approve"]
Burden = Literal["detect", "prove"]
Fairness = Literal["demographic_parity", "equal_opportunity", "equalised_odds"]


class Demand(Record, frozen=True):
    """One check of a policy; one that says nothing else is judged on the version itself."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return ()


def _compared(
    metric: str, by: By | tuple[()] = (), *, against: Whose = "live"
) -> tuple[Need, ...]:
    return Predicted(metric=metric, by=by), Predicted(of=against)


class Superiority(Demand, frozen=True, tag="superiority"):
    """The metric is better than the live version's by more than `margin`, beyond chance."""

    id: CheckId
    metric: MetricName
    margin: Margin = 0.0
    confidence: Confidence = 0.95

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return _compared(self.metric)


class NonInferiority(Demand, frozen=True, tag="non_inferiority"):
    """The metric is at most `margin` worse than the live version's, beyond chance.

    With `reference: fixed` than that of the version that the policy pins as its reference, and
    `margin` is what all releases since may lose together.
    """

    id: CheckId
    metric: MetricName
    margin: Positive
    confidence: Confidence = 0.95
    reference: Literal["live", "fixed"] = "live"

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return _compared(
            self.metric, against="live" if self.reference == "live" else "reference"
        )


class Floor(Demand, frozen=True, tag="floor"):
    """The bound on the metric's bad side reaches `value`: of a loss, its upper bound."""

    id: CheckId
    metric: MetricName
    value: float
    confidence: Confidence = 0.95

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return (Predicted(metric=self.metric),)


class Ceiling(Demand, frozen=True, tag="ceiling"):
    """The metric's upper confidence bound stays at or below `value`, whichever is better."""

    id: CheckId
    metric: MetricName
    value: float
    confidence: Confidence = 0.95

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return (Predicted(metric=self.metric),)


class NoSubgroupRegression(Demand, frozen=True, tag="no_subgroup_regression"):
    """No group is worse than with the live version by more than `margin`.

    `by` names columns, or several at once for the groups that they form together. Groups with
    fewer than `min_rows` rows or `min_positives` positive labels are pooled as `other`; if the
    pool is too small as well, `list` names it in the report and `approve` asks a person.
    `detect` refuses a regression that is shown (Holm-corrected); `prove` passes only if every
    group's lower bound excludes one, and needs a margin.
    """

    id: CheckId
    by: By
    metric: MetricName
    margin: Margin = 0.0
    min_rows: MinRows = 200
    confidence: Confidence = 0.95
    burden: Burden = "detect"
    min_positives: Annotated[int, Meta(ge=0)] = 0
    small_groups: SmallGroups = "list"

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return _compared(self.metric, self.by)


class FairnessGap(Demand, frozen=True, tag="fairness_gap"):
    """Groups are treated alike: the largest difference of a rate between two keeps `max`.

    The rate is that of positive decisions (`demographic_parity`), of positive decisions among
    positive labels (`equal_opportunity`), or that and the one among negative labels
    (`equalised_odds`); a row is decided positive from `threshold` on.
    """

    id: CheckId
    by: By
    measure: Fairness
    max: Annotated[float, Meta(gt=0, le=1)]
    threshold: float = 0.5
    min_rows: MinRows = 200
    confidence: Confidence = 0.95
    small_groups: SmallGroups = "list"

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return (Predicted(metric=self.measure, by=self.by),)


class Robustness(Demand, frozen=True, tag="robustness"):
    """The metric drops by at most `max_drop` when the inputs are perturbed, beyond chance."""

    id: CheckId
    metric: MetricName
    perturbation: Perturbation
    max_drop: Positive
    confidence: Confidence = 0.95

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return (Predicted(metric=self.metric), Perturbed(perturbation=self.perturbation))


class Calibration(Demand, frozen=True, tag="calibration"):
    """The expected calibration error, over `bins` of equal width, keeps `max`."""

    id: CheckId
    max: Annotated[float, Meta(gt=0, lt=1)]
    bins: Annotated[int, Meta(ge=2, le=100)] = 15
    confidence: Confidence = 0.95

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return (Predicted(metric="calibration"),)


class LatencyBudget(Demand, frozen=True, tag="latency"):
    """The upper confidence bound of a latency percentile stays within `max_ms`."""

    id: CheckId
    max_ms: Positive
    percentile: Percentile = 99.0
    confidence: Confidence = 0.95

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return (Timed(),)


class LatencyRatio(Demand, frozen=True, tag="latency_ratio"):
    """A latency percentile is at most `max_ratio` times the live version's, beyond chance.

    Both are measured in turn on one machine; rounds of calls are the unit of chance.
    """

    id: CheckId
    max_ratio: Positive
    percentile: Percentile = 99.0
    confidence: Confidence = 0.95

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return (Timed(in_turn=True),)


class ArtifactSize(Demand, frozen=True, tag="artifact_size"):
    """The files of the model are at most `max_mb` megabytes (10^6 bytes) together."""

    id: CheckId
    max_mb: Positive


class RequiredArtifacts(Demand, frozen=True, tag="required_artifacts"):
    """The artifact tree holds a file for each of these patterns (`*.skops`, `schema.json`)."""

    id: CheckId
    files: Annotated[tuple[str, ...], Meta(min_length=1)]


class RequiredMetadata(Demand, frozen=True, tag="required_metadata"):
    """The version's manifest has a value for each of these fields (`owner`, `licence`)."""

    id: CheckId
    fields: Annotated[tuple[str, ...], Meta(min_length=1)]


class SafetyScan(Demand, frozen=True, tag="safety_scan"):
    """The scan of the artifacts found nothing that could run code."""

    id: CheckId

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return (Scanned(),)


class Reproduced(Demand, frozen=True, tag="reproduced"):
    """Somebody trained the version again and got the same; not longer ago than asked."""

    id: CheckId
    max_age_days: Positive | None = None

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return (Recorded(what="remake"),)


class RollbackDrill(Demand, frozen=True, tag="rollback_drill"):
    """A rollback of the label was drilled within the last days, and worked."""

    id: CheckId
    max_age_days: Positive = 30.0

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return (Recorded(what="drill"),)


class LabelOrder(Demand, frozen=True, tag="label_order"):
    """The version held each of these labels before, in this order (`dev`, `staging`)."""

    id: CheckId
    after: Annotated[tuple[LabelName, ...], Meta(min_length=1)]

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return (Recorded(what="tenures"),)


class SoakTime(Demand, frozen=True, tag="soak_time"):
    """The version has held another label for some hours."""

    id: CheckId
    label: LabelName
    min_hours: Positive

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return (Recorded(what="tenures"),)


class RateLimit(Demand, frozen=True, tag="rate_limit"):
    """The label was promoted to fewer than `max` versions within the last hours."""

    id: CheckId
    max: Annotated[int, Meta(ge=1)]
    within_hours: Positive

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return (Recorded(what="promotions", hours=self.within_hours),)


class OwnCheck(Demand, frozen=True, tag="own"):
    """A check of the project's own passed: a command, or `module:function`."""

    id: CheckId
    run: Text

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        return (Tried(run=self.run),)


class Complete(Demand, frozen=True, tag="complete"):
    """The version has no gaps. Judged for every gated label, whether listed or not."""

    id: CheckId = "complete"


Check = (
    Superiority
    | NonInferiority
    | Floor
    | Ceiling
    | NoSubgroupRegression
    | FairnessGap
    | Robustness
    | Calibration
    | LatencyBudget
    | LatencyRatio
    | ArtifactSize
    | RequiredArtifacts
    | RequiredMetadata
    | SafetyScan
    | Reproduced
    | RollbackDrill
    | LabelOrder
    | SoakTime
    | RateLimit
    | OwnCheck
    | Complete
)
Comparative = Superiority | NonInferiority | NoSubgroupRegression


def columns(by: tuple[Grouped, ...]) -> tuple[str, ...]:
    """Name every column that some groupings are made of, each once."""
    named = [(grouped,) if isinstance(grouped, str) else grouped for grouped in by]
    return tuple(dict.fromkeys(name for names in named for name in names))
