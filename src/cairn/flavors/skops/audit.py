"""What a skops file would restore, judged by the allow-list before anything is restored.

skops has a list of its own, which trusts all of scikit-learn's estimators by default and grows
with each release. Here every node is judged by our list, by name and by loader, whatever skops
would think of it.
"""

from collections.abc import Mapping

from cairn.core.errors import Corrupt
from cairn.flavors import allowed
from cairn.flavors.frames.npy import array_from
from cairn.flavors.skops.nodes import Node, walk
from cairn.flavors.zips import read_zip

Names = frozenset[tuple[str, str]]

SPARSE_MEMBERS = {
    "data",
    "indices",
    "indptr",
    "row",
    "col",
    "offsets",
    "shape",
    "format",
    "_is_array",
}
SPARSE_FORMATS = ("bsr", "coo", "csc", "csr", "dia")


def by_loader() -> Mapping[str, Names]:
    """Say for each loader which (module, name) pairs it may restore; scalars may be any."""
    containers = {loader: allowed.names(table) for loader, table in allowed.CONTAINERS.items()}
    return {
        **containers,
        "DictNode": allowed.names(allowed.DICTIONARIES),
        "FunctionNode": allowed.names(allowed.FUNCTIONS),
        "LossNode": allowed.names(allowed.LOSSES),
        "NdArrayNode": frozenset(
            pair for pair in allowed.names(allowed.TYPES) if pair[0] == "numpy"
        ),
        "ObjectNode": allowed.names(allowed.ESTIMATORS, allowed.PARTS),
        "TreeNode": allowed.names(allowed.TREES),
        "TypeNode": allowed.names(allowed.TYPES),
    }


def unlisted(schema: Node) -> tuple[str, ...]:
    """Name what the file holds and the allow-list does not, sorted; empty means safe types."""
    rules = by_loader()
    found: set[str] = set()
    for node in walk(schema):
        loader = node.get("__loader__")
        if loader == "JsonNode":
            continue
        pair = (node.get("__module__"), node.get("__class__"))
        if pair not in rules.get(str(loader), frozenset()):
            found.add(f"{pair[0]}.{pair[1]}")
    return tuple(sorted(found))


def listed(schema: Node) -> list[str]:
    """Name every class of a file that `unlisted` found nothing in, as skops asks for them."""
    return sorted({f"{node['__module__']}.{node['__class__']}" for node in walk(schema)})


def check_sparse(schema: Node, members: Mapping[str, bytes]) -> None:
    """Raise `Corrupt` unless each sparse matrix is an archive as scipy writes it."""
    for node in walk(schema):
        if node.get("__loader__") != "SparseMatrixNode":
            continue
        parts = {
            name.removesuffix(".npy"): part for name, part in read_zip(members[node["file"]])
        }
        layout = array_from(parts.get("format", b"")).tobytes().decode("latin-1")
        if not parts.keys() <= SPARSE_MEMBERS or layout not in SPARSE_FORMATS:
            raise Corrupt(f"a sparse matrix of the skops file has the parts {sorted(parts)}")
