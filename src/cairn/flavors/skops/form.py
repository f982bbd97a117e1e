"""One spelling for each model: the skops file that Cairn stores, byte for byte the same.

skops names members by memory addresses and random numbers. Here

1. arrays and byte strings are named by their digest, and equal ones are stored once;
2. `__id__` stays only where one estimator or random generator occurs twice, numbered by first
   visit;
3. attributes are sorted by name and sets by content (dictionaries keep their order);
4. what is not the model is gone or zero: the version of skops, bytes between the fields of a
   structured array, what a leaf never uses, counters of past queries, times, addresses and
   the machine's threads that estimators remember;
5. the zip archive is stored uncompressed, `schema.json` first, without times.

`skops.io.load` reads it like any other.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from cairn.core.digest import digest_bytes
from cairn.core.errors import Corrupt, Invalid
from cairn.flavors import allowed
from cairn.flavors.frames.npy import array_bytes, array_from
from cairn.flavors.skops.nodes import PROTOCOL, SCHEMA, Archive, Node, map_children, walk
from cairn.flavors.zips import read_zip, write_zip

GENERATORS = ("RandomStateNode", "RandomGeneratorNode")

UNFAITHFUL = {("builtins", "bool"), ("numpy", "bool"), ("numpy", "bool_")}
"""Key types that skops reads back wrongly: it restores the key False as bool("false")."""


def canonical_archive(archive: Archive) -> Archive:
    """Spell a skops file canonically; raises `Corrupt` or `Invalid` if it cannot be."""
    seen = Counter(node.get("__id__") for node in walk(archive.schema) if _has_identity(node))
    rewriting = _Rewriting(archive.members, {i for i, times in seen.items() if times > 1})
    try:
        schema = rewriting.node(archive.schema)
    except RecursionError as error:
        raise Corrupt("the skops file is nested too deeply") from error
    used = sorted({node["file"] for node in walk(schema) if "file" in node})
    schema["protocol"] = PROTOCOL
    return Archive(schema, {name: rewriting.written[name] for name in used})


def archive_bytes(archive: Archive) -> bytes:
    """Pack a canonical archive."""
    schema = json.dumps(archive.schema, separators=(",", ":")).encode()
    return write_zip({SCHEMA: schema, **archive.members})


def _has_identity(node: Node) -> bool:
    """Tell whether it matters that two attributes are this one object.

    It does for estimators and random generators, which change as they are used. Whether two
    equal values (a list, a loss) are one in memory, depends on how they came there.
    """
    if node.get("__id__") is None:
        return False
    named = (node["__module__"], node["__class__"])
    return node["__loader__"] in GENERATORS or (
        node["__loader__"] == "ObjectNode" and named in allowed.estimators()
    )


class _Rewriting:
    """Carries what one rewriting has met: shared objects, and members by their new names."""

    def __init__(self, members: Mapping[str, bytes], shared: Collection[Any]) -> None:
        self.members = members
        self.numbers: dict[Any, int] = {}
        self.scalars: dict[str, str] = {}
        self.shared = shared
        self.written: dict[str, bytes] = {}

    def node(self, node: Node) -> Node:
        """Spell one node and all below it."""
        number = self._number(node)
        new = map_children(_sorted_attributes(_without_empty_namespace(node)), self.node)
        if "file" in new:
            self._rename(new)
        match new["__loader__"]:
            case "JsonNode":
                new["content"] = self._scalar(new["content"])
            case "SetNode":
                new["content"] = sorted(
                    new["content"], key=partial(json.dumps, sort_keys=True)
                )
            case "DictNode":
                _check_keys(new)
            case "FunctionNode" if new["__module__"].startswith("scipy.special."):
                new["__module__"] = "scipy.special"  # which submodule, depends on the imports
            case "TreeNode":
                self._edit_array(new["content"], "nodes", _without_leaf_leftovers)
            case "ObjectNode":
                self._without_history(new)
            case _:
                pass
        return new | ({"__id__": number} if number else {})

    def _scalar(self, text: str) -> str:
        """Spell a number, a text or a truth value; most of them occur many times."""
        if text not in self.scalars:
            value = json.loads(text)
            if isinstance(value, dict | list):
                raise Corrupt("a scalar of the skops file is none")
            self.scalars[text] = json.dumps(value)
        return self.scalars[text]

    def _number(self, node: Node) -> int:
        """Number a shared object when it is first met; 0 for all others."""
        if not _has_identity(node) or node["__id__"] not in self.shared:
            return 0
        return self.numbers.setdefault(node["__id__"], len(self.numbers) + 1)

    def _rename(self, node: Node) -> None:
        if node["file"] not in self.members:
            raise Corrupt(f"the skops file lacks its member {node['file']!r}")
        suffix, spell = MEMBERS[node["__loader__"]]
        self._put(node, spell(self.members[node["file"]]), suffix)

    def _put(self, node: Node, content: bytes, suffix: str) -> None:
        node["file"] = digest_bytes(content).removeprefix("sha256:") + suffix
        self.written[node["file"]] = content

    def _edit_array(self, holder: Node, name: str, edit: Callable[[Any], Any]) -> None:
        """Replace one array in a dictionary of attributes, if it is there."""
        node = holder.get("content", {}).get(name)
        if node is not None and node.get("type") == "numpy":
            array = array_from(self.written[node["file"]])
            self._put(node, array_bytes(edit(array)), ".npy")

    def _without_history(self, node: Node) -> None:
        """Reset what an estimator remembers of its past instead of what it has learnt."""
        attributes = node.get("content", {}).get("content", {})
        if node["__class__"] in ("KDTree", "BallTree"):
            for counter in attributes[7:11]:  # trims, leaves, splits, calls
                counter["content"] = "0"
        for name, reset in HISTORY.get(node["__class__"], {}).items():
            if name in attributes:
                attributes[name]["content"] = reset
        for name in RESULT_TIMES if "cv_results_" in attributes else ():
            self._edit_array(attributes["cv_results_"], name, lambda times: times * 0)


_VECTORIZER = {"_stop_words_id": "0"}
_CLUSTERS = {"_n_threads": "1"}
_MIXTURE = {"_init_prev_time": "0.0", "_iter_prev_time": "0.0"}
_SEARCH = {"refit_time_": "0.0"}
HISTORY: Mapping[str, Mapping[str, str]] = {
    "BayesianGaussianMixture": _MIXTURE,
    "CountVectorizer": _VECTORIZER,
    "GaussianMixture": _MIXTURE,
    "GridSearchCV": _SEARCH,
    "KMeans": _CLUSTERS,
    "MiniBatchKMeans": _CLUSTERS,
    "RandomizedSearchCV": _SEARCH,
    "TfidfVectorizer": _VECTORIZER,
    "_BinMapper": {"n_threads": "1"},
}
"""Attributes with a moment, a memory address or the machine's threads, and their reset."""
RESULT_TIMES = ("mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time")


def _sorted_attributes(node: Node) -> Node:
    """Sort the attributes of an object: in which order they were set, means nothing."""
    attributes: Node = node.get("content") or {}
    if node["__loader__"] not in ("ObjectNode", "TreeNode"):
        return node
    if attributes.get("__loader__") != "DictNode" or attributes["__class__"] != "dict":
        return node
    if any(key["__class__"] != "str" for key in attributes["key_types"]["content"]):
        return node  # the types of the keys stand in their order
    ordered = dict(sorted(attributes["content"].items()))
    return node | {"content": attributes | {"content": ordered}}


def _without_empty_namespace(node: Node) -> Node:
    """A partial function without attributes has none, or an empty dictionary, by its past."""
    if node["__loader__"] != "PartialNode" or node["content"]["namespace"].get("content"):
        return node
    scalar = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode"}
    return node | {"content": node["content"] | {"namespace": scalar | {"content": "null"}}}


def _check_keys(node: Node) -> None:
    for key in node["key_types"]["content"]:
        if (key["__module__"], key["__class__"]) in UNFAITHFUL:
            raise Invalid(
                "the model holds a dictionary with the keys True and False, which skops reads "
                "back wrongly: use 1 and 0, for example in class_weight"
            )


def _canonical_npy(content: bytes) -> bytes:
    return array_bytes(array_from(content))


def _canonical_npz(content: bytes) -> bytes:
    """Spell a sparse matrix: the arrays of scipy's `.npz`, by name."""
    return write_zip(
        {name: _canonical_npy(array) for name, array in sorted(read_zip(content))}
    )


MEMBERS: Mapping[str, tuple[str, Callable[[bytes], bytes]]] = {
    "NdArrayNode": (".npy", _canonical_npy),
    "SparseMatrixNode": (".npz", _canonical_npz),
    "BytesNode": (".bin", bytes),
    "BytearrayNode": (".bin", bytes),
}
"""Loaders that keep their content in a member: its suffix and its one spelling."""


def _without_leaf_leftovers(nodes: Any) -> Any:
    """Zero what a leaf of a tree never uses: it holds whatever lay in memory before."""
    if "missing_go_to_left" in (nodes.dtype.names or ()):
        nodes["missing_go_to_left"][nodes["left_child"] == -1] = 0
    return nodes
