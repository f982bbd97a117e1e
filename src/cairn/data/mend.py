"""Mend a store: what is damaged moves aside, what is lost comes back from other copies."""

import re
from collections.abc import Sequence
from pathlib import Path

from cairn.core.digest import Digest
from cairn.core.errors import NotFound
from cairn.core.ledger import Problem
from cairn.core.request import Record
from cairn.core.sweep import FindMissing, ListKept, WhyKept
from cairn.objects.address import is_folder, open_objects
from cairn.objects.repair import Copies, PlainFiles, bring_back, broken
from cairn.objects.upkeep.fsck import Damage
from cairn.project import Project

DIGEST_BYTES = 32


class Mending(Record, frozen=True):
    """What was mended: packs moved to quarantine, blobs saved from them, objects brought back.

    `lost` are objects that are needed and that no copy had, each with whom it is needed by.
    """

    quarantined: int
    saved: int
    back: tuple[Digest, ...]
    lost: dict[Digest, str]


def missing(project: Project) -> tuple[Problem, ...]:
    """Return what a record or tree needs and the store has not."""
    return project.engine.send(FindMissing())


def mend(project: Project, damage: Sequence[Damage], copies: Sequence[str]) -> Mending:
    """Move damaged packs aside, save what is intact in them, and bring back what is lost.

    `copies` are other stores (folders, remotes, buckets) or folders of plain files. Records
    that come back may need more, so this goes on until nothing more comes.
    """
    places = [_open(copy) for copy in copies]
    mended = project.objects.checker().mend(damage)
    back: list[Digest] = []
    while True:
        found = bring_back(project.objects, broken(project.objects, _named(project)), places)
        back += found.back
        if not found.back:
            break
    lost = {digest for each in missing(project) for digest in _digests(each)}
    return Mending(
        quarantined=len(mended),
        saved=sum(each.saved for each in mended),
        back=tuple(back),
        lost={digest: _why(project, digest) for digest in sorted(lost)},
    )


def _named(project: Project) -> list[Digest]:
    """Return every digest that the ledger leads to; some are names of what lies elsewhere."""
    joined = project.engine.send(ListKept(incomplete=True))
    return [
        "sha256:" + joined[at : at + DIGEST_BYTES].hex()
        for at in range(0, len(joined), DIGEST_BYTES)
    ]


def _digests(problem: Problem) -> list[Digest]:
    return re.findall(r"sha256:[0-9a-f]{64}", f"{problem.place} {problem.reason}")


def _why(project: Project, digest: Digest) -> str:
    return project.engine.send(WhyKept(digest=digest)) or ""


def _open(address: str) -> Copies:
    """Open another store by its folder or bucket; any other folder is one of plain files."""
    if not is_folder(address):
        return open_objects(address)
    folder = Path(address)
    if not folder.exists():
        raise NotFound(f"{address} is not there: name a store, a remote or a folder of files")
    for inner in (folder, folder / "objects", folder / ".cairn" / "objects"):
        if (inner / "packs").is_dir() or (inner / "sha256").is_dir():
            return open_objects(str(inner))
    return PlainFiles(folder)
