"""Digests, and the canonical bytes that they are taken over (RFC 8785)."""

import hashlib
import json
from typing import Annotated, Any, TypeVar

import msgspec
import rfc8785
from msgspec import Meta

from cairn.core.canonical import spelled
from cairn.core.errors import Corrupt, Invalid
from cairn.core.request import Record, convert

Digest = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}$(?!\n)")]
"""`sha256:` and 64 hexadecimal digits: the public name of every file, tree and record."""

Stored = TypeVar("Stored", bound=Record)

DOUBLES_ONLY = 2.0**53
RECORD_BYTES = 32 << 20
"""No record has more: it is read into memory whole."""


def digest_bytes(content: bytes) -> Digest:
    """Name `content` by its SHA-256."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def canonical(value: Any) -> bytes:
    """Write a record, or plain JSON values, as RFC 8785 JSON.

    What it writes of a record, `from_canonical` reads. Raises `Invalid` for a field of the
    wrong type, for NaN, infinity and integers beyond 2^53 (write those as strings).
    """
    try:
        plain = msgspec.to_builtins(value, str_keys=True)
        if isinstance(value, Record):
            plain = msgspec.to_builtins(convert(plain, type(value)), str_keys=True)
        return spelled(plain)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, TypeError) as error:
        raise Invalid(f"this cannot be recorded: {error}") from error


def digest_of(record: Record) -> Digest:
    """Name a record by the SHA-256 of its canonical bytes."""
    return digest_bytes(canonical(record))


def from_canonical(content: bytes, kind: type[Stored]) -> Stored:
    """Read back what `canonical` wrote; anything else is `Corrupt`.

    Equal values have one spelling only, so bytes that decode but are spelled otherwise are
    refused as well: a digest never has two readings. A field that `kind` does not have is
    refused, not skipped: a later release wrote it, and its digest covers it.
    """
    try:
        record = convert(json.loads(content, parse_int=_number), kind)
        again = canonical(record)
    except (Invalid, ValueError, RecursionError) as error:
        raise Corrupt(
            f"stored {kind.__name__.lower()} cannot be read: {error}; "
            "it is damaged, or a newer Cairn wrote it"
        ) from error
    if again != content:
        raise Corrupt(f"stored {kind.__name__.lower()} is not in canonical form")
    return record


def _number(digits: str) -> int | float:
    """Read a number without a fraction; from 2^53 on it was a double when it was written."""
    value = float(digits)
    return int(digits) if abs(value) < DOUBLES_ONLY else value
