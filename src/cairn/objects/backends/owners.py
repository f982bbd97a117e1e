"""Who keeps bytes in a shared place: each store that does says so under `owners/`.

Several stores may share one place, and what two of them hold lies there once. But nobody can
tell there what the other one still needs, so a place with two owners is never swept.
"""

from cairn.core.errors import Conflict, Refused
from cairn.objects.backends.backend import Backend

UNDER = "owners/"


def claim(backend: Backend, identity: str) -> None:
    """Say that the store `identity` keeps bytes in a place; harmless when repeated.

    Raises `Refused` if the place lets a second write replace the first, as old services that
    speak S3 do: nothing would be safe there.
    """
    key = UNDER + identity
    _write(backend, key, identity.encode())
    if _write(backend, key, b"replaced"):
        raise Refused(
            f"{backend.where('')} replaces what it was told to leave alone, so nothing is "
            "safe there: use a service that honours `If-None-Match: *`"
        )


def owners(backend: Backend) -> list[str]:
    """Return the ids of the stores that keep bytes in a place."""
    return [found.key.removeprefix(UNDER) for found in backend.list(UNDER)]


def require_sole_owner(backend: Backend) -> None:
    """Raise `Conflict` if more than one store keeps bytes in a place."""
    if len(found := owners(backend)) > 1:
        raise Conflict(
            f"{backend.where('')} holds the bytes of {len(found)} stores "
            f"({', '.join(found)}), and what the others need is not known here: nothing is "
            "removed there"
        )


def _write(backend: Backend, key: str, content: bytes) -> bool:
    incoming = backend.receive()
    try:
        incoming.write(content)
        incoming.end()
        incoming.seal()
        placed = incoming.place(key)
    finally:
        incoming.discard()
    backend.settle({key})
    return placed
