"""Seeds of numpy's generators, and who used the global one without a seed.

The state of the global generator tells exactly: if it moved and nobody had seeded it, then
the result depends on chance.
"""

import sys

from . import calls, journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_last: "list[Any]" = []
_seeded = [False]


def watch(module: "ModuleType") -> None:
    """Watch `numpy.random`."""
    if _last:
        return
    _last.append(_now(module))
    calls.replace(module, "seed", _global_seeded)
    _watch_default_rng(module)
    _watch_random_state(module)


@journal.guarded
def state() -> "Any":
    """Return the state of the global generator, to be handed to `consumed` later."""
    module = sys.modules.get("numpy.random")
    return None if module is None or _seeded[0] or not _last else _now(module)


def consumed(start: "Any") -> bool:
    """Tell whether chance was used since `start`; it counts as named from then on."""
    module = sys.modules.get("numpy.random")
    if start is None or module is None or _seeded[0]:
        return False
    now = _now(module)
    if now == start:
        return False
    if _last[0] == start:
        _last[0] = now
    return True


def check() -> None:
    """Write down if the global generator was used by somebody who was not named yet."""
    module = sys.modules.get("numpy.random")
    if module is not None and _last and not _seeded[0] and _now(module) != _last[0]:
        _last[0] = _now(module)
        journal.unseeded("numpy.random")


def _now(module: "ModuleType") -> "Any":
    found = module.get_state(legacy=False)
    inner = found["state"]
    return inner["key"].tobytes(), inner["pos"], found["has_gauss"], found["gauss"]


@journal.guarded
def _global_seeded(_start: "Any", _result: "Any", args: "Any", named: "Any") -> None:
    value = calls.argument(args, named, 0, "seed")
    if value is None:
        journal.unseeded("numpy.random")
        return
    _seeded[0] = True
    journal.seed("numpy.random", _shown(value))


def _watch_default_rng(module: "ModuleType") -> None:
    original = module.default_rng

    def default_rng(seed: "Any" = None) -> "Any":
        if calls.is_script(calls.caller(1)):
            _made("numpy.random.default_rng", seed)
        return original(seed)

    default_rng.__module__, default_rng.__doc__ = original.__module__, original.__doc__
    default_rng.__qualname__ = "default_rng"
    calls.put(module, original, "default_rng", default_rng)


@journal.guarded
def _made(generator: str, seed: "Any") -> None:
    if seed is None:
        journal.unseeded(generator)
    elif isinstance(seed, int) or hasattr(seed, "__len__") or hasattr(seed, "entropy"):
        journal.seed(generator, _shown(seed))


def _watch_random_state(module: "Any") -> None:
    """Put a subclass in the place of RandomState that says how it was seeded.

    The old class and the new one pass for each other, and both pickle as the old one.
    """
    original = module.RandomState

    class _Passing(type):
        def __instancecheck__(cls, instance: "Any") -> bool:
            return isinstance(instance, original)

        def __subclasscheck__(cls, subclass: "Any") -> bool:
            return issubclass(subclass, original)

    class RandomState(original, metaclass=_Passing):
        def __init__(self, seed: "Any" = None) -> None:
            super().__init__(seed)
            if calls.is_script(calls.caller(1)):
                _made("numpy.random.RandomState", seed)

    RandomState.__module__, RandomState.__qualname__ = original.__module__, "RandomState"
    RandomState.__doc__ = original.__doc__
    calls.put(module, original, "RandomState", RandomState)


def _shown(seed: "Any") -> str:
    entropy = getattr(seed, "entropy", seed)
    listed = entropy.tolist() if hasattr(entropy, "tolist") else entropy
    return str(listed)[:200]
