"""Encryption of what lies in packs, by one key of 256 bits (formats.md, "Encrypted packs").

Every blob has an AES key of its own, made from the store's key and the blob's hidden id. So a
nonce drawn at random only has to be new among the blobs of one id, and a store may hold more
blobs than the 2^32 that NIST SP 800-38D (8.3) allows under one key with such nonces.
"""

import base64
import binascii
import os
import re
import secrets
from collections.abc import Callable
from functools import cached_property

from blake3 import blake3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cairn.core.errors import Corrupt, Invalid

KEY_BYTES = 32
NONCE_BYTES = 12
_ID = slice(8, 40)  # of a blob's header
_NO_KEY = "it holds no key: 64 hexadecimal digits, or 32 bytes in base64"
_HEX = re.compile(r"[0-9a-f]{64}")
_CONTENT = "cairn objects 1: content"
_IDS = "cairn objects 1: ids"
_CUTS = "cairn objects 1: cuts"
_NAME = "cairn objects 1: name of the key"


class KeyCipher:
    """Hides ids and seals contents with one key; see `Cipher`."""

    def __init__(self, key: bytes) -> None:
        self._content = _derived(_CONTENT, key)
        self._ids = _derived(_IDS, key)
        self.name = key_name(key)
        self.cut_seed = int.from_bytes(_derived(_CUTS, key)[:8], "little")

    def hide(self, id_: bytes) -> bytes:
        """Return the 32 bytes that stand for an id."""
        return blake3(id_, key=self._ids).digest()

    def seal(self, header: bytes, content: bytes | memoryview) -> bytes:
        """Encrypt content under a fresh nonce, bound to its header: nonce, bytes, tag."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher_of(header).encrypt(nonce, content, header)

    def open(self, header: bytes, stored: bytes) -> bytes:
        """Decrypt what `seal` gave; raises `Corrupt` unless header and bytes are untouched."""
        view = memoryview(stored)
        try:
            return self._cipher_of(header).decrypt(
                view[:NONCE_BYTES], view[NONCE_BYTES:], header
            )
        except (InvalidTag, ValueError) as error:
            raise Corrupt(
                f"the {len(stored)} bytes there are damaged, or encrypted with another key "
                f"than {self.name}"
            ) from error

    def _cipher_of(self, header: bytes) -> AESGCM:
        return AESGCM(blake3(header[_ID], key=self._content).digest())


class LateCipher:
    """A cipher whose key is looked for when it is first needed; see `Cipher`."""

    def __init__(self, find: Callable[[], KeyCipher]) -> None:
        self._find = find

    def hide(self, id_: bytes) -> bytes:
        """Return the 32 bytes that stand for an id."""
        return self._cipher.hide(id_)

    def seal(self, header: bytes, content: bytes | memoryview) -> bytes:
        """Encrypt content, bound to its header."""
        return self._cipher.seal(header, content)

    def open(self, header: bytes, stored: bytes) -> bytes:
        """Decrypt what `seal` gave."""
        return self._cipher.open(header, stored)

    @property
    def cut_seed(self) -> int:
        """Return the secret that decides where files are cut."""
        return self._cipher.cut_seed

    @cached_property
    def _cipher(self) -> KeyCipher:
        return self._find()


def new_key() -> str:
    """Make a key, as text."""
    return secrets.token_hex(KEY_BYTES)


def read_key(text: str) -> bytes:
    """Read a key: 64 hexadecimal digits, or 32 bytes in base64 as a KMS prints them."""
    text = text.strip()
    if _HEX.fullmatch(text.lower()):
        return bytes.fromhex(text)
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid(_NO_KEY) from error
    if len(key) != KEY_BYTES:
        raise Invalid(_NO_KEY)
    return key


def key_name(key: bytes) -> str:
    """Name a key without giving it away: 32 hexadecimal digits."""
    return _derived(_NAME, key)[:16].hex()


def _derived(purpose: str, key: bytes) -> bytes:
    return blake3(key, derive_key_context=purpose).digest()
