"""Write a version to a folder for use elsewhere: its files, each with its sidecar."""

import secrets
import shutil
from pathlib import Path

from cairn.core.errors import Invalid, NotFound, Unavailable
from cairn.core.sidecar import SUFFIX, sidecar_bytes
from cairn.core.tree import escape
from cairn.core.version import Version
from cairn.objects.tree import restore_tree, tree_entries
from cairn.registry import Registry


def export(registry: Registry, version: Version, folder: Path) -> tuple[str, ...]:
    """Write the files of a version, verified, into a new folder; returns their paths.

    All or nothing: the folder appears whole. Raises `Invalid` if it is there already.
    """
    artifacts = version.manifest.artifacts
    if artifacts is None:
        raise NotFound(f"{version.name} has no files to export")
    if folder.exists():
        raise Invalid(f"{folder} is there already; export into a new folder")
    beside = folder.resolve().with_name(
        f".{folder.resolve().name}.{secrets.token_hex(8)}.partial"
    )
    try:
        restore_tree(registry.objects, artifacts.tree, beside)
        paths = [entry.path for entry in tree_entries(registry.objects, artifacts.tree)]
        for path in paths:
            sidecar = beside / path.decode("utf-8", "surrogateescape")
            sidecar.with_name(sidecar.name + SUFFIX).write_bytes(sidecar_bytes(version))
        beside.rename(folder)
    except OSError as error:
        raise Unavailable(f"{folder} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return tuple(escape(path) for path in paths)
