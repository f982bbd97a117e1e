"""What a script says about itself through `cairn.run(...)`, beside what is observed."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cairn.core.digest import Digest
from cairn.core.evaluation import Scorer
from cairn.core.run import Input, Scalar

if TYPE_CHECKING:
    from cairn.stats.predictions import Predictions


@dataclass(frozen=True)
class ToldEvaluation:
    """Predictions for the rows of a snapshot, waiting for the model that made them."""

    snapshot: Digest
    scorer: Scorer
    predictions: "Predictions"


@dataclass
class Told:
    """Everything that was said; empty for a command that knows nothing of Cairn."""

    inputs: list[Input] = field(default_factory=list[Input])
    parameters: dict[str, Scalar] = field(default_factory=dict[str, Scalar])
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    fields: dict[str, Scalar] = field(default_factory=dict[str, Scalar])
    evaluations: list[ToldEvaluation] = field(default_factory=list[ToldEvaluation])
