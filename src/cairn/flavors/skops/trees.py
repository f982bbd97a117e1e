"""Are a stored tree's indices in range?

Compiled code follows the node numbers of a tree without looking: a forged one reads or writes
outside its memory, or never ends. So before a tree is restored: children come after their
parents and exist, each node is reached once, features exist, and the sizes agree.
"""

from collections.abc import Mapping
from typing import Any

from cairn.core.errors import Corrupt
from cairn.flavors.skops.nodes import Archive, Node, plain, walk

LEAF = -1
PREDICTOR = ("sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor")
BITSET_WORDS = 8


def check_trees(archive: Archive) -> None:
    """Check every tree of a skops file; raises `Corrupt` saying what is out of range."""
    for node in walk(archive.schema):
        if node.get("__loader__") == "TreeNode":
            _check_tree(node, archive.members)
        elif (node.get("__module__"), node.get("__class__")) == PREDICTOR:
            _check_predictor(node, archive.members)


def _check_tree(node: Node, members: Mapping[str, bytes]) -> None:
    """Check the state of a `sklearn.tree._tree.Tree` and the arguments that make one."""
    try:
        features, classes, outputs = plain(node["__reduce__"]["args"], members)
        state = plain(node["content"], members)
        nodes, values = state["nodes"], state["values"]
        _check_sizes(state, nodes, values, classes, outputs)
        inner = nodes["left_child"] != LEAF
        depth = _depth(nodes["left_child"], nodes["right_child"], inner)
        _check_range("feature", nodes["feature"][inner], int(features))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise Corrupt(f"a tree is malformed: {error!r}") from error
    if depth > state["max_depth"]:
        raise Corrupt(f"a tree is {depth} deep and says {state['max_depth']}")


def _check_sizes(state: Any, nodes: Any, values: Any, classes: Any, outputs: Any) -> None:
    if len(nodes) == 0 or state["node_count"] != len(nodes):
        raise Corrupt(f"a tree of {len(nodes)} nodes says {state['node_count']}")
    if classes.ndim != 1 or outputs < 1 or len(classes) != outputs or classes.min() < 1:
        raise Corrupt(f"a tree with {outputs} outputs has {classes} classes")
    expected = (len(nodes), outputs, int(classes.max()))
    if values.shape != expected:
        raise Corrupt(f"a tree has values of shape {values.shape}, not {expected}")


def _check_predictor(node: Node, members: Mapping[str, bytes]) -> None:
    """Check one tree of a histogram gradient boosting; `bounds` checks its features."""
    try:
        state = plain(node["content"], members)
        nodes, bitsets = state["nodes"], state["raw_left_cat_bitsets"]
        inner = nodes["is_leaf"] == 0
        _depth(nodes["left"].astype("int64"), nodes["right"].astype("int64"), inner)
        categorical = inner & (nodes["is_categorical"] != 0)
        _check_range("category set", nodes["bitset_idx"][categorical], len(bitsets))
        if bitsets.shape[1:] != (BITSET_WORDS,):
            raise Corrupt(f"a tree has category sets of shape {bitsets.shape}")
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise Corrupt(f"a tree is malformed: {error!r}") from error


def _depth(left: Any, right: Any, inner: Any) -> int:
    """Measure the longest way down, level by level; raises `Corrupt` if it is not a tree."""
    import numpy as np

    level, depth, reached = np.zeros(1, dtype=np.int64), 0, 1
    while True:
        parents = level[inner[level]]
        if len(parents) == 0:
            break
        children = np.concatenate([left[parents], right[parents]])
        if (children <= np.tile(parents, 2)).any() or (children >= len(left)).any():
            raise Corrupt("a tree has a node whose child is before it or does not exist")
        level, depth, reached = children, depth + 1, reached + len(children)
        if reached > len(left):
            raise Corrupt("a tree has a node with two parents")
    if reached != len(left):
        raise Corrupt(f"a tree has {len(left)} nodes, and {reached} of them can be reached")
    return depth


def _check_range(what: str, numbers: Any, limit: int) -> None:
    if len(numbers) and (numbers.min() < 0 or numbers.max() >= limit):
        raise Corrupt(f"a tree asks for {what} {numbers.max()}, and there are {limit}")
