"""What evidence checks are judged on: each check says it once, and all who ask read it here.

Who measures (`gates/measure.py`), who gathers (`engine/evidence.py`, `engine/gate_facts.py`)
and who counts looks (`core/gate.py`) match needs, and ask no check of what type it is.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

from msgspec import Meta

from cairn.core.digest import Digest
from cairn.core.evaluation import Perturbation
from cairn.core.name import Text
from cairn.core.request import Record

Grouped = str | Annotated[tuple[str, ...], Meta(min_length=2)]
Whose = Literal["candidate", "live", "reference"]


class Predicted(Record, frozen=True, tag="predicted"):
    """Predictions on the policy's snapshot, of the candidate or of what it is compared with.

    `metric` and `by` say through what the check looks at them.
    """

    of: Whose = "candidate"
    metric: str = ""
    by: tuple[Grouped, ...] = ()


class Perturbed(Record, frozen=True, tag="perturbed"):
    """Predictions of the candidate on perturbed inputs, or of its kin of other seeds."""

    perturbation: Perturbation


class Timed(Record, frozen=True, tag="timed"):
    """Single calls of the loaded candidate; `in_turn` with those of the live version."""

    in_turn: bool = False


class Tried(Record, frozen=True, tag="tried"):
    """What a check of the project's own, or a measurer of this name, found in the files."""

    run: Text


class Scanned(Record, frozen=True, tag="scanned"):
    """What this store found in the candidate's files: whether they could run code."""


class Recorded(Record, frozen=True, tag="recorded"):
    """What the ledger has anyway: nobody measures it.

    `promotions` of the label are those of the last `hours`.
    """

    what: Literal["tenures", "promotions", "drill", "remake"]
    hours: float = 0.0


Need = Predicted | Perturbed | Timed | Tried | Scanned | Recorded


class Needy(Protocol):
    """A check, as far as it says what it is judged on."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the check is judged on."""
        ...


class Demanding(Protocol):
    """A policy, as far as it says what it is judged on."""

    @property
    def checks(self) -> Sequence[Needy]:
        """What is demanded."""
        ...

    @property
    def reference(self) -> Digest | None:
        """The version that some checks compare with, whatever is live."""
        ...


def needs(policy: Demanding) -> tuple[Need, ...]:
    """List what a policy is judged on, each need once.

    A reference is read where there is one, whether or not a check compares with it: decisions
    name its evaluation.
    """
    pinned = (Predicted(of="reference"),) if policy.reference else ()
    each = (need for check in policy.checks for need in check.needs)
    return tuple(dict.fromkeys((*each, *pinned)))


def view_of(check: Needy) -> tuple[str, tuple[Grouped, ...]] | None:
    """Through which metric and grouping a check looks at the candidate's rows, if it does."""
    for need in check.needs:
        if isinstance(need, Predicted) and need.of == "candidate" and need.metric:
            return need.metric, need.by
    return None
