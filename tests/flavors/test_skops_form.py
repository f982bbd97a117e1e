"""Each model has one spelling: whoever dumps it, when, where, and how often."""

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from cairn.core.digest import digest_bytes
from cairn.core.errors import Invalid
from cairn.flavors.sklearn import load_bytes, model_bytes
from cairn.flavors.skops.form import archive_bytes, canonical_archive
from cairn.flavors.skops.nodes import read_archive, walk
from cairn.flavors.zips import write_zip
from models.fitted import MODELS, numbers

TESTS = Path(__file__).parent.parent
PROGRAM = """
import sys
sys.path[:0] = sys.argv[1:]
from cairn.core.digest import digest_bytes
from cairn.flavors.sklearn import model_bytes
from models.fitted import MODELS
for kind, build in MODELS.items():
    print(kind, digest_bytes(model_bytes(build()[0])))
"""


@pytest.fixture(scope="module", params=MODELS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def model(kind: str) -> Any:
    return MODELS[kind]()[0]


@pytest.fixture(scope="module")
def content(model: Any) -> bytes:
    return model_bytes(model)


@pytest.fixture(scope="module")
def elsewhere() -> dict[str, str]:
    """Digests of all models, made by another process that hashes texts in another way."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, str(TESTS)],
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
        check=True,
        text=True,
    )
    return dict(line.split() for line in done.stdout.splitlines())


def test_fitting_again_gives_the_same_bytes(kind: str, content: bytes) -> None:
    assert model_bytes(MODELS[kind]()[0]) == content


@pytest.mark.costly("the first of a worker waits for the warm interpreter")
def test_another_process_gives_the_same_bytes(
    kind: str, content: bytes, elsewhere: dict[str, str]
) -> None:
    assert elsewhere[kind] == digest_bytes(content)


def test_loading_and_dumping_gives_the_same_bytes(content: bytes) -> None:
    assert model_bytes(load_bytes(content, "model.skops", trust=False)) == content


def test_predicting_does_not_change_the_bytes(kind: str, content: bytes) -> None:
    model, rows = MODELS[kind]()

    model.predict(rows)

    assert model_bytes(model) == content


def test_skops_reads_it_like_any_other_file(kind: str, content: bytes) -> None:
    model, rows = MODELS[kind]()

    loaded = skops.io.loads(content, trusted=skops.io.get_untrusted_types(data=content))

    assert np.array_equal(loaded.predict(rows), model.predict(rows))


def test_dumps_of_skops_differ_and_have_one_spelling(model: Any, content: bytes) -> None:
    dumps = [skops.io.dumps(model), skops.io.dumps(model, compression=zipfile.ZIP_DEFLATED)]

    assert dumps[0] != dumps[1]
    for dump in dumps:
        assert archive_bytes(canonical_archive(read_archive(dump))) == content


def test_the_spelling_is_its_own_spelling(content: bytes) -> None:
    assert archive_bytes(canonical_archive(read_archive(content))) == content


def test_members_are_named_by_their_digest_and_carry_no_time() -> None:
    content = model_bytes(MODELS["random_forest_in_threads"]()[0])

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        first, *others = archive.infolist()
        named = {info.filename: archive.read(info) for info in others}

    assert first.filename == "schema.json"
    assert list(named) == sorted(named)
    for name, member in named.items():
        assert digest_bytes(member) == "sha256:" + name.removesuffix(".npy")
    assert {info.date_time for info in (first, *others)} == {(1980, 1, 1, 0, 0, 0)}


def test_attributes_set_in_another_order_are_the_same_model() -> None:
    rows, label = numbers()
    plain = LogisticRegression().fit(rows, label)
    turned = LogisticRegression().fit(rows, label)
    turned.__dict__ = dict(reversed(turned.__dict__.items()))

    assert model_bytes(turned) == model_bytes(plain)


def test_objects_that_are_shared_stay_shared() -> None:
    rows, label = numbers()
    shared = np.random.RandomState(3)
    forest = RandomForestClassifier(2, random_state=shared)
    pipeline = make_pipeline(forest, RandomForestClassifier(2, random_state=shared))
    pipeline.steps[1][1].fit(rows, label)

    loaded: Any = load_bytes(model_bytes(pipeline), "model.skops", trust=False)

    first, second = (step.random_state for _, step in loaded.steps)
    assert first is second


def test_estimators_fitted_inside_an_ensemble_come_back_in_the_same_bytes() -> None:
    rows, label = numbers()
    settings: dict[str, Any] = {"categorical_features": [0], "max_iter": 2, "random_state": 0}
    ensemble = VotingClassifier([("only", HistGradientBoostingClassifier(**settings))])
    content = model_bytes(ensemble.fit(np.abs(rows).round(), label))

    loaded = load_bytes(content, "model.skops", trust=False)

    assert model_bytes(loaded) == content


def test_where_the_parts_were_fitted_is_not_in_the_bytes() -> None:
    """What comes back from another process shares no value with its neighbours."""
    rows, label = numbers()
    boosted = HistGradientBoostingClassifier(max_iter=2, random_state=0)
    here = BaggingClassifier(boosted, 4, random_state=0).fit(rows, label)
    there = BaggingClassifier(boosted, 4, random_state=0, n_jobs=2).fit(rows, label)

    assert model_bytes(there.set_params(n_jobs=None)) == model_bytes(here)


def test_a_changed_parameter_changes_the_bytes() -> None:
    rows, label = numbers()

    spellings = {
        model_bytes(LogisticRegression(C=strength).fit(rows, label)) for strength in (1.0, 1.5)
    }

    assert len(spellings) == 2


@pytest.mark.parametrize("weights", [{True: 1, False: 2}, {np.True_: 1, np.False_: 2}])
def test_keys_that_skops_reads_back_wrongly_are_refused(weights: dict[Any, int]) -> None:
    rows, label = numbers()

    with pytest.raises(Invalid, match="the keys True and False"):
        model_bytes(LogisticRegression(class_weight=weights).fit(rows, label > 0))


def test_keys_that_collide_are_refused() -> None:
    weights: dict[Any, int] = {1: 1, "1": 2}

    with pytest.raises(Invalid, match="the same key twice"):
        model_bytes(LogisticRegression(class_weight=weights))


def test_keys_that_have_no_text_are_refused() -> None:
    weights: Any = {(1, 2): 1}

    with pytest.raises(Invalid, match="cannot be stored by skops"):
        model_bytes(LogisticRegression(class_weight=weights))


def broken(schema: Any) -> Iterator[tuple[str, Any]]:
    """Take one part after another out of a schema."""
    for number, node in enumerate(walk(schema)):
        for key in list(node):
            kept = node.pop(key)
            yield f"{number} {key}", schema
            node[key] = kept


def test_no_part_that_is_missing_goes_unnoticed_or_ends_in_a_traceback() -> None:
    archive = read_archive(model_bytes(MODELS["decision_tree"]()[0]))
    members = dict(archive.members)
    outcomes: set[str] = set()

    for _, schema in broken(archive.schema):
        content = write_zip({"schema.json": json.dumps(schema).encode(), **members})
        try:
            load_bytes(content, "model.skops", trust=False)
            outcomes.add("loaded")
        except Exception as error:  # noqa: BLE001 (that it is one of two, is the test)
            outcomes.add(type(error).__name__)

    assert outcomes <= {"Corrupt", "Refused", "loaded"}
