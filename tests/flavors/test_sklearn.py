"""Scikit-learn models are stored without pickle, and forged ones are not restored."""

import io
import json
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from cairn import flavors
from cairn.core.errors import Corrupt, Invalid, Refused
from cairn.flavors import sklearn
from cairn.flavors.npy import array_bytes, array_from
from cairn.flavors.sklearn import load_bytes, model_bytes
from cairn.flavors.skops_nodes import Archive, Node, read_archive, walk
from cairn.flavors.zips import write_zip
from fitted import MODELS, numbers


class Doubler(BaseEstimator):
    """A transformer of a project's own."""

    def fit(self, rows: Any, label: Any = None) -> "Doubler":
        """Learn nothing."""
        del rows, label
        return self

    def transform(self, rows: Any) -> Any:
        """Double."""
        return rows * 2


def packed(archive: Archive) -> bytes:
    schema = json.dumps(archive.schema).encode()
    return write_zip({"schema.json": schema, **archive.members})


def opened(kind: str) -> Archive:
    archive = read_archive(model_bytes(MODELS[kind]()[0]))
    return Archive(archive.schema, dict(archive.members))


def found(archive: Archive, name: str) -> Node:
    return next(node for node in walk(archive.schema) if node["__class__"] == name)


def attributes(archive: Archive, name: str) -> Node:
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


@pytest.mark.parametrize("kind", MODELS)
def test_a_loaded_model_predicts_the_same_to_the_bit(kind: str, tmp_path: Path) -> None:
    model, rows = MODELS[kind]()
    method = "predict_proba" if hasattr(model, "predict_proba") else "predict"

    written = flavors.save(model, tmp_path)
    loaded: Any = flavors.load(tmp_path)

    assert (written.flavor, written.inspection.safety) == ("sklearn", "safe")
    assert written.inspection.formats == {"model.skops": "skops"}
    assert type(loaded) is type(model)
    assert getattr(loaded, method)(rows).tolist() == getattr(model, method)(rows).tolist()


def test_an_unfitted_model_can_be_stored(tmp_path: Path) -> None:
    flavors.save(make_pipeline(StandardScaler(), LogisticRegression(C=3)), tmp_path)

    loaded: Any = flavors.load(tmp_path)

    assert loaded[-1].C == 3


def test_a_class_of_ones_own_is_named(tmp_path: Path) -> None:
    pipeline = make_pipeline(Doubler(), LogisticRegression())

    with pytest.raises(
        Invalid, match=r"holds .*Doubler, which Cairn's allow-list does not name"
    ):
        flavors.save(pipeline, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_function_of_ones_own_is_named(tmp_path: Path) -> None:
    transformer = FunctionTransformer(json.dumps)

    with pytest.raises(Invalid, match=r"holds json\.dumps"):
        flavors.save(transformer, tmp_path)


@pytest.mark.parametrize("function", [print, eval, open, "".join, np.load, zipfile.ZipFile])
def test_no_other_function_passes(function: Any, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        flavors.save(FunctionTransformer(function), tmp_path)


def test_a_file_with_a_strangers_class_is_refused_until_it_is_trusted(tmp_path: Path) -> None:
    rows, label = numbers()
    pipeline = make_pipeline(Doubler(), LogisticRegression()).fit(rows, label)
    skops.io.dump(pipeline, tmp_path / "own.skops")

    with pytest.raises(Refused, match=r"own\.skops holds .*Doubler") as refusal:
        flavors.load(tmp_path)

    loaded: Any = flavors.load(tmp_path, trust=True)
    assert "trust=True" in refusal.value.fix
    assert loaded.predict(rows).tolist() == pipeline.predict(rows).tolist()
    assert flavors.inspect(tmp_path).safety == "unsafe"


def test_two_files_are_ambiguous(tmp_path: Path) -> None:
    for name in ("a.skops", "b.skops"):
        skops.io.dump(LogisticRegression(), tmp_path / name)

    with pytest.raises(
        Invalid, match=r"must hold one skops file, and holds a\.skops, b\.skops"
    ):
        flavors.load(tmp_path)


def test_a_file_is_known_by_its_content_not_by_its_name(tmp_path: Path) -> None:
    skops.io.dump(LogisticRegression(C=2), tmp_path / "weights.bin")

    loaded: Any = flavors.load(tmp_path)

    assert loaded.C == 2


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


def node(loader: str, module: str, name: str, **parts: Any) -> Node:
    return {"__loader__": loader, "__module__": module, "__class__": name, **parts}


def scalar(value: Any) -> Node:
    return node("JsonNode", "builtins", "str", content=json.dumps(value))


ATTACKS: dict[str, Node] = {
    "function": node("FunctionNode", "os", "system"),
    "type": node("TypeNode", "subprocess", "Popen"),
    "object": node("ObjectNode", "subprocess", "Popen"),
    "constructor": node(
        "ConstructorFromReduceNode",
        "subprocess",
        "Popen",
        content=node("TupleNode", "builtins", "tuple", content=[scalar("true")]),
    ),
    "partial": node(
        "PartialNode",
        "functools",
        "partial",
        content={
            "func": node("FunctionNode", "os", "system"),
            "args": node("TupleNode", "builtins", "tuple", content=[scalar("true")]),
            "kwds": scalar({}),
            "namespace": scalar(None),
        },
    ),
    "method": node("MethodNode", "os", "system", content={"func": "x", "obj": scalar(1)}),
    "operator": node("OperatorFuncNode", "operator", "methodcaller", attrs=scalar([])),
    "loss": node(
        "LossNode",
        "subprocess",
        "Popen",
        __reduce__={"args": node("TupleNode", "builtins", "tuple", content=[scalar("true")])},
        content=scalar({}),
    ),
    "list class": node("ListNode", "subprocess", "Popen", content=[scalar("true")]),
    "array class": node("NdArrayNode", "subprocess", "Popen", type="numpy", file="x.npy"),
    "random state": node("RandomStateNode", "subprocess", "Popen", content=scalar({})),
    "cached": node("CachedNode", "os", "system", __id__=1),
    "unknown loader": node("EvalNode", "builtins", "str", content="1"),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_no_other_name_or_loader_passes(attack: Node) -> None:
    archive = opened("linear_regression")
    attributes(archive, "LinearRegression")["copy_X"] = attack

    with pytest.raises((Refused, Corrupt)):
        load_bytes(packed(archive), "attack", trust=False)


def test_the_random_generator_of_an_attack_is_not_called() -> None:
    archive = opened("hist_boosting")
    state = found(archive, "Generator")["content"]["bit_generator"]["content"]
    state["bit_generator"]["content"] = '"seed"'

    with pytest.raises(Refused):
        load_bytes(packed(archive), "attack", trust=False)


def test_an_older_protocol_cannot_be_asked_for() -> None:
    archive = opened("linear_regression")
    archive.schema["protocol"] = 0

    with pytest.raises(Corrupt, match="has protocol 0, not 2"):
        load_bytes(packed(archive), "old", trust=False)


def test_a_schema_with_a_doubled_key_is_corrupt() -> None:
    archive = opened("linear_regression")
    schema = json.dumps(archive.schema)
    doubled = schema[:-1] + ', "protocol": 2}'

    with pytest.raises(Corrupt, match="same key twice"):
        load_bytes(write_zip({"schema.json": doubled.encode()}), "doubled", trust=False)


def test_a_schema_that_never_ends_is_corrupt() -> None:
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000

    with pytest.raises(Corrupt):
        load_bytes(write_zip({"schema.json": deep.encode()}), "deep", trust=False)


@settings(max_examples=150)
@given(place=st.integers(0, 10**6), value=st.integers(0, 255))
def test_no_changed_byte_ends_in_anything_but_an_answer(place: int, value: int) -> None:
    content = bytearray(SMALL)
    content[place % len(content)] = value

    with warnings.catch_warnings(), suppress(Corrupt, Refused):
        warnings.simplefilter("ignore")  # the version that scikit-learn compares
        load_bytes(bytes(content), "changed", trust=False)


SMALL = model_bytes(LogisticRegression().fit(*numbers()))


@pytest.mark.parametrize("length", [0, 1, 100, len(SMALL) - 1])
def test_a_cut_file_is_corrupt(length: int) -> None:
    with pytest.raises(Corrupt):
        load_bytes(SMALL[:length], "cut", trust=False)


def test_what_skops_reads_is_what_was_judged() -> None:
    """A member that appears twice is one thing to one reader and another to the next."""
    content = io.BytesIO(SMALL)
    with (
        warnings.catch_warnings(),
        zipfile.ZipFile(content, "a") as archive,
    ):
        warnings.simplefilter("ignore")
        archive.writestr("schema.json", "{}")

    with pytest.raises(Corrupt, match="two members of one name"):
        load_bytes(content.getvalue(), "double", trust=False)


def test_saving_leaves_nothing_unfinished(tmp_path: Path) -> None:
    sklearn.save(LogisticRegression(), tmp_path)
    sklearn.save(LogisticRegression(C=2), tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["model.skops"]
    assert sklearn.load(tmp_path, trust=False).C == 2  # type: ignore[attr-defined]
