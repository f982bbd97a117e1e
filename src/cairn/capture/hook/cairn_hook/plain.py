"""Parameters as plain values: numbers, words, and short lists of them."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LONGEST = 500


def scalar(value: "Any") -> "Any":
    """Spell a parameter so that equal ones are equal in every process.

    An object is spelled by its class: where it lies in memory says nothing.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return value[:LONGEST]
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return scalar(value.item())
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        return _spelled(value)[:LONGEST]
    if isinstance(value, type) or callable(value):
        return getattr(value, "__qualname__", type(value).__qualname__)
    if hasattr(value, "__fspath__"):
        return str(value)[:LONGEST]
    return type(value).__qualname__


def parameters(model: "Any") -> "dict[str, Any]":
    """List an estimator's own parameters and those of what is inside it, flat.

    `estimator` is its class; where it has a parameter of that name, `meta_estimator` is.
    """
    own = model.get_params(deep=True) if hasattr(model, "get_params") else {}
    found = {"meta_estimator" if "estimator" in own else "estimator": type(model).__qualname__}
    for name, value in sorted(own.items()):
        found[name] = scalar(value)
    best = getattr(model, "best_params_", None)
    for name, value in sorted(best.items()) if isinstance(best, dict) else ():
        found["best." + name] = scalar(value)
    return found


def of_main(model: "Any") -> "list[str]":
    """Name the classes and functions in an estimator that only its script defines."""
    inside = model.get_params(deep=True).values() if hasattr(model, "get_params") else ()
    kinds: list[Any] = [type(model), *map(type, inside), *filter(callable, inside)]
    ours = [each for each in kinds if getattr(each, "__module__", "") == "__main__"]
    return sorted(
        {str(getattr(each, "__qualname__", type(each).__qualname__)) for each in ours}
    )


def _spelled(value: "Any") -> str:
    if isinstance(value, dict):
        pairs = ("%s: %s" % (_spelled(key), _spelled(item)) for key, item in value.items())
        return "{%s}" % ", ".join(pairs)
    if isinstance(value, (set, frozenset)):
        return "{%s}" % ", ".join(sorted(map(_spelled, value)))
    if isinstance(value, (list, tuple)):
        return "[%s]" % ", ".join(map(_spelled, value))
    plain = scalar(value)
    return repr(plain) if isinstance(plain, str) else str(plain)
