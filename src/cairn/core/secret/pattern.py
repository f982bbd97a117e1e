"""Regular expressions that are compiled when they are first needed: most commands need few."""

import re
from collections.abc import Iterator
from functools import cached_property


class Pattern:
    """A regular expression."""

    def __init__(self, source: str, flags: int = 0) -> None:
        self._source = source
        self._flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._source, self._flags)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """Match a whole text."""
        return self._compiled.fullmatch(text)

    def match(self, text: str, start: int = 0) -> re.Match[str] | None:
        """Match what begins at `start`."""
        return self._compiled.match(text, start)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Yield what matches, in order."""
        return self._compiled.finditer(text)
