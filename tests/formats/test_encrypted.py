"""Encrypted blobs, read by what the specification says alone."""

import re
from pathlib import Path

import pytest
from blake3 import blake3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cairn.core.errors import Corrupt
from cairn.objects.packs.blob import HEADER, OBJECT, id_of, read_blob, read_header, write_blob
from cairn.objects.packs.cipher import KeyCipher, key_name

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "formats.md"
KEY = bytes(range(32))
CONTENT = b"weights\n"


def example() -> bytes:
    """The blob that the page shows."""
    section = PAGE.read_text().partition("### Encrypted packs")[2].partition("\n### ")[0]
    (shown,) = re.findall(r"```hex\n(.*?)```", section, re.DOTALL)
    return bytes.fromhex(shown)


def opened(blob: bytes, key: bytes) -> bytes:
    """Decrypt a blob as the page says."""
    header, nonce, sealed = blob[:48], blob[48:60], blob[60:]
    content = blake3(key, derive_key_context="cairn objects 1: content").digest()
    return AESGCM(blake3(header[8:40], key=content).digest()).decrypt(nonce, sealed, header)


def test_both_readers_open_the_blob_of_the_page() -> None:
    blob = example()
    row = read_header(blob[: HEADER.size], 0)
    ids = blake3(KEY, derive_key_context="cairn objects 1: ids").digest()

    assert row is not None
    assert opened(blob, KEY) == CONTENT == read_blob(row, blob, KeyCipher(KEY))
    assert row.id == blake3(id_of(OBJECT, CONTENT), key=ids).digest()
    assert key_name(KEY) in PAGE.read_text()


def test_the_second_reader_opens_what_cairn_writes() -> None:
    row, stored = write_blob(
        OBJECT, id_of(OBJECT, CONTENT), CONTENT, offset=0, cipher=KeyCipher(KEY)
    )

    assert opened(row.header() + bytes(stored), KEY) == CONTENT


def test_both_refuse_a_flipped_bit() -> None:
    blob = example()
    row = read_header(blob[: HEADER.size], 0)
    assert row is not None

    for at in range(len(blob)):
        flipped = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
        with pytest.raises(InvalidTag):
            opened(flipped, KEY)
        with pytest.raises(Corrupt):
            read_blob(row, flipped, KeyCipher(KEY))
