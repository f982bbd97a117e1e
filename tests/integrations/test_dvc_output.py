"""Outputs of a real DVC project, read from its files alone, each MD5 verified."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cairn.core.errors import Corrupt, Invalid, NotFound, Unavailable
from cairn.core.snapshot import DvcOutput, Snapshot
from cairn.data.copies import Wanted, folded_md5s, local_copy, take
from cairn.data.dvc.take import snapshot_dvc
from cairn.data.pins import check_pin
from cairn.data.restore import restore
from cairn.registry import Registry
from projects.folders import as_nobody, open_to_all, read
from sources.dvc_project import IMAGES, cached, damage, image, shelved, train


def source_of(registry: Registry, reference: str) -> DvcOutput:
    digest = registry.find_snapshot(reference).digest
    source = registry.objects.get_record(digest, Snapshot).source
    assert isinstance(source, DvcOutput)
    return source


def images(number: int) -> dict[bytes, bytes]:
    return {f"{at % 3}/{at:03}.png".encode(): image(at, number) for at in range(IMAGES)}


@pytest.mark.parametrize("name", ["data/train.csv", "data/train.csv.dvc"])
def test_an_output_is_found_by_its_path_and_by_its_file(
    registry: Registry, project: Path, name: str
) -> None:
    info = snapshot_dvc(registry, str(project / name), name="train")

    assert (info.kind, info.files, info.size_bytes) == ("dvc", 1, len(train(2)))
    assert source_of(registry, "train").md5 == hashlib.md5(train(2)).hexdigest()
    assert info.origin == f"dvc:data/train.csv of {project}"


def test_an_output_of_an_earlier_state_is_restored_after_dvc_lost_it(
    registry: Registry, project: Path, tmp_path: Path
) -> None:
    snapshot_dvc(registry, str(project / "data/images"), revision="v1.0", name="images")
    snapshot_dvc(registry, str(project / "models/churn.joblib"), revision="v1.0", name="model")
    shutil.rmtree(project)
    shutil.rmtree(project.parent / "shelf")

    restore(registry, "images", tmp_path / "images")
    restore(registry, "model", tmp_path / "model")

    assert read(tmp_path / "images") == images(1)
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["churn.joblib"]


def test_a_revision_is_recorded_by_its_commit(registry: Registry, project: Path) -> None:
    info = snapshot_dvc(registry, str(project / "data/train.csv"), revision="v1.0")

    assert info.origin.startswith("dvc:data/train.csv@v1.0 (")
    assert source_of(registry, info.digest).md5 == hashlib.md5(train(1)).hexdigest()


def test_a_corrupt_object_is_named_which_dvc_delivers_in_silence(
    registry: Registry, project: Path
) -> None:
    for place in (cached, shelved):
        damage(place(project, image(4, 1)))
    shutil.rmtree(project / "data" / "images")
    checkout = [sys.executable, "-m", "dvc", "checkout", "--quiet", "data/images.dvc"]

    with pytest.raises(Corrupt, match=r"data/images: 1 file is not what DVC.*1/004.png"):
        snapshot_dvc(registry, str(project / "data/images"))

    subprocess.run(checkout, cwd=project, check=True, capture_output=True)
    assert (project / "data/images/1/004.png").read_bytes() != image(4, 1)
    assert registry.snapshots() == ()


def test_another_copy_makes_a_damaged_one_good(registry: Registry, project: Path) -> None:
    damage(cached(project, image(4, 1)))
    (project / "data/images/1/004.png").unlink()

    info = snapshot_dvc(registry, str(project / "data/images"), name="images")

    assert info.files == IMAGES


def test_what_people_edit_is_no_damage(registry: Registry, project: Path) -> None:
    (project / "data/train.csv").unlink()
    (project / "data/train.csv").write_bytes(b"edited")

    info = snapshot_dvc(registry, str(project / "data/train.csv"))

    assert info.size_bytes == len(train(2))


@pytest.mark.parametrize("what", ["files", "list"])
def test_what_is_nowhere_is_missing(registry: Registry, project: Path, what: str) -> None:
    for folder in (project / ".dvc" / "cache", project.parent / "shelf"):
        for path in folder.rglob("*" if what == "files" else "*.dir"):
            if path.is_file() and (path.suffix == ".dir") == (what == "list"):
                path.unlink()
    shutil.rmtree(project / "data" / "images")

    with pytest.raises(NotFound, match=r"data/images") as missing:
        snapshot_dvc(registry, str(project / "data/images"))

    assert ("30 files are in neither cache nor remote" in str(missing.value)) == (
        what == "files"
    )
    assert registry.snapshots() == ()


def test_a_pin_keeps_no_bytes_and_says_what_became_of_each_file(
    registry: Registry, project: Path, tmp_path: Path
) -> None:
    pin = snapshot_dvc(registry, str(project / "data/images"), mode="pin", name="images")
    intact = check_pin(registry, pin)
    restore(registry, "images", tmp_path / "before")
    shutil.rmtree(project.parent / "shelf")
    damage(cached(project, image(4, 1)))
    cached(project, image(5, 1)).unlink()
    for at in (4, 5):
        (project / f"data/images/{at % 3}/{at:03}.png").unlink()
    broken = check_pin(registry, pin)

    assert not registry.objects.has("sha256:" + hashlib.sha256(image(4, 1)).hexdigest())
    assert (intact.check.status, intact.check.intact) == ("intact", IMAGES)
    assert read(tmp_path / "before") == images(2)
    assert (broken.check.status, broken.check.changed, broken.check.lost) == ("lost", 1, 1)
    assert {f.path: f.status for f in broken.files if f.status != "intact"} == {
        "1/004.png": "changed",
        "2/005.png": "lost",
    }
    with pytest.raises(Corrupt, match=r"1/004.png is CHANGED: .* is a pin"):
        restore(registry, "images", tmp_path / "after")
    assert not (tmp_path / "after").exists()


def test_a_pin_of_a_project_that_is_gone_is_lost(registry: Registry, project: Path) -> None:
    pin = snapshot_dvc(registry, str(project / "data/images"), mode="pin")
    shutil.rmtree(project.parent / "shelf")
    shutil.rmtree(project)

    assert check_pin(registry, pin).check.lost == IMAGES


def test_text_of_dvc_2_is_known_by_its_folded_md5(registry: Registry, project: Path) -> None:
    text = b"a\r\nb\r\n"
    folded = hashlib.md5(b"a\nb\n").hexdigest()
    (project / "notes.txt.dvc").write_text(f"outs:\n- md5: {folded}\n  path: notes.txt\n")
    old = project / ".dvc" / "cache" / folded[:2] / folded[2:]
    old.parent.mkdir()
    old.write_bytes(text)
    (project / "notes.txt").unlink()

    info = snapshot_dvc(registry, str(project / "notes.txt"), name="notes")

    assert info.size_bytes == len(text)
    assert folded_md5s([b"\0\r\n"])[0] == hashlib.md5(b"\0\r\n").hexdigest()


@pytest.mark.parametrize(
    ("path", "revision", "says"),
    [
        ("nothing.csv", None, r"DVC knows no output 'nothing.csv' here: "),
        ("data/train.csv", "v9", r"git knows no revision 'v9' .* `git tag` list"),
        ("data/train.csv", "--all", r"git knows no revision '--all'"),
        ("dvc.lock", None, r"dvc.lock names 2 outputs; name one by its path"),
        ("nothing.dvc", None, r"there is no nothing.dvc in this project"),
        ("../x", None, r"lies in no DVC project: no folder above it has .dvc"),
    ],
)
def test_what_is_not_there_is_one_sentence(
    registry: Registry,
    project: Path,
    path: str,
    revision: str | None,
    says: str,
) -> None:
    with pytest.raises(NotFound, match=says):
        snapshot_dvc(registry, str(project / path), revision=revision)


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        ("outs: [", Corrupt, r"x.dvc is not valid YAML: .*; restore it from git"),
        ("- a\n", Corrupt, r"x.dvc is not a file of DVC's"),
        ("outs: 7\n", Corrupt, r"x.dvc: its outputs are not a list"),
        ("outs:\n- md5: 0\n", Corrupt, r"x.dvc: an output has no path"),
        ("outs:\n- path: x\n", NotFound, r"x.dvc names x without the MD5 of its bytes"),
        ("outs:\n- {path: ../../x, md5: 00}\n", NotFound, r"which lies outside of the proj"),
        ("outs:\n- {path: 's3://b/x', etag: 00}\n", NotFound, r"which lies outside of the"),
        ("{}", NotFound, r"x.dvc names no output"),
    ],
)
def test_a_broken_file_of_dvc_is_one_sentence(
    registry: Registry, project: Path, content: str, error: type[Exception], says: str
) -> None:
    (project / "x.dvc").write_text(content)

    with pytest.raises(error, match=says):
        snapshot_dvc(registry, str(project / "x.dvc"))


@pytest.mark.parametrize(
    "rows",
    [b"{", b'{"a": 1}', b'[{"md5": "0", "relpath": "x"}]', b'[{"md5": "' + b"0" * 32 + b'"}]'],
)
def test_a_broken_list_of_files_is_corrupt(
    registry: Registry, project: Path, rows: bytes
) -> None:
    md5 = hashlib.md5(rows).hexdigest()
    place = project / ".dvc" / "cache" / "files" / "md5" / md5[:2] / f"{md5[2:]}.dir"
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(rows)
    (project / "x.dvc").write_text(f"outs:\n- {{path: x, md5: {md5}.dir, hash: md5}}\n")

    with pytest.raises(Corrupt, match=r"DVC's list of the files in x cannot be read"):
        snapshot_dvc(registry, str(project / "x"))


def test_a_list_of_files_cannot_lead_out_of_its_folder(
    registry: Registry, project: Path
) -> None:
    rows = b'[{"md5": "' + b"0" * 32 + b'", "relpath": "../../secret"}]'
    md5 = hashlib.md5(rows).hexdigest()
    place = project / ".dvc" / "cache" / "files" / "md5" / md5[:2] / f"{md5[2:]}.dir"
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(rows)
    (project / "x.dvc").write_text(f"outs:\n- {{path: x, md5: {md5}.dir, hash: md5}}\n")

    with pytest.raises(Corrupt, match=r"leaves its tree"):
        snapshot_dvc(registry, str(project / "x"))


def test_a_cache_that_may_not_be_read_is_not_called_lost() -> None:
    with open_to_all() as room:
        kept = room / "object"
        kept.write_bytes(train(2))
        kept.chmod(0o000)
        wanted = Wanted(b"train.csv", lambda: [local_copy(str(kept))])

        with as_nobody(), pytest.raises(Unavailable, match="permission denied; check who may"):
            take(wanted, None)


def test_a_bad_name_is_refused_before_anything_is_read(
    registry: Registry, project: Path
) -> None:
    with pytest.raises(Invalid, match="'My Data' is not a name for a snapshot"):
        snapshot_dvc(registry, str(project / "data/train.csv"), name="My Data")

    assert registry.snapshots() == ()
