"""What lies in a bucket becomes a snapshot, read here, by other processes, or on a cluster."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.core.errors import Invalid, Unavailable
from cairn.data.buckets import bucket, bucket_files
from cairn.data.buckets.bucket_files import snapshot_bucket
from cairn.objects.backends.backend import Found
from cairn.objects.folders.tree import restore_tree, store_tree
from cairn.registry import Registry
from clouds import servers
from projects.store import open_registry

LARGE = random.Random(2).randbytes((9 << 20) + 5)
FILES = {f"images/{number:03}.bin": bytes([number]) * (number + 1) for number in range(60)} | {
    "empty": b"",
    "images-extra/x": b"x",
    "weights.bin": LARGE,
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A bucket on this machine with some files under a prefix."""
    cloud = servers.s3()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cloud.environment(cloud.port).items():
            patch.setenv(name, value)
        client = servers.s3_client(cloud.port)
        for key, content in FILES.items():
            client.put_object(Bucket=servers.BUCKET, Key=f"raw/{key}", Body=content)
        client.put_object(Bucket=servers.BUCKET, Key="raw/images/", Body=b"")
        client.put_object(Bucket=servers.BUCKET, Key="rawer", Body=b"not under the prefix")
        client.close()
        bucket.forget_buckets()
        yield f"s3://{servers.BUCKET}/raw"
        bucket.forget_buckets()


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    (tmp_path / "project").mkdir()
    return open_registry(tmp_path / "project")


def as_files(registry: Registry, folder: Path) -> str:
    """The tree that the same files have on disk."""
    for key, content in FILES.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(content)
    return store_tree(registry.objects, folder).digest


def test_a_bucket_has_the_digest_of_the_same_files_on_disk(
    registry: Registry, address: str, tmp_path: Path
) -> None:
    info = snapshot_bucket(registry, address, name="raw")

    assert info.tree == as_files(registry, tmp_path / "disk")
    assert (info.files, info.origin) == (len(FILES), address)


def test_it_restores_exactly(registry: Registry, address: str, tmp_path: Path) -> None:
    info = snapshot_bucket(registry, address)

    restore_tree(registry.objects, info.tree, tmp_path / "again")

    assert {
        path.relative_to(tmp_path / "again").as_posix(): path.read_bytes()
        for path in (tmp_path / "again").rglob("*")
        if path.is_file()
    } == FILES


def two(files: int, size: int) -> int:
    """Let two processes work, however little there is to do."""
    del files, size
    return 2


def test_other_processes_give_the_same(
    registry: Registry, address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bucket_files, "worker_count", two)
    monkeypatch.setattr(bucket_files, "JOB_FILES", 7)

    info = snapshot_bucket(registry, address)

    assert info.tree == as_files(registry, tmp_path / "disk")
    assert registry.verify(objects=True).problems == ()


def test_nothing_under_an_address_is_told(registry: Registry, address: str) -> None:
    with pytest.raises(Invalid, match="nothing lies under"):
        snapshot_bucket(registry, f"{address}/nowhere")


def test_an_object_that_changes_meanwhile_is_a_conflict(
    registry: Registry, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = bucket_files.listed_files

    def stale(where: str) -> list[Found]:
        return [found._replace(size=found.size + 1) for found in listed(where)]

    monkeypatch.setattr(bucket_files, "listed_files", stale)

    with pytest.raises(Exception, match="changed while the snapshot was taken") as raised:
        snapshot_bucket(registry, address)
    assert type(raised.value).__name__ == "Conflict"


def test_no_cluster_at_an_address_is_told(registry: Registry, address: str) -> None:
    with pytest.raises(Unavailable, match=r"there is no Ray cluster at 127\.0\.0\.1:1"):
        snapshot_bucket(registry, address, ray="127.0.0.1:1")
