"""Snapshots of what lies in a bucket: read in jobs, by this process, others, or a cluster.

Every way of working runs the same jobs through the same function, `bucket_worker.store_jobs`,
and puts their answers together in the order of the names.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import msgspec

from cairn.core.errors import Invalid
from cairn.core.snapshot import Files, Sampling, SnapshotInfo
from cairn.core.tree import FILE, Entry
from cairn.data.buckets.bucket import listed_files
from cairn.data.buckets.bucket_worker import MODULE, Job, Settings, Stored, store_jobs
from cairn.data.files import check_name, record_snapshot
from cairn.objects.folders.stored_tree import Progress, Tally, store_entries
from cairn.objects.folders.workers import worker_count, working
from cairn.project import Project

JOB_FILES, JOB_BYTES = 256, 64 << 20
_encode = msgspec.msgpack.encode


class Working(Protocol):
    """Whoever answers jobs, in their order."""

    def work(self, jobs: Iterator[bytes]) -> Iterator[msgspec.Raw]:
        """Yield the reply to each job."""
        ...


class _Listed(NamedTuple):
    key: str
    size: int


def snapshot_bucket(
    project: Project,
    address: str,
    *,
    name: str | None = None,
    ray: str = "",
    sampling: Sampling | None = None,
    on_progress: Progress | None = None,
) -> SnapshotInfo:
    """Freeze everything under an address such as `s3://bucket/prefix`.

    With `ray`, the address of a running cluster or `auto`, its nodes read and store; each must
    reach the bucket and the store. Raises `Invalid` if nothing lies there, `Conflict` if an
    object changes meanwhile, and what the cloud raises.
    """
    check_name(name)
    files = [_Listed(found.key, found.size) for found in listed_files(address)]
    if not files:
        raise Invalid(f"nothing lies under {address}: check the bucket and the prefix")
    done = Tally(len(files), sum(file.size for file in files), on_progress)
    project.objects.hold()
    with _workers(project, address, files, ray) as workers, project.objects.batch() as batch:
        tree = store_entries(batch, done.counted(_entries(workers, files)))
    origin = address.partition("?")[0]
    source = Files(tree=tree.digest)
    return record_snapshot(project, source, origin=origin, name=name, sampling=sampling)


@contextmanager
def _workers(
    project: Project, address: str, files: list[_Listed], ray: str
) -> Generator[Working, None, None]:
    settings = Settings(address=address, objects=_place(project))
    if ray:
        from cairn.data.buckets.ray_workers import on_cluster

        with on_cluster(ray, settings) as cluster:
            yield cluster
        return
    count = worker_count(len(files), sum(file.size for file in files))
    if count > 1 and settings.objects:
        with working(MODULE, settings, count=count) as workers:
            if workers is not None:
                yield workers
                workers.finish()
                return
    yield _Here(project, settings)


class _Here:
    """This process alone, storing through the registry's own objects."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self._objects = project.objects
        self._settings = settings

    def work(self, jobs: Iterator[bytes]) -> Iterator[msgspec.Raw]:
        """Answer one job after the other."""
        for value in store_jobs(self._settings, jobs, objects=self._objects):
            yield msgspec.Raw(_encode(value))


def _place(project: Project) -> str:
    """Say where another process finds the objects; empty if only this one can store there."""
    if project.objects.is_encrypted:
        return ""
    return project.settings.objects or str((project.settings.store / "objects").absolute())


def _entries(workers: Working, files: list[_Listed]) -> Iterator[Entry]:
    """Yield an entry for each file, in order."""
    replies = workers.work(_encode(job) for job in _jobs(files))
    stored = (
        each for reply in replies for each in msgspec.msgpack.decode(reply, type=list[Stored])
    )
    for file, (digest, size) in zip(files, stored, strict=True):
        yield Entry(file.key.encode(), FILE, size, "sha256:" + digest.hex())


def _jobs(files: Iterable[_Listed]) -> Iterator[Job]:
    job: Job = []
    size = 0
    for file in files:
        job.append((file.key, file.size))
        size += file.size
        if len(job) >= JOB_FILES or size >= JOB_BYTES:
            yield job
            job, size = [], 0
    if job:
        yield job
