"""Scikit-learn models are stored without pickle, and nothing else passes for one."""

import io
import json
import warnings
import zipfile
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
from cairn.flavors.sklearn import load_bytes, model_bytes
from cairn.flavors.skops.nodes import Node
from cairn.flavors.zips import write_zip
from models.fitted import MODELS, numbers
from models.forgery import attributes, found, opened, packed
from models.model_files import skops_function


class Doubler(BaseEstimator):
    """A transformer of a project's own."""

    def fit(self, rows: Any, label: Any = None) -> "Doubler":
        """Learn nothing."""
        del rows, label
        return self

    def transform(self, rows: Any) -> Any:
        """Double."""
        return rows * 2


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


@pytest.mark.parametrize("protocol", [0, 1])
def test_a_file_of_an_older_protocol_is_read(protocol: int) -> None:
    archive = opened("decision_tree")
    archive.schema["protocol"] = protocol

    assert type(load_bytes(packed(archive), "old", trust=False)).__name__ == (
        "DecisionTreeClassifier"
    )


def test_a_function_of_an_older_protocol_is_judged_by_what_would_be_called() -> None:
    with pytest.raises(Refused, match=r"os\.system"):
        load_bytes(skops_function(protocol=0), "old", trust=False)


@pytest.mark.parametrize("protocol", [3, -1, None, True, "2"])
def test_another_protocol_cannot_be_asked_for(protocol: object) -> None:
    archive = opened("decision_tree")
    archive.schema["protocol"] = protocol

    with pytest.raises(Corrupt, match="has protocol"):
        load_bytes(packed(archive), "odd", trust=False)


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
    assert sklearn.load(tmp_path, trust=False).C == 2  # type: ignore[attr-defined] (only the local engine has it)
