"""Every hyperparameter by one name: of the model, the command line, settings, environment.

    C = 0.5                        of the saved model, as scikit-learn calls it
    args.epochs = 20               from the command line
    conf/train.yaml:optimizer.lr   from a configuration file that the script read
    env.OMP_NUM_THREADS            from the environment, of the few that change results

Secrets are redacted, and a path inside the project is written from its root: the same run in
another clone has the same parameters.
"""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from cairn.core.run import Scalar, Seed
from cairn.core.secret import REDACTED, Known, hides, redact_value

NOTHING_KNOWN = Known()
_EXACT = 2**53
SEEDS = ("random_state", "random_seed", "seed", "data_random_seed")
_LONG_OPTION = re.compile(r"--([A-Za-z][\w.-]*)(?:=(.*))?", re.DOTALL)


def plain_scalar(
    name: str, value: Scalar, *, root: Path, known: Known = NOTHING_KNOWN
) -> Scalar:
    """Make a value fit for a record: exact, without secrets, without this machine's paths."""
    last = name.rpartition(".")[2]
    match value:
        case None | bool():
            return value
        case int() | float() if hides(last, str(value)):
            return REDACTED
        case int():
            return value if abs(value) < _EXACT else str(value)
        case float():
            fits = math.isfinite(value) and not (value.is_integer() and abs(value) >= _EXACT)
            return value if fits else str(value)
        case str():
            inside = value.replace(f"{root}/", "") if value != str(root) else "."
            return redact_value(last, known.redact(inside))


def plain_scalars(
    values: Mapping[str, Scalar],
    *,
    root: Path,
    prefix: str = "",
    known: Known = NOTHING_KNOWN,
) -> dict[str, Scalar]:
    """Make many values fit for a record; each name gets the prefix."""
    return {
        f"{prefix}{name}": plain_scalar(name, value, root=root, known=known)
        for name, value in values.items()
    }


def options_of(command: Sequence[str]) -> dict[str, Scalar]:
    """Read long options from a command line whose script did not say how it reads them.

    `--lr 0.1`, `--lr=0.1` and `--verbose` are `lr`, `lr` and `verbose`; numbers are numbers.
    """
    found: dict[str, Scalar] = {}
    words = list(command)
    for place, word in enumerate(words):
        option = _LONG_OPTION.fullmatch(word)
        if option is None:
            continue
        name, value = option[1].replace("-", "_"), option[2]
        after = words[place + 1] if place + 1 < len(words) else "--"
        if value is None and not after.startswith("--"):
            value = after
        found[name] = True if value is None else _number(value)
    return found


def seeds_of(parameters: Mapping[str, Scalar]) -> list[Seed]:
    """List the seeds among a model's parameters: each that is a number."""
    kind = str(parameters.get("meta_estimator") or parameters.get("estimator") or "model")
    return [
        Seed(generator=f"{kind}.{name}", value=str(value))
        for name, value in parameters.items()
        if name.rpartition("__")[2] in SEEDS and type(value) is int
    ]


def _number(text: str) -> Scalar:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
