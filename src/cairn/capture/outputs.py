"""The files that a run wrote, kept without the secrets in them.

A text is stored without what is secret in it, and a gap says that it is not the file that
the run wrote. Other bytes cannot be changed: a file of them that holds a secret which is known
from elsewhere is left out. Names and forms are looked for in texts of up to 4 MiB; in larger
ones and in other files known secrets alone, as they stand there.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from cairn.capture.gaps import clipped_gap
from cairn.capture.project.sources import is_private
from cairn.capture.secret_files import LARGEST_TEXT, origin_in, text_in
from cairn.core.digest import Digest
from cairn.core.errors import CairnError, Unavailable
from cairn.core.run import Gap
from cairn.core.secret import PLACES, Known, redact
from cairn.core.tree import escape
from cairn.project import Project

LARGEST_OUTPUT = 1 << 30


class Outputs(NamedTuple):
    """Stored files by their paths, and what was left out or changed."""

    stored: dict[str, Digest]
    gaps: tuple[Gap, ...]


def store_outputs(
    project: Project, paths: Iterable[Path], *, root: Path, known: Known
) -> Outputs:
    """Store what a run wrote."""
    stored: dict[str, Digest] = {}
    gaps: list[Gap] = []
    for path in sorted(paths):
        inside = path.relative_to(root) if path.is_relative_to(root) else path
        name = escape(os.fsencode(inside))
        try:
            digest, changed = _store(project, path, known)
        except (CairnError, OSError) as error:
            reason = f"the output {name} is not kept: {error}"
            gaps.append(clipped_gap("outputs", reason, "keep it yourself"))
            continue
        if digest is not None:
            stored[name] = digest
        if changed:
            reason = f"the output {name} {changed}"
            gaps.append(clipped_gap("outputs", reason, "write no secret into files"))
    return Outputs(stored, tuple(gaps))


def _store(project: Project, path: Path, known: Known) -> tuple[Digest | None, str]:
    """Store a file, or what of it may be stored, and say what differs."""
    size = path.stat().st_size
    if size > LARGEST_OUTPUT:
        raise Unavailable("it is larger than 1 GiB")
    if is_private(os.fsencode(path)):
        return None, "is a file for secrets, so it is not kept"
    text = text_in(path) if size <= LARGEST_TEXT else None
    if text is not None:
        clean = redact(known.redact(text), PLACES["output"])
        if clean != text:
            digest = project.objects.put(clean.encode())
            return digest, "holds a secret, which is taken out of the copy that is kept"
    elif origin := origin_in(path, known):
        return None, f"holds a secret that is also in {origin}, so it is not kept"
    return project.objects.put_file(path)[0], ""
