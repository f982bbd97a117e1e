"""Feature files belong to a version; what would be served with others is named."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cairn.core.errors import Invalid, NotFound
from cairn.core.run import Input
from cairn.core.version import RegisterVersion, Signature
from cairn.data.features import check_features, check_rows, store_features
from cairn.data.in_memory import snapshot_derived
from cairn.flavors.frames.frame import write_frame
from cairn.registry import Registry
from projects.store import MODEL, manifest, open_registry

PATTERNS = ("features/*.py", "spec.yaml")
DICE = np.random.default_rng(4)
ROWS = pd.DataFrame({"age": DICE.normal(40, 9, 800), "plan": DICE.choice(["a", "b"], 800)})


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    project = tmp_path / "project"
    (project / "features").mkdir(parents=True)
    (project / "features" / "age.py").write_text("def age(row): return row.age\n")
    (project / "features" / "plan.py").write_text("def plan(row): return row.plan\n")
    (project / "spec.yaml").write_text("age: float\n")
    return open_registry(project)


def trained(registry: Registry) -> None:
    folder = registry.settings.folder
    spec = store_features(registry.objects, folder, PATTERNS)
    (folder / "train").mkdir(exist_ok=True)
    ROWS.to_csv(folder / "train" / "t.csv", index=False)
    data = registry.snapshot(folder / "train", name="train")
    digest = manifest(
        registry,
        feature_spec=spec,
        inputs=(Input(role="train", snapshot=data.digest, path="train"),),
    )
    registry.engine.send(RegisterVersion(model=MODEL, manifest=digest))


def test_another_definition_is_another_digest(registry: Registry) -> None:
    folder = registry.settings.folder
    before = store_features(registry.objects, folder, PATTERNS)

    (folder / "spec.yaml").write_text("age: int\n")

    assert before != store_features(registry.objects, folder, PATTERNS)
    assert store_features(registry.objects, folder, ()) is None


def test_the_same_features_here_are_no_skew(registry: Registry) -> None:
    trained(registry)

    found = check_features(registry, "churn:1", registry.settings.folder)

    assert (found.files, found.is_skewed) == (3, False)


def test_what_changed_since_training_is_named(registry: Registry) -> None:
    trained(registry)
    folder = registry.settings.folder
    (folder / "features" / "age.py").write_text("def age(row): return row.age / 10\n")
    (folder / "spec.yaml").unlink()

    found = check_features(registry, "churn:1", folder)

    assert (found.changed, found.missing) == (("features/age.py",), ("spec.yaml",))
    assert found.is_skewed


def test_a_version_keeps_its_features_whole(registry: Registry) -> None:
    trained(registry)

    objects, _ = registry.verify_version("churn:1")

    assert objects > 8
    assert registry.verify(objects=True).problems == ()


def test_a_pattern_that_names_nothing_is_refused(registry: Registry) -> None:
    with pytest.raises(
        Invalid, match=r"features = \['gone/\*'\] in cairn\.toml names no file"
    ):
        store_features(registry.objects, registry.settings.folder, ("gone/*",))
    with pytest.raises(Invalid, match="must lie in the project"):
        store_features(registry.objects, registry.settings.folder, ("../x",))


@pytest.mark.parametrize("how", ["a link", "a linked folder", "a path"])
def test_what_lies_outside_of_the_project_is_no_feature(registry: Registry, how: str) -> None:
    folder = registry.settings.folder
    outside = folder.with_name("outside")
    outside.mkdir()
    (outside / "secret.py").write_text("secret = 1\n")
    if how == "a link":
        (folder / "features" / "link.py").symlink_to(outside / "secret.py")
    if how == "a linked folder":
        (folder / "linked").symlink_to(outside)
    pattern = {"a link": "features/*.py", "a linked folder": "linked/*.py"}.get(
        how, "../outside/*"
    )

    with pytest.raises(Invalid, match=r"out of the project|must lie in the project"):
        store_features(registry.objects, folder, [pattern])


def test_a_version_without_features_says_how_to_get_some(registry: Registry) -> None:
    registry.engine.send(RegisterVersion(model=MODEL, manifest=manifest(registry)))

    with pytest.raises(NotFound, match=r"\[model\.churn\] features = "):
        check_features(registry, "churn:1", registry.settings.folder)


def test_logged_rows_like_those_of_training_are_no_skew(
    registry: Registry, tmp_path: Path
) -> None:
    trained(registry)
    ROWS.sample(300, random_state=1).to_csv(tmp_path / "log.csv", index=False)

    found = check_rows(registry, "churn:1", tmp_path / "log.csv")

    assert (found.trained, found.logged, found.is_skewed) == (800, 300, False)


def captured(registry: Registry, room: Path, features: object) -> None:
    """Register a version that was trained on a frame, as `cairn run` captures one."""
    write_frame(features, room / "features")
    write_frame(ROWS.age > 40, room / "labels")
    data = snapshot_derived(registry, room, by="train_test_split")
    inputs = (("age", "float64"),) if hasattr(features, "columns") else ()
    digest = manifest(
        registry,
        inputs=(Input(role="train", snapshot=data.digest),),
        signature=Signature(inputs=inputs),
    )
    registry.engine.send(RegisterVersion(model=MODEL, manifest=digest))


def test_logged_rows_are_compared_with_a_captured_frame_by_the_model_s_own_inputs(
    registry: Registry, tmp_path: Path
) -> None:
    captured(registry, tmp_path / "frame", ROWS)
    log = tmp_path / "log.csv"
    ROWS.assign(age=ROWS.age.round()).drop(columns="plan").to_csv(log, index=False)

    same = check_rows(registry, "churn:1", log)
    ROWS[["age"]].add(20).round().astype(int).to_csv(log, index=False)
    moved = check_rows(registry, "churn:1", log)
    ROWS[["plan"]].to_csv(log, index=False)
    without = check_rows(registry, "churn:1", log)

    assert (same.trained, same.logged, same.is_skewed) == (800, 800, False)
    assert [column.name for column in moved.columns if column.shifted] == ["age"]
    assert moved.retyped == {}
    assert (without.missing, without.is_skewed) == ({"age": "DOUBLE"}, True)


def test_logged_rows_are_compared_with_a_captured_array(
    registry: Registry, tmp_path: Path
) -> None:
    captured(registry, tmp_path / "frame", ROWS[["age"]].to_numpy())
    pd.DataFrame({"x0": ROWS.age}).to_csv(tmp_path / "log.csv", index=False)

    assert not check_rows(registry, "churn:1", tmp_path / "log.csv").is_skewed


def test_logged_rows_that_differ_are_told_column_by_column(
    registry: Registry, tmp_path: Path
) -> None:
    trained(registry)
    log = ROWS.assign(age=ROWS.age + 20).drop(columns="plan").assign(region="north")
    log.to_csv(tmp_path / "log.csv", index=False)

    found = check_rows(registry, "churn:1", tmp_path / "log.csv")

    assert found.missing == {"plan": "VARCHAR"}
    assert found.added == {"region": "VARCHAR"}
    assert [(column.name, column.shifted) for column in found.columns] == [("age", True)]


def test_a_file_of_features_with_a_secret_in_it_is_not_kept(registry: Registry) -> None:
    folder = registry.settings.folder
    (folder / "features" / "age.py").write_text('password = "S3CRETpassw0rd"\n')

    with pytest.raises(Invalid, match=r"features/age\.py, a file of features, is kept as it"):
        store_features(registry.objects, folder, PATTERNS)

    assert not list(registry.objects.digests())
