"""The secrets of one run: collected from wherever they stand, to be taken out everywhere.

They are known from variables of the environment, files for secrets (`.env` and what the run
read of that kind), the command line, settings that the run read, uncommitted sources, and what
the run printed. Nothing of them is written anywhere.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import msgspec

from cairn.capture.observed import Observed
from cairn.capture.project.configuration import LARGEST, is_configuration, secrets_in
from cairn.capture.project.sources import is_private
from cairn.capture.touched import Touched
from cairn.core.run import Gap
from cairn.core.secret import (
    PLACES,
    Known,
    Place,
    Plain,
    find,
    hides,
    looks_random,
    redact,
    secret_words,
)

LARGEST_READ, MOST_NAMES = 256 << 10, 2000
_WORD = re.compile(r"[A-Za-z0-9_.+-]{1,64}")
_ALONE = re.compile(r"\S{8,500}")
_LOGIN = re.compile(r"(?m)\bpassword\s+(\S+)|^[^:#\s]*:[\d*]+:[^:\s]*:[^:\s]*:(\S+)$")
_SET = re.compile(r"(?m)^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*[=:]\s*(.*?)\s*$")


def plain_words(command: Sequence[str], folder: Path) -> Plain:
    """Gather the words of a project: of the files that a command names, and file names."""
    words: set[str] = set()
    for word in command[:20]:
        path = folder / word.rpartition("=")[2]
        with suppress(OSError, ValueError):
            if path.is_file() and path.stat().st_size <= LARGEST_READ:
                text = path.read_bytes().decode(errors="replace")
                words.update(_WORD.findall(redact(text, PLACES["source"])))
    with suppress(OSError):
        names = sorted(entry.name for entry in os.scandir(folder))[:MOST_NAMES]
        words.update(part for name in names for part in (name, name.partition(".")[0]))
    return Plain(words, lambda word: _exists(folder, word))


def known_before(
    command: Sequence[str], variables: Mapping[str, str], folder: Path, plain: Plain
) -> Known:
    """Collect what is secret before a run begins."""
    found = {
        **dict(_of_variables(variables)),
        **_of_private_files(sorted(folder.glob(".env*"))),
        **_named(secret_words(command, plain), "an argument of the command"),
    }
    return Known(found)


def known_here(folder: Path) -> Known:
    """Collect what is secret where no run is: the environment, and files for secrets."""
    return known_before((), os.environ, folder, Plain())


def known_of(run: Observed, files: Touched, *, root: Path) -> Known:
    """Collect what is secret about a run that has ended."""
    known = known_before(
        run.command, run.variables, root, plain_words(run.command, run.folder)
    )
    read = [path for path in sorted(files.read) if is_private(os.fsencode(path))]
    found = {**_of_private_files(read), **run.before.frozen.secrets}
    for path in sorted(files.read):
        content = _content(path)
        if content is not None and is_configuration(path, content):
            found |= _named(secrets_in(path, content), f"the settings in {path.name}")
    log = run.ended.output.decode(errors="backslashreplace")
    found |= _named(secrets_of(log, PLACES["log"]), "what the run printed")
    return known.with_more(found)


def secrets_of(text: str, place: Place) -> Iterator[str]:
    """Yield what is secret in a text by itself; of a login, the password too."""
    for each in find(text, place):
        secret = text[each.start : each.end]
        yield secret
        yield from _password(secret)


def clean_gap(gap: Gap, known: Known) -> Gap:
    """Take the secrets out of a sentence that may quote others."""
    return msgspec.structs.replace(
        gap, reason=redact(known.redact(gap.reason)), fix=redact(known.redact(gap.fix))
    )


def _of_variables(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in variables.items():
        origin = f"{name} in the environment"
        if hides(name, value):
            yield value, origin
        for secret in secrets_of(value, PLACES["variable"]):
            yield secret, origin


def _of_private_files(paths: Iterable[Path]) -> dict[str, str]:
    """Read files for secrets: what is assigned there, or all of one that is a single word."""
    found: dict[str, str] = {}
    for path in paths:
        content = _content(path)
        text = content.decode(errors="replace").strip() if content else ""
        values = {v for name, v in _assigned(text) if hides(name, v) or looks_random(v)}
        values |= (
            {text} if _ALONE.fullmatch(text) else {a or b for a, b in _LOGIN.findall(text)}
        )
        found |= _named([*values, *secrets_of(text, PLACES["setting"])], path.name)
    return found


def _assigned(text: str) -> Iterator[tuple[str, str]]:
    if text.lstrip().startswith("{"):
        with suppress(ValueError, RecursionError):
            yield from _leaves(json.loads(text), "")
            return
    for name, value in _SET.findall(text):
        is_quoted = value[:1] in ("'", '"') and value[-1:] == value[:1]
        yield name, value[1:-1] if is_quoted else value


def _leaves(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in cast("dict[str, Any]", value).items():
            yield from _leaves(inner, str(key))
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _leaves(inner, name)
    else:
        yield name, str(value)


def _named(values: Iterable[str], origin: str) -> dict[str, str]:
    every = (each for value in values for each in (value, *_password(value)))
    return dict.fromkeys(every, origin)


def _password(login: str) -> Iterator[str]:
    """Yield the password of `user:password`, as it is and without the escapes of a URL."""
    from urllib.parse import unquote

    _, colon, password = login.partition(":")
    if colon and "://" not in login and not re.search(r"\s", login):
        yield from {password, unquote(password)}


def _content(path: Path) -> bytes | None:
    with suppress(OSError):
        if path.is_file() and path.stat().st_size <= LARGEST:
            return path.read_bytes()
    return None


def _exists(folder: Path, word: str) -> bool:
    with suppress(OSError, ValueError):
        return (folder / word).exists()
    return False
