"""A remote looked at as a whole: bytes, refs, and whether each ref has all that it needs."""

from collections.abc import Iterator
from typing import NamedTuple

from cairn.core.digest import Digest
from cairn.core.errors import CairnError, Corrupt, NotFound
from cairn.core.ledger import Problem
from cairn.core.request import Record
from cairn.core.testimony import Place
from cairn.core.transfer import AnyRef
from cairn.data.remotes import testimony
from cairn.data.remotes.offered import offered
from cairn.data.remotes.refs import Remote, open_remote
from cairn.data.remotes.selection import objects_of, profiles
from cairn.objects.repair import bring_back
from cairn.objects.upkeep.fsck import Checked, Depth, Progress
from cairn.project import Project


class RemoteCheck(NamedTuple):
    """What was looked at in a remote: its bytes, how many refs, what is wrong with them."""

    address: str
    bytes: Checked
    refs: int
    problems: tuple[Problem, ...]


class RemoteMending(Record, frozen=True):
    """What was mended: packs set aside, objects sent again, and what is still wrong."""

    quarantined: int
    back: tuple[Digest, ...]
    left: tuple[Problem, ...]


def check_remote(
    project: Project,
    address: str,
    depth: Depth,
    *,
    share: float = 0.0,
    on_progress: Progress | None = None,
) -> RemoteCheck:
    """Look at the bytes in a remote, prove each ref, and ask for all objects that it needs."""
    remote = open_remote(project.settings, address, to_write=False)
    found = remote.objects.checker().check(depth, share=share, on_progress=on_progress)
    offer = offered(remote)
    problems = [
        Problem(place=key, reason=str(error)) for key, error in sorted(offer.strange.items())
    ]
    for ref in sorted(offer.refs, key=lambda ref: ref.key):
        problems += _problems(remote, ref)
    problems += _untrue(remote)
    return RemoteCheck(remote.address, found, len(offer.refs), tuple(problems))


def mend_remote(project: Project, checked: RemoteCheck) -> RemoteMending:
    """Move damaged packs aside, and send again what this store has of what is missing."""
    remote = open_remote(project.settings, checked.address, to_write=True)
    mended = remote.objects.checker().mend(checked.bytes.damage)
    back: list[Digest] = []
    while True:
        remote = open_remote(project.settings, checked.address, to_write=False)
        wanted = [
            digest for ref in _sorted(remote) for digest in _lacking(project, remote, ref)
        ]
        brought = bring_back(remote.objects, sorted(set(wanted)), [project.objects]).back
        back += brought
        if not brought:
            break
    left = [problem for ref in _sorted(remote) for problem in _problems(remote, ref)]
    left += _untrue(remote)
    return RemoteMending(quarantined=len(mended), back=tuple(back), left=tuple(left))


def _sorted(remote: Remote) -> list[AnyRef]:
    return sorted(offered(remote).refs, key=lambda ref: ref.key)


def _problems(remote: Remote, ref: AnyRef) -> Iterator[Problem]:
    try:
        lacking = _needed(remote, ref)
        lacking -= remote.objects.have(lacking)
    except (Corrupt, NotFound) as error:
        yield Problem(place=ref.shown, reason=str(error))
        return
    if lacking:
        yield Problem(
            place=ref.shown,
            reason=f"{len(lacking):,} of the objects that it needs are not there, "
            f"{min(lacking)} among them",
        )


def _untrue(remote: Remote) -> Iterator[Problem]:
    """Report what is said there of models, and not proven, or lacks what it names."""
    for key, place in sorted(testimony.offered(remote).items()):
        try:
            if not isinstance(place, Place):
                raise place
            named = set(testimony.read(remote, place).objects)
        except (Corrupt, NotFound) as error:
            yield Problem(place=key, reason=str(error))
            continue
        if lacking := named - remote.objects.have(named):
            reason = f"{len(lacking):,} of the records that it names are not there"
            yield Problem(place=key, reason=reason)


def _needed(remote: Remote, ref: AnyRef) -> set[Digest]:
    entry, _ = remote.read(ref)
    return objects_of(remote.objects, [ref]) | profiles({ref: entry}, [ref])


def _lacking(project: Project, remote: Remote, ref: AnyRef) -> set[Digest]:
    """List what a ref needs and the remote lacks, as far as this store or the remote knows."""
    found = {ref.digest}
    for objects in (project.objects, remote.objects):
        try:
            found |= objects_of(objects, [ref])
            break
        except CairnError:
            continue
    try:
        found |= profiles({ref: remote.read(ref)[0]}, [ref])
    except CairnError:
        return set()  # nobody vouches for it
    return found - remote.objects.have(found)
