"""The nine fields that every version says, and the minimum set to make a model again."""

from typing import Any

import msgspec
import pytest

from cairn.core.digest import digest_bytes
from cairn.core.errors import Refused
from cairn.core.required import (
    Required,
    minimum_set,
    of_version,
    require,
    stated,
    unsaid,
)
from cairn.core.run import Code, Environment, Input
from cairn.core.version import Artifacts, Manifest, Version

X = digest_bytes(b"x")
MANIFEST = Manifest(
    artifacts=Artifacts(tree=X, flavor="sklearn", safety="safe"),
    inputs=(Input(role="train", snapshot=X),),
    code=Code(commit="0123456789" * 4),
    environment=Environment(
        python="3.11.9",
        implementation="CPython",
        operating_system="debian 12",
        machine="x86_64",
        lock=X,
    ),
    parameters={"C": 1.0},
    metrics={"roc_auc": 0.7},
)
VERSION = Version(
    model="default/churn",
    number=3,
    digest=X,
    manifest=MANIFEST,
    registered_by="ada",
    registered_at="2026-03-01T09:30:00.000000Z",
    stage_at_creation="staging",
)
NINE = tuple(field.name for field in msgspec.structs.fields(Required))
EMPTY: dict[str, Any] = {"parameters": {}, "metrics": {}, "created_by": "", "stage": ""}


def test_a_version_that_says_all_nine_passes() -> None:
    assert len(NINE) == 9
    assert unsaid(of_version(VERSION)) == ()


@pytest.mark.parametrize("field", NINE)
def test_leaving_out_any_one_of_the_nine_is_refused(field: str) -> None:
    given = of_version(VERSION)

    for value in (None, EMPTY.get(field)):
        with pytest.raises(Refused, match=field.replace("_", " ")):
            require({**given, field: value}, known=False)


@pytest.mark.parametrize("field", NINE)
def test_a_known_gap_may_be_of_the_manifest_only(field: str) -> None:
    lacking = {**of_version(VERSION), field: None}

    if field in stated(MANIFEST):
        require(lacking, known=True)
    else:
        with pytest.raises(Refused):
            require(lacking, known=True)


def test_a_version_of_the_first_release_has_the_stage_that_nobody_set() -> None:
    old = msgspec.structs.replace(VERSION, stage_at_creation="")

    assert of_version(old)["stage"] == "dev"


@pytest.mark.parametrize(
    ("part", "without"),
    [
        ("code", {"code": None}),
        ("data", {"inputs": (Input(role="test", snapshot=X),)}),
        ("weights", {"artifacts": None}),
        ("configuration", {"parameters": {}}),
        ("configuration", {"environment": None}),
    ],
)
def test_the_minimum_set_names_the_part_that_is_missing(
    part: str, without: dict[str, Any]
) -> None:
    whole = minimum_set(MANIFEST)
    lacking = minimum_set(msgspec.structs.replace(MANIFEST, **without))

    assert [part.name for part in whole] == ["code", "data", "weights", "configuration"]
    assert all(part.is_there for part in whole)
    assert [one.name for one in lacking if not one.is_there] == [part]
