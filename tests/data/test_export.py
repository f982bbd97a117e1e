"""A version laid out for people who do not know Cairn: create-only, checked by sha256sum."""

import os
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from cairn.core.errors import Conflict, Corrupt, Invalid, NotFound, Refused
from cairn.core.tree import FILE, Entry
from cairn.core.version import Artifacts, Manifest, RegisterVersion, Version
from cairn.data.export import export, export_to_bucket
from cairn.objects.backends.memory import MemoryBackend
from cairn.objects.folders.tree import store_entries, store_tree
from cairn.registry import Registry
from projects.folders import Content, read, write
from projects.store import manifest, register

ODD = {b"new\nline": b"1", b"back\\slash": b"2", b"\xff\xfe": b"3", b"-": b"4", b"a b": b"5"}


def version_of(registry: Registry, files: dict[bytes, Content]) -> Version:
    """Register a version with these files."""
    folder = write(registry.settings.folder / "weights", files)
    tree = store_tree(registry.objects, folder).digest
    artifacts = Artifacts(tree=tree, flavor="files", safety="safe")
    digest = manifest(registry, artifacts=artifacts)
    return registry.engine.send(RegisterVersion(model="default/churn", manifest=digest))


def check(folder: Path) -> str:
    """Let sha256sum check a folder, strictly."""
    command = ("sha256sum", "--check", "--strict", "SHA256SUMS")
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode(errors="replace")


def test_a_release_lies_under_its_number(registry: Registry, tmp_path: Path) -> None:
    register(registry)
    registry.release("churn:1", release="1.4.0")

    done = export(registry, registry.version("churn:1.4.0"), tmp_path / "models")

    assert done == (str(tmp_path / "models/churn/v1.4.0"), ("model.json",), True)
    assert set(read(Path(done.place))) == {
        b"model.json",
        b"model.json.cairn.json",
        b"SHA256SUMS",
    }
    assert check(Path(done.place)) == "model.json: OK\nmodel.json.cairn.json: OK\n"


def test_a_version_without_a_release_lies_under_number_and_digest(
    registry: Registry, tmp_path: Path
) -> None:
    version = register(registry, model="risk/churn")

    done = export(registry, version, tmp_path)

    assert done.place == str(tmp_path / f"risk/churn/v1-{version.digest[7:19]}")


def test_sha256sum_checks_names_that_no_one_should_give(
    registry: Registry, tmp_path: Path
) -> None:
    files: dict[bytes, Content] = {**ODD, b"sub/link": "../a b"}
    done = export(registry, version_of(registry, files), tmp_path)

    found = read(Path(done.place))

    assert {name: found[name] for name in files} == files
    assert check(Path(done.place)).count(": OK\n") == 2 * len(ODD)


def test_the_same_version_again_changes_nothing(registry: Registry, tmp_path: Path) -> None:
    version = version_of(registry, {b"a": b"1", b"sub/b": b"2", b"sub/c": "b"})
    first = export(registry, version, tmp_path)
    written = Path(first.place).stat().st_mtime_ns

    again = export(registry, version, tmp_path)

    assert again == first._replace(is_new=False)
    assert Path(first.place).stat().st_mtime_ns == written
    assert os.listdir(tmp_path / "churn") == [Path(first.place).name]  # noqa: PTH208 (names as they are listed)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a", b"9", "a differs"),
        ("new", b"", "new is not of this version"),
        ("a", None, "a is missing"),
        ("SHA256SUMS", None, "SHA256SUMS is missing"),
    ],
)
def test_other_content_is_refused_and_stays(
    registry: Registry, tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    version = version_of(registry, {b"a": b"1"})
    place = Path(export(registry, version, tmp_path).place)
    (place / name).unlink(missing_ok=True)
    if content is not None:
        (place / name).write_bytes(content)
    before = read(tmp_path)

    with pytest.raises(Refused, match=says):
        export(registry, version, tmp_path)

    assert read(tmp_path) == before


def test_a_file_in_the_way_is_refused(registry: Registry, tmp_path: Path) -> None:
    version = version_of(registry, {b"a": b"1"})
    place = Path(export(registry, version, tmp_path / "first").place)
    (tmp_path / "churn").mkdir()
    (tmp_path / "churn" / place.name).write_text("in the way")

    with pytest.raises(Refused, match="is missing"):
        export(registry, version, tmp_path)


@pytest.mark.parametrize("name", [b"SHA256SUMS", b"a.cairn.json"])
def test_a_version_whose_files_have_the_names_of_an_export_is_named(
    registry: Registry, tmp_path: Path, name: bytes
) -> None:
    version = version_of(registry, {b"a": b"1", name: b"2"})

    with pytest.raises(Invalid, match=f"a file called {name.decode()}"):
        export(registry, version, tmp_path)


def test_damaged_bytes_are_not_exported(registry: Registry, tmp_path: Path) -> None:
    version = version_of(registry, {b"a": b"1", b"b": b"22"})
    damage(registry, b"22")

    with pytest.raises(Corrupt):
        export(registry, version, tmp_path / "out")
    bucket: dict[str, bytes] = {}
    with pytest.raises(Corrupt):
        export_to_bucket(registry, version, MemoryBackend(bucket), name="s3://models/")

    assert read(tmp_path / "out") == {}
    assert [key for key in bucket if not key.endswith((".cairn.json", "/a"))] == []


@pytest.mark.parametrize("name", [b".git/config", b"a/.GIT/hooks/x", b".cairn/store.json"])
def test_a_folder_of_git_or_cairn_is_exported_nowhere(
    registry: Registry, tmp_path: Path, name: bytes
) -> None:
    content = registry.objects.put(b"1")
    with registry.objects.batch() as batch:
        tree = store_entries(batch, [Entry(name, FILE, 1, content)]).digest
    artifacts = Artifacts(tree=tree, flavor="files", safety="safe")
    version = replace(register(registry), manifest=Manifest(artifacts=artifacts))
    bucket: dict[str, bytes] = {}

    with pytest.raises(Refused, match="become part of git's own folder or Cairn's"):
        export(registry, version, tmp_path / "out")
    with pytest.raises(Refused, match="become part of git's own folder or Cairn's"):
        export_to_bucket(registry, version, MemoryBackend(bucket), name="s3://models/")

    assert bucket == {}
    assert not (tmp_path / "out").exists()


def test_a_version_without_files_is_named(registry: Registry, tmp_path: Path) -> None:
    bare = replace(register(registry), manifest=Manifest())

    with pytest.raises(NotFound, match="has no files to export"):
        export(registry, bare, tmp_path)


def test_a_bucket_has_the_same_layout_and_the_checksums_come_last(
    registry: Registry, tmp_path: Path
) -> None:
    version = version_of(registry, {b"a": b"1", b"sub/b": b"2"})
    folder = Path(export(registry, version, tmp_path).place)
    bucket: dict[str, bytes] = {}

    done = export_to_bucket(registry, version, MemoryBackend(bucket), name="s3://models/")

    assert done == (f"s3://models/churn/{folder.name}", ("a", "sub/b"), True)
    assert list(bucket)[-1] == f"churn/{folder.name}/SHA256SUMS"
    assert {os.fsencode(key): content for key, content in bucket.items()} == {
        b"churn/" + os.fsencode(folder.name) + b"/" + name: content
        for name, content in read(folder).items()
    }


def test_an_export_to_a_bucket_goes_on_where_it_was_interrupted(registry: Registry) -> None:
    version = version_of(registry, {b"a": b"1", b"b": b"2"})
    whole: dict[str, bytes] = {}
    export_to_bucket(registry, version, MemoryBackend(whole), name="s3://models/")
    begun = dict(list(whole.items())[:2])

    done = export_to_bucket(registry, version, MemoryBackend(begun), name="s3://models/")
    again = export_to_bucket(registry, version, MemoryBackend(begun), name="s3://models/")

    assert begun == whole
    assert (done.is_new, again.is_new) == (True, False)


def test_a_byte_that_changed_in_a_bucket_is_found_beside_intact_checksums(
    registry: Registry,
) -> None:
    version = version_of(registry, {b"a": b"1", b"b": b"2"})
    bucket: dict[str, bytes] = {}
    export_to_bucket(registry, version, MemoryBackend(bucket), name="s3://models/")
    key = next(key for key in bucket if key.endswith("/a"))
    bucket[key] = b"9" + bucket[key][1:]

    with pytest.raises(Refused, match="a differs"):
        export_to_bucket(registry, version, MemoryBackend(bucket), name="s3://models/")


def test_other_content_in_a_bucket_is_refused_and_stays(registry: Registry) -> None:
    version = version_of(registry, {b"a": b"1", b"b": b"2"})
    bucket: dict[str, bytes] = {}
    export_to_bucket(registry, version, MemoryBackend(bucket), name="s3://models/")
    key = next(key for key in bucket if key.endswith("/a"))
    del bucket[key.replace("/a", "/SHA256SUMS")]
    bucket[key] = b"9"
    before = dict(bucket)

    with pytest.raises(Refused, match="a differs"):
        export_to_bucket(registry, version, MemoryBackend(bucket), name="s3://models/")

    assert bucket == before


@pytest.mark.parametrize(
    ("files", "says"),
    [({b"a": b"1", b"l": "a"}, "l is a symbolic link"), ({b"\xff": b"1"}, "it is not UTF-8")],
)
def test_what_a_bucket_cannot_hold_is_named(
    registry: Registry, files: dict[bytes, Content], says: str
) -> None:
    version = version_of(registry, files)
    bucket: dict[str, bytes] = {}

    with pytest.raises(Invalid, match=says):
        export_to_bucket(registry, version, MemoryBackend(bucket), name="s3://models/")

    assert bucket == {}


def test_two_that_write_at_once_do_not_replace_each_other(registry: Registry) -> None:
    version = version_of(registry, {b"a": b"1"})
    backend = MemoryBackend({})
    place = backend._place  # noqa: SLF001 (where the bucket lies)

    def somebody_first(key: str, content: bytes) -> bool:
        place(key, b"theirs")
        return place(key, content)

    backend._place = somebody_first  # type: ignore[method-assign]  # noqa: SLF001 (where the bucket lies)

    with pytest.raises(Conflict, match="somebody else writes"):
        export_to_bucket(registry, version, backend, name="s3://models/")


def damage(registry: Registry, content: bytes) -> None:
    """Flip a bit of the stored object that has this content, wherever it lies."""
    for path in (registry.settings.store / "objects").rglob("*"):
        if path.is_file() and content in path.read_bytes():
            before = path.read_bytes()
            path.chmod(0o644)
            at = before.index(content)
            path.write_bytes(before[:at] + bytes([content[0] ^ 1]) + before[at + 1 :])
