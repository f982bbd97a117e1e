"""The inside of a skops file: `schema.json`, a tree of nodes, and arrays as other members.

Every node names a class and a `__loader__` that says how skops will restore it; this module
knows for each loader which parts of a node are nodes themselves, and nothing is passed over.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, cast

from cairn.core.errors import Corrupt
from cairn.flavors.content import Content
from cairn.flavors.frames.npy import array_from
from cairn.flavors.limits import Budget
from cairn.flavors.zips import read_zip

PROTOCOL = 2
OLD_PROTOCOLS = (0, 1)
"""Differ in two nodes: a function's name was its content, and a generator had no seed."""
SCHEMA = "schema.json"

Node = dict[str, Any]

Visit = Callable[[Node], Node]

PARTS: Mapping[str, tuple[str, ...]] = {
    "DefaultDictNode": ("main", "default_factory"),
    "MaskedArrayNode": ("data", "mask"),
    "RandomGeneratorNode": ("bit_generator", "seed_seq"),
    "PartialNode": ("func", "args", "kwds", "namespace"),
}


class Archive(NamedTuple):
    """A skops file, unpacked."""

    schema: Node
    members: Mapping[str, bytes]


def read_archive(content: Content, budget: Budget | None = None) -> Archive:
    """Unpack a skops file; raises `Corrupt` unless there is one way to read it."""
    members = dict(read_zip(content, budget))
    return parse_archive(members.pop(SCHEMA, b""), members)


def parse_archive(text: bytes | str, members: Mapping[str, bytes]) -> Archive:
    """Put an archive together from its schema as JSON and its other members."""
    try:
        schema: Any = json.loads(text, object_pairs_hook=_no_doubles)
    except (ValueError, RecursionError) as error:
        raise Corrupt(f"the skops file has no readable {SCHEMA}: {error}") from error
    if not isinstance(schema, dict):
        raise Corrupt(f"the skops file's {SCHEMA} is not an object")
    node = cast("Node", schema)
    protocol = node.get("protocol")
    if type(protocol) is not int or protocol not in (*OLD_PROTOCOLS, PROTOCOL):
        raise Corrupt(f"the skops file has protocol {protocol!r}, not {PROTOCOL}")
    if protocol == 0:
        _name_functions(node)
    return Archive(node, members)


def _name_functions(schema: Node) -> None:
    """Name each function of protocol 0 as later ones do: what is judged is what loads."""
    for node in walk(schema):
        if node.get("__loader__") != "FunctionNode":
            continue
        try:
            named = node.pop("content")
            node |= {"__module__": named["module_path"], "__class__": named["function"]}
        except (KeyError, TypeError) as error:
            raise Corrupt("a function of the skops file has no name") from error


def walk(node: Node) -> Iterator[Node]:
    """Visit a node and all below it, each as often as it is written.

    Nothing is known of what lies below a loader that is not in `PAYLOADS`.
    """
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        below = _BELOW.get(found.get("__loader__", ""))
        if below is None:
            continue
        try:
            if not (type(found["__class__"]) is str and type(found["__module__"]) is str):
                raise Corrupt(f"a node of the skops file has no name: {_head(found)}")
            waiting.extend(below(found))
        except (KeyError, TypeError, AttributeError) as error:
            raise _malformed(found, error) from error


def map_children(node: Node, visit: Visit) -> Node:
    """Rebuild a node from its class, loader and parts, with each child replaced by `visit`.

    Raises `Corrupt` for a loader that is not known or a node that lacks a part.
    """
    try:
        head = _head(node)
        if not all(isinstance(text, str) for text in head.values()):
            raise Corrupt(f"a node of the skops file has no name: {head}")
        return head | PAYLOADS[head["__loader__"]](node, visit)
    except (KeyError, TypeError, AttributeError) as error:
        raise _malformed(node, error) from error


def _head(node: Node) -> Node:
    return {key: node[key] for key in ("__class__", "__module__", "__loader__")}


def _malformed(node: Node, error: Exception) -> Corrupt:
    kind = node.get("__loader__")
    return Corrupt(f"a {kind} of the skops file is malformed: {error!r}")


def _leaf(node: Node, visit: Visit) -> Node:
    del visit
    return {key: node[key] for key in ("content", "file", "type") if key in node}


def _list(node: Node, visit: Visit) -> Node:
    return {"content": [visit(item) for item in node["content"]]}


def _wrapper(node: Node, visit: Visit) -> Node:
    return {"content": visit(node["content"])} if node.get("content") is not None else {}


def _parts(node: Node, visit: Visit) -> Node:
    parts = PARTS[node["__loader__"]]
    return {"content": {part: visit(node["content"][part]) for part in parts}}


def _reduced(node: Node, visit: Visit) -> Node:
    arguments = visit(node["__reduce__"]["args"])
    return {"__reduce__": {"args": arguments}, "content": visit(node["content"])}


def _dictionary(node: Node, visit: Visit) -> Node:
    _check_dictionary(node)
    return {
        "key_types": visit(node["key_types"]),
        "content": {key: visit(value) for key, value in node["content"].items()},
    }


def _check_dictionary(node: Node) -> None:
    types, content = node["key_types"], node["content"]
    if types["__loader__"] != "ListNode" or len(types["content"]) != len(content):
        raise Corrupt("a dictionary of the skops file has lost keys")


def _array(node: Node, visit: Visit) -> Node:
    if node["type"] == "numpy":
        return {"type": "numpy", "file": node["file"]}
    items = [visit(item) for item in node["content"]]
    return {"type": "json", "content": items, "shape": visit(node["shape"])}


def _below_list(node: Node) -> Iterable[Node]:
    return node["content"]


def _below_wrapper(node: Node) -> Iterable[Node]:
    return (node["content"],) if node.get("content") is not None else ()


def _below_parts(node: Node) -> Iterable[Node]:
    return [node["content"][part] for part in PARTS[node["__loader__"]]]


def _below_reduced(node: Node) -> Iterable[Node]:
    return node["__reduce__"]["args"], node["content"]


def _below_dictionary(node: Node) -> Iterable[Node]:
    _check_dictionary(node)
    return node["key_types"], *node["content"].values()


def _below_array(node: Node) -> Iterable[Node]:
    if node["type"] == "numpy":
        _ = node["file"]
        return ()
    return *node["content"], node["shape"]


def plain(node: Node, members: Mapping[str, bytes]) -> Any:
    """Read a node made of scalars, containers and arrays, without importing what it names.

    Raises `Corrupt` for anything else.
    """
    match node["__loader__"]:
        case "JsonNode":
            return json.loads(node["content"])
        case "NdArrayNode" if node["type"] == "numpy":
            return array_from(members[node["file"]])
        case "ListNode" | "TupleNode":
            return [plain(item, members) for item in node["content"]]
        case "DictNode":
            return {key: plain(value, members) for key, value in node["content"].items()}
        case loader:
            raise Corrupt(f"a {loader} of the skops file stands where a value must be")


def _no_doubles(pairs: list[tuple[str, Any]]) -> Node:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(
            "an object has the same key twice, such as a dictionary with 1 and '1'"
        )
    return found


PAYLOADS: Mapping[str, Callable[[Node, Visit], Node]] = {
    **dict.fromkeys(
        (
            *("JsonNode", "TypeNode", "FunctionNode", "SliceNode"),
            *("BytesNode", "BytearrayNode", "SparseMatrixNode"),
        ),
        _leaf,
    ),
    **dict.fromkeys(("ListNode", "SetNode", "TupleNode"), _list),
    **dict.fromkeys(("ObjectNode", "RandomStateNode", "DTypeNode"), _wrapper),
    **dict.fromkeys(PARTS, _parts),
    **dict.fromkeys(("TreeNode", "LossNode"), _reduced),
    "DictNode": _dictionary,
    "NdArrayNode": _array,
}
"""Every loader of skops that Cairn knows, and how a node of it is rebuilt."""

_CHILDREN: Mapping[Any, Callable[[Node], Iterable[Node]]] = {
    _leaf: lambda _: (),
    _list: _below_list,
    _wrapper: _below_wrapper,
    _parts: _below_parts,
    _reduced: _below_reduced,
    _dictionary: _below_dictionary,
    _array: _below_array,
}
_BELOW: Mapping[str, Callable[[Node], Iterable[Node]]] = {
    loader: _CHILDREN[payload] for loader, payload in PAYLOADS.items()
}
