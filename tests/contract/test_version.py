"""Versions: identity, numbers, references, completeness."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from cairn.core.check import Floor
from cairn.core.errors import CairnError, Conflict, Corrupt, Invalid, NotFound, Refused
from cairn.core.run import Gap, StartRun
from cairn.core.version import Artifacts, Manifest, RegisterVersion
from cairn.registry import Registry
from harm import packed
from projects.store import MODEL, data, gate, manifest, open_registry, register, weights_of


def test_versions_are_numbered_from_one(registry: Registry) -> None:
    names = [register(registry, weights).name for weights in "abc"]

    assert names == ["churn:1", "churn:2", "churn:3"]


def test_the_same_bundle_again_answers_with_the_number_it_has(registry: Registry) -> None:
    first = register(registry, "a")
    register(registry, "b")

    again = register(registry, "a")

    assert again == first


def test_one_bundle_may_be_a_version_of_two_models(registry: Registry) -> None:
    mine = register(registry, "a")
    theirs = register(registry, "a", model="risk/churn")

    assert (mine.digest, mine.name) == (theirs.digest, "churn:1")
    assert theirs.name == "risk/churn:1"


def test_a_changed_metric_is_another_version(registry: Registry) -> None:
    assert register(registry, auc=0.8).digest != register(registry, auc=0.81).digest


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("inputs", "no data snapshot says what it was trained on"),
        ("code", "no commit says which code made it"),
        ("environment", "the environment was not recorded"),
        ("parameters", "no hyperparameter was recorded"),
        ("metrics", "no metric was measured"),
        ("artifacts", "it has no artifacts"),
    ],
)
def test_a_bundle_that_lacks_a_part_is_refused_and_nothing_is_written(
    registry: Registry, part: str, reason: str
) -> None:
    whole = registry.objects.get_record(manifest(registry), Manifest)
    empty: dict[str, object] = {"inputs": (), "parameters": {}, "metrics": {}}
    digest = registry.objects.put_record(replace(whole, **{part: empty.get(part)}))
    entries = registry.verify().entries

    with pytest.raises(Refused, match=reason) as refusal:
        registry.engine.send(RegisterVersion(model=MODEL, manifest=digest))

    assert refusal.value.fix
    assert registry.versions() == ()
    assert registry.verify().entries == entries


@pytest.mark.parametrize("field", ["model", "stage"])
def test_a_version_without_a_model_or_a_stage_is_refused(
    registry: Registry, field: str
) -> None:
    whole = RegisterVersion(model=MODEL, manifest=manifest(registry))

    with pytest.raises(Invalid, match=field):
        registry.engine.send(replace(whole, **{field: ""}))

    assert registry.versions() == ()


def test_nobody_registers_without_a_name(tmp_path: Path) -> None:
    nobody = open_registry(tmp_path, actor="")
    digest = manifest(nobody)

    with pytest.raises(Refused, match="has to say its created by"):
        nobody.engine.send(RegisterVersion(model=MODEL, manifest=digest, retroactive=True))

    assert nobody.versions() == ()


def test_what_is_unknown_is_registered_retroactively_as_incomplete(registry: Registry) -> None:
    digest = manifest(registry, code=None, environment=None)

    version = registry.engine.send(
        RegisterVersion(model=MODEL, manifest=digest, retroactive=True)
    )

    assert not version.complete
    assert [gap.field for gap in version.gaps] == ["code", "environment"]


def test_gaps_that_were_recorded_stay_with_the_version(registry: Registry) -> None:
    gap = Gap(field="data", reason="a C library read a file unseen")
    digest = manifest(registry, gaps=(gap,))

    version = registry.engine.send(RegisterVersion(model=MODEL, manifest=digest))

    assert version.gaps == (gap,)


def test_missing_bytes_are_refused_and_nothing_is_written(registry: Registry) -> None:
    lost = Artifacts(tree="sha256:" + "0" * 64, flavor="files", safety="safe")
    digest = manifest(registry, artifacts=lost)

    with pytest.raises(NotFound):
        registry.engine.send(RegisterVersion(model=MODEL, manifest=digest))

    assert registry.versions() == ()


def test_an_object_that_is_no_manifest_is_refused(registry: Registry) -> None:
    digest = registry.objects.put(b"{}")

    with pytest.raises(Corrupt):
        registry.engine.send(RegisterVersion(model=MODEL, manifest=digest))


def test_fields_that_the_project_requires_must_be_given(registry: Registry) -> None:
    digest = manifest(registry)

    with pytest.raises(Refused, match="requires the field 'owner'"):
        registry.engine.send(
            RegisterVersion(model=MODEL, manifest=digest, required=("owner",))
        )


@pytest.mark.parametrize(
    "reference",
    [
        "churn:2",
        "churn:v2",
        "default/churn:2",
        "churn/versions/2",
        "registry:models/churn:2",
        "churn@staging",
        "churn:1.4.0",
        "churn:v1.4.0",
        "churn/versions/1.4.0",
        "churn:v1.4.0-staging",
        "tag:churn-v1.4.0",
        "tag:v1.4.0",
    ],
)
def test_every_form_of_reference_finds_the_version(registry: Registry, reference: str) -> None:
    register(registry, "a")
    wanted = register(registry, "b")
    registry.promote("churn:2", "staging")
    registry.release("churn:2", release="1.4.0")

    assert registry.version(reference).digest == wanted.digest


def test_a_digest_or_a_commit_finds_its_version(registry: Registry) -> None:
    version = register(registry)

    assert registry.version(version.digest[:15]).name == "churn:1"
    assert registry.version("commit:c0ffee").name == "churn:1"


def test_a_commit_of_two_versions_names_both(registry: Registry) -> None:
    register(registry, "a")
    register(registry, "b")

    with pytest.raises(Conflict, match="more than one version: churn:2, churn:1"):
        registry.version("commit:c0ffee")


def test_a_stage_in_a_name_resolves_through_the_label(registry: Registry) -> None:
    register(registry)
    registry.release("churn:1", release="1.2.0")

    with pytest.raises(Conflict, match="holds no label, not canary"):
        registry.version("churn:v1.2.0-canary")


@pytest.mark.parametrize(
    ("reference", "kind", "message"),
    [
        ("churn:9", NotFound, "churn has no version 9; it has only 1"),
        ("nobody:1", NotFound, "there is no model nobody yet"),
        ("churn@production", NotFound, "production of churn holds nothing"),
        ("churn:3.0.0", NotFound, "churn has no release 3.0.0"),
        ("sha256:00000000", NotFound, "no version is called"),
        ("Churn:1", Invalid, "names no version; the forms are"),
        ("churn", Invalid, "names no version; the forms are"),
        ("churn:0", Invalid, "names no version"),
        ("../../etc/passwd", Invalid, "names no version"),
    ],
)
def test_a_reference_to_nothing_says_what_there_is(
    registry: Registry, reference: str, kind: type[CairnError], message: str
) -> None:
    register(registry)

    with pytest.raises(kind, match=message):
        registry.version(reference)


def test_releases_only_go_up(registry: Registry) -> None:
    for weights in "abc":
        register(registry, weights)
    registry.release("churn:1", release="1.4.0")

    assert registry.release("churn:2", part="patch").release == "1.4.1"
    with pytest.raises(Invalid, match=r"1\.3\.0 must be higher than 1\.4\.1"):
        registry.release("churn:3", release="1.3.0")
    with pytest.raises(Conflict, match=r"already released as 1\.4\.0"):
        registry.release("churn:1", part="major")


@pytest.mark.parametrize("model", ["default/snap", "default/1.2.3", "exp/churn"])
def test_no_model_takes_a_name_that_reads_as_something_else(
    registry: Registry, model: str
) -> None:
    with pytest.raises(Invalid, match="no model is called"):
        register(registry, model=model)
    with pytest.raises(Invalid, match="no model is called"):
        registry.engine.send(StartRun(run="7" * 32, model=model, command=("train",)))

    assert registry.versions() == ()


@pytest.mark.parametrize("promoted", [["churn:1"], ["churn:1", "churn:2"]])
def test_a_version_that_a_label_may_need_cannot_be_deleted(
    registry: Registry, promoted: list[str]
) -> None:
    register(registry, "a")
    register(registry, "b")
    for name in promoted:
        registry.promote(name, "production", ungated=True, reason="no data yet")

    with pytest.raises(Refused, match=r"churn:1 cannot be deleted: (it holds|production may)"):
        registry.delete("churn:1", reason="old")

    assert registry.version("churn:1").deleted is None


def staged(registry: Registry, weights: str) -> str:
    """Register as a run does: staging points at what is new."""
    version = registry.engine.send(
        RegisterVersion(model=MODEL, manifest=manifest(registry, weights), stage="staging")
    )
    return registry.promote(version.name, "staging").time


def test_the_label_that_a_run_took_by_itself_holds_no_throw_away(registry: Registry) -> None:
    then = staged(registry, "a")
    staged(registry, "b")

    registry.delete("churn:1", reason="a try")
    registry.delete("churn:2", reason="another try")

    assert (registry.live("churn@staging"), registry.labels("churn")) == (None, ())
    assert registry.version("churn:2").labels == ()
    assert registry.versions("churn", where='stage = "staging"') == ()
    before = registry.live("churn@staging", at=then)
    assert before is not None
    assert before.number == 1
    staged(registry, "c")
    assert registry.version("churn@staging").number == 3
    assert registry.verify(objects=True).problems == ()


def test_a_label_that_somebody_chose_or_guards_holds_what_it_may_need(
    registry: Registry,
) -> None:
    staged(registry, "a")
    registry.promote("churn:1", "canary")
    staged(registry, "b")
    gate(registry, Floor(id="f", metric="roc_auc", value=0.1), on=data(registry))
    policy = registry.policy("churn@production").policy

    with pytest.raises(Refused, match="it holds the label canary"):
        registry.delete("churn:1", reason="old")
    registry.set_policy("churn@staging", policy)
    with pytest.raises(Refused, match="it holds the label staging"):
        registry.delete("churn:2", reason="old")


def test_numbers_are_never_used_again(registry: Registry) -> None:
    register(registry, "a")
    registry.delete("churn:1", reason="trained on the wrong table")

    assert register(registry, "b").name == "churn:2"
    assert registry.version("churn:1").deleted == "trained on the wrong table"
    with pytest.raises(Refused, match="this very model and was deleted"):
        register(registry, "a")


def test_a_deleted_version_cannot_be_promoted(registry: Registry) -> None:
    register(registry)
    registry.delete("churn:1", reason="old")

    with pytest.raises(Refused, match="churn:1 was deleted: old"):
        registry.promote("churn:1", "staging")


def test_every_byte_of_a_version_is_verified(registry: Registry) -> None:
    version = register(registry)
    objects, size_bytes = registry.verify_version("churn:1")

    flip(registry, weights_of(version))

    assert objects >= 10
    assert size_bytes > 0
    with pytest.raises(Corrupt):
        registry.verify_version("churn:1")


def test_a_snapshot_that_was_never_stored_is_refused(registry: Registry) -> None:
    found = data(registry)

    assert registry.find_snapshot("snap:train") == found
    with pytest.raises(NotFound, match="there is no snapshot 'nope'"):
        registry.find_snapshot("snap:nope")


def flip(registry: Registry, digest: str) -> None:
    """Change one byte of a stored object."""
    packed.flip(registry.settings.store / "objects", digest)


def test_files_that_are_not_loaded_in_process_are_handed_over_as_a_folder(
    registry: Registry,
) -> None:
    register(registry, "weights of some framework")

    folder = registry.load("churn:1", files=True).model

    assert isinstance(folder, Path)
    assert (folder / "model.json").read_text() == "weights of some framework"
