"""Unpickles streams with both unpicklers of CPython, and lets none of them have what it names.

Run by `test_mutated_pickles.py`, in a process of its own under an audit hook: a stream a line,
in hexadecimal; the answer says what was looked up, and whether anything of it was called.
"""

import io
import json
import pickle
import resource
import sys
from contextlib import suppress
from typing import Any, Self

FORBIDDEN = ("os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.", "socket.")
MEMORY_BYTES = 256 << 20
called = False


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """End the process if anything is done to the outside."""
    if event.startswith(FORBIDDEN):
        sys.exit(f"{event} {arguments}")


class Anything:
    """Stands for whatever is looked up: takes every call, item and state, and notes it."""

    def __new__(cls, *arguments: Any, **keywords: Any) -> Self:
        """Be made of any arguments."""
        global called  # noqa: PLW0603 (what the process answers)
        called = True
        del arguments, keywords
        return super().__new__(cls)

    def __call__(self, *arguments: Any) -> Self:
        """Take any call."""
        del arguments
        return self

    def __setstate__(self, state: Any) -> None:
        """Take any state."""


class Quick(pickle.Unpickler):
    """The unpickler in C."""

    looked_up: set[str]

    def find_class(self, module_name: str, global_name: str) -> Any:
        """Note the name."""
        self.looked_up.add(f"{module_name}.{global_name}")
        return Anything


PYTHONS: Any = pickle._Unpickler  # type: ignore[attr-defined] # noqa: SLF001 (joblib builds on it)


class Slow(PYTHONS):
    """The unpickler in Python."""

    looked_up: set[str]

    def find_class(self, module_name: str, global_name: str) -> Any:
        """Note the name."""
        self.looked_up.add(f"{module_name}.{global_name}")
        return Anything


def main() -> None:
    """Answer line by line."""
    global called  # noqa: PLW0603 (told by an audit hook)
    # a memo's number makes the unpickler in C take as much memory as it says
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    sys.addaudithook(watch)
    for line in sys.stdin:
        looked_up: set[str] = set()
        called = False
        for kind in (Quick, Slow):
            for encoding in ("ASCII", "latin-1", "bytes"):
                one = kind(io.BytesIO(bytes.fromhex(line)), encoding=encoding)
                one.looked_up = looked_up
                with suppress(Exception):
                    one.load()
        sys.stdout.write(f"{json.dumps([sorted(looked_up), called])}\n")


if __name__ == "__main__":
    main()
