"""Command lines: what of them is secret, and what may stand in the ledger.

What a run's facts keep can be erased; the ledger can not. So the rule there is stricter: an
argument is kept only where it is a flag, a number, a path or a plain word of the project.
"""

import re
from collections.abc import Callable, Container, Iterator, Sequence

from cairn.core.secret.name import hides
from cairn.core.secret.pattern import Pattern
from cairn.core.secret.places import PLACES, find, redact
from cairn.core.secret.stretch import REDACTED, replaced

WITHHELD = "<withheld>"
_OPTION = Pattern(r"[+~]?-{0,2}[A-Za-z][\w./-]{0,100}")
_FLAG = Pattern(r"-[A-Za-z]{1,2}|-[A-Za-z]\d{1,4}|--[A-Za-z][A-Za-z0-9_.-]{0,60}|-{1,2}")
_GLUED = Pattern(r"(-[A-Za-z])(.+)", re.DOTALL)
_NUMBERS = Pattern(r"[+-]?[\d.][\d.,:eExX+-]{0,40}[A-Za-z%]{0,3}")
_PATH_PART = Pattern(
    r"[*.~]{0,2}(?:(?:[A-Z]?[a-z]{1,20}\d{0,8}|\d{1,8}|[A-Z]{1,12}\d{0,4})(?:[._*=-]{1,2}|$))*"
)
_SCHEME = Pattern(r"[A-Za-z][A-Za-z0-9+]{0,20}")
_MODULE = Pattern(r"[A-Za-z_]\w{0,40}(?:\.[A-Za-z_]\w{0,40}){0,8}")
_LOGINS = frozenset({"-u", "--user", "--userpwd", "--proxy-user", "--auth"})
_PASSWORD_OR_SO = frozenset({"-p", "-P"})
"""Mostly a password, a port or a path: a value that the ledger would not keep is hidden."""

Exists = Callable[[str], bool]
"""Tells whether a path is there."""


class Plain:
    """What the words of a project are: those in `words`, and the paths that `exists` knows."""

    def __init__(self, words: Container[str] = (), exists: Exists = lambda _: False) -> None:
        self._words = words
        self._exists = exists

    def keeps(self, value: str) -> bool:
        """Tell whether a value is a number, a path or a plain word of the project."""
        if _NUMBERS.fullmatch(value) or value in self._words:
            return True
        if any(char.isspace() for char in value) or redact(value) != value:
            return False
        scheme, separator, rest = value.partition("://")
        if separator and not _SCHEME.fullmatch(scheme):
            return False
        parts = (rest if separator else value).split("/")
        is_path = "/" in value and all(map(self._names, parts))
        return is_path or (not separator and self._exists(value))

    def _names(self, part: str) -> bool:
        """Tell whether a part of a path is a word, not something that nobody thought up."""
        return _PATH_PART.fullmatch(part) is not None or part in self._words


def redact_command(command: Sequence[str], plain: Plain | None = None) -> tuple[str, ...]:
    """Take the secrets out of a command line: `--password X`, `-u me:X`, `token=X`."""
    return tuple(shown for shown, _ in _looked_at(command, plain or Plain()))


def secret_words(command: Sequence[str], plain: Plain | None = None) -> tuple[str, ...]:
    """List the secrets of a command line, to be found in other texts."""
    return tuple(
        secret for _, secrets in _looked_at(command, plain or Plain()) for secret in secrets
    )


def kept_in_ledger(command: Sequence[str], plain: Plain) -> tuple[str, ...]:
    """Write a command line for the ledger, where nothing can be taken back.

    What is neither a flag, a number, a path nor a word of the project is `<withheld>`.
    """
    shown = redact_command(command, plain)
    preceding = ("", *command)[: len(shown)]
    kept = [_kept(word, before, plain) for before, word in zip(preceding, shown, strict=True)]
    return (*shown[:1], *kept[1:])


def _kept(word: str, before: str, plain: Plain) -> str:
    if word == REDACTED or _FLAG.fullmatch(word):
        return word
    if before == "-m" and _MODULE.fullmatch(word):
        return word
    name, equals, value = word.partition("=")
    if equals and _OPTION.fullmatch(name):
        return word if value == REDACTED or plain.keeps(value) else f"{name}={WITHHELD}"
    glued = _GLUED.fullmatch(word)
    if glued and not plain.keeps(word):
        return word if plain.keeps(glued[2]) else glued[1] + WITHHELD
    return word if plain.keeps(word) else WITHHELD


def _looked_at(command: Sequence[str], plain: Plain) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each word without its secrets, and these."""
    before = ""
    for word in map(_as_text, command):
        is_option = word.startswith("-") and len(word) > 1
        follows = before.startswith("-") and "=" not in before and not is_option
        if follows and word and _is_secret(before, word, plain):
            yield REDACTED, (word,)
        elif before in _LOGINS and ":" in word and not word.partition(":")[2].isdigit():
            who, _, secret = word.partition(":")
            yield f"{who}:{REDACTED}", (secret,)
        else:
            yield _one(word)
        before = word


def _is_secret(option: str, value: str, plain: Plain) -> bool:
    """Tell whether the word behind an option is a secret."""
    if option in _PASSWORD_OR_SO:
        return not plain.keeps(value)
    return option not in _LOGINS and hides(option.lstrip("-"), value)


def _one(word: str) -> tuple[str, tuple[str, ...]]:
    """Look at a word by itself: `--token=X`, `env.TOKEN=X`, an address, code."""
    name, equals, value = word.partition("=")
    if equals and _OPTION.fullmatch(name) and hides(name.rpartition(".")[2], value):
        return f"{name}={REDACTED}", (value,)
    found = find(word, PLACES["argument"])
    if not found:
        return word, ()
    return replaced(word, found), tuple(word[each.start : each.end] for each in found)


def _as_text(word: str) -> str:
    """Spell bytes of a command line that are not UTF-8."""
    return word.encode("utf-8", "backslashreplace").decode()
