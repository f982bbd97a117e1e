"""Names that data may not take: the folders of git and of Cairn, however they are spelled.

Some disks do not tell upper from lower case, some leave out marks that nobody sees, some read
`.git ` and `git~1` as `.git`. A tree that brings such a name would become part of a
repository, whose configuration and hooks are programs.
"""

import re
import unicodedata
from collections.abc import Iterable

from cairn.core.errors import Refused
from cairn.core.tree import escape

_RESERVED = frozenset({".git", "git~1", ".cairn"})
_SUSPECT = re.compile(rb"(?i)[\n/\\](?:\.|git~)|[^\x00-\x7f]")
"""Whatever could be one of them; few names are."""


def is_reserved(path: bytes) -> bool:
    """Tell whether a part of a path is a name of git or Cairn."""
    if _SUSPECT.search(b"/" + path) is None:
        return False
    parts = re.split(r"[/\\]", path.decode("utf-8", "ignore"))
    return any(_plain(part) in _RESERVED for part in parts)


def any_suspect(paths: Iterable[bytes]) -> bool:
    """Tell whether any of many paths is worth a look."""
    return _SUSPECT.search(b"\n" + b"\n".join(paths)) is not None


def check_free(path: bytes) -> None:
    """Raise `Refused` for a path that is not for data to take."""
    if is_reserved(path):
        raise Refused(
            f"{escape(path)} would become part of git's own folder or Cairn's, which are not "
            "data",
            fix="ask whoever made this to leave that file out",
        )


def _plain(name: str) -> str:
    """Spell a name as the most careless disk would."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    seen = "".join(char for char in folded if unicodedata.category(char) != "Cf")
    return seen.partition(":")[0].rstrip(" .")
