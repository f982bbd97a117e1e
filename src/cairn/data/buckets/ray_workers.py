"""Workers on a Ray cluster: the same jobs through the same function, as tasks on its nodes.

A task that dies with its node is run again elsewhere, which does no harm: what it stored
before is found there by its content.
"""

import socket
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import msgspec

from cairn.core import errors
from cairn.core.errors import CairnError, Invalid, Unavailable, first_line
from cairn.data.buckets.bucket_worker import Settings, store_jobs
from cairn.installed import installs

TASK_JOBS = 8
"""Jobs of one task: enough to fill packs, few enough to be repeated if a node dies."""
TASKS_A_CORE = 2
SECONDS = 5.0

Answer = tuple[list[bytes], str, str]
"""The replies of a task, or the name of an error's class and its text."""


@contextmanager
def on_cluster(address: str, settings: Settings) -> Generator["RayWorkers", None, None]:
    """Work on the cluster at an address, `auto` for the one that this machine belongs to.

    Cairn must be installed on its nodes. Raises `Invalid` if Ray is not installed here or the
    store cannot be reached from elsewhere, `Unavailable` if there is no cluster.
    """
    try:
        import ray
    except ImportError as error:
        raise Invalid(
            f"a cluster is reached through Ray, which is not installed: {installs('ray')}"
        ) from error
    if not settings.objects:
        raise Invalid("an encrypted store is written by this process alone: leave out --ray")
    _require_answer(address)
    cluster: Any = ray
    began = not cluster.is_initialized()
    try:
        if began:
            cluster.init(address=address, logging_level="ERROR", log_to_driver=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise _none_at(address, error) from error
    try:
        yield RayWorkers(cluster, settings)
    finally:
        if began:
            cluster.shutdown()


def _require_answer(address: str) -> None:
    """Raise `Unavailable` if nothing answers there: Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        return  # `auto`, or a name that Ray resolves
    try:
        socket.create_connection((host.removeprefix("ray://"), int(port)), SECONDS).close()
    except OSError as error:
        raise _none_at(address, error) from error


def _none_at(address: str, error: Exception) -> Unavailable:
    return Unavailable(
        f"there is no Ray cluster at {address}: {first_line(error)}; `ray start --head` "
        "starts one"
    )


class RayWorkers:
    """Tasks on a cluster, as many under way as its cores can do."""

    def __init__(self, ray: Any, settings: Settings) -> None:
        self._ray = ray
        self._settings = msgspec.msgpack.encode(settings)
        self._task = ray.remote(num_cpus=1, max_retries=3)(answer_jobs)
        cores = int(ray.cluster_resources().get("CPU", 1))
        self._most = max(TASKS_A_CORE, TASKS_A_CORE * cores)

    def work(self, jobs: Iterator[bytes]) -> Iterator[msgspec.Raw]:
        """Yield the reply to each job, in their order.

        Raises what a job raises, and `Unavailable` for a task that no node could finish.
        """
        waiting: deque[Any] = deque()
        while True:
            while len(waiting) < self._most and (some := list(islice(jobs, TASK_JOBS))):
                waiting.append(self._task.remote(self._settings, some))
            if not waiting:
                return
            yield from self._replies(waiting.popleft())

    def _replies(self, task: Any) -> Iterator[msgspec.Raw]:
        try:
            values, kind, text = self._ray.get(task)
        except self._ray.exceptions.RayError as error:
            raise Unavailable(
                f"the cluster could not finish a task: {first_line(error)}; see that its "
                "nodes are up and have Cairn installed, and run this again"
            ) from error
        if kind:
            raise getattr(errors, kind, Unavailable)(text)
        yield from map(msgspec.Raw, values)


def answer_jobs(settings: bytes, jobs: list[bytes]) -> Answer:
    """Run as a task: store what some jobs name, durably, and answer each."""
    told = msgspec.msgpack.decode(settings, type=Settings)
    try:
        values = [msgspec.msgpack.encode(each) for each in store_jobs(told, iter(jobs))]
    except CairnError as error:
        return [], type(error).__name__, str(error)
    return values, "", ""
