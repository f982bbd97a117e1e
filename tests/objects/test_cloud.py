"""Buckets: uploads in parts, encryption by the service, retention, and errors that help."""

import mmap
import os
import pickle
import secrets
import sys
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from cairn.core.errors import Forbidden, Invalid, NotFound, Refused, Unavailable
from cairn.objects.address import open_backend
from cairn.objects.backends.backend import Backend
from cairn.objects.backends.bucket_address import Place, read_place
from cairn.objects.backends.cloud import CloudBackend
from cairn.objects.backends.local import LocalBackend
from cairn.objects.backends.provider import Patience
from cairn.objects.backends.upload import Sizes
from clouds import faulty, servers
from clouds.backends import stored

KEY = "packs/" + "ab" * 32
PARTS = Sizes(single=1 << 20, part=5 << 20)
LARGE = bytes(range(256)) * (11 << 12)
HASTE = Patience(retries=1, first_seconds=0.001, silence_seconds=1)
ASKS: list[Callable[[CloudBackend], object]] = [
    lambda backend: backend.exists(KEY),
    lambda backend: backend.size(KEY),
    lambda backend: backend.read(KEY),
    lambda backend: list(backend.list("")),
    lambda backend: stored(backend, KEY, b"x"),
]


@pytest.fixture(params=["s3", "gs", "az"])
def scheme(request: pytest.FixtureRequest) -> Iterator[str]:
    cloud = servers.CLOUDS[request.param]()
    with mock.patch.dict(os.environ, cloud.environment(cloud.port)):
        yield request.param


@pytest.fixture
def s3() -> Generator[Any]:
    cloud = servers.s3()
    with (
        mock.patch.dict(os.environ, cloud.environment(cloud.port)),
        closing(servers.s3_client(cloud.port)) as client,
    ):
        yield client


def fresh(scheme: str, *, sizes: Sizes = PARTS) -> CloudBackend:
    place = Place(scheme, servers.BUCKET, secrets.token_hex(8))
    return CloudBackend(place, HASTE, sizes=sizes)


def everything(backend: CloudBackend) -> list[str]:
    """List what lies in a place, uploads on their way included."""
    return [found.key for under in ("", "incoming/") for found in backend.list(under)]


def test_large_content_arrives_in_parts_and_appears_whole(scheme: str) -> None:
    backend = fresh(scheme)
    incoming = backend.receive()
    for at in range(0, len(LARGE), 700_000):
        incoming.write(memoryview(LARGE)[at : at + 700_000])
    incoming.end()
    incoming.seal()

    before = [found.key for found in backend.list("")]
    placed = incoming.place(KEY)
    incoming.discard()

    assert (before, placed) == ([], True)
    assert everything(backend) == [KEY]
    assert backend.read(KEY) == LARGE
    assert backend.read(KEY, 6 << 20, 100) == LARGE[6 << 20 : (6 << 20) + 100]


def test_no_upload_in_parts_replaces_anything(scheme: str) -> None:
    backend = fresh(scheme)
    stored(backend, KEY, b"first")

    placed = stored(backend, KEY, LARGE)
    stored_again = stored(backend, "packs/large", LARGE), stored(backend, "packs/large", b"x")

    assert not placed
    assert backend.read(KEY) == b"first"
    assert stored_again == (True, False)
    assert backend.size("packs/large") == len(LARGE)
    assert everything(backend) == [KEY, "packs/large"]


def test_of_two_uploads_in_parts_at_the_same_moment_one_appears(scheme: str) -> None:
    backend = fresh(scheme, sizes=Sizes(single=1000, part=5 << 20))
    contents = [bytes([number]) * 2000 for number in range(6)]

    with ThreadPoolExecutor(6) as threads:
        firsts = list(threads.map(partial(stored, backend, KEY), contents))

    assert sum(firsts) == 1
    assert backend.read(KEY) == contents[firsts.index(True)]
    assert everything(backend) == [KEY]


def test_discarded_parts_are_removed_from_the_cloud(scheme: str) -> None:
    backend = fresh(scheme)
    incoming = backend.receive()
    incoming.write(LARGE)

    incoming.discard()

    assert everything(backend) == []


def test_content_that_no_cloud_copies_at_once_is_refused_early() -> None:
    incoming = fresh("s3").receive()

    with (
        mmap.mmap(-1, (5 << 30) + 1, prot=mmap.PROT_READ) as zeros,  # no page of it is touched
        memoryview(zeros) as content,
        pytest.raises(Invalid, match=r"cannot take more than 5 GiB as one object"),
    ):
        incoming.write(content)
    incoming.discard()


def test_keys_may_have_any_ordinary_character(scheme: str) -> None:
    backend = fresh(scheme)
    names = ["a b", "ü/雪", "100%", "a#b?c", "a+b", "a=b&c", "~t", "v1.4.0/x.json", "@_-."]

    for name in names:
        assert stored(backend, f"refs/{name}", name.encode())

    assert [found.key for found in backend.list("refs/")] == sorted(f"refs/{n}" for n in names)
    assert all(backend.read(f"refs/{name}") == name.encode() for name in names)


def test_a_backend_travels_to_another_process_as_an_address(scheme: str) -> None:
    backend = fresh(scheme)
    stored(backend, KEY, b"content")

    travelled: Backend = pickle.loads(pickle.dumps(backend))

    assert travelled.read(KEY) == b"content"


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ("", {}),
        ("?sse=AES256", {"x-amz-server-side-encryption": "AES256"}),
        (
            "?sse=aws:kms&kms-key=key-of-the-team",
            {
                "x-amz-server-side-encryption": "aws:kms",
                "x-amz-server-side-encryption-aws-kms-key-id": "key-of-the-team",
            },
        ),
    ],
)
def test_s3_is_asked_to_encrypt_every_object(
    s3: Any, options: str, sent: dict[str, str]
) -> None:
    prefix = secrets.token_hex(8)
    place = read_place(f"s3://{servers.BUCKET}/{prefix}{options}")
    with (
        faulty.proxy(servers.s3().port) as proxy,
        mock.patch.dict(os.environ, servers.s3_environment(proxy.server_port)),
    ):
        backend = CloudBackend(place, HASTE, sizes=PARTS)
        stored(backend, "packs/small", b"x")
        stored(backend, "packs/large", LARGE)

    begun = [
        asked
        for asked in proxy.asked
        if (asked.method == "PUT" and "partNumber" not in asked.path)
        or "?uploads" in asked.path
    ]
    assert len(begun) == 3
    for asked in begun:
        marked = {
            name: value
            for name, value in asked.headers.items()
            if name.startswith("x-amz-server-side")
        }
        assert marked == sent
    for name in ("small", "large"):
        about = s3.head_object(Bucket=servers.BUCKET, Key=f"{prefix}/packs/{name}")
        wanted = sent.get("x-amz-server-side-encryption")
        assert about.get("ServerSideEncryption") == wanted


def test_every_write_to_s3_carries_a_condition_or_a_name_of_its_own() -> None:
    with (
        faulty.proxy(servers.s3().port) as proxy,
        mock.patch.dict(os.environ, servers.s3_environment(proxy.server_port)),
    ):
        backend = fresh("s3")
        stored(backend, "packs/small", b"x")
        stored(backend, "packs/large", LARGE)

    ends = [asked for asked in proxy.asked if asked.method in ("PUT", "POST")]
    visible = [
        asked
        for asked in ends
        if "/incoming/" not in asked.path
        and "delete" not in asked.path
        and "?uploads" not in asked.path
        and "partNumber" not in asked.path
    ]
    assert len(visible) == 2
    assert {asked.headers.get("if-none-match") for asked in visible} == {"*"}


def test_a_bucket_with_object_lock_keeps_what_it_was_given(s3: Any) -> None:
    bucket = f"locked-{secrets.token_hex(4)}"
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    backend = open_backend(f"s3://{bucket}")

    stored(backend, KEY, b"released")
    version = s3.list_object_versions(Bucket=bucket)["Versions"][0]["VersionId"]
    backend.remove(KEY)

    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key=KEY, VersionId=version)
    kept = s3.get_object(Bucket=bucket, Key=KEY, VersionId=version)["Body"].read()
    assert kept == b"released"


def test_what_a_retention_policy_holds_is_not_removed(scheme: str) -> None:
    if scheme != "gs":
        cloud = servers.CLOUDS[scheme]()
        with (
            faulty.proxy(cloud.port) as proxy,
            mock.patch.dict(os.environ, cloud.environment(proxy.server_port)),
        ):
            backend = fresh(scheme)
            stored(backend, KEY, b"held")
            proxy.always = faulty.held
            with pytest.raises(Refused, match="held by the bucket's retention policy"):
                backend.remove(KEY)
        return
    backend = fresh(scheme)
    stored(backend, KEY, b"held")
    with servers.retaining(servers.BUCKET), pytest.raises(Refused, match="retention policy"):
        backend.remove(KEY)
    assert backend.read(KEY) == b"held"


def test_a_missing_bucket_is_named_whatever_is_asked(scheme: str) -> None:
    for ask in ASKS:
        backend = CloudBackend(Place(scheme, "no-such-bucket", "team"), HASTE)
        with pytest.raises(NotFound, match=f"no bucket no-such-bucket for {scheme}://no-such"):
            ask(backend)


def test_wrong_credentials_are_forbidden_and_the_fix_is_named(scheme: str) -> None:
    wrong = {"GOOGLE_BEARER_TOKEN": "wrong", "AZURE_STORAGE_ACCOUNT_KEY": "d3Jvbmc="}
    named = {"s3": "AWS_ACCESS_KEY_ID", "gs": "GOOGLE_APP", "az": "AZURE_STORAGE_ACCOUNT_KEY"}
    cloud = servers.CLOUDS[scheme]()
    with (
        faulty.proxy(cloud.port) as proxy,
        mock.patch.dict(os.environ, {**cloud.environment(proxy.server_port), **wrong}),
    ):
        if scheme == "s3":  # moto does not look at credentials
            proxy.always = faulty.forbidden
        for ask in ASKS:
            with pytest.raises(Forbidden, match=named[scheme]) as refused:
                ask(fresh(scheme))
            assert "wrong" not in str(refused.value)


def test_a_cloud_that_nobody_can_reach_is_unavailable(scheme: str) -> None:
    cloud = servers.CLOUDS[scheme]()
    with mock.patch.dict(os.environ, cloud.environment(9)):
        backend = fresh(scheme)
        with pytest.raises(Unavailable, match=r"\(nothing answers there\)"):
            backend.read(KEY)


def test_a_bucket_of_another_region_is_named() -> None:
    with (
        faulty.proxy(servers.s3().port) as proxy,
        mock.patch.dict(os.environ, servers.s3_environment(proxy.server_port)),
    ):
        proxy.always = faulty.elsewhere
        with pytest.raises(Invalid, match="lies in another region: set AWS_REGION"):
            fresh("s3").read(KEY)


def test_missing_credentials_are_asked_for_by_name(scheme: str) -> None:
    first = {"s3": "AWS_ACCESS_KEY_ID", "gs": "GOOGLE_APPLICATION", "az": "AZURE_STORAGE_ACC"}
    cloud = servers.CLOUDS[scheme]()
    with faulty.proxy(cloud.port) as proxy:
        proxy.always = faulty.forbidden
        nowhere = {
            "AWS_METADATA_ENDPOINT": f"http://127.0.0.1:{proxy.server_port}/169.254.169.254",
            "AZURE_MSI_ENDPOINT": f"http://127.0.0.1:{proxy.server_port}/169.254.169.254",
            "GCE_METADATA_HOST": f"127.0.0.1:{proxy.server_port}",
            "GCE_METADATA_IP": f"127.0.0.1:{proxy.server_port}",
            "AZURE_STORAGE_ACCOUNT_NAME": "nobody",
            "PATH": "",
        }
        with (
            mock.patch.dict(os.environ, nowhere, clear=True),
            pytest.raises(Forbidden, match=f"credentials here: set {first[scheme]}"),
        ):
            fresh(scheme).exists(KEY)
        assert proxy.asked or scheme == "az"


def test_without_the_client_the_extra_is_named() -> None:
    with (
        mock.patch.dict(sys.modules, {"obstore": None}),
        pytest.raises(Unavailable, match=r"pip install .*\[cloud\]'"),
    ):
        fresh("s3").exists(KEY)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("s3://models", Place("s3", "models")),
        ("s3://models/", Place("s3", "models")),
        ("s3://models/team/a/", Place("s3", "models", "team/a")),
        ("gs://my_models.example/x y", Place("gs", "my_models.example", "x y")),
        ("az://container/p", Place("az", "container", "p")),
        ("s3://models?sse=AES256", Place("s3", "models", "", "AES256")),
        ("s3://models/p?kms-key=arn:k/1", Place("s3", "models", "p", "aws:kms", "arn:k/1")),
    ],
)
def test_an_address_names_a_place(address: str, place: Place) -> None:
    assert read_place(address) == place
    assert read_place(place.url) == place._replace(sse="", kms_key="")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("s3://", "cannot be the name of a bucket"),
        ("s3://a", "cannot be the name of a bucket"),
        ("s3://key:secret@models/p", "holds no credentials"),
        ("s3://models/p#x", "holds no credentials"),
        ("s3://models/../other", "cannot be a prefix"),
        ("s3://models/a//b", "cannot be a prefix"),
        ("s3://models/a\\b", "cannot be a prefix"),
        ("s3://models?endpoint=http://x", "takes sse and kms-key, not 'endpoint'"),
        ("s3://models?sse=rot13", "sse=rot13 is none of AES256, aws:kms"),
        ("s3://models?sse=", "is none of"),
        ("s3://models?sse=AES256&kms-key=k", "goes with sse=aws:kms"),
        ("gs://models?sse=AES256", "encrypts everything, with the key that the bucket"),
        (
            "ftp://models/p",
            "is not a kind of address that is known here: write file://, s3://",
        ),
        ("file://host/p", "names no folder of this machine"),
        ("", "the address of a folder is its path"),
    ],
)
def test_what_is_no_address_is_said_to_be_none(address: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        open_backend(address)

    assert "secret" not in str(refused.value)


def test_a_path_and_a_file_address_name_a_folder(tmp_path: Path) -> None:
    for address in (str(tmp_path / "a b"), (tmp_path / "a b").as_uri()):
        backend = open_backend(address)

        assert isinstance(backend, LocalBackend)
        assert backend.where("x") == f"{tmp_path}/a b/x"
