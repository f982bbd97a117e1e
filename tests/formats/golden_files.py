"""The golden files, and how the independent reader and Cairn each read one."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from cairn.core import tree
from cairn.core.approval import Approval
from cairn.core.digest import from_canonical
from cairn.core.errors import Corrupt, NotFound
from cairn.core.evaluation import Evaluation, Latency, Measured, OwnResult, Scorer
from cairn.core.gate import Decision, Policy
from cairn.core.label import Drill
from cairn.core.ledger import Entry, read_checkpoint_text
from cairn.core.override import Override, Review
from cairn.core.proposal import Proposal
from cairn.core.request import Record
from cairn.core.run import RunFacts
from cairn.core.sidecar import Sidecar
from cairn.core.snapshot import Snapshot
from cairn.core.sweep import Sweep
from cairn.core.table import LogicalTable, Profile
from cairn.core.testimony import Testimony
from cairn.core.version import Manifest
from cairn.objects import in_memory
from cairn.objects.backends.memory import MemoryBackend
from cairn.objects.folders.tree import tree_entries
from cairn.objects.packs.blob import read_blob
from cairn.objects.packs.pack import HEAD_BYTES, read_pack, read_stored
from cairn.signing import note
from cairn.stats import predictions
from formats import canonical_reader, ledger_reader, pack_reader, reader
from formats.pack_reader import Blob, PackRead
from formats.shapes import demand

FOLDER = Path(__file__).parent / "golden"
RECORDS: dict[str, type[Record]] = {
    "snapshot/1": Snapshot,
    "sweep/1": Sweep,
    "logical/1": LogicalTable,
    "profile/1": Profile,
    "run/1": RunFacts,
    "manifest/1": Manifest,
    "scorer/1": Scorer,
    "evaluation/1": Evaluation,
    "latency/1": Latency,
    "result/1": OwnResult,
    "measured/1": Measured,
    "approval/1": Approval,
    "override/1": Override,
    "review/1": Review,
    "proposal/1": Proposal,
    "policy/1": Policy,
    "decision/1": Decision,
    "drill/1": Drill,
    "testimony/1": Testimony,
}


class Golden(NamedTuple):
    """One golden file."""

    name: str
    kind: str
    digest: str

    @property
    def content(self) -> bytes:
        """The bytes that never change."""
        return (FOLDER / self.name).read_bytes()


def golden(*kinds: str) -> list[Golden]:
    """List the golden files, of some kinds only if they are named."""
    index = json.loads((FOLDER / "index.json").read_text("utf-8"))
    found = [Golden(name, about["kind"], about["digest"]) for name, about in index.items()]
    return [each for each in found if not kinds or each.kind in kinds]


def one(name: str) -> bytes:
    """Read a golden file by name."""
    return (FOLDER / name).read_bytes()


def read_independently(kind: str, content: bytes) -> Any:
    """Read bytes with the second reader; raises `Wrong`."""
    if kind in RECORDS:
        found, fields = reader.read_record(content)
        demand(found == kind, "another kind", found)
        return fields
    return INDEPENDENT[kind](content)


def read_by_cairn(kind: str, content: bytes) -> Any:
    """Read bytes as Cairn does; raises `Corrupt`."""
    if kind in RECORDS:
        return from_canonical(content, RECORDS[kind])
    return CAIRN[kind](content)


def key() -> str:
    """The public key of the golden ledger."""
    return str(json.loads(one("store.json"))["log"])


def _tree_by_cairn(content: bytes) -> list[tree.Entry]:
    objects = in_memory()
    for leaf in golden("leaf/1"):
        objects.put(leaf.content)
    try:
        return list(tree_entries(objects, objects.put(content)))
    except NotFound as error:
        raise Corrupt("a leaf is missing") from error


def _tree(content: bytes) -> list[reader.File]:
    leaves = {each.digest: each.content for each in golden("leaf/1")}
    return reader.read_tree(content, lambda name: leaves.get(name, b""))


def _segment(content: bytes) -> list[bytes]:
    entries = ledger_reader.read_segments([content])
    size, root = _head()
    demand(len(entries) == size, "entries", len(entries))
    demand(ledger_reader.tree_hash(entries) == root, "root of the ledger", root)
    return entries


@cache
def _head() -> tuple[int, bytes]:
    """Size and root of the golden ledger, verified once: the arithmetic is slow."""
    _, size, root = ledger_reader.read_checkpoint(one("ledger/checkpoint"), key())
    return size, root


def _entries_by_cairn(content: bytes) -> list[Entry]:
    return [from_canonical(line, Entry) for line in content.split(b"\n")[:-1]]


def _checkpoint_by_cairn(content: bytes) -> tuple[str, int, bytes]:
    try:
        return read_checkpoint_text(note.verify(content.decode(), key()))
    except UnicodeDecodeError as error:
        raise Corrupt("a checkpoint is UTF-8") from error


def _columns(content: bytes) -> dict[str, Any]:
    """Read predictions with Cairn, as the columns that the second reader gives."""
    found = predictions.decode(content)
    columns: dict[str, list[Any]] = {"id": list(found.ids)}
    columns |= {name: numbers.tolist() for name, numbers in found.numbers()}
    if found.unit is not None:
        columns["unit"] = found.unit.values()
    for name, grouping in found.groups.items():
        columns[f"group:{name}"] = grouping.values()
    return columns


def _pack_by_cairn(content: bytes) -> PackRead:
    """Read a pack with Cairn, as the second reader gives it."""
    backend = MemoryBackend({"packs/name": content})
    blobs: list[Blob] = []
    for row in sorted(read_pack(backend, "name", len(content)).rows, key=lambda row: row[1]):
        stored = read_blob(row, read_stored(backend, "name", row), None)
        kind = pack_reader.KINDS[row.kind]
        blobs.append(Blob(kind, row.is_encrypted, row.id, row.raw, stored))
    return PackRead(content[16:HEAD_BYTES], blobs)


INDEPENDENT: dict[str, Callable[[bytes], Any]] = {
    "json": canonical_reader.parse,
    "request": canonical_reader.parse,
    "tree/1": _tree,
    "leaf/1": reader.read_leaf,
    "predictions/1": reader.read_predictions,
    "pack/1": pack_reader.read_pack,
    "segment": _segment,
    "entry": ledger_reader.read_entry,
    "checkpoint": lambda content: ledger_reader.read_checkpoint(content, key()),
    "store/1": reader.read_store,
    "sidecar/1": reader.read_sidecar,
}
CAIRN: dict[str, Callable[[bytes], Any]] = {
    "tree/1": _tree_by_cairn,
    "leaf/1": tree.read_leaf,
    "predictions/1": _columns,
    "pack/1": _pack_by_cairn,
    "segment": _entries_by_cairn,
    "entry": lambda content: from_canonical(content, Entry),
    "checkpoint": _checkpoint_by_cairn,
    "sidecar/1": lambda content: from_canonical(content.removesuffix(b"\n"), Sidecar),
}
