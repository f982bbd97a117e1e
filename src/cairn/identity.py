"""Who acts, as the embedded mode knows people: the user of the system, and a key of their own.

The key lies in the user's folder and never in a store. It is made when it is first needed; a
program that acts on its own (CI) is given one by `CAIRN_KEY`.
"""

import getpass
from contextlib import suppress
from functools import cache
from pathlib import Path
from uuid import uuid4

from cairn import config, rights
from cairn.core.digest import Digest, canonical
from cairn.core.errors import Conflict, Invalid, NotFound, Unavailable
from cairn.core.evaluation import Measured
from cairn.core.ledger import Actor, Signed
from cairn.core.request import Record
from cairn.signing import note


def os_user() -> Actor:
    """Return the user who runs this process."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "unknown"
    return Actor(id=name, assurance="os-user")


def key() -> note.SigningKey:
    """Return the key of whoever acts, made now if there is none yet.

    Raises `NotFound` or `Invalid` if `CAIRN_KEY` names no key, `Unavailable` if none can be
    kept.
    """
    override = config.person_key_override()
    if override and "+" in override:
        return _parsed("CAIRN_KEY", override)
    place = Path(override) if override else path()
    if not override and not place.exists():
        with suppress(Conflict):  # another process was quicker
            return create(place, os_user().id)
    return _read(place)


def place() -> str:
    """Say where the key of whoever acts comes from."""
    override = config.person_key_override()
    return "CAIRN_KEY" if override and "+" in override else override or str(path())


def public() -> str:
    """Return the public key of whoever acts; empty where no key can be kept."""
    try:
        return _verifier(key())
    except Unavailable:
        return ""


def path() -> Path:
    """Return where a person's key lies."""
    return config.user_folder() / "person.key"


def create(place: Path, name: str) -> note.SigningKey:
    """Make a key and keep it where nobody else may read it; never over another one."""
    plain = "".join("-" if char.isspace() or char == "+" else char for char in name)
    made = note.generate(plain or "unknown")
    temporary = place.with_name(f".{place.name}.{uuid4().hex}")
    try:
        rights.write_secret(temporary, made.text)
        place.hardlink_to(temporary)
    except FileExistsError as error:
        raise Conflict(f"{place} is there already; a key is never written over") from error
    except OSError as error:
        raise Unavailable(
            f"no key of your own can be kept at {place}: {error.strerror}; set CAIRN_KEY to "
            "one, or CAIRN_HOME to a folder that can be written"
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return made


def sign(claim: Record) -> Signed:
    """Sign a claim as whoever acts."""
    own = key()
    return Signed(key=own.verifier, note=note.sign(statement(claim), own))


def signature(text: str) -> str:
    """Sign a text as whoever acts; empty where no key can be kept."""
    try:
        return note.signature(text, key())
    except Unavailable:
        return ""


def statement(claim: Record) -> str:
    """Write the text that is signed for a claim."""
    return f"{canonical(claim).decode()}\n"


def vouch(evidence: Digest) -> Signed | None:
    """Sign that one measured this; None where there is no key to sign with."""
    try:
        return sign(Measured(evidence=evidence))
    except Unavailable:
        return None


@cache
def _verifier(own: note.SigningKey) -> str:
    return own.verifier


def _read(place: Path) -> note.SigningKey:
    try:
        text = place.read_text("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(
            f"there is no key at {place}; `cairn whoami --new {place}` makes one"
        ) from error
    except OSError as error:
        raise Unavailable(f"the key at {place} cannot be read: {error.strerror}") from error
    return _parsed(str(place), text)


def _parsed(place: str, text: str) -> note.SigningKey:
    try:
        return note.read_key(text)
    except Invalid as error:
        raise Invalid(
            f"{place} holds no private key (PRIVATE+KEY+name+keyid+base64)"
        ) from error
