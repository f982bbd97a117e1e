"""Encryption of blobs: nothing is readable, repeated or forgeable without the key."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import Corrupt, Invalid
from cairn.objects.packs.blob import OBJECT, SEAL_BYTES, Row, id_of, read_blob, write_blob
from cairn.objects.packs.cipher import KeyCipher, key_name, new_key, read_key

KEY = bytes(range(32))
CONTENT = b"weights of a model, 0123456789 " * 40


def sealed(content: bytes, cipher: KeyCipher) -> tuple[Row, bytes]:
    row, stored = write_blob(OBJECT, id_of(OBJECT, content), content, offset=0, cipher=cipher)
    return row, row.header() + bytes(stored)


@given(content=st.binary(max_size=300), key=st.binary(min_size=32, max_size=32))
def test_what_is_sealed_comes_back(content: bytes, key: bytes) -> None:
    row, found = sealed(content, KeyCipher(key))

    assert read_blob(row, found, KeyCipher(key)) == content
    assert len(found) == len(row.header()) + len(content) + SEAL_BYTES


def test_no_plaintext_and_no_plaintext_digest_is_in_the_bytes() -> None:
    _, found = sealed(CONTENT, KeyCipher(KEY))

    assert id_of(OBJECT, CONTENT) not in found
    assert not [at for at in range(len(CONTENT) - 8) if CONTENT[at : at + 8] in found]
    assert KEY not in found
    assert bytes.fromhex(key_name(KEY)) not in found


def test_equal_contents_have_equal_ids_and_different_bytes() -> None:
    cipher = KeyCipher(KEY)

    (first, one), (second, other) = sealed(CONTENT, cipher), sealed(CONTENT, cipher)

    assert first == second
    assert one != other
    assert KeyCipher(bytes(32)).hide(b"id" * 16) != cipher.hide(b"id" * 16)


def test_every_changed_bit_is_found() -> None:
    row, found = sealed(b"content", KeyCipher(KEY))

    for at in range(len(found) * 8):
        changed = bytearray(found)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(Corrupt):
            read_blob(row, bytes(changed), KeyCipher(KEY))


def test_bytes_are_bound_to_their_header() -> None:
    cipher = KeyCipher(KEY)
    row, found = sealed(b"content", cipher)
    other, _ = sealed(b"another", cipher)

    for header in (other.header(), row._replace(raw=row.raw + 1).header()):
        with pytest.raises(Corrupt, match="another key than"):
            cipher.open(header, found[len(header) :])


@pytest.mark.parametrize("stored", [b"", b"short", bytes(27), bytes(28), bytes(100)], ids=len)
def test_what_was_never_sealed_is_corrupt(stored: bytes) -> None:
    row, _ = sealed(b"content", KeyCipher(KEY))

    with pytest.raises(Corrupt, match=f"the {len(stored)} bytes"):
        KeyCipher(KEY).open(row.header(), stored)


def test_another_key_opens_nothing_and_is_named() -> None:
    row, found = sealed(CONTENT, KeyCipher(KEY))
    other = KeyCipher(read_key(new_key()))

    with pytest.raises(Corrupt, match=f"encrypted with another key than {other.name}"):
        read_blob(row, found, other)


def test_where_files_are_cut_is_a_secret_of_the_key() -> None:
    seeds = {KeyCipher(bytes([number]) * 32).cut_seed for number in range(50)}

    assert len(seeds) == 50
    assert all(0 <= seed < 1 << 64 for seed in seeds)


def test_a_key_is_read_as_digits_and_as_base64() -> None:
    assert read_key(KEY.hex() + "\n") == KEY
    assert read_key(KEY.hex().upper()) == KEY
    assert read_key(base64.b64encode(KEY).decode()) == KEY
    assert len(read_key(new_key())) == 32
    assert new_key() != new_key()


@pytest.mark.parametrize("text", ["", "secret", "ab" * 31, "ab" * 33, "zz" * 32, "é" * 64])
def test_what_is_no_key_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(Invalid, match="it holds no key: 64 hexadecimal digits") as refused:
        read_key(text)

    assert not text or text not in str(refused.value)
