"""A real DVC project is adopted where it is: all of it, and nothing of it is changed."""

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from cairn.core.check import Complete, Floor
from cairn.core.errors import NotFound, Refused
from cairn.core.snapshot import Snapshot
from cairn.data import copies
from cairn.data.pins import check_pin
from cairn.data.restore import restore
from cairn.integrations.dvc import data as adopting
from cairn.integrations.dvc.adopt import adopt
from cairn.integrations.dvc.gto import holders, read_tags
from cairn.registry import Registry
from projects.repositories import commit, git
from projects.store import data, gate
from sources.dvc_project import IMAGES, cached, damage, image, shelved, train


def state_of(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Describe every file below a folder: mode, time of change, digest."""
    found: dict[str, tuple[int, int, str]] = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            about = path.lstat()
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path)] = about.st_mode, about.st_mtime_ns, content
    return found


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def test_everything_that_git_knows_is_adopted_and_nothing_is_changed(
    registry: Registry, project: Path
) -> None:
    before = state_of(project.parent / "project"), state_of(project.parent / "shelf")

    done = adopt(registry, project / "data")

    assert (state_of(project.parent / "project"), state_of(project.parent / "shelf")) == before
    assert done.moments == 2
    assert {(d.name, d.md5, d.found_in) for d in done.data if d.path == "data/train.csv"} == {
        ("data-train.csv", md5(train(1)), "v1.0"),
        ("data-train.csv", md5(train(2)), "v2.0"),
    }
    assert sorted({d.path for d in done.data}) == [
        *("data/images", "data/train.csv", "models/churn.joblib", "notes.txt")
    ]
    assert (done.lacking, done.damaged_copies, done.notes) == ((), (), ())


def test_the_names_mean_what_is_checked_out(registry: Registry, project: Path) -> None:
    adopt(registry, project)
    git(project, "checkout", "--quiet", "v1.0")
    adopt(registry, project)

    source = registry.objects.get_record(
        registry.find_snapshot("data-train.csv").digest, Snapshot
    ).source
    assert source.md5 == md5(train(1))  # type: ignore[union-attr] (it is there)


def test_models_become_incomplete_versions_and_no_label_moves(
    registry: Registry, project: Path
) -> None:
    done = adopt(registry, project)

    first, second = registry.version("churn:1"), registry.version("churn:2")
    assert [(m.version, m.found_in, m.release) for m in done.models] == [
        ("churn:1", "v1.0", "1.0.0"),
        ("churn:2", "v2.0", "1.1.0"),
    ]
    assert second.manifest.parameters == {"train.depth": 2, "seed": 7}
    assert second.manifest.metrics == {"roc_auc": 0.8, "by.region": 0.5}
    assert second.manifest.code is not None
    assert second.manifest.code.commit == git(project, "rev-parse", "v2.0")
    assert [i.snapshot for i in second.manifest.inputs] == [
        d.digest for d in done.data if d.path == "data/train.csv" and d.found_in == "v2.0"
    ]
    assert {gap.field for gap in second.gaps} == {"environment", "code", "golden"}
    assert not first.complete
    assert set(second.manifest.reconstructed) == {"inputs", "code", "parameters", "metrics"}
    assert registry.labels("churn") == ()
    assert any("GTO has churn:2 in prod (churn#prod#1)" in step for step in done.next_steps)


def test_a_second_adoption_adds_nothing_and_reads_nothing(
    registry: Registry, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = adopt(registry, project)
    entries = registry.verify().entries
    monkeypatch.setattr(adopting, "read_output", None)
    again = adopt(registry, project)

    assert registry.verify().entries == entries
    assert [each.digest for each in again.data] == [each.digest for each in first.data]
    assert not any(each.is_new for each in (*again.data, *again.models))


def test_a_new_state_is_added_to_what_was_adopted(registry: Registry, project: Path) -> None:
    adopt(registry, project)
    pointer = project / "data" / "train.csv.dvc"
    pointer.write_text(pointer.read_text().replace(md5(train(2)), md5(train(3))))
    place = cached(project, train(3))
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(train(3))
    uncommitted = adopt(registry, project)
    commit(project)
    committed = adopt(registry, project)

    assert [d.found_in for d in uncommitted.data if d.is_new] == ["the working folder"]
    assert not any(d.is_new for d in committed.data)


def test_an_interrupted_adoption_goes_on_where_it_ended(
    registry: Registry, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[bytes] = []
    real = copies.take

    def stopped(wanted: copies.Wanted, batch: object) -> object:
        taken.append(wanted.path)
        if len(taken) == IMAGES + 2:
            raise KeyboardInterrupt
        return real(wanted, batch)  # type: ignore[arg-type] (the test passes what fits)

    monkeypatch.setattr("cairn.data.dvc.take.take", stopped)
    with pytest.raises(KeyboardInterrupt):
        adopt(registry, project)
    stopped_at = len(registry.snapshots())
    done = adopt(registry, project)

    assert stopped_at == 2
    assert [d.is_new for d in done.data].count(False) == stopped_at
    assert len(taken) == (IMAGES + 2) + (IMAGES + 4)


def test_what_is_corrupt_or_missing_is_listed_by_path_and_stops_nothing_else(
    registry: Registry, project: Path
) -> None:
    for place in (cached, shelved):
        damage(place(project, image(0, 1)))
        place(project, train(1)).unlink()
    damage(cached(project, image(4, 1)))

    done = adopt(registry, project)

    assert [(n.path, n.found_in) for n in done.corrupt] == [("data/images/0/000.png", "v1.0")]
    assert [(n.path, n.found_in) for n in done.missing] == [("data/train.csv", "v1.0")]
    assert str(cached(project, image(0, 1))) in done.corrupt[0].reason
    assert done.damaged_copies == (str(cached(project, image(4, 1))),)
    assert {d.path for d in done.data if d.found_in == "v2.0"} == {
        *("data/images", "data/train.csv", "models/churn.joblib")
    }
    assert [m.version for m in done.models] == ["churn:1", "churn:2"]
    assert done.next_steps[0].startswith("bring what is corrupt back")


def test_a_model_with_a_secret_is_listed_and_the_rest_is_adopted(
    registry: Registry, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_TOKEN", "sklearn.linear_model._logistic")

    done = adopt(registry, project)

    refused = [each for each in done.lacking if each.kind == "refused"]
    assert done.models == ()
    assert {each.path for each in refused} == {"models/churn.joblib"}
    assert "holds a secret that is also in API_TOKEN in the environment" in refused[0].reason
    assert len(done.data) > 3


def test_a_copy_outlives_the_project(
    registry: Registry, project: Path, tmp_path: Path
) -> None:
    done = adopt(registry, project, mode="copy")
    assert "not looked into for secrets" in done.notes[-1]
    shutil.rmtree(project)
    shutil.rmtree(project.parent / "shelf")

    for name in ("data-train.csv", "data-images", "notes.txt"):
        restore(registry, name, tmp_path / "out" / name)

    assert (tmp_path / "out/data-train.csv/train.csv").read_bytes() == train(2)
    assert (tmp_path / "out/notes.txt/notes.txt").read_bytes() == b"a\r\nb\r\n"


def test_a_version_from_a_lost_pin_has_a_gap_until_it_is_back(
    registry: Registry, project: Path
) -> None:
    adopt(registry, project)
    shutil.rmtree(project.parent / "shelf")
    kept = cached(project, train(1)).read_bytes()
    cached(project, train(1)).unlink()
    pin = next(i.snapshot for i in registry.version("churn:1").manifest.inputs)
    check_pin(registry, registry.find_snapshot(pin))
    lost = registry.version("churn:1")
    with pytest.raises(Refused) as refusal:
        promote(registry, lost.name)
    cached(project, train(1)).write_bytes(kept)
    check_pin(registry, registry.find_snapshot(pin))
    back = registry.version("churn:1")

    assert any("is LOST: 1 of 1 file was" in gap.reason for gap in lost.gaps)
    assert "is LOST" in refusal.value.report
    assert not any("LOST" in gap.reason for gap in back.gaps)


def promote(registry: Registry, name: str) -> None:
    """Promote a version through a gate that asks what is known of it."""
    floor = Floor(id="floor", metric="accuracy", value=0.5)
    gate(registry, floor, Complete(), on=data(registry))
    registry.promote(name, "production")


def test_a_project_without_git_is_adopted_as_it_is(registry: Registry, project: Path) -> None:
    shutil.rmtree(project / ".git")

    done = adopt(registry, project)

    assert done.moments == 1
    assert {d.found_in for d in done.data} == {"the working folder"}
    assert [m.version for m in done.models] == ["churn:1"]


def test_a_broken_file_of_dvc_is_listed_and_the_rest_adopted(
    registry: Registry, project: Path
) -> None:
    (project / "notes.txt.dvc").write_text("outs: [")
    (project / "far.dvc").write_text("outs:\n- path: ../far\n")

    done = adopt(registry, project)

    assert {(n.kind, n.path) for n in done.lacking} == {
        ("unreadable", "notes.txt.dvc"),
        ("missing", "../far"),
    }
    assert len(done.data) == len({(d.path, d.md5) for d in done.data}) == 7


def test_a_remote_that_cannot_be_read_is_a_note(registry: Registry, project: Path) -> None:
    config = project / ".dvc" / "config"
    config.write_text(
        "['remote \"far\"']\n    url = ssh://example.com/x\n" + config.read_text()
    )

    done = adopt(registry, project)

    assert done.notes == ("the remote far (ssh) cannot be read by Cairn: `dvc fetch` first",)


def test_a_folder_that_is_no_project_is_one_sentence(
    registry: Registry, tmp_path: Path
) -> None:
    with pytest.raises(NotFound, match=r"lies in no DVC project: no folder above it has"):
        adopt(registry, tmp_path)


def test_a_chained_remote_is_followed(registry: Registry, project: Path) -> None:
    config = project / ".dvc" / "config"
    text = "[core]\n    remote = far\n['remote \"far\"']\n    url = remote://base/shelf\n"
    config.write_text(f"{text}['remote \"base\"']\n    url = ../..\n")
    cached(project, train(1)).unlink()

    assert adopt(registry, project).lacking == ()


def test_tags_of_gto_are_read_and_what_was_taken_back_is_not() -> None:
    versions = ("churn@v1.2.0", "churn@v1.3.0", "churn@v1.3.0!", "a=b@v0.1.0#2", "v1.0", "x@y")
    stages = ("churn#prod#1", "churn#prod#3", "churn#dev#2", "churn#dev!#4")

    released, staged = read_tags((*versions, *stages))

    assert [(r.model, r.version) for r in released] == [("churn", "1.2.0"), ("a:b", "0.1.0")]
    assert [(s.model, s.stage, s.tag) for s in holders(staged)] == [
        ("churn", "prod", "churn#prod#3")
    ]
