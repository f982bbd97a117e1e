"""Pickle's stack machine without the calls: which globals a stream names, calls, changes.

The stack, its marks and the memo are followed exactly, because names can be fetched from them.
What a call gives is not known; that it happened is. The walk ends with `Corrupt` only where
every unpickler ends: CPython's in C, the one in Python that joblib builds on, and those that
allow persistent ids and buffers. Where one of them would go on, the walk goes on; and what it
cannot follow is `Doubtful`.
"""

from typing import Any, Final, cast

from cairn.core.errors import Corrupt
from cairn.flavors.limits import Doubtful
from cairn.flavors.pickles.joblib_arrays import WRAPPER

MAX_KEPT = 64
"""Longer tuples are not remembered item by item: no call that matters has them."""


class Global:
    """A module's attribute, as named by the stream."""

    __slots__ = ("module", "name")

    def __init__(self, module: str, name: str) -> None:
        self.module: Final = module
        self.name: Final = name

    def __str__(self) -> str:
        """As people write it: `os.system`."""
        return f"{self.module}.{self.name}"

    def __eq__(self, other: object) -> bool:
        """Two are one if both words are."""
        return isinstance(other, Global) and self.pair == other.pair

    def __hash__(self) -> int:
        """Like the pair's."""
        return hash(self.pair)

    @property
    def pair(self) -> tuple[str, str]:
        """Module and name."""
        return self.module, self.name

    @property
    def can_be_imported(self) -> bool:
        """Whether an import statement could name the module: no other is ever found."""
        return all(part.isidentifier() for part in self.module.split("."))


WRAPPING: Final = Global(*WRAPPER)


class Made:
    """What a call gave: of what, with which arguments, and the state it was given later."""

    __slots__ = ("arguments", "callee", "state")

    def __init__(self, callee: Global, arguments: tuple[Any, ...]) -> None:
        self.callee = callee
        self.arguments = arguments
        self.state: Any = None

    @property
    def kind(self) -> Global:
        """The class that it is an instance of, as far as the stream tells."""
        rebuilt = self.callee.name in ("_reconstructor", "__newobj__") and self.arguments
        first = self.arguments[0] if rebuilt else None
        return first if isinstance(first, Global) else self.callee


class Unknown:
    """A value of which only this is known: what it may be."""

    __slots__ = ()


PLAIN: Final = Unknown()
"""A number, a list, bytes: it names nothing, and nobody can call it."""
TEXT: Final = Unknown()
"""A text that the scan cannot read."""
COMPUTED: Final = Unknown()
"""What a call gave, or what comes from outside the stream: it may be anything."""


class Walk:
    """What was met in one stream; `end` is the byte after its STOP, 0 if it has none.

    `calls` counts what would run something: a call or a change of what the stream names.
    `computes` says that the stream names something which cannot be read from it.
    """

    def __init__(self) -> None:
        self.names: set[Global] = set()
        self.problems: dict[str, None] = {}
        self.calls = 0
        self.computes = False
        self.persistent = False
        self.joblib = False
        self.end = 0

    def note(self, problem: str) -> None:
        """Add a problem, once."""
        self.problems[problem] = None


class Machine:
    """The state of one unpickling that does not happen."""

    __slots__ = ("content", "frame_end", "marks", "memo", "place", "stack", "walk")

    def __init__(self, content: Any, place: int, walk: Walk) -> None:
        self.content = content
        self.place = place
        self.walk = walk
        self.frame_end = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

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
        self.stack.append(self.memo[place])

    def find(self, module: Any, name: Any) -> None:
        """Push a global; one whose name is computed cannot be judged."""
        if not _may_be_text(module) or not _may_be_text(name):
            raise Corrupt("it names a global by something that is not a text")
        if not isinstance(module, str) or not isinstance(name, str):
            self.walk.note("it names a global that it computes")
            self.walk.computes = True
            self.stack.append(COMPUTED)
            return
        found = Global(module, name)
        self.walk.names.add(found)
        self.stack.append(found)

    def call(self, callee: Any, arguments: Any) -> None:
        """Push what a call gives; what is called must be a global."""
        if isinstance(callee, Global):
            self.walk.calls += 1
            known = cast("tuple[Any, ...]", arguments) if isinstance(arguments, tuple) else ()
            self.stack.append(Made(callee, known))
        elif callee is COMPUTED or isinstance(callee, Made):
            self.walk.calls += 1
            self.walk.note("it calls something that it computes")
            self.stack.append(COMPUTED)
        else:
            raise Corrupt("it calls what nobody can call")

    def changed(self) -> Any:
        """Look at the top value, which is given items or a state; no global should be."""
        target = self.top()
        if isinstance(target, Global):
            self.walk.note(f"it changes {target} itself")
        if isinstance(target, Global | Made) or target is COMPUTED:
            self.walk.calls += 1
        return target

    def build(self) -> Made | None:
        """Give the value below the top its state; returns it if an array of joblib follows."""
        self.need(2)
        state = self.stack.pop()
        target = self.changed()
        if isinstance(target, Made):
            target.state = state
            return target if target.kind == WRAPPING else None
        if WRAPPING in self.walk.names:
            raise Doubtful("it may read an array of joblib's where no scan can follow")
        return None


def _may_be_text(value: Any) -> bool:
    return isinstance(value, str | Made) or value is TEXT or value is COMPUTED
