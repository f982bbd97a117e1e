"""What a person says about a model: `--param lr=0.1`, `--metric auc=0.8`."""

import math
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress

from cairn.core.errors import Invalid, Refused
from cairn.core.run import Scalar
from cairn.core.secret import REDACTED, Known, is_odd, redact_value

NOTHING_KNOWN = Known()
_METRIC = re.compile(r"[A-Za-z_][A-Za-z0-9_.@/ -]{0,99}")


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
        raise Invalid(f"{name!r} is no name for a metric: letters, digits, '_', '.', '@'")


def numbers(values: Mapping[str, Scalar]) -> dict[str, float]:
    """Take metrics; raises `Invalid` naming one that is not a finite number."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Invalid(f"metric {name} = {value!r} is not a number")
        if not math.isfinite(value):
            raise Invalid(f"metric {name} is {value}: nothing is registered")
        check_metric_name(name)
    return {name: float(value) for name, value in values.items() if value is not None}
