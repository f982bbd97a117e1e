"""Reproductions: a version was trained once more, and what came of it.

1. `identical`: every byte of the version came again, its manifest too. `equal`: the weights
   or their golden predictions came again, and something around them differs. `different`:
   neither. `failed`: no model came of it.
2. What differs is named with the outcome, the likeliest cause first.
"""

from typing import Annotated, Literal

from msgspec import Meta

from cairn.core.digest import Digest
from cairn.core.errors import Invalid
from cairn.core.name import ModelName, RunId, Text
from cairn.core.request import Change, Record, Request

MOST_NAMED = 20

Outcome = Literal["identical", "equal", "different", "failed"]
Causes = Annotated[tuple[Text, ...], Meta(max_length=MOST_NAMED)]
RECORDED = "reproduction.record"
"""The action of the ledger's entry."""


class RecordReproduction(Change["Reproduction"], frozen=True, tag=RECORDED):
    """Record what came of training a version once more.

    `run` is the training, `made` the manifest of the model that came of it, `measure` what
    was compared, `causes` what differs, first cause first.
    """

    model: ModelName
    version: Digest
    run: RunId
    outcome: Outcome
    made: Digest | None = None
    measure: Text = ""
    causes: Causes = ()


class ListReproductions(
    Request["tuple[Reproduction, ...]"], frozen=True, tag="reproduction.list"
):
    """Read every reproduction of a version, newest first."""

    model: ModelName
    version: Digest


class Reproduction(Record, frozen=True):
    """One reproduction of a version, as the ledger has it."""

    version: Digest
    run: RunId
    outcome: Outcome
    reproduced_by: str
    reproduced_at: str
    made: Digest | None = None
    measure: str = ""
    causes: tuple[str, ...] = ()


def check(asked: RecordReproduction) -> None:
    """Raise `Invalid` for an outcome that contradicts what came of it."""
    if (asked.outcome == "identical") != (asked.made == asked.version):
        raise Invalid(f"{asked.outcome} is not the outcome: the version is {asked.version}")
    if (asked.outcome == "failed") != (asked.made is None):
        raise Invalid(f"{asked.outcome} is not the outcome: what came of it is {asked.made}")
    if asked.outcome in ("different", "failed") and not asked.causes:
        raise Invalid("name what differs, or that nothing was found")
