"""A whole store, read by its formats alone: no database, no code of Cairn."""

import re
from pathlib import Path
from typing import NamedTuple

from formats import ledger_reader, reader
from formats.canonical_reader import parse
from formats.kinds import KINDS
from formats.pack_reader import read_objects
from formats.shapes import demand


class StoreRead(NamedTuple):
    """What a store holds: entries, and the objects of each kind (files have none)."""

    entries: list[dict[str, object]]
    kinds: dict[str, str]


def read_folder(folder: Path) -> StoreRead:
    """Check every byte of a store against its ledger; raises `Wrong`."""
    about = reader.read_store((folder / "store.json").read_bytes())
    names = sorted(path.name for path in (folder / "ledger").glob("*.jsonl"))
    demand(names == [f"{n:08d}.jsonl" for n in range(len(names))], "names of segments", names)
    lines = ledger_reader.read_segments([(folder / "ledger" / n).read_bytes() for n in names])
    note = (folder / "ledger" / "checkpoint").read_bytes()
    origin, size, root = ledger_reader.read_checkpoint(note, about["log"])
    demand(origin == f"cairn.local/{about['id']}", "checkpoint of another store", origin)
    demand(ledger_reader.tree_hash(lines[:size]) == root, "root", size)

    objects = read_objects(folder / "objects")
    entries = [ledger_reader.read_entry(line) for line in lines[:size]]
    for entry in entries:
        lost = set(entry["evidence"]) - objects.keys()
        demand(not lost, f"objects missing for entry {entry['seq']}", lost)
    return StoreRead(entries, {name: kind_of(objects, name) for name in objects})


def kind_of(objects: dict[str, bytes], name: str) -> str:
    """Read an object as what it says it is; a file says nothing."""
    content = objects[name]
    if content.startswith(reader.ROOT):
        for file in reader.read_tree(content, objects.__getitem__):
            demand(len(objects[file.digest]) == file.size, "size of a file", file.path)
        return "tree/1"
    if content.startswith(reader.PREDICTIONS):
        reader.read_predictions(content)
        return "predictions/1"
    if content.startswith(reader.LEAF):
        reader.read_leaf(content)
        return "leaf/1"
    if re.match(rb'\{.*"cairn":"(%s)"' % "|".join(KINDS).encode(), content):
        demand(type(parse(content)) is dict, "not a record", content[:40])
        return reader.read_record(content)[0]
    return ""
