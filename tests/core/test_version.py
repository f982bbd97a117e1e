"""Versions: what they must have, their release numbers, and when they may go."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.digest import digest_bytes, digest_of
from cairn.core.errors import Conflict, Invalid, Refused
from cairn.core.run import Code, Environment, Gap, Input
from cairn.core.sidecar import sidecar, sidecar_bytes
from cairn.core.version import (
    BLOCKING,
    REQUIRED,
    Artifacts,
    Manifest,
    RegisterVersion,
    ReleaseVersion,
    Version,
    again,
    delete,
    missing,
    next_release,
    parse_release,
    register,
)

X, Y = digest_bytes(b"x"), digest_bytes(b"y")
COMMIT = "0123456789" * 4
COMPLETE = Manifest(
    artifacts=Artifacts(tree=X, flavor="sklearn", safety="safe"),
    inputs=(Input(role="train", snapshot=X),),
    code=Code(commit=COMMIT),
    environment=Environment(
        python="3.11.9",
        implementation="CPython",
        operating_system="Linux",
        machine="x86_64",
        lock=X,
    ),
    parameters={"C": 1.0},
    metrics={"roc_auc": 0.7},
    evaluations=(Y,),
)
WITHOUT: dict[str, dict[str, Any]] = {
    "artifacts": {"artifacts": None},
    "data": {"inputs": ()},
    "code": {"code": None},
    "environment": {"environment": None},
    "parameters": {"parameters": {}},
    "metrics": {"metrics": {}},
    "seeds": {"unseeded": ("numpy.random",)},
}


def manifest(**changed: Any) -> Manifest:
    return msgspec.structs.replace(COMPLETE, **changed)


def version(number: int = 3, **known: Any) -> Version:
    return Version(
        model=known.pop("model", "default/churn"),
        number=number,
        digest=X,
        manifest=known.pop("manifest", COMPLETE),
        registered_by="analyst",
        registered_at="2026-03-01T09:30:00.000000Z",
        **known,
    )


def asked(**how: Any) -> RegisterVersion:
    return RegisterVersion(model="default/churn", manifest=X, **how)


def release(wanted: str | None = None, part: Any = "minor") -> ReleaseVersion:
    return ReleaseVersion(model="default/churn", version=X, release=wanted, part=part)


def test_a_complete_manifest_misses_nothing() -> None:
    assert missing(COMPLETE) == ()
    assert register(asked(), COMPLETE) == ()


def test_an_evaluation_may_come_later() -> None:
    assert missing(manifest(evaluations=())) == ()


def test_there_is_a_case_for_everything_that_is_required() -> None:
    assert set(WITHOUT) == set(REQUIRED)


@pytest.mark.parametrize("part", WITHOUT)
def test_what_is_left_out_is_named_with_its_fix(part: str) -> None:
    found = missing(manifest(**WITHOUT[part]))

    assert [gap.field for gap in found] == [part]
    assert found[0].reason
    assert "`" in found[0].fix


@pytest.mark.parametrize("part", BLOCKING)
def test_registration_without_a_blocking_part_is_refused(part: str) -> None:
    with pytest.raises(Refused, match=r"churn cannot be registered: ") as refusal:
        register(asked(), manifest(**WITHOUT[part]))

    assert refusal.value.fix


@pytest.mark.parametrize("part", sorted(set(REQUIRED) - set(BLOCKING)))
def test_registration_without_another_part_is_incomplete(part: str) -> None:
    gaps = register(asked(), manifest(**WITHOUT[part]))

    assert [gap.field for gap in gaps] == [part]
    assert not version(gaps=gaps).complete


@pytest.mark.parametrize("part", sorted(set(BLOCKING) - {"artifacts"}))
def test_a_retroactive_registration_lists_its_gaps(part: str) -> None:
    gaps = register(asked(retroactive=True), manifest(**WITHOUT[part]))

    assert [gap.field for gap in gaps] == [part]


def test_nothing_registers_without_artifacts() -> None:
    with pytest.raises(Refused, match="churn cannot be registered: it has no artifacts"):
        register(asked(retroactive=True), manifest(artifacts=None))


def test_every_blocking_gap_is_named_at_once() -> None:
    bare = Manifest(artifacts=COMPLETE.artifacts)

    with pytest.raises(Refused) as refusal:
        register(asked(), bare)

    assert str(refusal.value).count(";") == 4
    assert [line.partition(":")[0] for line in refusal.value.fix.splitlines()[:5]] == [
        *("data", "code", "environment", "parameters", "metrics")
    ]
    assert "--retroactive" in refusal.value.fix


def test_test_data_alone_is_no_training_data() -> None:
    only_test = manifest(
        inputs=(Input(role="test", snapshot=X), Input(role="config", snapshot=X))
    )

    assert [gap.field for gap in missing(only_test)] == ["data"]


def test_a_field_that_the_project_requires_is_a_gap_until_it_is_given() -> None:
    assert missing(manifest(fields={"owner": None}), ["owner"]) == ()
    assert [gap.field for gap in missing(COMPLETE, ["owner", "ticket"])] == [
        *("fields.owner", "fields.ticket")
    ]
    with pytest.raises(Refused, match=r"cairn\.toml requires the field 'owner'"):
        register(asked(required=("owner",)), COMPLETE)


def test_recorded_gaps_come_after_those_that_were_found() -> None:
    known = Gap(field="environment.libc", reason="not Linux")

    gaps = register(asked(), manifest(unseeded=("numpy.random",), gaps=(known,)))

    assert [gap.field for gap in gaps] == ["seeds", "environment.libc"]


def test_a_deleted_version_is_not_registered_again() -> None:
    assert again(version()) == version()
    with pytest.raises(Refused, match=r"this very model and was deleted: no consent"):
        again(version(deleted="no consent"))


@pytest.mark.parametrize(
    ("part", "earlier", "given"),
    [
        ("minor", (), "0.1.0"),
        ("major", (), "1.0.0"),
        ("patch", (), "0.0.1"),
        ("minor", ("1.2.3",), "1.3.0"),
        ("major", ("1.2.3",), "2.0.0"),
        ("patch", ("1.2.3",), "1.2.4"),
        ("patch", ("1.9.0", "1.10.0", "1.2.9"), "1.10.1"),
    ],
)
def test_the_next_release_counts_its_part_up(
    part: str, earlier: tuple[str, ...], given: str
) -> None:
    assert next_release(release(part=part), version(), earlier) == given


def test_a_release_that_is_named_is_taken_if_it_goes_up() -> None:
    assert next_release(release("2.0.0"), version(), ["1.10.0"]) == "2.0.0"
    assert next_release(release("0.0.0"), version(), []) == "0.0.0"
    for low in ("1.10.0", "1.9.9", "0.99.0"):
        with pytest.raises(Invalid, match=rf"release {low} must be higher than 1\.10\.0"):
            next_release(release(low), version(), ["1.10.0", "1.2.0"])


def test_a_release_has_at_most_nine_digits_in_a_part() -> None:
    with pytest.raises(Invalid, match=r"'1000000000\.0\.0' is not a release number"):
        next_release(release(part="major"), version(), ["999999999.0.0"])


def test_a_version_has_one_release() -> None:
    with pytest.raises(Conflict, match=r"churn:3 is already released as 1\.0\.0"):
        next_release(release(), version(release="1.0.0"), ["1.0.0"])


PARTS = st.integers(0, 999_999_998)
NUMBERS = st.tuples(PARTS, PARTS, PARTS)


@given(st.lists(NUMBERS, min_size=1), st.sampled_from(["major", "minor", "patch"]))
def test_the_next_release_is_above_every_earlier_one(
    earlier: list[tuple[int, int, int]], part: str
) -> None:
    spelled = [".".join(map(str, number)) for number in earlier]

    found = next_release(release(part=part), version(), spelled)

    assert all(parse_release(found) > number for number in earlier)


@pytest.mark.parametrize(
    "text", ["", "1.4", "1.4.0.0", "v1.4.0", "1.4.x", "1.4.-1", "1.4.\u0663", "01.4.0"]
)
def test_what_is_no_release_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is not a release number such as 1"):
        parse_release(text)


def test_a_version_that_nothing_holds_may_go_once() -> None:
    delete(version(), [])
    with pytest.raises(Conflict, match=r"churn:3 is already deleted: old"):
        delete(version(deleted="old"), [])


def test_a_version_that_is_held_stays_and_the_holders_are_named() -> None:
    with pytest.raises(Refused, match=r"cannot be deleted: it is production; 4 continues"):
        delete(version(), ["it is production", "4 continues it"])


def test_the_default_team_is_not_spelled() -> None:
    assert version().name == "churn:3"
    assert version(model="risk/churn").name == "risk/churn:3"
    assert version(model="default/default").name == "default:3"


def test_identity_is_the_manifest_alone() -> None:
    assert digest_of(COMPLETE) == digest_of(manifest())
    assert digest_of(COMPLETE) != digest_of(manifest(metrics={"roc_auc": 0.71}))


def test_a_sidecar_says_what_a_version_was_when_it_was_made() -> None:
    made = version(stage_at_creation="staging", labels=("production",), marked_bad="later")

    found = sidecar(made)

    assert (found.model_name, found.version, found.created_by) == (
        "default/churn",
        3,
        "analyst",
    )
    assert (found.commit, found.data_id, found.metrics) == (COMMIT, X, {"roc_auc": 0.7})
    assert found.stage_at_creation == "staging"
    assert (found.digest, found.created_at) == (X, "2026-03-01T09:30:00.000000Z")
    assert sidecar_bytes(made) == sidecar_bytes(version(stage_at_creation="staging"))


def test_a_sidecar_names_training_data_before_other_data() -> None:
    inputs = (
        Input(role="test", snapshot=digest_bytes(b"test")),
        Input(role="input", snapshot=X),
        Input(role="train", snapshot=Y),
    )

    assert sidecar(version(manifest=manifest(inputs=inputs))).data_id == Y
    assert sidecar(version(manifest=manifest(inputs=inputs[:2]))).data_id == X
    assert sidecar(version(manifest=manifest(inputs=inputs[:1]))).data_id is None


def test_a_sidecar_has_exactly_its_keys() -> None:
    written = msgspec.json.decode(sidecar_bytes(version(manifest=Manifest())))

    assert [key for key in written if not key.startswith("cairn.")] == [
        *("commit", "created_by", "data_id", "metrics", "model_name"),
        *("stage_at_creation", "version"),
    ]
    assert (written["commit"], written["data_id"], written["metrics"]) == (None, None, {})
