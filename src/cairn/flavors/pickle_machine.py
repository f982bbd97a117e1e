"""Pickle's stack machine without the calls: which globals a stream names, calls, changes.

The stack, its marks and the memo are followed exactly, because names can be fetched from them.
What a call gives is not known; that it happened is. Where CPython's unpickler would stop, the
walk ends with `Corrupt`.
"""

from dataclasses import dataclass, field
from typing import Any, Final, cast

from cairn.core.errors import Corrupt
from cairn.flavors.joblib_arrays import WRAPPER

MAX_KEPT = 64
"""Longer tuples are not remembered item by item: no call that matters has them."""


@dataclass(frozen=True, order=True)
class Global:
    """A module's attribute, as named by the stream."""

    module: str
    name: str

    def __str__(self) -> str:
        """As people write it: `os.system`."""
        return f"{self.module}.{self.name}"


@dataclass
class Made:
    """What a call gave: of what, with which arguments, and the state it was given later."""

    callee: Global
    arguments: tuple[Any, ...]
    state: Any = None

    @property
    def kind(self) -> Global:
        """The class that it is an instance of, as far as the stream tells."""
        rebuilt = self.callee.name in ("_reconstructor", "__newobj__") and self.arguments
        first = self.arguments[0] if rebuilt else None
        return first if isinstance(first, Global) else self.callee


class Unknown:
    """Some value that cannot name anything."""


UNKNOWN: Final = Unknown()


@dataclass
class Walk:
    """What was met in one stream; `end` is the byte after its STOP, 0 if it has none."""

    names: set[Global] = field(default_factory=set[Global])
    problems: list[str] = field(default_factory=list[str])
    calls: int = 0
    persistent: bool = False
    joblib: bool = False
    end: int = 0

    def note(self, problem: str) -> None:
        """Add a problem, once."""
        if problem not in self.problems:
            self.problems.append(problem)


class Machine:
    """The state of one unpickling that does not happen."""

    def __init__(self, content: bytes, place: int, walk: Walk) -> None:
        self.content = content
        self.place = place
        self.walk = walk
        self.frame_end = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def need(self, count: int) -> None:
        """Raise `Corrupt` unless so many values lie above the last mark."""
        if len(self.stack) - (self.marks[-1] if self.marks else 0) < count:
            raise Corrupt("it takes more from its stack than there is")

    def pop(self) -> Any:
        """Take the top value."""
        self.need(1)
        return self.stack.pop()

    def top(self) -> Any:
        """Look at the top value."""
        self.need(1)
        return self.stack[-1]

    def pop_marked(self) -> list[Any]:
        """Take everything above the last mark, and the mark."""
        if not self.marks:
            raise Corrupt("it looks for a mark that is not there")
        mark = self.marks.pop()
        taken = self.stack[mark:]
        del self.stack[mark:]
        return taken

    def remember(self, place: int) -> None:
        """Put the top value into the memo."""
        if place < 0:
            raise Corrupt("it uses a memo that has no number")
        self.memo[place] = self.top()

    def recall(self, place: int) -> None:
        """Push what the memo holds."""
        if place not in self.memo:
            raise Corrupt(f"it fetches memo {place}, which is empty")
        self.push(self.memo[place])

    def find(self, module: Any, name: Any) -> None:
        """Push a global; one whose name is computed cannot be judged."""
        if not isinstance(module, str) or not isinstance(name, str):
            self.walk.note("it names a global that it computes")
            self.push(UNKNOWN)
            return
        found = Global(module, name)
        self.walk.names.add(found)
        self.push(found)

    def call(self, callee: Any, arguments: Any) -> None:
        """Push what a call gives; what is called must be a global."""
        self.walk.calls += 1
        if not isinstance(callee, Global):
            self.walk.note("it calls something that it computes")
            self.push(UNKNOWN)
            return
        known = cast("tuple[Any, ...]", arguments) if isinstance(arguments, tuple) else ()
        self.push(Made(callee, known))

    def changed(self) -> Any:
        """Look at the top value, which is given items or a state; no global should be."""
        target = self.top()
        if isinstance(target, Global):
            self.walk.note(f"it changes {target} itself")
        return target

    def build(self) -> Made | None:
        """Give the value below the top its state; returns it if an array of joblib follows."""
        self.need(2)
        state = self.pop()
        target = self.changed()
        self.walk.calls += 1
        if isinstance(target, Made):
            target.state = state
            return target if target.kind == Global(*WRAPPER) else None
        if Global(*WRAPPER) in self.walk.names:
            raise Corrupt("it may read an array of joblib's where no scan can follow")
        return None
