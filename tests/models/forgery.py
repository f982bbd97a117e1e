"""Skops files, opened and changed by hand: what somebody could send instead of a model."""

import json
from collections.abc import Callable
from typing import Any

from cairn.flavors.frames.npy import array_bytes, array_from
from cairn.flavors.sklearn import model_bytes
from cairn.flavors.skops.nodes import Archive, Node, read_archive, walk
from cairn.flavors.zips import write_zip
from models.fitted import MODELS


def packed(archive: Archive) -> bytes:
    """Put an archive together again."""
    schema = json.dumps(archive.schema).encode()
    return write_zip({"schema.json": schema, **archive.members})


def opened(model: Any) -> Archive:
    """Store a model, or one of `fitted.MODELS` by its name, and take its file apart."""
    chosen = MODELS[model]()[0] if isinstance(model, str) else model
    archive = read_archive(model_bytes(chosen))
    return Archive(archive.schema, dict(archive.members))


def found(archive: Archive, name: str) -> Node:
    """Find the first node of a class."""
    return next(node for node in walk(archive.schema) if node["__class__"] == name)


def attributes(archive: Archive, name: str) -> Node:
    """Find the attributes of the first object of a class."""
    content = found(archive, name)["content"]["content"]
    assert isinstance(content, dict)
    return content


def forge(archive: Archive, holder: Node, name: str, edit: Callable[[Any], Any]) -> None:
    """Replace an array among some attributes by an edited one."""
    members = archive.members
    assert isinstance(members, dict)
    array = array_from(members[holder[name]["file"]])
    edited = edit(array)
    holder[name]["file"] = f"forged-{name}.npy"
    members[f"forged-{name}.npy"] = array_bytes(array if edited is None else edited)


def setting(field: str, place: int | slice, value: float) -> Callable[[Any], None]:
    """Change one field of one node."""

    def edit(nodes: Any) -> None:
        nodes[field][place] = value

    return edit
