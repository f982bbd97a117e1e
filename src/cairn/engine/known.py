"""Which store lies at a place, as this user has seen it: another one there is said loudly.

Whoever can write to a folder can put a store of their own there, with a history that verifies.
What this user has seen is kept with the keys, outside of every store.
"""

import hashlib
import os
from pathlib import Path

from cairn import config, rights
from cairn.core.digest import canonical, from_canonical
from cairn.core.errors import CairnError, Conflict
from cairn.core.request import Record
from cairn.engine import store
from cairn.engine.store import StoreFile


class Seen(Record, frozen=True, tag_field="cairn", tag="seen/1"):
    """The id and the public key of the store at a place."""

    place: str
    id: str
    log: str


def remember(folder: Path, about: StoreFile) -> None:
    """Take this store for the one at its place from now on."""
    path = _path(folder)
    rights.own_folder(path.parent)
    seen = Seen(place=_place(folder), id=about.id, log=about.log)
    store.replace(path, canonical(seen))


def remember_first(folder: Path, about: StoreFile) -> None:
    """Remember a store where none was seen before."""
    if not _path(folder).exists():
        remember(folder, about)


def changed(folder: Path, about: StoreFile) -> str:
    """Say in a sentence that another store lies there than before; empty if it is the same."""
    try:
        seen = from_canonical(_path(folder).read_bytes(), Seen)
    except (OSError, CairnError):
        return ""
    if (seen.id, seen.log) == (about.id, about.log):
        return ""
    what = "is another store" if seen.id != about.id else "has another key"
    return (
        f"{folder} {what} than the one that was here (it was {seen.log}, it is {about.log}): "
        "its history may have been written anew"
    )


def require(folder: Path, about: StoreFile) -> None:
    """Raise `Conflict` before anything is written to a store that took another one's place."""
    if sentence := changed(folder, about):
        raise Conflict(
            f"{sentence}; nothing was recorded. Bring the other one back, or, if you put this "
            "one there: `cairn verify --accept`"
        )


def _path(folder: Path) -> Path:
    name = hashlib.sha256(os.fsencode(_place(folder))).hexdigest()
    return config.user_folder() / "stores" / name


def _place(folder: Path) -> str:
    return os.fsencode(folder.resolve()).decode("utf-8", "backslashreplace")
