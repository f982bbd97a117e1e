"""A version's model, loaded: every byte is verified before anything looks at it."""

import atexit
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from cairn.core.digest import Digest
from cairn.core.errors import NotFound
from cairn.core.version import Version
from cairn.objects import ObjectStore
from cairn.objects.folders.tree import restore_tree


class Served(NamedTuple):
    """A loaded model, the digest it was checked against, and its version."""

    model: object
    digest: Digest
    version: Version


def serve(
    objects: ObjectStore, found: Version, *, trust: bool = False, files: bool = False
) -> Served:
    """Load the model of a version; raises `NotFound` for one without weights.

    Formats that can run code when read are `Refused` unless `trust` is set, and scanned even
    then. With `files`, a format that Cairn does not load is handed over as the path of a
    folder, which is there until the process ends; without, that is `Refused` as well.
    """
    from cairn import flavors  # loads much, and most commands load no model

    artifacts = found.manifest.artifacts
    if found.deleted is not None or artifacts is None:
        raise NotFound(f"{found.name} has no weights: {found.deleted or 'none registered'}")
    with ExitStack() as held:
        target = Path(held.enter_context(TemporaryDirectory(prefix="cairn-"))) / "model"
        restore_tree(objects, artifacts.tree, target)
        model = flavors.load(target, trust=trust, files=files)
        if isinstance(model, Path):
            atexit.register(held.pop_all().close)  # for whoever loads the files
    return Served(model, found.digest, found)
