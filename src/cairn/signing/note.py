"""Signed notes (C2SP signed-note): a text, a blank line, and signature lines.

<text ending in a newline>

— <name> <base64 of key id and signature>
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import cached_property

from cairn.core.errors import Corrupt, Invalid

ED25519 = b"\x01"
KEY_BYTES, ID_BYTES, SIGNATURE_BYTES = 32, 4, 64
_DASH = "\N{EM DASH} "


@dataclass(frozen=True)
class SigningKey:
    """A named Ed25519 private key; `seed` are its 32 secret bytes."""

    name: str
    seed: bytes

    def __repr__(self) -> str:
        """Show the name only: keys end up in tracebacks."""
        return f"SigningKey({self.name!r})"

    @cached_property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        from cryptography.hazmat.primitives.asymmetric import ed25519

        return (
            ed25519.Ed25519PrivateKey.from_private_bytes(self.seed)
            .public_key()
            .public_bytes_raw()
        )

    @property
    def verifier(self) -> str:
        """The public key as text: `name+keyid+base64`."""
        key = ED25519 + self.public
        return f"{self.name}+{_key_id(self.name, key).hex()}+{base64.b64encode(key).decode()}"

    @property
    def text(self) -> str:
        """The private key as text: `PRIVATE+KEY+name+keyid+base64`."""
        identity = _key_id(self.name, ED25519 + self.public).hex()
        secret = base64.b64encode(ED25519 + self.seed).decode()
        return f"PRIVATE+KEY+{self.name}+{identity}+{secret}"


def generate(name: str) -> SigningKey:
    """Make a new key from the system's randomness; `name` has no space and no `+`."""
    import secrets

    if not name or any(char.isspace() or char == "+" for char in name):
        raise Invalid(f"{name!r} is not a key name: it must have no space and no '+'")
    return SigningKey(name, secrets.token_bytes(KEY_BYTES))


def read_key(text: str) -> SigningKey:
    """Read a private key from its text form; raises `Invalid` without echoing it."""
    parts = text.strip().split("+", 4)
    try:
        if parts[:2] != ["PRIVATE", "KEY"]:
            raise ValueError  # noqa: TRY301 (one message for every broken form)
        secret = base64.b64decode(parts[4], validate=True)
        key = SigningKey(parts[2], secret[1:])
        if secret[:1] != ED25519 or len(secret) != KEY_BYTES + 1 or key.text != text.strip():
            raise ValueError  # noqa: TRY301 (as above)
    except (ValueError, IndexError) as error:
        raise Invalid("this is not a ledger key (PRIVATE+KEY+name+keyid+base64)") from error
    return key


def sign(text: str, key: SigningKey) -> str:
    """Sign `text`, which must end in a newline, and return the whole note."""
    return whole(text, key.name, signature(text, key))


def signature(text: str, key: SigningKey) -> str:
    """Sign `text`, which must end in a newline; returns the signature line's last word."""
    from cryptography.hazmat.primitives.asymmetric import ed25519

    if not text.endswith("\n"):
        raise Invalid("a signed note's text must end in a newline")
    made = ed25519.Ed25519PrivateKey.from_private_bytes(key.seed).sign(text.encode())
    identity = _key_id(key.name, ED25519 + key.public)
    return base64.b64encode(identity + made).decode()


def whole(text: str, name: str, signature: str) -> str:
    """Put a note together from its text, the signer's name and the signature's word."""
    return f"{text}\n{_DASH}{name} {signature}\n"


def verify(note: str, verifier: str) -> str:
    """Return the text of a note signed by the holder of `verifier`.

    Signature lines of other keys are skipped, as the specification says. Raises `Corrupt`
    when no line is by this key or its signature is wrong.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ed25519

    name, identity, public = read_verifier(verifier)
    text, found, lines = note.rpartition("\n\n")
    text += "\n"
    if not found or not lines.endswith("\n"):
        raise Corrupt("the signed note has no signature")
    for line in lines[:-1].split("\n"):
        signature = _signature(line, name, identity)
        if signature is None:
            continue
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, text.encode())
        except (InvalidSignature, UnicodeEncodeError) as error:
            raise Corrupt(f"the signature of {name} is wrong") from error
        return text
    raise Corrupt(f"the note is not signed by {name} (key {identity.hex()})")


def read_verifier(text: str) -> tuple[str, bytes, bytes]:
    """Read name, key id and public key of `name+keyid+base64`; raises `Invalid`."""
    parts = text.strip().split("+", 2)
    try:
        name, key = parts[0], base64.b64decode(parts[2], validate=True)
        identity = _key_id(name, key)
    except (IndexError, ValueError) as error:
        raise Invalid(f"{text!r} is not a public key (name+keyid+base64)") from error
    spelled = f"{name}+{identity.hex()}+{base64.b64encode(key).decode()}"
    if key[:1] != ED25519 or len(key) != KEY_BYTES + 1 or spelled != text.strip():
        raise Invalid(f"{text!r} is not an Ed25519 public key of that name")
    return name, identity, key[1:]


def _signature(line: str, name: str, identity: bytes) -> bytes | None:
    """Return the signature on a line by this key, None if it is by another."""
    if not line.startswith(_DASH):
        raise Corrupt("the signed note has a broken signature line")
    owner, _, encoded = line.removeprefix(_DASH).rpartition(" ")
    try:
        value = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise Corrupt("the signed note has a broken signature line") from error
    if base64.b64encode(value).decode() != encoded:
        raise Corrupt("the signed note has a signature that is not spelled canonically")
    if owner != name or value[:ID_BYTES] != identity:
        return None
    if len(value) != ID_BYTES + SIGNATURE_BYTES:
        raise Corrupt("the signed note has a signature of the wrong length")
    return value[ID_BYTES:]


def _key_id(name: str, key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + key).digest()[:ID_BYTES]
