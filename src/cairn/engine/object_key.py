"""The key of a store's encrypted objects: found outside of the store, never kept in it."""

import shlex
import subprocess
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cairn import config, rights
from cairn.core.errors import Conflict, Invalid, NotFound, Unavailable
from cairn.objects.packs.blob import Cipher

if TYPE_CHECKING:
    from cairn.objects.packs.cipher import KeyCipher

VARIABLE = "CAIRN_OBJECTS_KEY"
COMMAND = "CAIRN_OBJECTS_KEY_COMMAND"
COMMAND_SECONDS = 60
RAW_BYTES = 32


class Held(NamedTuple):
    """A key, and where it was found, in words."""

    key: bytes
    place: str


def cipher(identity: str, name: str) -> Cipher | None:
    """Return what encrypts a store's objects, if its file names a key.

    The key is looked for when it is first needed: the ledger can be read without.
    """
    if not name:
        return None
    from cairn.objects.packs.cipher import LateCipher  # and with it `cryptography`

    return LateCipher(partial(_find, identity, name))


def choose(identity: str) -> str:
    """Take the key of a new store from the environment, or make one; return its name."""
    from cairn.objects.packs.cipher import key_name, new_key, read_key

    if held := _given():
        return key_name(held.key)
    text = new_key()
    rights.write_secret(key_path(identity), text)
    return key_name(read_key(text))


def is_given() -> bool:
    """Tell whether the environment has a key, or tells how to get one."""
    return bool(config.objects_key_override() or config.objects_key_command())


def text(identity: str, name: str) -> str:
    """Return the key of a store's objects as text; raises what looking for it raises."""
    from cairn.objects.packs.cipher import key_name

    held = _given() or _kept(key_path(identity), name)
    if key_name(held.key) != name:
        raise _wrong(held, name)
    return held.key.hex()


def key_path(identity: str) -> Path:
    """Return where the key of a store's objects lies unless the environment says otherwise."""
    return config.user_folder() / "keys" / f"{identity}.objects.key"


def _find(identity: str, name: str) -> "KeyCipher":
    """Find the key called `name`; raises `NotFound`, `Conflict`, `Invalid`, `Unavailable`."""
    from cairn.objects.packs.cipher import KeyCipher, key_name

    held = _given() or _kept(key_path(identity), name)
    if key_name(held.key) != name:
        raise _wrong(held, name)
    return KeyCipher(held.key)


def _wrong(held: Held, name: str) -> Conflict:
    from cairn.objects.packs.cipher import key_name

    return Conflict(
        f"{held.place} has the key {key_name(held.key)}, and this store's objects are "
        f"encrypted with {name}: bring that one"
    )


def _given() -> Held | None:
    """Return the key that the environment has, or tells how to get."""
    if text := config.objects_key_override():
        return _from_variable(text)
    if command := config.objects_key_command():
        return _from_command(command)
    return None


def _from_variable(text: str) -> Held:
    """Read a key or the file of one; what is neither is not shown, as it may be a secret."""
    from cairn.objects.packs.cipher import read_key

    try:
        return Held(read_key(text), VARIABLE)
    except Invalid as error:
        path = Path(text)
        if not path.is_file():
            raise Invalid(
                f"{VARIABLE} is neither a key nor the path of a file with one: {error}"
            ) from error
    return _from_file(path)


def _kept(path: Path, name: str) -> Held:
    if not path.exists():
        raise NotFound(
            f"the key {name} of this store's objects is not at {path}: bring it back from a "
            f"copy, or set {VARIABLE}; without it nobody can read them"
        )
    return _from_file(path)


def _from_file(path: Path) -> Held:
    from cairn.objects.packs.cipher import read_key

    try:
        return Held(read_key(path.read_text("utf-8", "replace")), str(path))
    except Invalid as error:
        raise Invalid(f"{path}: {error}; bring the key back from a copy") from error
    except OSError as error:
        raise Unavailable(f"the key at {path} cannot be read: {error.strerror}") from error


def _from_command(command: str) -> Held:
    """Run somebody's own command: it prints the key as text, or its 32 bytes."""
    from cairn.objects.packs.cipher import read_key

    try:
        done = subprocess.run(  # noqa: S603 (the user's own, from the user's environment)
            shlex.split(command), capture_output=True, timeout=COMMAND_SECONDS, check=True
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise Unavailable(f"{COMMAND} gave no key: {_reason(error)}") from error
    if len(done.stdout) == RAW_BYTES:
        return Held(done.stdout, COMMAND)
    try:
        return Held(read_key(done.stdout.decode("utf-8", "replace")), COMMAND)
    except Invalid as error:
        raise Invalid(f"{COMMAND} printed something else than a key: {error}") from error


def _reason(error: Exception) -> str:
    """Say why a command failed: its own last line, or what the system says."""
    if isinstance(error, subprocess.CalledProcessError):
        said: bytes = error.stderr or b""
        lines = said.decode("utf-8", "replace").strip().splitlines()
        return f"it ended with {error.returncode}" + (f" ({lines[-1]})" if lines else "")
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it did not end in {COMMAND_SECONDS} seconds"
    return str(error)
