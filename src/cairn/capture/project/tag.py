"""Tag the commit of a release: `churn-v1.4.0`, annotated with the version's digest."""

from pathlib import Path
from typing import NamedTuple

from cairn.core.errors import CairnError, Unavailable
from cairn.core.name import shown
from cairn.core.version import Version
from cairn.data.git import run_git
from cairn.project import Project


class Tag(NamedTuple):
    """Whether the tag was written, and what to say about it."""

    is_written: bool
    told: str


def tag_release(project: Project, version: Version, *, sign: bool = False) -> Tag:
    """Write an annotated git tag at the version's commit, signed by git if `sign` is set.

    The release stands in the ledger already: a tag that cannot be written is told, not raised.
    """
    code = version.manifest.code
    name = f"{shown(version.model)}-v{version.release}"
    if code is None:
        return Tag(
            is_written=False, told=f"no git tag: nobody knows the commit of {version.name}"
        )
    message = f"{version.name} {version.digest}"
    if code.patch is not None:
        message += f"\n\nMade with uncommitted changes, kept as {code.patch}."
    kind, word = ("-s", "signed git tag") if sign else ("-a", "git tag")
    folder = project.settings.folder
    try:
        run_git(("tag", kind, name, "-m", message, code.commit), folder)
        if sign:
            _require_signature(name, folder)
    except CairnError as error:
        return Tag(is_written=False, told=f"no {word}: {error}")
    told = f"{word} {name} at {code.commit[:12]}; publish it with `git push origin {name}`"
    return Tag(is_written=True, told=told)


def _require_signature(name: str, folder: Path) -> None:
    """Take back a tag without a signature: git 2.39 writes one where a key is missing."""
    if b"\n-----BEGIN " in run_git(("cat-file", "tag", name), folder):
        return
    run_git(("tag", "--delete", name), folder)
    raise Unavailable("git could not sign it; see git's settings gpg.format, user.signingkey")
