"""Versions are found by what they are, what they were made of, and what Cairn says of them."""

import pytest

from cairn import listed
from cairn.core.errors import Invalid, NotFound
from cairn.core.run import Input, StartRun
from cairn.core.version import RegisterVersion
from cairn.registry import Registry
from projects.store import MODEL, data, manifest, register


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("metrics.roc_auc > 0.75", [3, 2]),
        ("metrics.roc_auc <= 0.7 and params.depth = 4", [1]),
        ('stage = "staging"', [2]),
        ('stage != "staging"', [3, 1]),
        ("number >= 2", [3, 2]),
        ('commit = "c0ffee"', [3, 2, 1]),
        ('commit = "C0FFEEC0"', [3, 2, 1]),
        ('commit = "0ffee"', []),
        ('commit != "c0ffee"', []),
        ('commit != "abc123"', [3, 2, 1]),
        ("", [3, 2, 1]),
    ],
)
def test_versions_are_searched_by_what_they_are(
    registry: Registry, where: str, found: list[int]
) -> None:
    for index, auc in enumerate((0.7, 0.8, 0.9)):
        register(registry, f"w{index}", auc=auc)
    registry.promote("churn:2", "staging")

    assert [version.number for version in registry.versions("churn", where=where)] == found


@pytest.mark.parametrize(
    ("where", "near"),
    [
        ("metrics.roc_acu > 0.7", r"the nearest is metrics\.roc_auc"),
        ("metrics.nope > 1", r"the nearest is metrics\.roc_auc"),
        ("params.zzzzzzzzzzzz = 4", r"there are params\.depth"),
        ("number >= 1 and metric.roc_auc > 0", r"the nearest is metrics\.roc_auc"),
    ],
)
def test_a_filter_by_what_no_version_has_is_refused_with_the_nearest_that_there_is(
    registry: Registry, where: str, near: str
) -> None:
    assert registry.versions(where=where) == (), "where nothing is, nothing is unknown"
    register(registry)

    with pytest.raises(NotFound, match=f"no version has .*; {near}$"):
        registry.versions(where=where)


def test_versions_are_searched_by_the_snapshot_that_they_were_made_of(
    registry: Registry,
) -> None:
    register(registry, "a")
    other = data(registry, "id,x,y\n9,9,1\n", name="other")
    inputs = (Input(role="train", snapshot=other.digest),)
    registry.engine.send(
        RegisterVersion(model=MODEL, manifest=manifest(registry, "b", inputs=inputs))
    )

    def found(where: str) -> list[int]:
        return [version.number for version in registry.versions(where=where)]

    assert found('snapshot = "snap:other"') == found(f'snapshot = "{other.digest}"') == [2]
    assert found('snapshot != "snap:other" and number >= 1') == [1]
    with pytest.raises(NotFound, match="no snapshot is called nope"):
        found('snapshot = "nope"')


def test_versions_are_searched_by_the_run_that_made_them(registry: Registry) -> None:
    runs = ["0123456789abcdef" * 2, "fedcba9876543210" * 2]
    for run, weights in zip(runs, "ab", strict=True):
        registry.engine.send(StartRun(run=run, model=MODEL, command=("python", "train.py")))
        registry.engine.send(
            RegisterVersion(model=MODEL, manifest=manifest(registry, weights), run=run)
        )

    def found(where: str) -> list[int]:
        return [version.number for version in registry.versions(where=where)]

    assert found('experiment = "run:01234567"') == [1]
    assert found(f'experiment = "{runs[1]}"') == [2]
    assert found('experiment != "run:01234567"') == [2]
    with pytest.raises(Invalid, match="experiment is a run such as"):
        found('experiment = "%"')


@pytest.mark.parametrize(
    "where",
    [
        "metrics.roc_auc",
        "metrics.roc_auc >",
        "metrics.roc_auc > 0.7 or stage = 'x'",
        "metrics.roc_auc > 0.7 and",
        "1 = 1",
        "digest = 'x'; DROP TABLE version",
        "model = 'x' -- comment",
        "stage > 'a'",
        "commit > 'abc123'",
        "commit = 'abc%'",
        "commit = 123456",
        "approved = 'maybe'",
        "approved > 'yes'",
    ],
)
def test_a_filter_that_is_none_is_refused_with_an_example(
    registry: Registry, where: str
) -> None:
    register(registry)

    with pytest.raises(Invalid):
        registry.versions(where=where)

    assert len(registry.versions()) == 1


@pytest.fixture
def seven(registry: Registry) -> Registry:
    """A registry with seven versions of one model and two of another."""
    for index in range(7):
        register(registry, f"w{index}", auc=index / 10)
        if index in (2, 4):
            again = RegisterVersion(
                model="default/other", manifest=manifest(registry, str(index))
            )
            registry.engine.send(again)
    return registry


@pytest.mark.parametrize("page", [1, 2, 3, 9, 10])
def test_all_versions_are_listed_however_many_a_page_has(
    seven: Registry, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [version.name for version in seven.versions()]
    monkeypatch.setattr(listed, "PAGE", page)

    assert len(whole) == 9
    assert [version.name for version in seven.versions()] == whole
    assert [v.name for v in seven.versions(limit=4)] == whole[:4]
    assert [v.name for v in seven.versions(before=whole[2], limit=3)] == whole[3:6]
    assert [v.number for v in seven.versions("churn", before="churn:4")] == [3, 2, 1]
    assert seven.versions(before=whole[-1]) == ()


@pytest.mark.parametrize("page", [1, 100])
def test_a_search_by_what_no_table_tells_is_whole_as_well(
    seven: Registry, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed, "PAGE", page)

    found = seven.versions("churn", where='approved = "no" and metrics.roc_auc < 0.45')

    assert [version.number for version in found] == [5, 4, 3, 2, 1]


def test_a_page_before_a_version_that_is_not_there_is_refused(seven: Registry) -> None:
    with pytest.raises(NotFound, match="churn has no version 9"):
        seven.versions(before="churn:9")


@pytest.mark.parametrize("page", [1, 2, 1000])
def test_the_ledger_is_read_to_its_end_however_many_a_page_has(
    seven: Registry, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed, "PAGE", page)

    every = [entry.seq for entry in listed.ledger_entries(seven.engine)]
    registered = listed.ledger_entries(seven.engine, action="version.register")

    assert every == [*range(len(every))]
    assert len(every) > 9
    assert len([*registered]) == 9
    assert len([*listed.ledger_entries(seven.engine, subject="default/other")]) == 2
