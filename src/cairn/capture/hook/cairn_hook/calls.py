"""Whose call is it: the script's own, or one that a library makes on the way?

Only the script's own calls are facts about the run. Wrapped functions and methods keep their
names, signatures and documentation, and pickle as what they wrap.
"""

import sys
from _thread import _local  # pyright: ignore[reportPrivateUsage] (what threading has)

from . import journal, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, ModuleType
    from typing import Any

# What these packages call of each other is their own business.
_INNER = frozenset(
    {"sklearn", "joblib", "imblearn", "xgboost", "lightgbm", "catboost", "skops", "cairn"}
)


class _State(_local):
    depth = 0


_state = _State()


def caller(back: int) -> "Any":
    """Return a frame above the function that asks: 1 is the one that called it."""
    return sys._getframe(back + 1)  # pyright: ignore[reportPrivateUsage] (as `warnings` does)


def is_inner(frame: "FrameType") -> bool:
    """Tell a call from within a modelling library, or from within another watched call."""
    if _state.depth or journal.is_own():
        return True
    module = frame.f_globals.get("__name__", "")
    return module.partition(".")[0] in _INNER


def is_script(frame: "FrameType | None") -> bool:
    """Tell a call from the project's own code from one out of an installed library."""
    return frame is not None and not opened.is_library(frame.f_globals.get("__file__"))


def within(function: "Callable[..., Any]", args: "Any", named: "Any") -> "Any":
    """Call `function` so that watched calls inside it count as its own business."""
    _state.depth += 1
    try:
        return function(*args, **named)
    finally:
        _state.depth -= 1


def argument(args: "Any", named: "Any", place: int, *names: str) -> "Any":
    """Find an argument by its place or any of its names."""
    if len(args) > place:
        return args[place]
    return next((named[name] for name in names if name in named), None)


def replace(
    module: "ModuleType", name: str, after: "Callable[..., None]", *, before: "Any" = None
) -> None:
    """Wrap a function of `module`: `after(before(), result, args, named)` follows each call.

    It is replaced where it is defined as well, so that it pickles by its name.
    """
    from functools import wraps

    original = getattr(module, name, None)
    if original is None or hasattr(original, "_cairn_original"):
        return

    @wraps(original)
    def call(*args: "Any", **named: "Any") -> "Any":
        if is_inner(caller(1)):
            return original(*args, **named)
        start = before() if before is not None else None
        result = within(original, args, named)
        after(start, result, args, named)
        return result

    call._cairn_original = original  # pyright: ignore[reportFunctionMemberAccess] (functions take attributes)
    put(module, original, name, call)


def put(module: "ModuleType", original: "Any", name: str, stand_in: "Any") -> None:
    """Set `stand_in` where `original` is named: in `module`, and where it is defined."""
    defined = sys.modules.get(getattr(original, "__module__", None) or "")
    for place in (module, defined):
        if getattr(place, name, None) is original:
            setattr(place, name, stand_in)


class Watched:
    """Stands in a class for a method; `follow(object, name, result, args, named, start)`."""

    def __init__(self, original: "Any", name: str, follow: "Any", before: "Any") -> None:
        self._original = original
        self._name = name
        self.follow = follow
        self.before = before

    def __get__(self, instance: "Any", owner: "Any" = None) -> "Any":
        """Bind as the method would; of the class itself it is the method."""
        method = self._original.__get__(instance, owner)
        if instance is None:
            return method
        return _Bound(method, self._name, instance, self)

    def __getattr__(self, name: str) -> "Any":
        """Answer as the method does."""
        return getattr(self.__dict__["_original"], name)

    def __reduce__(self) -> "Any":
        """Let a class that is pickled by its content take the method along, not this."""
        from operator import getitem

        return getitem, ((self._original,), 0)


class _Bound:
    """A method of one object, about to be called."""

    def __init__(self, method: "Any", name: str, instance: "Any", watched: Watched) -> None:
        self.__wrapped__ = method
        self.__name__ = name
        self.__doc__ = getattr(method, "__doc__", None)
        self.__self__ = instance
        self._watched = watched

    def __call__(self, *args: "Any", **named: "Any") -> "Any":
        if is_inner(caller(1)):
            return self.__wrapped__(*args, **named)
        start = self._watched.before()
        result = within(self.__wrapped__, args, named)
        self._watched.follow(self.__self__, self.__name__, result, args, named, start)
        return result

    def __getattr__(self, name: str) -> "Any":
        return getattr(self.__dict__["__wrapped__"], name)

    def __eq__(self, other: object) -> bool:
        return self.__wrapped__ == getattr(other, "__wrapped__", other)

    def __hash__(self) -> int:
        return hash(self.__wrapped__)

    def __reduce__(self) -> "Any":
        return getattr, (self.__self__, self.__name__)
