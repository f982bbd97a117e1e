"""The code of a run: what the checkout was when it began, less what the run itself wrote."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cairn.capture.project.git import Checkout, observe
from cairn.capture.project.patch import Frozen, freeze, make_patch
from cairn.capture.project.sources import left_out
from cairn.core.errors import Unavailable
from cairn.core.run import Code, Gap
from cairn.core.secret import Known
from cairn.core.tree import escape
from cairn.objects import ObjectStore


@dataclass(frozen=True)
class Before:
    """The repository as it was before the run: or why it is not known."""

    checkout: Checkout | Gap
    frozen: Frozen

    @property
    def top(self) -> Path | None:
        """The top of the working tree."""
        return self.checkout.folder if isinstance(self.checkout, Checkout) else None


class Described(NamedTuple):
    """The code of a run, the branch it was on, and what is not known of it."""

    code: Code | None
    branch: str | None
    gaps: tuple[Gap, ...]


def look(folder: Path, *, store: Path) -> Before:
    """Look at the repository around `folder`, and freeze what is not committed."""
    checkout = observe(folder)
    if isinstance(checkout, Gap):
        return Before(checkout, Frozen(files={}, gaps={}))
    return Before(checkout, freeze(checkout, outside=[store]))


def describe(
    before: Before,
    *,
    objects: ObjectStore,
    command: Sequence[str] = (),
    folder: Path,
    configuration: Collection[Path] = (),
    sources: Collection[Path] = (),
    made: Collection[Path] = (),
    known: Known | None = None,
) -> Described:
    """Store the patch and describe the code.

    Files in `made` were written by the run without having been read: they are left out of the
    patch, so that running twice gives the same code; so are those that hold a secret which is
    `known` from elsewhere. `sources` are the modules it imported.
    """
    checkout = before.checkout
    if isinstance(checkout, Gap):
        return Described(None, None, (checkout,))
    written = set(_within(checkout.folder, made))
    telling = _telling(before.frozen, known or Known())
    try:
        patch = make_patch(checkout, before.frozen, without={*written, *telling})
    except Unavailable as error:
        gap = Gap(
            field="code",
            reason=f"the uncommitted changes cannot be made into a patch: {error}",
            fix="commit them, and train again",
        )
        return Described(None, checkout.branch, (gap, *checkout.gaps))
    code = Code(
        commit=checkout.commit,
        remote=checkout.remote,
        patch=objects.put(patch) if patch else None,
        entry_point=entry_point(command, folder=folder, top=checkout.folder),
        config_files=_spelled(checkout.folder, configuration),
        submodules=dict(checkout.submodules or {}),
    )
    gaps = {**before.frozen.gaps, **telling}
    omitted = [gap for path, gap in gaps.items() if path not in written]
    unseen = _unseen(checkout, sources)
    return Described(code, checkout.branch, (*checkout.gaps, *omitted, *unseen))


def _telling(frozen: Frozen, known: Known) -> dict[bytes, Gap]:
    """Say of uncommitted files which of them hold a secret that is known from elsewhere."""
    return {
        path: left_out(path, f"is uncommitted and holds a secret that is also in {origin}")
        for path, taken in frozen.files.items()
        if (origin := known.origin(taken.content)) is not None
    }


def entry_point(command: Sequence[str], *, folder: Path, top: Path) -> str | None:
    """Find the script in a command line: its path in the repository, or the module's name."""
    before = ""
    for word in command:
        if before == "-m":
            return word
        if before != "-c" and not word.startswith("-"):
            named = _spelled(top, [(folder / word).resolve()])
            if named and (top / named[0]).is_file():
                return named[0]
        before = word
    return None


def _unseen(checkout: Checkout, sources: Collection[Path]) -> list[Gap]:
    """Name the modules that the run imported and that no commit or patch will ever hold."""
    hidden = tuple(path for path in checkout.unseen if path.endswith(b"/"))
    return [
        Gap(
            field="code",
            reason=f"{escape(path)} took part in the run, but git does not look at it",
            fix="take it out of .gitignore and commit it",
        )
        for path in sorted(_within(checkout.folder, sources))
        if path in checkout.unseen or path.startswith(hidden)
    ]


def _within(top: Path, paths: Collection[Path]) -> list[bytes]:
    return [os.fsencode(path.relative_to(top)) for path in paths if path.is_relative_to(top)]


def _spelled(top: Path, paths: Collection[Path]) -> tuple[str, ...]:
    return tuple(sorted(map(escape, _within(top, paths))))
