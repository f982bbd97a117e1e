"""A person is found in what is made of data: predictions, golden rows, files of runs."""

import os
from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from msgspec.structs import replace
from sklearn.linear_model import LogisticRegression

from cairn.core.erasure import ListErasures
from cairn.core.evaluation import Evaluation, Scorer
from cairn.core.run import FinishRun, RunFacts, StartRun
from cairn.core.version import Version
from cairn.data.evaluation import record_evaluation
from cairn.data.in_memory import snapshot_derived
from cairn.data.person.erase import erase_person
from cairn.data.person.evaluations import recorded
from cairn.data.person.find import find_person
from cairn.engine.ids import hasher
from cairn.flavors import make_golden, write_frame
from cairn.objects import ObjectStore
from cairn.objects.folders.tree import store_tree, tree_entries
from cairn.registry import Registry
from cairn.stats.predictions import decode
from cairn.stats.tabulate import tabulate
from projects.workshop import MODEL, add_table, open_workshop, register_artifacts, save

ROWS = 40
FRAME = pd.DataFrame(
    {
        "customer": [f"c{n:03d}" for n in range(ROWS)],
        "account": [f"a{n // 2:03d}" for n in range(ROWS)],
        "age": np.random.default_rng(1).normal(40, 9, ROWS).round(4),
        "left": [0, 1] * (ROWS // 2),
    }
)
WHO = "customer=c007"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return open_workshop(tmp_path / "project")


def evaluated(registry: Registry, snapshot: str, ids: Any, **scorer: Any) -> None:
    """Record what some model said about every row, under these ids."""
    units = FRAME["account"] if "unit" in scorer else None
    record_evaluation(
        registry,
        artifacts=registry.objects.put(b"weights"),
        snapshot=snapshot,
        scorer=Scorer(score="predict_proba", label="left", **scorer),
        predictions=tabulate(ids, FRAME["left"], score=FRAME["age"], unit=units),
    )


@pytest.mark.parametrize(
    ("ids", "scorer", "gone"),
    [
        (FRAME["customer"], {"id": "customer"}, "c007"),
        (FRAME["customer"].str.upper(), {"id": "code"}, "C007"),
        (range(1, ROWS + 1), {}, "8"),
    ],
    ids=["by the asked column", "by another column", "by the number of the row"],
)
def test_predictions_are_told_by_the_rows_of_their_data(
    registry: Registry, ids: Any, scorer: dict[str, str], gone: str
) -> None:
    table = FRAME.assign(code=FRAME["customer"].str.upper())
    test = add_table(registry, table.to_csv(index=False))
    evaluated(registry, test.digest, ids, **scorer)

    done = erase_person(registry, WHO, reason="asked for it")

    old, new = next((o, n) for o, n in done.successors.items() if o != test.digest)
    left = decode(registry.objects.get(_predictions(registry, new)))
    assert not registry.objects.has(_predictions(registry, old))
    assert set(left.ids) == {str(each) for each in ids} - {gone}
    assert done.is_whole


@pytest.mark.parametrize("kind", ["frame", "parquet"])
def test_predictions_on_a_table_are_told_by_its_rows(registry: Registry, kind: str) -> None:
    table = FRAME.assign(code=FRAME["customer"].str.upper())
    if kind == "parquet":
        place = registry.settings.folder / "t.parquet"
        table.to_parquet(place, index=False)
        test = registry.snapshot(place, name="test")
    else:
        test = registry.snapshot(table, name="test")
    evaluated(registry, test.digest, table["code"], id="code")
    evaluated(registry, test.digest, range(1, ROWS + 1))

    done = erase_person(registry, WHO, reason="asked for it")

    left = [
        decode(registry.objects.get(_predictions(registry, digest))).ids
        for digest in list(recorded(registry))[2:]
    ]
    assert sorted(len(ids) for ids in left) == [ROWS - 1, ROWS - 1]
    assert not any(gone in ids for ids in left for gone in ("C007", "8"))
    assert done.is_whole
    assert not find_person(registry, WHO).places


def test_predictions_go_by_the_unit_that_they_belong_to(registry: Registry) -> None:
    test = add_table(registry, FRAME.to_csv(index=False))
    evaluated(registry, test.digest, FRAME["customer"], id="customer", unit="account")

    found = find_person(registry, "account=a003")

    assert {p.file: p.rows for p in found.places} == {"test.csv": 2, "predictions": 2}


def test_hashed_ids_say_nothing_and_are_found_all_the_same(registry: Registry) -> None:
    test = add_table(registry, FRAME.to_csv(index=False))
    key = hasher(registry.settings.store).name
    plain, hashed = {"id": "customer", "unit": "account"}, {"ids_key": key}
    evaluated(registry, test.digest, FRAME["customer"], **plain)
    evaluated(registry, test.digest, FRAME["customer"], **plain, **hashed)
    open_, closed = (
        registry.objects.get_record(digest, Evaluation) for digest in recorded(registry)
    )
    secret = decode(registry.objects.get(closed.predictions))
    assert secret.unit is not None

    found = find_person(registry, WHO)
    erase_person(registry, WHO, reason="asked for it")

    assert set(FRAME["customer"]).isdisjoint(secret.ids)
    assert set(FRAME["account"]).isdisjoint(secret.unit.levels)
    assert all(len(name) == 32 for name in (*secret.ids, *secret.unit.levels))
    assert closed.metrics == open_.metrics
    assert [place.rows for place in found.places] == [1, 1, 1]
    assert not find_person(registry, WHO).places
    rows = [registry.objects.get_record(d, Evaluation).rows for d in recorded(registry)]
    assert rows == [ROWS, ROWS, ROWS - 1, ROWS - 1]


def test_ids_that_another_key_hashed_are_not_searched(registry: Registry) -> None:
    gone = registry.settings.store.parent / "elsewhere"
    test = add_table(registry, FRAME.to_csv(index=False))
    evaluated(
        registry,
        test.digest,
        FRAME["customer"],
        id="customer",
        ids_key=hasher(registry.settings.store).name,
    )
    (Path(os.environ["CAIRN_HOME"]) / "keys").rename(gone)

    found = find_person(registry, WHO)

    assert [place.what for place in found.places] == ["snap:test"]
    assert any("key" in reason for reason in found.unsearched.values())


def test_predictions_of_captured_rows_are_told_by_their_index(registry: Registry) -> None:
    add_table(registry, FRAME.to_csv(index=False), name="all")
    part = FRAME.sample(frac=0.5, random_state=2)
    with TemporaryDirectory() as name:
        write_frame(part[["age"]], Path(name) / "features")
        test = snapshot_derived(registry, Path(name), by="a script")
    who = part["customer"].iloc[3]
    record_evaluation(
        registry,
        artifacts=registry.objects.put(b"weights"),
        snapshot=test.digest,
        scorer=Scorer(score="predict", label="left"),
        predictions=tabulate(part.index, part["left"], score=part["age"]),
    )

    done = erase_person(registry, f"customer={who}", reason="asked for it")

    new = next(n for o, n in done.successors.items() if f"evaluation {o[:19]}" in _what(done))
    left = decode(registry.objects.get(_predictions(registry, new)))
    assert set(left.ids) == {str(row) for row in part.index} - {str(part.index[3])}


def test_predictions_whose_rows_nobody_can_tell_are_not_searched(registry: Registry) -> None:
    test = add_table(registry, FRAME.to_csv(index=False))
    evaluated(registry, test.digest, [f"row {n}" for n in range(ROWS)])

    found = find_person(registry, WHO)

    assert [p.what for p in found.places] == ["snap:test"]
    assert any("cannot be told" in reason for reason in found.unsearched.values())
    assert not found.is_whole


def golden(registry: Registry) -> Version:
    """Register a model with the rows that it is checked by."""
    model = LogisticRegression().fit(FRAME[["age"]].to_numpy(), FRAME["left"])
    artifacts = save(registry, model)
    with TemporaryDirectory() as name:
        make_golden(model, FRAME[["age"]].to_numpy(), Path(name) / "golden")
        tree = store_tree(registry.objects, Path(name) / "golden").digest
    return register_artifacts(registry, replace(artifacts, golden=tree))


def test_golden_rows_go_whole_and_the_model_still_loads(registry: Registry) -> None:
    add_table(registry, FRAME.to_csv(index=False))
    version = golden(registry)
    kept = [n * ROWS // 32 for n in range(32)]
    who, other = f"customer=c{kept[5]:03d}", next(n for n in range(ROWS) if n not in kept)

    spared = find_person(registry, f"customer=c{other:03d}")
    done = erase_person(registry, who, reason="asked for it")

    assert not [place for place in spared.places if "golden" in place.what]
    assert [p.fate for p in done.places if p.what == f"golden rows of {version.name}"] == [
        "whole"
    ]
    assert isinstance(registry.load(version.name).model, LogisticRegression)
    assert not find_person(registry, who).places


def test_what_can_be_told_no_more_goes_as_the_ledger_says(registry: Registry) -> None:
    table = add_table(registry, FRAME.to_csv(index=False))
    with TemporaryDirectory() as name:
        write_frame(FRAME[["age"]].to_numpy(), Path(name) / "features")
        snapshot_derived(registry, Path(name), by="a script", of=[table.digest])
    (file,) = tree_entries(registry.objects, table.tree)
    whole = ObjectStore.erase

    def partly(objects: ObjectStore, digests: Collection[str]) -> None:
        whole(objects, [digest for digest in digests if digest == file.digest])
        raise KeyboardInterrupt

    with patch.object(ObjectStore, "erase", partly), pytest.raises(KeyboardInterrupt):
        erase_person(registry, WHO, reason="asked for it")
    (erasure,) = registry.engine.send(ListErasures())
    left = registry.objects.have(erasure.objects)

    erase_person(registry, WHO, reason="asked for it")

    assert left
    assert not registry.objects.have(erasure.objects)
    assert registry.engine.send(ListErasures()) == (erasure,)


def test_tables_that_a_run_wrote_go_whole_and_its_texts_are_named(registry: Registry) -> None:
    objects = registry.objects
    facts = RunFacts(
        outputs={"scores.csv": objects.put(FRAME.to_csv(index=False).encode())},
        log=objects.put(b"looked at c007\n"),
    )
    registry.engine.send(StartRun(run="a" * 32, model=MODEL))
    registry.engine.send(
        FinishRun(run="a" * 32, status="succeeded", facts=objects.put_record(facts))
    )

    done = erase_person(registry, WHO, reason="asked for it")

    assert [(p.file, p.fate) for p in done.places] == [
        ("scores.csv", "whole"),
        ("its output", "stays"),
    ]
    assert not objects.has(facts.outputs["scores.csv"])
    assert not done.is_whole


def test_a_text_of_the_ledger_that_names_a_person_is_said(registry: Registry) -> None:
    table = add_table(registry, FRAME.to_csv(index=False), name="c007")

    found = find_person(registry, WHO)

    assert found.entries == (0,)
    assert table.name == "c007"
    assert not found.is_whole


def _predictions(registry: Registry, evaluation: str) -> str:
    return registry.objects.get_record(evaluation, Evaluation).predictions


def _what(done: Any) -> set[str]:
    return {place.what for place in done.places}


def test_rows_that_could_not_be_searched_go_whole_if_their_snapshot_is_named(
    registry: Registry,
) -> None:
    add_table(registry, FRAME.to_csv(index=False))
    with TemporaryDirectory() as name:
        write_frame(FRAME[["age"]].to_numpy() / 7, Path(name) / "features")
        scaled = snapshot_derived(registry, Path(name), by="a script")
    evaluated(registry, scaled.digest, range(ROWS))
    open_ = find_person(registry, WHO)

    done = erase_person(registry, WHO, reason="asked for it", also=[scaled.digest])

    assert len(open_.unsearched) == 2
    assert {
        place.what.partition(" ")[0] for place in done.places if place.fate == "whole"
    } == {
        "snapshot",
        "evaluation",
    }
    assert done.is_whole
    assert find_person(registry, WHO).is_whole
    assert not registry.verify(objects=True).problems
