"""From an address to the backend behind it: a folder, a bucket, or somebody's own kind.

A package adds its own kind under the entry-point group `cairn.backends`: the name is the
scheme of the address, the object takes the address and returns a `Backend`
(docs/guide/backends.md).
"""

from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cairn.core.errors import Conflict, Invalid
from cairn.objects.backends.backend import Backend
from cairn.objects.backends.bucket_address import CLOUDS, read_place
from cairn.objects.backends.local import INDEX, LocalBackend
from cairn.objects.packs.blob import Cipher
from cairn.objects.store import ObjectStore

GROUP = "cairn.backends"


def open_backend(address: str) -> Backend:
    """Open what `s3://`, `gs://`, `az://`, `file://`, a plain path or a plugin's scheme names.

    Nothing is asked of a cloud yet. Raises `Invalid` for an address that names nothing.
    """
    if "://" not in address:
        return LocalBackend(_folder(address))
    scheme = address.partition("://")[0].lower()
    if scheme == "file":
        return LocalBackend(_folder(_file_path(address)))
    if scheme in CLOUDS:
        from cairn.objects.backends.cloud import CloudBackend

        return CloudBackend(read_place(address))
    return _plugin(scheme, address)


def open_objects(
    address: str, *, caches: Path | None = None, cipher: Cipher | None = None
) -> ObjectStore:
    """Open the objects at an address.

    A folder keeps its index beside the packs; for any other place it lies under `caches`.
    """
    backend = open_backend(address)
    if isinstance(backend, LocalBackend):
        return ObjectStore(backend, cache=Path(backend.where(INDEX)), cipher=cipher)
    named = sha256(address.partition("?")[0].encode()).hexdigest()
    return ObjectStore(
        backend, cache=caches / "objects" / named if caches else None, cipher=cipher
    )


def is_folder(address: str) -> bool:
    """Tell whether an address names a folder of this machine."""
    return "://" not in address or address.lower().startswith("file://")


def _folder(path: str) -> Path:
    if not path or "\0" in path:
        raise Invalid("the address of a folder is its path: write one")
    return Path(path).expanduser()


def _file_path(address: str) -> str:
    parts = urlsplit(address)
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise Invalid(f"{address!r} names no folder of this machine: write file:///path")
    return unquote(parts.path)


def _plugin(scheme: str, address: str) -> Backend:
    from importlib.metadata import entry_points  # reads much, and few addresses need it

    known = [point for point in entry_points(group=GROUP) if point.name == scheme]
    if not known:
        schemes = ", ".join(f"{name}://" for name in ("file", *CLOUDS))
        raise Invalid(
            f"{scheme}:// is not a kind of address that is known here: write {schemes} or a "
            f"path, or install the package that adds {scheme}://"
        )
    if len({point.value for point in known}) > 1:
        raise Conflict(
            f"{scheme}:// is claimed by {known[0].value} and {known[1].value}: remove one"
        )
    return known[0].load()(address)
