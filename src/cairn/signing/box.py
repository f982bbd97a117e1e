"""Private keys under a passphrase: scrypt (RFC 7914) makes a key of it, AES-256-GCM seals."""

import base64
import hashlib
import secrets
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from cairn.core.digest import canonical, from_canonical
from cairn.core.errors import Corrupt, Forbidden
from cairn.core.request import Record

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = "keys/1"
_N = 1 << 15
_LARGEST_N = 1 << 20
_R, _P = 8, 1
_MEMORY = (1 << 31) - 1
_SALT_BYTES, _NONCE_BYTES, _KEY_BYTES = 16, 12, 32


class Box(Record, frozen=True):
    """The content of `keys.json`: how the key is made of the passphrase, and what it seals."""

    cairn: str
    n: Annotated[int, Meta(ge=2, le=_LARGEST_N)]
    salt: str
    nonce: str
    sealed: str


def seal(keys: dict[str, str], passphrase: str) -> bytes:
    """Seal keys by name."""
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    sealed = _cipher(passphrase, salt, _N).encrypt(nonce, canonical(keys), FORMAT.encode())
    written = Box(
        cairn=FORMAT, n=_N, salt=_text(salt), nonce=_text(nonce), sealed=_text(sealed)
    )
    return canonical(written) + b"\n"


def unseal(content: bytes, passphrase: str, *, name: str) -> dict[str, str]:
    """Return the keys by name; `name` is the file, for people.

    Raises `Corrupt` for a file that is none, `Forbidden` for another passphrase or a changed
    byte, which cannot be told apart.
    """
    from cryptography.exceptions import InvalidTag

    try:
        box = from_canonical(content.removesuffix(b"\n"), Box)
        salt, nonce, sealed = map(base64.b64decode, (box.salt, box.nonce, box.sealed))
        keys = _cipher(passphrase, salt, box.n).decrypt(nonce, sealed, FORMAT.encode())
        return msgspec.json.decode(keys, type=dict[str, str])
    except InvalidTag as error:
        raise Forbidden(
            f"{name} was sealed with another passphrase, or was changed since"
        ) from error
    except (ValueError, msgspec.DecodeError, Corrupt) as error:
        raise Corrupt(f"{name} is damaged: {error}") from error


def _cipher(passphrase: str, salt: bytes, n: int) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key = hashlib.scrypt(
        passphrase.encode(), salt=salt, n=n, r=_R, p=_P, maxmem=_MEMORY, dklen=_KEY_BYTES
    )
    return AESGCM(key)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
