"""Seeds that the script sets, and Python's own generator used without one."""

import sys
from contextlib import contextmanager

from . import calls, journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from types import ModuleType
    from typing import Any

_DRAWS = (
    *(
        "random",
        "uniform",
        "triangular",
        "randint",
        "choice",
        "randrange",
        "sample",
        "shuffle",
    ),
    *("choices", "normalvariate", "lognormvariate", "expovariate", "vonmisesvariate", "gauss"),
    *("gammavariate", "betavariate", "binomialvariate", "paretovariate", "weibullvariate"),
    *("getrandbits", "randbytes"),
)
_settled: "set[str]" = set()


def watch(module: "ModuleType") -> None:
    """Watch `random` or `torch`."""
    if module.__name__ == "torch":
        calls.replace(module, "manual_seed", _torch_seeded)
    elif "watched" not in _settled:
        _settled.add("watched")
        _watch_seed(module)
        _watch_class(module.Random)
        for name in _DRAWS:
            if hasattr(module, name):
                _watch_draw(module, name)


def _watch_seed(module: "ModuleType") -> None:
    original = module.seed

    def seed(*args: "Any", **named: "Any") -> "Any":
        _noted("random", args, named)
        return original(*args, **named)

    _dress(seed, original, "seed")
    module.seed = seed


def _watch_draw(module: "ModuleType", name: str) -> None:
    """Note the first draw that the script makes from the global generator, unless seeded."""
    original = getattr(module, name)

    def draw(*args: "Any", **named: "Any") -> "Any":
        if "random" not in _settled and calls.is_script(calls.caller(1)):
            _drawn()
        return original(*args, **named)

    _dress(draw, original, name)
    setattr(module, name, draw)


def _watch_class(random: "Any") -> None:
    """Watch generators of their own: `random.Random(7)`, made by the script."""
    original = random.seed

    def seed(self: "Any", *args: "Any", **named: "Any") -> "Any":
        made = calls.caller(1)
        if made.f_code.co_name == "__init__" and calls.is_script(made.f_back):
            _noted("random.Random", args, named)
        return original(self, *args, **named)

    _dress(seed, original, "seed", owner="Random.")
    random.seed = seed


def _dress(function: "Any", original: "Any", name: str, *, owner: str = "") -> None:
    function.__name__, function.__qualname__ = name, owner + name
    function.__module__, function.__doc__ = "random", original.__doc__
    function.__wrapped__ = original


@journal.guarded
def _drawn() -> None:
    _settled.add("random")
    journal.unseeded("random")


@journal.guarded
def _noted(generator: str, args: "Any", named: "Any") -> None:
    value = calls.argument(args, named, 0, "a", "x")
    if value is None:
        journal.unseeded(generator)
        return
    if generator == "random":
        _settled.add("random")
    journal.seed(generator, repr(value)[:200])


@journal.guarded
def _torch_seeded(_start: "Any", _result: "Any", args: "Any", named: "Any") -> None:
    value = calls.argument(args, named, 0, "seed")
    journal.seed("torch", str(value))


@contextmanager
def undisturbed() -> "Generator[None, None, None]":
    """Let what is done in between leave no trace in generators and warnings."""
    import random
    import warnings

    numpy = sys.modules.get("numpy.random")
    before = random.getstate(), numpy.get_state() if numpy else None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        random.setstate(before[0])
        if numpy:
            numpy.set_state(before[1])
