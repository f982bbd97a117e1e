"""Networks that lose, repeat, cut and delay: nothing acknowledged is lost or wrong."""

import os
import random
import secrets
from collections.abc import Generator
from contextlib import suppress
from typing import NamedTuple
from unittest import mock

import pytest

from cairn.core.digest import digest_bytes
from cairn.core.errors import Unavailable
from cairn.objects import ObjectStore
from cairn.objects.backends.bucket_address import Place
from cairn.objects.backends.cloud import CloudBackend
from cairn.objects.backends.provider import Patience
from clouds import faulty, servers
from clouds.backends import stored
from clouds.faulty import Fault, Proxy

KEY = "packs/" + "ab" * 32
CONTENT = bytes(range(256)) * 100
PATIENCE = Patience(
    retries=3, first_seconds=0.001, longest_seconds=0.004, silence_seconds=0.25
)
WRITING = [
    faulty.busy,
    faulty.too_many,
    faulty.broken_after,
    faulty.cut,
    faulty.lost,
    faulty.twice,
]
READING = [faulty.busy, faulty.too_many, faulty.cut, faulty.silent, faulty.truncated]


class Line(NamedTuple):
    """A backend at the end of a bad line, and the same place at the end of a good one."""

    backend: CloudBackend
    proxy: Proxy
    clean: CloudBackend


@pytest.fixture(params=["s3", "gs", "az"])
def line(request: pytest.FixtureRequest) -> Generator[Line]:
    cloud = servers.CLOUDS[request.param]()
    place = Place(cloud.scheme, servers.BUCKET, secrets.token_hex(8))
    clean, backend = CloudBackend(place), CloudBackend(place, PATIENCE)
    with mock.patch.dict(os.environ, cloud.environment(cloud.port)):
        clean.exists("connects")
    with (
        faulty.proxy(cloud.port) as proxy,
        mock.patch.dict(os.environ, cloud.environment(proxy.server_port)),
    ):
        backend.exists("connects")
        _connect_to_write(backend)
        proxy.asked.clear()
        yield Line(backend, proxy, clean)


def _connect_to_write(backend: CloudBackend) -> None:
    backend.remove("nothing")


@pytest.mark.parametrize("fault", WRITING, ids=lambda fault: fault.__name__)
def test_what_is_written_arrives_once(line: Line, fault: Fault) -> None:
    line.proxy.faults.append(("PUT", fault))

    placed = stored(line.backend, KEY, CONTENT)

    assert placed
    assert not line.proxy.faults
    assert line.clean.read(KEY) == CONTENT


@pytest.mark.parametrize("fault", WRITING, ids=lambda fault: fault.__name__)
def test_nobodys_fault_lets_a_second_writer_in(line: Line, fault: Fault) -> None:
    stored(line.clean, KEY, b"first")
    line.proxy.faults.append(("PUT", fault))

    placed = stored(line.backend, KEY, b"other")

    assert not placed
    assert line.clean.read(KEY) == b"first"


@pytest.mark.parametrize("fault", READING, ids=lambda fault: fault.__name__)
def test_what_is_read_is_right(line: Line, fault: Fault) -> None:
    stored(line.clean, KEY, CONTENT)
    line.proxy.faults.append(("GET", fault))

    assert line.backend.read(KEY) == CONTENT
    line.proxy.faults.append(("GET", fault))
    assert line.backend.read(KEY, 300, 5000) == CONTENT[300:5300]
    assert not line.proxy.faults


@pytest.mark.parametrize("fault", READING, ids=lambda fault: fault.__name__)
def test_a_listing_is_whole(line: Line, fault: Fault) -> None:
    keys = [f"tombs/{number}" for number in range(5)]
    for key in keys:
        stored(line.clean, key, b"")
    line.proxy.faults.append(("GET", fault))

    assert [found.key for found in line.backend.list("tombs/")] == keys
    assert not line.proxy.faults


@pytest.mark.parametrize("fault", [faulty.busy, faulty.too_many, faulty.cut])
def test_a_cloud_that_stays_away_is_asked_a_few_times(line: Line, fault: Fault) -> None:
    stored(line.clean, KEY, CONTENT)
    line.proxy.always = fault

    for ask in (
        lambda: line.backend.read(KEY),
        lambda: line.backend.size(KEY),
        lambda: list(line.backend.list("")),
        lambda: stored(line.backend, "packs/new", b"new"),
        lambda: line.backend.remove(KEY),
    ):
        line.proxy.asked.clear()
        with pytest.raises(Unavailable, match=f"{line.backend.place.url}.*run this again"):
            ask()
        assert 1 < len(line.proxy.asked) <= PATIENCE.retries + 1
    assert not line.clean.exists("packs/new")
    assert line.clean.read(KEY) == CONTENT


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_what_was_acknowledged_is_there_and_right(
    line: Line, seed: int
) -> None:
    chance = random.Random(seed)
    faults = [faulty.none, *WRITING, faulty.truncated]
    line.proxy.faults.extend(
        (chance.choice(["PUT", "GET"]), chance.choice(faults)) for _ in range(60)
    )
    stored_there: dict[str, bytes] = {}
    objects = ObjectStore(line.backend)

    for number in range(12):
        content = chance.randbytes(chance.choice([10, 3000, 200_000]))
        with suppress(Unavailable):
            stored_there[objects.put(content)] = content
            assert objects.get(digest_bytes(content)) == content, number

    assert len(stored_there) > 6
    for digest, content in stored_there.items():
        assert ObjectStore(line.clean).get(digest) == content
