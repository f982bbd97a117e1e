"""Objects of S3, pinned by the versions that they have, and not copied."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cairn.core.errors import Invalid, Refused
from cairn.core.snapshot import BucketVersions, Snapshot
from cairn.data.buckets import bucket
from cairn.data.buckets.bucket_files import snapshot_bucket
from cairn.data.buckets.bucket_pin import pin_bucket
from cairn.data.pins import check_pin
from cairn.data.restore import restore
from cairn.data.source import snapshot
from cairn.registry import Registry
from clouds import servers
from projects.folders import read

VERSIONED, PLAIN = "versioned", "plain"
FILES = {"train.csv": b"x\n1\n", "images/1.png": b"\0\1", "empty": b""}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two buckets with the same files; one keeps versions."""
    cloud = servers.s3()
    for name, value in cloud.environment(cloud.port).items():
        monkeypatch.setenv(name, value)
    found = servers.s3_client(cloud.port)
    for name in (VERSIONED, PLAIN):
        found.create_bucket(Bucket=name)
    found.put_bucket_versioning(
        Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"}
    )
    for name in (VERSIONED, PLAIN):
        for key, content in FILES.items():
            found.put_object(Bucket=name, Key=f"raw/{key}", Body=content)
    bucket.forget_buckets()
    yield found
    bucket.forget_buckets()
    found.close()


def test_what_is_pinned_is_found_after_it_was_written_over_and_deleted(
    registry: Registry, client: Any, tmp_path: Path
) -> None:
    address = f"s3://{VERSIONED}/raw"
    pin = pin_bucket(registry, address, name="raw")
    client.put_object(Bucket=VERSIONED, Key="raw/train.csv", Body=b"x\n2\n")
    client.delete_object(Bucket=VERSIONED, Key="raw/empty")

    checked = check_pin(registry, pin)
    restore(registry, "raw", tmp_path / "back")

    assert checked.check.status == "intact"
    assert read(tmp_path / "back") == {path.encode(): body for path, body in FILES.items()}
    source = registry.objects.get_record(pin.digest, Snapshot).source
    assert isinstance(source, BucketVersions)
    assert (source.mode, source.location, len(set(source.versions))) == ("pin", address, 3)
    copied = snapshot_bucket(registry, f"s3://{PLAIN}/raw")
    assert copied.tree == pin.tree


def test_the_bytes_are_not_copied(registry: Registry, client: Any) -> None:
    pin = pin_bucket(registry, f"s3://{VERSIONED}/raw")

    stored = [registry.objects.get(digest) for digest in registry.objects.digests()]

    assert FILES["train.csv"] not in stored
    assert pin.size_bytes == sum(map(len, FILES.values()))
    assert client is not None


def test_a_version_that_was_removed_for_good_is_lost(registry: Registry, client: Any) -> None:
    pin = pin_bucket(registry, f"s3://{VERSIONED}/raw", name="raw")
    versions = client.list_object_versions(Bucket=VERSIONED, Prefix="raw/train.csv")
    for version in versions["Versions"]:
        client.delete_object(
            Bucket=VERSIONED, Key="raw/train.csv", VersionId=version["VersionId"]
        )

    files = {file.path: file.status for file in check_pin(registry, pin).files}

    assert files == {"empty": "intact", "images/1.png": "intact", "train.csv": "lost"}


def test_what_has_no_version_is_not_pinned(registry: Registry, client: Any) -> None:
    with pytest.raises(Refused, match="has no version, so other bytes may lie there") as error:
        snapshot(registry, f"s3://{PLAIN}/raw", mode="pin")

    assert "leave out `--pin`" in error.value.fix
    assert registry.snapshots() == ()
    with pytest.raises(Invalid, match="nothing lies under"):
        snapshot(registry, f"s3://{VERSIONED}/nothing", mode="pin")
    with pytest.raises(Invalid, match="only objects of S3 are pinned"):
        snapshot(registry, "gs://bucket/raw", mode="pin")
    assert client is not None
