"""Pickles, judged without loading: every name on the allow-list, or the file is not loaded.

A pickle is a program. It is `unsafe` if it names, calls or changes anything that an ordinary
model does not, or cannot be followed to its end, or goes on behind it. Otherwise it is
`unknown`, never `safe`: even allowed names can be combined in ways that nobody thought of.
"""

import sys
from typing import NamedTuple

from cairn.flavors import allowed
from cairn.flavors.content import Content
from cairn.flavors.pickles.machine import Walk
from cairn.flavors.pickles.steps import Walked, walk_pickle
from cairn.flavors.verdict import Verdict, listed, unknown, unsafe


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
                f"it names {', '.join(listed(self.foreign))}, which the allow-list does not"
            )
        if reasons:
            names = (*self.hostile, *self.foreign)
            return unsafe(self.form, *listed(reasons), names=names)
        return unknown(
            self.form, "it is a program: nothing outside the allow-list was found in it"
        )


def scan_pickle(content: Content, place: int = 0, walked: Walked | None = None) -> Scan:
    """Scan a file that is one pickle or joblib stream, from `place` to its end.

    `walked` is the walk from there, if it is already done.
    """
    walk, broken, _ = walked or walk_pickle(content, place)
    outside = ["it refers to objects outside the file"] if walk.persistent else []
    form = "joblib" if walk.joblib else "pickle"
    never = [*_never(content, walk, broken), *outside]
    return _scan(form, walk, never, allowed.pickle_names())


def scan_torch(content: Content) -> Scan:
    """Scan the pickle inside a torch archive: tensors, whose numbers lie beside it."""
    walk, broken, _ = walk_pickle(content)
    return _scan("torch", walk, _never(content, walk, broken), allowed.names(allowed.TORCH))


def can_run(walked: Walked) -> Verdict | None:
    """Say what bytes would do if somebody unpickled them: None is nothing.

    A walk that breaks off counts as one that goes on, unless every unpickler breaks off there.
    """
    walk, broken, doubtful = walked
    named = sorted({str(found) for found in walk.names if found.can_be_imported})
    if walk.calls and (named or walk.computes):
        what = f": {', '.join(listed(named))}" if named else ""
        return unsafe("pickle", f"it is also a pickle that makes calls{what}")
    if doubtful:
        return unknown(
            "pickle", f"it may also be a pickle, which cannot be followed: {broken}"
        )
    imported = [name for name in named if name.partition(".")[0] in sys.stdlib_module_names]
    if imported:
        names = ", ".join(listed(imported))
        return unknown("pickle", f"it is also a pickle that imports {names}")
    return None


def _never(content: Content, walk: Walk, broken: str) -> list[str]:
    if broken:
        return [f"it cannot be followed to its end: {broken}", *walk.problems]
    behind = len(content) - walk.end
    return [*walk.problems, *([f"{behind} bytes follow its end"] if behind else [])]


def _scan(form: str, walk: Walk, never: list[str], known: frozenset[tuple[str, str]]) -> Scan:
    outside = [found for found in sorted(walk.names, key=str) if found.pair not in known]
    hostile = tuple(str(found) for found in outside if allowed.is_hostile(*found.pair))
    if hostile:
        never = [f"it names {', '.join(listed(hostile))}, which no model needs", *never]
    return Scan(
        form=form,
        names=frozenset(found.pair for found in walk.names),
        foreign=tuple(str(found) for found in outside if str(found) not in hostile),
        hostile=hostile,
        never=tuple(never),
    )
