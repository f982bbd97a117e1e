"""Do the parts of a restored model fit together where compiled code does not look?

Scikit-learn checks the width of what it is given against `n_features_in_`, and then trusts its
own parts to agree with that. A forged model's need not. Called before the model is handed out.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from cairn.core.errors import Corrupt


def check_bounds(model: object) -> None:
    """Check everything that a model is made of; raises `Corrupt` saying what does not fit."""
    for part in parts(model):
        check = CHECKS.get(type(part).__name__)
        if check is not None and type(part).__module__.startswith(("sklearn.", "scipy.")):
            try:
                check(part)
            except (AttributeError, TypeError, ValueError, IndexError, KeyError) as error:
                kind = type(part).__name__
                raise Corrupt(f"this {kind} does not fit together: {error!r}") from error


def parts(model: object) -> Iterator[Any]:
    """Visit the model and every object it is made of, once each."""
    seen: set[int] = set()
    waiting: list[Any] = [model]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        waiting.extend(_inside(part))


def _inside(part: Any) -> list[Any]:
    if isinstance(part, dict):
        return list(cast("dict[Any, Any]", part).values())
    if isinstance(part, list | tuple | set):
        return list(cast("list[Any]", part))
    if type(part).__module__ == "numpy":
        kind = getattr(getattr(part, "dtype", None), "kind", "")
        return part.ravel().tolist() if kind == "O" else []
    return list(getattr(part, "__dict__", {}).values())


def _require(fits: Any, what: str) -> None:
    if not fits:
        raise Corrupt(f"a model does not fit together: {what}")


CHECKS: Mapping[str, Callable[[Any], None]] = {}
