"""Files in a bucket that Cairn does not own: read in pieces, never written."""

from collections.abc import Iterator
from functools import cache

from cairn.data.copies import Copy
from cairn.objects.backends.backend import Found
from cairn.objects.backends.bucket_address import read_place
from cairn.objects.backends.cloud import CloudBackend

PIECE = 8 << 20
SCHEMES = ("s3", "gs", "az")


def is_bucket(address: str) -> bool:
    """Tell the address of a bucket that can be read: `s3://bucket/prefix`."""
    return address.partition("://")[0] in SCHEMES


def bucket_copy(address: str, key: str) -> Copy:
    """Describe a file under an address such as `s3://bucket/prefix`; nothing is asked yet."""
    return Copy(f"{address}/{key}", lambda: _pieces(address, key))


def _pieces(address: str, key: str) -> Iterator[bytes]:
    place, bucket = 0, _bucket(address)
    while piece := bucket.read(key, place, PIECE):
        yield piece
        place += len(piece)
        if len(piece) < PIECE:
            return


@cache
def _bucket(address: str) -> CloudBackend:
    return CloudBackend(read_place(address))


def list_bucket(address: str, under: str) -> list[str]:
    """List what lies directly under a prefix of an address, by the last part of its name."""
    return [
        name
        for found in _bucket(address).list(under)
        if "/" not in (name := found.key.removeprefix(under))
    ]


def require_answer(address: str) -> None:
    """Raise `Unavailable` or `Forbidden` for a file's place that does not answer."""
    folder, _, name = address.rpartition("/")
    _bucket(folder).exists(name)


def version_of(address: str, key: str) -> str:
    """Tell which version of an object is the newest; empty where the bucket keeps none."""
    return _bucket(address).version(key)


def version_chunks(address: str, key: str, version: str) -> Iterator[bytes]:
    """Read one version of an object in pieces; raises `NotFound` if it is gone."""
    place, bucket = 0, _bucket(address)
    while piece := bucket.read_version(key, version, place, PIECE):
        yield piece
        place += len(piece)
        if len(piece) < PIECE:
            return


def forget_buckets() -> None:
    """Open each bucket anew: its endpoint or credentials are others now."""
    _bucket.cache_clear()


def listed_files(address: str) -> list[Found]:
    """List everything under an address, ordered by the bytes of its key from there on.

    The empty objects that some tools leave for folders are left out. Raises what the cloud
    does.
    """
    found = sorted(_bucket(address).list_unordered(""), key=lambda each: each.key.encode())
    folders = {key[:at] for key, *_ in found for at, letter in enumerate(key) if letter == "/"}
    return [each for each in found if each.size or each.key not in folders]
