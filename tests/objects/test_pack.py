"""Packs: what is written comes back, and whatever is changed in them is noticed."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.core.errors import CairnError, Corrupt, Invalid, NotFound, Unavailable
from cairn.objects import ObjectStore
from cairn.objects.backends.memory import MemoryBackend
from cairn.objects.packs.blob import (
    HEADER,
    OBJECT,
    PIECE,
    RECIPE,
    Recipe,
    Row,
    id_of,
    read_blob,
    read_header,
    read_recipe,
)
from cairn.objects.packs.cipher import KeyCipher
from cairn.objects.packs.pack import (
    HEAD_BYTES,
    Pack,
    PackWriter,
    check_pack,
    read_index,
    read_pack,
    read_stored,
)
from cairn.objects.packs.salvage import salvage

CIPHERS = [None, KeyCipher(bytes(range(32)))]
SECRET = KeyCipher(bytes(range(32)))
SMALL = [b"", b"x", b"weights\n", b"\xcablb" * 30, bytes(range(256))]


def written(
    contents: Sequence[bytes], cipher: KeyCipher | None = None, *, salted: bool = False
) -> tuple[MemoryBackend, Pack, dict[str, bytes]]:
    """Write a pack of whole objects into a backend whose contents are returned as well."""
    lying: dict[str, bytes] = {}
    backend = MemoryBackend(lying)
    writer = PackWriter(backend.receive(), cipher, salted=salted)
    for content in contents:
        writer.add(OBJECT, hashlib.sha256(content).digest(), content)
    pack = writer.finish()
    assert writer.place(pack)
    return backend, pack, lying


@pytest.mark.parametrize("cipher", CIPHERS, ids=["plain", "encrypted"])
@settings(max_examples=40)
@given(contents=st.lists(st.binary(max_size=300), max_size=12, unique=True))
def test_what_goes_into_a_pack_comes_out(
    contents: list[bytes], cipher: KeyCipher | None
) -> None:
    backend, pack, lying = written(contents, cipher)

    found = read_pack(backend, pack.name, pack.size)

    assert found == pack
    assert blake3(lying[pack.key]).hexdigest() == pack.name
    assert sorted(
        read_blob(row, read_stored(backend, pack.name, row), cipher) for row in found.rows
    ) == sorted(contents)
    check_pack(backend, pack.name)


def test_an_encrypted_pack_shows_neither_content_nor_names() -> None:
    content = b"a text that nobody else may read"

    _, pack, lying = written([content], SECRET)

    assert content not in lying[pack.key]
    assert hashlib.sha256(content).digest() not in lying[pack.key]


def test_an_encrypted_blob_wants_a_key_and_the_right_one() -> None:
    backend, pack, _ = written([b"content"], SECRET)
    (row,) = pack.rows
    found = read_stored(backend, pack.name, row)

    with pytest.raises(Unavailable, match="encrypted"):
        read_blob(row, found, None)
    with pytest.raises(Corrupt, match="another key"):
        read_blob(row, found, KeyCipher(bytes(32)))


@pytest.mark.parametrize("cipher", CIPHERS, ids=["plain", "encrypted"])
def test_every_changed_byte_of_a_pack_is_noticed_by_a_check(cipher: KeyCipher | None) -> None:
    backend, pack, lying = written(SMALL, cipher)
    whole = lying[pack.key]

    for at in range(len(whole)):
        lying[pack.key] = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        with pytest.raises(Corrupt, match=r"damaged: its \d+ bytes .* run `cairn fsck`"):
            check_pack(backend, pack.name)


@pytest.mark.parametrize("cipher", CIPHERS, ids=["plain", "encrypted"])
def test_no_changed_byte_of_a_pack_is_ever_served(cipher: KeyCipher | None) -> None:
    _, pack, lying = written(SMALL, cipher)
    whole = lying[pack.key]
    digests = {f"sha256:{hashlib.sha256(each).hexdigest()}": each for each in SMALL}

    for at in range(len(whole)):
        lying[pack.key] = whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :]
        fresh = ObjectStore(MemoryBackend(lying), cipher=cipher)
        served = 0
        for digest, content in digests.items():
            try:
                assert fresh.get(digest) == content
                served += 1
            except (Corrupt, NotFound):
                continue
        # At most the one that the byte belongs to is lost, wherever it lies.
        assert served >= len(SMALL) - 1


@pytest.mark.parametrize("cipher", CIPHERS, ids=["plain", "encrypted"])
def test_a_pack_that_was_cut_off_gives_what_is_whole(cipher: KeyCipher | None) -> None:
    _, pack, lying = written(SMALL, cipher)
    whole = lying[pack.key]
    rows = sorted(pack.rows, key=lambda row: row.offset)

    for length in range(len(whole)):
        lying[pack.key] = whole[:length]
        fresh = ObjectStore(MemoryBackend(lying), cipher=cipher)
        kept = sum(row.end <= length for row in rows)
        assert len(list(fresh.digests())) == kept
        with pytest.raises(Corrupt):
            read_pack(MemoryBackend(lying), pack.name, length)


@settings(max_examples=150)
@given(st.data())
def test_nothing_that_is_no_pack_is_taken_for_one(data: st.DataObject) -> None:
    backend, pack, lying = written(SMALL)
    whole = bytearray(lying[pack.key])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole)))
        whole[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=30))
    lying[pack.key] = bytes(whole)

    try:
        rows = read_pack(backend, pack.name, len(whole)).rows
    except Corrupt:
        return

    for row in rows:
        with suppress(Corrupt):
            content = read_blob(row, read_stored(backend, pack.name, row), None)
            assert hashlib.sha256(content).digest() == row.id


def test_salted_packs_of_the_same_blobs_have_names_of_their_own() -> None:
    names = {written(SMALL)[1].name for _ in range(2)}
    salted = {written(SMALL, salted=True)[1].name for _ in range(2)}

    assert len(names) == 1
    assert len(salted) == 2
    assert not salted & names


def test_blobs_are_copied_between_packs_without_being_opened() -> None:
    backend, pack, lying = written(SMALL, SECRET)
    writer = PackWriter(backend.receive())
    for row in pack.rows[1:]:
        stored = read_stored(backend, pack.name, row)[HEADER.size :]
        writer.add_stored(row, stored)
    copy = writer.finish()
    writer.place(copy)
    del lying[pack.key]

    found = list(ObjectStore(MemoryBackend(lying), cipher=SECRET).digests())

    assert len(found) == len(SMALL) - 1


def test_a_pack_ends_below_four_gibibytes() -> None:
    backend = MemoryBackend({})
    writer = PackWriter(backend.receive())
    row = Row(bytes(32), 0, 1 << 32, 1 << 32, RECIPE, 0)

    with pytest.raises(Invalid, match="a pack has less than 4294967295 bytes"):
        writer.add_stored(row, b"")


@given(st.lists(st.tuples(st.binary(min_size=32, max_size=32), st.integers(0, 1 << 22))))
def test_a_recipe_comes_back(pieces: list[tuple[bytes, int]]) -> None:
    recipe = Recipe(bytes(32), pieces)

    assert read_recipe(recipe.write()) == recipe
    assert id_of(RECIPE, recipe.write()) == bytes(32)


def test_every_changed_byte_of_a_recipe_is_noticed() -> None:
    content = Recipe(bytes(32), [(bytes(32), 7), (b"a" * 32, 9)]).write()

    for at in range(len(content)):
        with pytest.raises(Corrupt, match="a recipe is not the one that was written"):
            read_recipe(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    for cut in (content[:-1], content[:40], b"", content + b"x"):
        with pytest.raises(Corrupt, match="is not whole"):
            read_recipe(cut)


@given(st.binary(min_size=HEADER.size, max_size=HEADER.size) | st.binary(max_size=60))
def test_a_header_is_read_in_one_spelling(header: bytes) -> None:
    row = read_header(header, 7)

    assert row is None or row.header() == header


def test_headers_within_headers_do_not_keep_a_scan_busy() -> None:
    """Each of many nested headers claims megabytes that would all have to be hashed."""
    nested = b"".join(
        Row(bytes(32), 0, 1 << 20, 1 << 20, PIECE, 0).header() for _ in range(40_000)
    )

    assert list(salvage(bytes(HEAD_BYTES) + nested)) == []


@pytest.mark.parametrize("content", [b"", b"x" * 47, b"cairn pack/1\n" + bytes(500)], ids=len)
def test_what_has_no_end_of_a_pack_is_corrupt(content: bytes) -> None:
    backend = MemoryBackend({"packs/" + "ab" * 32: content})

    with pytest.raises(Corrupt):
        read_index(backend, "ab" * 32, len(content))
    assert list(ObjectStore(backend).digests()) == []


def test_a_store_says_which_pack_is_broken() -> None:
    key = "packs/" + "ab" * 32
    objects = ObjectStore(MemoryBackend({key: b"no pack at all" * 20}))

    with pytest.raises(Corrupt, match=f"pack .*{key}.* is damaged: .*; run `cairn fsck`"):
        list(objects.packs())
    with pytest.raises(CairnError, match="is missing: it is in no pack"):
        objects.get("sha256:" + "0" * 64)
