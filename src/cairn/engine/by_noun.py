"""A table in parts: what is known of a noun is imported when somebody asks about it."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class ByNoun(Mapping[Key, Value]):
    """Maps as one table would; `noun` names the part that a key stands in."""

    def __init__(
        self,
        noun: Callable[[Key], str],
        parts: Mapping[str, Callable[[], Mapping[Key, Value]]],
    ) -> None:
        self._noun = noun
        self._parts = {name: cache(part) for name, part in parts.items()}

    def __getitem__(self, key: Key) -> Value:
        """Return what stands there, from the one part that can have it."""
        return self._parts[self._noun(key)]()[key]

    def __iter__(self) -> Iterator[Key]:
        """Go through all parts."""
        for part in self._parts.values():
            yield from part()

    def __len__(self) -> int:
        """Count all parts."""
        return sum(len(part()) for part in self._parts.values())
