"""Ids of rows as keyed hashes: whoever has predictions alone cannot tell whose they are.

The key is made of the one that signs the store's ledger, so whoever may write has it, it lies
outside of the store, and a backup takes it along.
"""

import hashlib
import hmac
from pathlib import Path

from cairn.core.errors import Conflict
from cairn.engine import store

_PURPOSE = b"cairn ids/1"
_NAME, _DIGITS = 16, 32


class IdHasher:
    """Hashes ids with one key; `name` tells keys apart and gives nothing away."""

    def __init__(self, seed: bytes) -> None:
        self._key = hmac.digest(seed, _PURPOSE, "sha256")
        self.name = hashlib.sha256(self._key).hexdigest()[:_NAME]

    def __call__(self, text: str) -> str:
        """Hash an id: 128 bits, as hexadecimal digits."""
        return hmac.new(self._key, text.encode(), "sha256").hexdigest()[:_DIGITS]


def hasher(folder: Path, name: str = "") -> IdHasher:
    """Return what hashes ids in a store, by the key called `name` if one is asked for.

    Raises `NotFound` without the store's key, `Conflict` if it is not the one that was used.
    """
    found = IdHasher(store.ledger_key(store.read_about(folder)).seed)
    if name and found.name != name:
        raise Conflict(
            f"ids were hashed with key {name}, and the key of this store is {found.name}: its "
            "ledger goes on under another one, and `cairn gate set MODEL@LABEL FILE` pins it"
        )
    return found
