"""Three nodes of a Ray cluster, on this machine, freeze a bucket together."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cairn.core.errors import Conflict
from cairn.data.buckets import bucket, bucket_files
from cairn.data.buckets.bucket_files import snapshot_bucket
from cairn.objects.backends.backend import Found
from cairn.registry import Registry
from clouds import servers
from projects.store import open_registry
from suite import lifeline

NODES = 3
FILES = {f"part-{number:04}.csv": f"x\n{number}\n".encode() for number in range(90)}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster of three nodes of one core each."""
    cloud = servers.s3()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cloud.environment(cloud.port).items():
            patch.setenv(name, value)
        patch.setenv("RAY_DISABLE_IMPORT_WARNING", "1")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("CAIRN_HOME", str(tmp_path_factory.mktemp("home")))
        client = servers.s3_client(cloud.port)
        for key, content in FILES.items():
            client.put_object(Bucket=servers.BUCKET, Key=f"ray/{key}", Body=content)
        client.close()
        bucket.forget_buckets()
        from ray.cluster_utils import Cluster

        started = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        for _ in range(NODES - 1):
            started.add_node(num_cpus=1)
        lifeline.hold(*ray_processes(started))
        yield str(started.address)
        started.shutdown()
        bucket.forget_buckets()


def ray_processes(cluster: Any) -> Iterator[int]:
    """The processes of every node."""
    for node in cluster.list_all_nodes():
        for started in node.all_processes.values():
            yield from (each.process.pid for each in started)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    (tmp_path / "project").mkdir()
    return open_registry(tmp_path / "project")


def test_a_cluster_gives_the_snapshot_that_this_process_gives(
    cluster: str, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_files, "JOB_FILES", 4)
    address = f"s3://{servers.BUCKET}/ray"

    on_nodes = snapshot_bucket(registry, address, ray=cluster)
    here = snapshot_bucket(registry, address)

    assert on_nodes.tree == here.tree
    assert registry.verify(objects=True).problems == ()


def test_what_goes_wrong_on_a_node_is_told_as_it_is_here(
    cluster: str, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = bucket_files.listed_files

    def stale(where: str) -> list[Found]:
        return [found._replace(size=1) for found in listed(where)]

    monkeypatch.setattr(bucket_files, "listed_files", stale)

    with pytest.raises(Conflict, match="changed while the snapshot was taken"):
        snapshot_bucket(registry, f"s3://{servers.BUCKET}/ray", ray=cluster)
