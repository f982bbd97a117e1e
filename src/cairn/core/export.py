"""Exports: where the files of a version lie for people and programs that do not know Cairn.

`MODEL/v1.4.0/` for a release, `MODEL/v3-9f2c41d07a53/` (number and digest) for a version
without one; in it the files, a sidecar beside each, and `SHA256SUMS`, written last.
"""

from collections.abc import Mapping
from typing import NamedTuple

from cairn.core.digest import Digest, digest_bytes
from cairn.core.errors import Invalid, Refused
from cairn.core.name import shown
from cairn.core.sidecar import SUFFIX, sidecar_bytes
from cairn.core.tree import escape
from cairn.core.version import Version

SUMS = b"SHA256SUMS"
DIGEST_DIGITS = 12
_ESCAPES = ((b"\\", b"\\\\"), (b"\n", b"\\n"), (b"\r", b"\\r"))


class Exported(NamedTuple):
    """Where a version lies, its own files there, and whether it had to be written."""

    place: str
    files: tuple[str, ...]
    is_new: bool


def place(version: Version) -> str:
    """Say where a version lies below the root of an export: no two versions share it."""
    digits = version.digest.removeprefix("sha256:")[:DIGEST_DIGITS]
    name = version.release or f"{version.number}-{digits}"
    return f"{shown(version.model)}/v{name}"


def added_files(version: Version, files: Mapping[bytes, Digest]) -> dict[bytes, bytes]:
    """Write what an export adds to a version's own files: sidecars, and `SHA256SUMS` at last.

    `files` are path and digest of each. Raises `Invalid` if one of them has such a name.
    """
    sidecar = sidecar_bytes(version)
    added = {path + SUFFIX.encode(): sidecar for path in files}
    sums = {**files, **{path: digest_bytes(content) for path, content in added.items()}}
    for path in {*added, SUMS} & files.keys():
        raise Invalid(
            f"{version.name} has a file called {escape(path)}, which an export writes itself: "
            "register it under another name"
        )
    return {**added, SUMS: checksums(sums)}


def checksums(digests: Mapping[bytes, Digest]) -> bytes:
    """Write the lines that `sha256sum --check` reads, sorted by path."""
    return b"".join(_line(path, digests[path]) for path in sorted(digests))


def require_same(
    where: str, wanted: Mapping[bytes, Digest], there: Mapping[bytes, Digest]
) -> None:
    """Raise `Refused` unless what lies there is exactly what would be written."""
    different = sorted(
        path for path in wanted.keys() | there.keys() if wanted.get(path) != there.get(path)
    )
    if different:
        raise Refused(
            f"{where} holds other content: {escape(different[0])} "
            f"{_what(different[0], wanted, there)}; an export never replaces anything",
            fix="export to another place, or look who wrote there",
        )


def _what(path: bytes, wanted: Mapping[bytes, Digest], there: Mapping[bytes, Digest]) -> str:
    if path not in there:
        return "is missing"
    return "differs" if path in wanted else "is not of this version"


def _line(path: bytes, digest: Digest) -> bytes:
    """Write a line as sha256sum does: a backslash announces a name with odd characters."""
    name = path if path != b"-" else b"./-"
    for character, spelled in _ESCAPES:
        name = name.replace(character, spelled)
    mark = b"\\" if name not in (path, b"./-") else b""
    return mark + digest.removeprefix("sha256:").encode() + b"  " + name + b"\n"
