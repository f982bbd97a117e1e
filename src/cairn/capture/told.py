"""What is said of a run beside what is seen: by its script, by `--param` and `--metric`."""

import math
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cairn.core.digest import Digest
from cairn.core.errors import Invalid, Refused
from cairn.core.evaluation import Scorer
from cairn.core.run import Input, Scalar
from cairn.core.secret import REDACTED, Known, is_odd, redact_value

if TYPE_CHECKING:
    from cairn.stats.predictions import Predictions


NOTHING_KNOWN = Known()
_METRIC = re.compile(r"[A-Za-z_][A-Za-z0-9_.@/ -]{0,99}")


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


def assigned(
    words: Iterable[str], option: str, known: Known = NOTHING_KNOWN
) -> dict[str, Scalar]:
    """Read `NAME=VALUE`; numbers, true and false are what they look like.

    Raises `Refused` for a value that nobody thought up: it would stay for ever.
    """
    found: dict[str, Scalar] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name or not equals:
            raise Invalid(f"{option} {word!r}: write NAME=VALUE")
        shown = redact_value(name, known.redact(value))
        if is_odd(shown):
            raise Refused(
                f"{option} {name}: its value looks like a password or a token, and what is "
                "registered stays for ever",
                fix="leave it out, or say in words what it stands for",
            )
        found[name] = shown if shown == REDACTED else _scalar(shown)
    return found


def _scalar(text: str) -> Scalar:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def check_metric_name(name: str) -> None:
    """Raise `Invalid` for what cannot be a metric's name."""
    if _METRIC.fullmatch(name) is None:
        raise Invalid(
            f"{name!r} is not a name for a metric: it has letters, digits, '_', '.', '@'"
        )


def numbers(values: Mapping[str, Scalar]) -> dict[str, float]:
    """Take metrics; raises `Invalid` naming one that is not a finite number."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Invalid(f"metric {name} = {value!r} is not a number")
        if not math.isfinite(value):
            raise Invalid(f"metric {name} is {value}: nothing is registered")
        check_metric_name(name)
    return {name: float(value) for name, value in values.items() if value is not None}
