"""How large a document is once its aliases are written out: a few lines can name billions.

A node of YAML, as parsers compose it, holds a text, a list of nodes, or a list of pairs. An
alias is the same node again, so counting each once and adding is enough.
"""

from typing import Any, cast

MOST_NODES = 1_000_000


def is_bounded(node: Any, *, most: int = MOST_NODES) -> bool:
    """Tell whether a node, written out, has at most so many; one within itself has not."""
    counted: dict[int, int] = {}
    waiting: list[tuple[Any, bool]] = [(node, False)]
    begun: set[int] = set()
    while waiting:
        each, is_seen = waiting.pop()
        inner = _inner(each)
        if is_seen:
            begun.discard(id(each))
            counted[id(each)] = 1 + sum(counted[id(one)] for one in inner)
            if counted[id(each)] > most:
                return False
        elif id(each) in begun:
            return False
        elif id(each) not in counted:
            begun.add(id(each))
            waiting.append((each, True))
            waiting += [(one, False) for one in inner]
    return True


def _inner(node: Any) -> list[Any]:
    value = getattr(node, "value", None)
    if not isinstance(value, list):
        return []
    parts = cast("list[Any]", value)
    return [
        one
        for part in parts
        for one in (cast("tuple[Any, ...]", part) if isinstance(part, tuple) else (part,))
    ]
