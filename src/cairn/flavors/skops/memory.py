"""Models <-> the nodes of a skops file, in memory: what skops writes and reads of one.

A file would be packed, unpacked and parsed again between the two, which for a forest takes
longer than the model's own state.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cairn.flavors.packages import package
from cairn.flavors.skops.nodes import PROTOCOL, Archive, parse_archive


class _Written(dict[str, bytes]):
    """Takes members, as the zip archive does that skops writes to."""

    def namelist(self) -> Mapping[str, bytes]:
        """Say which names are taken."""
        return self

    def writestr(self, name: str, content: "bytes | memoryview") -> None:
        """Take one member."""
        self[name] = bytes(content)


class _Read:
    """Gives members, as the zip archive does that skops reads from."""

    def __init__(self, members: Mapping[str, bytes]) -> None:
        self._members = members

    def read(self, name: str) -> bytes:
        """Give one member."""
        return self._members[name]


def dumped(model: object) -> Archive:
    """Give what `skops.io.dumps` would write; raises what it raises."""
    utils, members = _part("_utils"), _Written()
    context = utils.SaveContext(zip_file=members)
    schema = utils.get_state(model, context)
    schema["protocol"] = context.protocol
    return parse_archive(json.dumps(schema), members)


def restored(archive: Archive, trusted: Sequence[str]) -> object:
    """Give what `skops.io.loads` would of an archive; raises what it raises."""
    audit, utils = _part("_audit"), _part("_utils")
    context = utils.LoadContext(src=_Read(archive.members), protocol=PROTOCOL)
    tree = audit.get_tree(archive.schema, context, trusted=trusted)
    audit.audit_tree(tree, trusted=trusted)
    return tree.construct()


def _part(name: str) -> Any:
    """Import a module of skops, and skops first, as lightly as it can be."""
    package("skops.io")
    return package(f"skops.io.{name}")
