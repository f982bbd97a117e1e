"""Models whose numbers lead compiled code astray are not restored, trusted or not."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from cairn.core.errors import Corrupt, Refused
from cairn.flavors.sklearn import load_bytes
from cairn.flavors.skops.nodes import Archive, walk
from models.fitted import numbers
from models.forgery import attributes, forge, found, opened, packed, setting

FORGED_TREES: dict[str, tuple[str, Callable[[Any], None]]] = {
    "child behind the end": ("left_child", setting("left_child", 0, 9999)),
    "right child behind the end": ("right_child", setting("right_child", 0, 9999)),
    "negative child": ("left_child", setting("left_child", 0, -5)),
    "child before its parent": ("left_child", setting("left_child", 1, 0)),
    "child that is itself": ("left_child", setting("left_child", 0, 0)),
    "child of two parents": ("left_child", setting("left_child", 0, 2)),
    "inner node without a right child": ("right_child", setting("right_child", 0, -1)),
    "feature behind the end": ("feature", setting("feature", 0, 5)),
    "negative feature": ("feature", setting("feature", 0, -1)),
}


@pytest.mark.parametrize("trust", [False, True])
@pytest.mark.parametrize(("field", "edit"), FORGED_TREES.values(), ids=FORGED_TREES.keys())
def test_a_tree_whose_nodes_lead_nowhere_is_corrupt(
    field: str, edit: Callable[[Any], None], trust: bool
) -> None:
    archive = opened("decision_tree")
    forge(archive, attributes(archive, "Tree"), "nodes", edit)

    with pytest.raises(Corrupt, match="tree"):
        load_bytes(packed(archive), f"forged {field}", trust=trust)


@pytest.mark.parametrize("field", ["left_child", "right_child"])
def test_a_child_in_front_of_the_first_node_is_corrupt(field: str) -> None:
    """Counted from the end, as numpy does, it would be the leaf that is missing."""
    stump = DecisionTreeClassifier(max_depth=1, random_state=0).fit(*numbers())
    archive = opened(stump)
    forge(
        archive,
        attributes(archive, "Tree"),
        "nodes",
        setting(field, 0, -2 - (field[0] == "l")),
    )

    with pytest.raises(Corrupt, match="tree"):
        load_bytes(packed(archive), "forged", trust=False)


def test_an_inner_node_without_a_second_child_is_corrupt() -> None:
    stump = DecisionTreeClassifier(max_depth=1, random_state=0).fit(*numbers())
    archive = opened(stump)
    forge(archive, attributes(archive, "Tree"), "nodes", setting("right_child", 0, -1))

    with pytest.raises(Corrupt, match="whose child is before it"):
        load_bytes(packed(archive), "forged", trust=False)


@pytest.mark.parametrize(
    ("name", "value"), [("node_count", "1"), ("node_count", "99999"), ("max_depth", "1")]
)
def test_a_tree_whose_numbers_do_not_agree_is_corrupt(name: str, value: str) -> None:
    archive = opened("decision_tree")
    attributes(archive, "Tree")[name]["content"] = value

    with pytest.raises(Corrupt, match="tree"):
        load_bytes(packed(archive), "forged", trust=False)


def test_a_tree_with_values_of_another_shape_is_corrupt() -> None:
    archive = opened("decision_tree")
    forge(archive, attributes(archive, "Tree"), "values", lambda values: values[:, :, :1])

    with pytest.raises(Corrupt, match="has values of shape"):
        load_bytes(packed(archive), "forged", trust=False)


@pytest.mark.parametrize(("place", "value"), [(0, "9999"), (2, "3")])
def test_a_tree_made_with_other_arguments_is_corrupt(place: int, value: str) -> None:
    archive = opened("random_forest_in_threads")
    found(archive, "Tree")["__reduce__"]["args"]["content"][place]["content"] = value

    with pytest.raises(Corrupt, match=r"features|classes"):
        load_bytes(packed(archive), "forged", trust=False)


def by_a_set_that_is_not_there(nodes: Any) -> None:
    """Split by the first column, which is a category, and by the set of another tree."""
    nodes["is_categorical"] = 1
    nodes["feature_idx"] = 0
    nodes["bitset_idx"] = 9999


@pytest.mark.parametrize(
    ("kind", "edit"),
    [
        ("hist_boosting", setting("left", 0, 9999)),
        ("hist_boosting", setting("right", 0, 0)),
        ("hist_boosting", setting("feature_idx", 0, 9999)),
        ("hist_boosting", setting("is_categorical", 0, 1)),
        ("hist_boosting_categories", setting("is_categorical", slice(None), 1)),
        ("hist_boosting_categories", by_a_set_that_is_not_there),
    ],
)
def test_a_boosted_tree_whose_nodes_lead_nowhere_is_corrupt(
    kind: str, edit: Callable[[Any], None]
) -> None:
    archive = opened(kind)
    for node in walk(archive.schema):
        if node["__class__"] == "TreePredictor":
            forge(archive, node["content"]["content"], "nodes", edit)

    with pytest.raises(Corrupt):
        load_bytes(packed(archive), "forged", trust=False)


def numbered(archive: Archive, owner: str, name: str, value: int) -> None:
    """Forge a number among the attributes of an object."""
    attributes(archive, owner)[name]["content"] = str(value)


def cut(name: str) -> Callable[[Archive, str], None]:
    """Take away the last column, or element, of an array."""
    return lambda archive, owner: forge(
        archive, attributes(archive, owner), name, lambda array: array[..., :-1]
    )


def grown(name: str, by: float) -> Callable[[Archive, str], None]:
    """Add to the numbers of an array."""
    return lambda archive, owner: forge(
        archive, attributes(archive, owner), name, lambda array: array + array.dtype.type(by)
    )


def widened(archive: Archive, owner: str) -> None:
    """Claim that the model takes more columns than its parts do."""
    numbered(archive, owner, "n_features_in_", 50)


def narrowed(archive: Archive, owner: str) -> None:
    """Claim that there is one column, and that each tree sees all of it."""
    numbered(archive, owner, "n_features_in_", 1)
    numbered(archive, owner, "_max_features", 1)


MISFITS: dict[str, tuple[str, str, Callable[[Archive, str], None]]] = {
    "tree": ("decision_tree", "DecisionTreeClassifier", widened),
    "forest": ("random_forest_in_threads", "RandomForestClassifier", widened),
    "isolation forest": ("isolation_forest", "IsolationForest", narrowed),
    "boosting": ("gradient_boosting", "GradientBoostingClassifier", widened),
    "boosting of another first guess": (
        "gradient_boosting",
        "DummyClassifier",
        cut("class_prior_"),
    ),
    "histogram boosting": (
        "hist_boosting_categories",
        "HistGradientBoostingClassifier",
        widened,
    ),
    "neighbours' examples": ("nearest_brute", "KNeighborsClassifier", cut("_fit_X")),
    "neighbours' classes": ("nearest_brute", "KNeighborsClassifier", grown("_y", 7)),
    "neighbours": ("nearest", "KNeighborsClassifier", widened),
    "support vectors": ("support_vectors", "SVC", cut("support_vectors_")),
    "coefficients": ("support_vectors", "SVC", cut("_dual_coef_")),
    "intercepts": ("support_vectors", "SVC", cut("_intercept_")),
    "number of support vectors": ("support_vectors", "SVC", grown("_n_support", 1)),
    "number of classes": ("support_vectors", "SVC", cut("_n_support")),
    "probabilities": (
        "support_vectors",
        "SVC",
        lambda archive, owner: forge(
            archive, attributes(archive, owner), "_probA", lambda array: np.zeros(1)
        ),
    ),
    "one class": ("one_class", "OneClassSVM", cut("_intercept_")),
}


@pytest.mark.parametrize(("kind", "owner", "edit"), MISFITS.values(), ids=MISFITS.keys())
def test_a_model_whose_parts_do_not_fit_together_is_corrupt(
    kind: str, owner: str, edit: Callable[[Archive, str], None]
) -> None:
    archive = opened(kind)
    edit(archive, owner)

    with pytest.raises((Corrupt, Refused)):
        load_bytes(packed(archive), "forged", trust=False)


@pytest.mark.parametrize("kind", ["nearest", "nearest_ball"])
@pytest.mark.parametrize(
    ("place", "edit"),
    [
        (1, setting("idx", 0, 9999)),
        (2, setting("idx_end", 0, 9999)),
        (2, setting("idx_start", 1, -1)),
        (2, setting("is_leaf", slice(None), 0)),
    ],
)
def test_a_neighbour_tree_whose_nodes_lead_nowhere_is_corrupt(
    kind: str, place: int, edit: Callable[[Any], None]
) -> None:
    archive = opened(kind)
    owner = "KDTree" if kind == "nearest" else "BallTree"
    parts = dict(enumerate(found(archive, owner)["content"]["content"]))

    def change(array: Any) -> None:
        edit({"idx": array} if array.dtype.names is None else array)

    forge(archive, parts, place, change)  # pyright: ignore[reportArgumentType] (a place is a name)

    with pytest.raises(Corrupt):
        load_bytes(packed(archive), "forged", trust=False)


def test_columns_of_words_that_lead_nowhere_are_corrupt() -> None:
    archive = opened("text")
    words = attributes(archive, "TfidfVectorizer")["vocabulary_"]["content"]
    next(iter(words.values()))["content"] = "100000"

    with pytest.raises(Corrupt, match="the columns of a vocabulary"):
        load_bytes(packed(archive), "forged", trust=False)


def test_columns_of_categories_that_lead_nowhere_are_corrupt() -> None:
    archive = opened("column_pipeline")
    attributes(archive, "OneHotEncoder")["_n_features_outs"]["content"][0]["content"] = "1"

    with pytest.raises(Corrupt, match="the columns of an encoder"):
        load_bytes(packed(archive), "forged", trust=False)
