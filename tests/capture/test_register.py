"""Versions of weights on disk, and of what a run wrote: all or nothing."""

import pickle
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from cairn.capture.models.likeliest import likeliest_file
from cairn.capture.models.word import Word
from cairn.capture.register import register_manifest
from cairn.core.errors import Invalid, NotFound, Refused
from cairn.core.version import Manifest
from cairn.flavors import save
from cairn.flavors.judging import Judging
from cairn.objects.folders.tree import restore_tree, store_tree
from cairn.registry import Registry
from projects.repositories import write
from projects.training import SETTINGS, project, train


@pytest.fixture(name="registry")
def _registry(tmp_path: Path) -> Registry:
    registry = project(tmp_path / "work")
    registry.snapshot(tmp_path / "work" / "data" / "customers.csv", name="train")
    return registry


@pytest.fixture(name="weights")
def _weights(tmp_path: Path) -> Path:
    model = LogisticRegression().fit(np.arange(8.0).reshape(4, 2), [0, 0, 1, 1])
    save(model, tmp_path / "weights")
    joblib.dump(model, tmp_path / "model.joblib")
    return tmp_path / "weights"


def test_files_that_cairn_never_opens_start_no_process_to_load_them(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_question: bytes, **_options: float) -> tuple[int, str]:
        raise AssertionError("a process was asked")

    monkeypatch.setattr(Judging, "load_back", asked)
    write(tmp_path / "weights.json", '{"w": [1, 2]}')

    assert registry.register(tmp_path / "weights.json", "m", retroactive=True).number == 1


def test_weights_in_a_folder_become_a_version_that_loads(
    registry: Registry, weights: Path
) -> None:
    version = registry.register(
        weights,
        "churn",
        Word(
            data=["snap:train"],
            params=["C=1.0", "solver=lbfgs", "warm=true"],
            metrics=["roc_auc=0.75"],
        ),
    )

    manifest = version.manifest
    assert version.name == "churn:1"
    assert manifest.parameters == {"C": 1.0, "solver": "lbfgs", "warm": True}
    assert manifest.metrics == {"roc_auc": 0.75}
    assert manifest.code is not None
    assert manifest.environment is not None
    assert manifest.asserted == ("inputs", "parameters", "metrics")
    assert manifest.reconstructed == ("code", "environment")
    assert [(gap.field, gap.reason[:12]) for gap in version.gaps] == [
        ("code", "code and env"),
        ("golden", "there are no"),
        ("metrics", "no test set "),
    ]
    loaded = registry.load("churn:1").model
    assert loaded.predict([[0.0, 1.0]]).tolist() == [0]  # type: ignore[attr-defined] (only the local engine has it)


def test_a_model_whose_training_nobody_watched_is_registered_with_its_gaps(
    registry: Registry, weights: Path
) -> None:
    with pytest.raises(Refused, match="no data snapshot says what it was trained on"):
        registry.register(weights, "churn")

    version = registry.register(
        weights, "churn", Word(metrics=["recall=0.7"]), retroactive=True
    )

    assert version.manifest.code is None
    assert version.manifest.environment is None
    assert version.manifest.asserted == ("metrics",)
    assert [gap.field for gap in version.gaps] == [
        *("data", "code", "environment", "parameters", "golden", "metrics"),
    ]


def test_a_metric_with_the_set_that_it_was_measured_on_is_no_gap(
    registry: Registry, weights: Path
) -> None:
    version = registry.register(
        weights,
        "churn",
        Word(metrics=["recall=0.7"], test=["snap:train"]),
        retroactive=True,
    )

    assert "metrics" not in {gap.field for gap in version.gaps}
    assert [given.role for given in version.manifest.inputs] == ["test"]


def test_a_pickle_is_registered_with_its_verdict_and_not_opened(
    registry: Registry, weights: Path, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return open, (str(canary), "w")

    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(Evil()))

    evil = registry.register(tmp_path / "evil.pkl", "churn", retroactive=True)
    good = registry.register(weights.parent / "model.joblib", "churn", retroactive=True)

    assert evil.manifest.artifacts is not None
    assert evil.manifest.artifacts.safety == "unsafe"
    assert not canary.exists()
    assert good.manifest.artifacts is not None
    assert good.manifest.artifacts.flavor == "pickle"


def test_any_folder_of_files_can_be_registered(registry: Registry, tmp_path: Path) -> None:
    write(tmp_path / "net" / "config.json", "{}")
    write(tmp_path / "net" / "tokenizer" / "vocabulary.txt", "a\nb\n")

    version = registry.register(tmp_path / "net", "net", retroactive=True)

    artifacts = version.manifest.artifacts
    assert artifacts is not None
    assert (artifacts.flavor, set(artifacts.formats)) == (
        "files",
        {"config.json", "tokenizer/vocabulary.txt"},
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"metrics": ["auc=nan"]}, "metric auc is nan"),
        ({"metrics": ["auc=high"]}, "metric auc = 'high' is not a number"),
        ({"metrics": ["a b!=1"]}, "is not a name for a metric"),
        ({"metrics": ["auc"]}, "--metric 'auc': write NAME=VALUE"),
        ({"params": ["=1"]}, "--param '=1': write NAME=VALUE"),
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_is_registered(
    registry: Registry, weights: Path, options: dict[str, list[str]], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        registry.register(weights, "churn", Word(**options), retroactive=True)

    assert registry.versions("churn") == ()


@pytest.mark.parametrize("text", ["data/train.csv", "postgresql://host/db", "customers"])
def test_data_that_may_change_is_refused(registry: Registry, weights: Path, text: str) -> None:
    with pytest.raises(Refused, match="may hold other data tomorrow"):
        registry.register(weights, "churn", Word(data=[text]))

    assert registry.versions("churn") == ()


def test_weights_that_are_not_there_are_named(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"there is nothing at .*absent"):
        registry.register(tmp_path / "absent", "churn", retroactive=True)


def test_a_model_that_predicts_otherwise_than_recorded_is_not_registered(
    registry: Registry, tmp_path: Path
) -> None:
    outcome = train(registry)
    assert outcome.version is not None
    manifest = outcome.version.manifest
    assert manifest.artifacts is not None
    assert manifest.artifacts.golden is not None
    restore_tree(registry.objects, manifest.artifacts.golden, tmp_path / "golden")
    outputs = np.load(tmp_path / "golden" / "outputs.npy")
    outputs[3, 0] += 0.125
    np.save(tmp_path / "golden" / "outputs.npy", outputs)
    golden = store_tree(registry.objects, tmp_path / "golden").digest
    artifacts = manifest.artifacts.__class__(
        tree=manifest.artifacts.tree,
        flavor=manifest.artifacts.flavor,
        safety=manifest.artifacts.safety,
        golden=golden,
    )
    other = registry.objects.put_record(
        Manifest(artifacts=artifacts, inputs=manifest.inputs, metrics=manifest.metrics)
    )

    with pytest.raises(Refused, match=r"differ in 1 of 32 rows, first in row 3 by 0\.125"):
        register_manifest(registry, other, model="default/churn", retroactive=True)

    assert len(registry.versions("churn")) == 1


def test_weights_that_cannot_be_loaded_back_are_not_registered(
    registry: Registry, weights: Path
) -> None:
    (weights / "model.skops").write_bytes((weights / "model.skops").read_bytes()[:-30])

    version = registry.register(weights, "churn", retroactive=True)

    assert version.manifest.artifacts is not None
    assert version.manifest.artifacts.safety != "safe"


def test_a_field_that_the_project_requires_can_be_given_afterwards(tmp_path: Path) -> None:
    settings = SETTINGS + '[model.churn]\nfields = ["owner"]\n'
    registry = project(tmp_path / "work", settings=settings)
    outcome = train(registry)
    assert isinstance(outcome.problem, Refused)

    version = registry.register(f"run:{outcome.run.id}", word=Word(fields=["owner=ada"]))

    assert version.manifest.fields == {"owner": "ada"}
    assert version.gaps == ()


def test_a_file_that_was_not_recognised_can_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    registry = project(
        tmp_path / "work",
        'open("data/customers.csv").read()\nopen("net.onnx", "w").write("weights")\n',
    )
    outcome = train(registry, sys.executable, "train.py", "--epochs", "3")

    assert outcome.next_step == (
        "no saved model was recognised; if a file is one: "
        f"`cairn register run:{outcome.run.id[:8]} --model churn --artifact net.onnx`"
    )
    with pytest.raises(Refused, match="no metric was measured"):
        registry.register(f"run:{outcome.run.id}", artifact="net.onnx")
    version = registry.register(f"run:{outcome.run.id}", artifact="net.onnx", retroactive=True)
    assert version.manifest.code is not None
    assert version.manifest.parameters == {"args.epochs": 3}
    assert [given.path for given in version.manifest.inputs] == ["data/customers.csv"]
    assert version.manifest.artifacts is not None
    assert set(version.manifest.artifacts.formats) == {"net.onnx"}


ELSEWHERE = """
import os, subprocess
shell = "cd $ELSEWHERE; echo a > net.weights; mkdir whole; echo a > whole/a; echo b > whole/b"
subprocess.run(["sh", "-c", shell], check=True)
open("data/customers.csv").read()
"""


def test_what_lies_elsewhere_can_be_named_if_it_changed_while_the_run_went_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELSEWHERE", str(tmp_path))
    (tmp_path / "before.bin").write_text("older")
    registry = project(tmp_path / "work", ELSEWHERE)
    run = train(registry).run.id
    (tmp_path / "whole" / "c").write_text("younger")

    version = registry.register(
        f"run:{run}", artifact=str(tmp_path / "net.weights"), retroactive=True
    )

    artifacts = version.manifest.artifacts
    assert artifacts is not None
    assert set(artifacts.formats) == {"net.weights"}
    (gap,) = (gap for gap in version.gaps if gap.field == "artifacts")
    assert gap.reason.startswith("net.weights lies outside of what was watched")
    for name in ("before.bin", "whole", "absent.bin"):
        with pytest.raises(Invalid, match=f"did not write .*{name}"):
            registry.register(f"run:{run}", artifact=str(tmp_path / name), retroactive=True)
    (tmp_path / "whole" / "c").unlink()
    both = registry.register(f"run:{run}", artifact=str(tmp_path / "whole"), retroactive=True)
    assert both.manifest.artifacts is not None
    assert set(both.manifest.artifacts.formats) == {"a", "b"}


@pytest.mark.parametrize(
    ("wrote", "likely"),
    [
        (("a_report.csv", "out", "net.weights"), "net.weights"),
        (("e", "o", "net"), "e"),
        (("a.bin", "best-model.bin", "log.txt"), "best-model.bin"),
        (("predictions.csv", "summary.json"), "summary.json"),
    ],
)
def test_the_likeliest_file_is_proposed(wrote: tuple[str, ...], likely: str) -> None:
    assert likeliest_file(wrote) == likely


def test_nothing_is_registered_from_a_run_that_failed(tmp_path: Path) -> None:
    registry = project(tmp_path / "work", "raise SystemExit(2)\n")
    outcome = train(registry)

    with pytest.raises(Refused, match=f"run {outcome.run.id[:12]} is failed"):
        registry.register(f"run:{outcome.run.id}")
