"""Pickles, judged without loading: every name on the allow-list, or the file is not loaded.

A pickle is a program. It is `unsafe` if it names, calls or changes anything that an ordinary
model does not, or cannot be followed to its end, or goes on behind it. Otherwise it is
`unknown`, never `safe`: even allowed names can be combined in ways that nobody thought of.
"""

import re
from typing import NamedTuple

from cairn.flavors import allowed
from cairn.flavors.pickle_machine import Global, Walk
from cairn.flavors.pickle_steps import walk_pickle
from cairn.flavors.verdict import Verdict, unknown, unsafe

_IMPORTABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


class Scan(NamedTuple):
    """What a pickle names, and why it is refused whoever trusts it (`never`, in sentences).

    `foreign` are the names that the allow-list lacks and that somebody may vouch for; nobody
    does for the `hostile` ones.
    """

    form: str
    names: frozenset[tuple[str, str]]
    foreign: tuple[str, ...]
    hostile: tuple[str, ...]
    never: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict on the file."""
        reasons = list(self.never)
        if self.foreign:
            reasons.append(
                f"it names {', '.join(self.foreign)}, which the allow-list does not"
            )
        if reasons:
            return unsafe(self.form, *reasons, names=(*self.hostile, *self.foreign))
        return unknown(
            self.form, "it is a program: nothing outside the allow-list was found in it"
        )


def scan_pickle(content: bytes, place: int = 0) -> Scan:
    """Scan a file that is one pickle or joblib stream, from `place` to its end."""
    walk, broken = walk_pickle(content, place)
    outside = ["it refers to objects outside the file"] if walk.persistent else []
    form = "joblib" if walk.joblib else "pickle"
    never = [*_never(content, walk, broken), *outside]
    return _scan(form, walk, never, allowed.pickle_names())


def scan_torch(content: bytes) -> Scan:
    """Scan the pickle inside a torch archive: tensors, whose numbers lie beside it."""
    walk, broken = walk_pickle(content)
    return _scan("torch", walk, _never(content, walk, broken), allowed.names(allowed.TORCH))


def can_run(content: bytes) -> bool:
    """Tell whether these bytes, unpickled, would call something before they break off."""
    walk, _ = walk_pickle(content)
    importable = any(_IMPORTABLE.fullmatch(found.module) for found in walk.names)
    return walk.calls > 0 and importable


def is_pickle(content: bytes) -> bool:
    """Tell whether these bytes can be followed to a STOP, whatever lies behind it."""
    walk, broken = walk_pickle(content)
    return not broken and walk.end > 0


def _never(content: bytes, walk: Walk, broken: str) -> list[str]:
    if broken:
        return [f"it cannot be followed to its end: {broken}", *walk.problems]
    behind = len(content) - walk.end
    return [*walk.problems, *([f"{behind} bytes follow its end"] if behind else [])]


def _scan(form: str, walk: Walk, never: list[str], listed: frozenset[tuple[str, str]]) -> Scan:
    outside = [found for found in sorted(walk.names) if _pair(found) not in listed]
    hostile = tuple(str(found) for found in outside if allowed.is_hostile(*_pair(found)))
    if hostile:
        never = [f"it names {', '.join(hostile)}, which no model needs", *never]
    return Scan(
        form=form,
        names=frozenset(_pair(found) for found in walk.names),
        foreign=tuple(str(found) for found in outside if str(found) not in hostile),
        hostile=hostile,
        never=tuple(never),
    )


def _pair(found: Global) -> tuple[str, str]:
    return found.module, found.name
