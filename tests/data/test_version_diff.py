"""What differs between two versions: every field of a manifest is looked at."""

from typing import Any

import pytest
from msgspec.structs import replace

from cairn.cli.difference import difference
from cairn.core.run import (
    Code,
    Environment,
    FinishRun,
    Gap,
    Input,
    RunFacts,
    Seed,
    StartRun,
)
from cairn.core.version import Artifacts, Manifest, Signature, Version
from cairn.data.version_diff import PARTS, diff_versions
from cairn.objects.folders.tree import store_tree
from cairn.registry import Registry
from projects.folders import write

DIGEST, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
CHANGED: dict[str, Any] = {
    "inputs": (Input(role="train", snapshot=OTHER, path="train.csv"),),
    "code": Code(commit="d" * 40),
    "seeds": (Seed(generator="numpy", value="7"),),
    "unseeded": ("random",),
    "parameters": {"max_depth": 5},
    "metrics": {"roc_auc": 0.8},
    "evaluations": (OTHER,),
    "signature": Signature(inputs=(("age", "float"),)),
    "image": OTHER,
    "parents": (OTHER,),
    "fields": {"owner": "bo"},
    "reconstructed": ("code",),
    "asserted": ("metrics",),
    "gaps": (Gap(field="seeds", reason="unknown"),),
}


def version(manifest: Manifest, number: int) -> Version:
    return Version(
        model="default/churn",
        number=number,
        digest=DIGEST,
        manifest=manifest,
        registered_by="ada",
        registered_at="2026-01-01T00:00:00Z",
    )


def base(registry: Registry) -> Manifest:
    tree = store_tree(registry.objects, write(registry.settings.folder / "a", {"m": b"1"}))
    lock = registry.objects.put(b"numpy==2.0\n")
    return Manifest(
        artifacts=Artifacts(tree=tree.digest, flavor="sklearn", safety="safe"),
        environment=Environment(
            python="3.11",
            implementation="CPython",
            operating_system="Linux",
            machine="x86_64",
            lock=lock,
        ),
        parameters={"max_depth": 1},
        metrics={"roc_auc": 0.75},
    )


def rows(registry: Registry, before: Manifest, after: Manifest) -> list[tuple[str, ...]]:
    found = diff_versions(registry, version(before, 1), version(after, 2))
    return [(one.part, one.what, one.before, one.after) for one in found.differences]


def test_every_field_of_a_manifest_belongs_to_a_part() -> None:
    looked_at = [field for part in PARTS for field in part.fields]

    assert sorted(looked_at) == sorted({*Manifest.__struct_fields__, "environment"})
    assert set(CHANGED) | {"artifacts", "environment", "feature_spec"} == set(looked_at)


@pytest.mark.parametrize("field", CHANGED)
def test_a_field_that_differs_is_shown(registry: Registry, field: str) -> None:
    before = base(registry)

    found = rows(registry, before, replace(before, **{field: CHANGED[field]}))

    assert found
    assert not rows(registry, before, before)


def test_files_packages_and_features_are_compared_one_by_one(registry: Registry) -> None:
    before, folder = base(registry), registry.settings.folder
    other = store_tree(registry.objects, write(folder / "b", {"m": b"2", "n": b"3"})).digest
    lock = registry.objects.put(b"numpy==2.1\n")
    assert before.artifacts is not None
    assert before.environment is not None
    after = replace(
        before,
        artifacts=replace(before.artifacts, tree=other, safety="unknown"),
        environment=replace(before.environment, lock=lock),
        feature_spec=other,
    )

    named = {(part, what) for part, what, *_ in rows(registry, before, after)}

    assert named == {
        *(("artifacts", "(safety)"), ("artifacts", "m"), ("artifacts", "n")),
        *(("features", "m"), ("features", "n"), ("environment", "numpy")),
    }


def test_what_no_row_can_show_is_shown_by_its_digest(registry: Registry) -> None:
    before = replace(base(registry), signature=Signature(inputs=(("a", "int"), ("b", "int"))))
    after = replace(before, signature=Signature(inputs=(("b", "int"), ("a", "int"))))

    ((part, what, was, now),) = rows(registry, before, after)

    assert (part, what) == ("signature", "signature")
    assert was.startswith("sha256:")
    assert was != now


def test_a_number_says_how_far_it_moved_and_a_metric_whether_that_is_better(
    registry: Registry,
) -> None:
    before = replace(base(registry), metrics={"roc_auc": 0.75, "train/log_loss": 0.5})
    after = replace(
        before, metrics={"roc_auc": 0.8, "train/log_loss": 0.6}, parameters={"max_depth": 5}
    )

    found = diff_versions(registry, version(before, 1), version(after, 2))

    changes = {one.what: one.change for one in found.differences}
    assert changes == {"max_depth": 4, "roc_auc": 0.05, "train/log_loss": 0.1}
    text = difference(found).text
    assert "0.75     0.8      +0.05 better" in text
    assert "+0.1 worse" in text
    assert "+4\n" in text


def test_commands_differ_in_words_that_the_ledger_withholds(registry: Registry) -> None:
    typed: list[Version] = []
    for number, words in enumerate(("x", "x,z"), start=1):
        run = str(number) * 32
        facts = registry.objects.put_record(RunFacts(command=("python", "train.py", words)))
        registry.engine.send(
            StartRun(
                run=run, model="default/churn", command=("python", "train.py", "<withheld>")
            )
        )
        registry.engine.send(FinishRun(run=run, status="succeeded", facts=facts))
        typed.append(replace(version(base(registry), number), run=run))

    found = diff_versions(registry, *typed)

    assert [(d.what, d.before, d.after) for d in found.differences] == [
        ("command", "python train.py x", "python train.py x,z")
    ]
