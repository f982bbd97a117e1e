"""Files in a bucket that Cairn does not own: read in pieces, never written."""

from collections.abc import Iterator
from functools import cache

from cairn.data.elsewhere import Copy
from cairn.objects.backend import Backend

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
def _bucket(address: str) -> Backend:
    from cairn.objects.cloud import CloudBackend
    from cairn.objects.place import read_place

    return CloudBackend(read_place(address))


def list_bucket(address: str, under: str) -> list[str]:
    """List what lies directly under a prefix of an address, by the last part of its name."""
    return [
        name
        for found in _bucket(address).list(under)
        if "/" not in (name := found.key.removeprefix(under))
    ]
