"""A run without a commit: its sources by digest, found again in a commit that came later."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from cairn.capture.manifest import gap_order
from cairn.capture.project.code import entry_point
from cairn.capture.project.git import observe
from cairn.capture.touched import Touched, mark_of
from cairn.core.digest import Digest, digest_bytes
from cairn.core.errors import Refused, Unavailable
from cairn.core.run import Code, Gap, RunFacts
from cairn.core.tree import escape, unescape
from cairn.core.version import Manifest
from cairn.data.git import run_git


def digests_of_sources(files: Touched, *, root: Path) -> dict[str, Digest]:
    """Digest the modules of the project that took part; none if one has changed since."""
    ours = {path: mark for path, mark in files.sources.items() if path.is_relative_to(root)}
    if any(mark_of(path) != mark for path, mark in ours.items()):
        return {}
    return {
        escape(os.fsencode(path.relative_to(root))): digest_bytes(path.read_bytes())
        for path in sorted(ours)
    }


def with_commit(manifest: Manifest, facts: RunFacts, *, root: Path) -> Manifest:
    """Add the commit that has exactly the sources of a run that had none.

    Raises `Refused` naming the first source that the commit has not, or has otherwise.
    """
    if manifest.code is not None or not facts.sources:
        return manifest
    checkout = observe(root)
    if isinstance(checkout, Gap):
        raise Refused(f"the run has no commit: {checkout.reason}", fix=checkout.fix)
    wrong = _not_in(checkout.commit, facts.sources, root=root)
    if wrong:
        raise Refused(
            f"{', '.join(wrong)} took part in the run, and commit {checkout.commit[:12]} does "
            "not hold it as it was then",
            fix="commit it as it was, and register again; or run the training again",
        )
    code = Code(
        commit=checkout.commit,
        remote=checkout.remote,
        entry_point=entry_point(facts.command, folder=root, top=checkout.folder),
    )
    gaps = {*(gap for gap in manifest.gaps if gap.field != "code"), *checkout.gaps}
    return msgspec.structs.replace(
        manifest,
        code=code,
        reconstructed=(*manifest.reconstructed, "code"),
        gaps=tuple(sorted(gaps, key=gap_order)),
    )


def _not_in(commit: str, sources: Mapping[str, Digest], *, root: Path) -> list[str]:
    return [
        path
        for path, digest in sorted(sources.items())
        if _digest_in(commit, unescape(path), root=root) != digest
    ]


def _digest_in(commit: str, path: bytes, *, root: Path) -> Digest | None:
    try:
        return digest_bytes(
            run_git(("cat-file", "blob", commit.encode() + b":./" + path), root)
        )
    except Unavailable:
        return None
