"""Golden files: what was written once is written so for ever, and any change of it shows."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cairn.core.digest import canonical
from cairn.core.errors import Corrupt, Invalid
from cairn.core.request import Record
from cairn.engine.store import read_about
from formats import ledger_reader
from formats.golden_files import (
    CAIRN,
    FOLDER,
    RECORDS,
    Golden,
    golden,
    key,
    read_by_cairn,
    read_independently,
)
from formats.kinds import KINDS
from formats.samples import samples
from formats.shapes import Wrong

WRITTEN = samples()
EVERY = pytest.mark.parametrize("file", golden(), ids=lambda file: file.name)
BY_CAIRN = pytest.mark.parametrize(
    "file", golden(*RECORDS, *CAIRN), ids=lambda file: file.name
)
# Names alone: their bytes are bound by nothing but the digest that they are stored under.
SIGNED = pytest.mark.parametrize(
    "file", golden("segment", "checkpoint", "store/1"), ids=lambda file: file.name
)


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def flips(content: bytes, *, all_bits: bool = False) -> Iterator[bytes]:
    """Every copy of `content` in which one byte has one bit turned over."""
    for place, byte in enumerate(content):
        for bit in range(8) if all_bits else (place * 5 % 8,):
            yield content[:place] + bytes([byte ^ 1 << bit]) + content[place + 1 :]


@EVERY
def test_a_writer_gives_the_golden_bytes(file: Golden) -> None:
    assert WRITTEN[file.name] == (file.kind, file.content)


@EVERY
def test_a_golden_file_has_the_digest_in_the_index(file: Golden) -> None:
    assert digest(file.content) == file.digest


def test_every_example_is_a_golden_file_and_every_golden_file_an_example() -> None:
    there = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()} - {
        "index.json"
    }

    assert there == {file.name for file in golden()} == set(WRITTEN)


def test_every_kind_of_record_has_golden_files() -> None:
    assert {file.kind for file in golden()} >= set(KINDS) == set(RECORDS)


@EVERY
def test_the_independent_reader_reads_a_golden_file(file: Golden) -> None:
    read_independently(file.kind, file.content)


@BY_CAIRN
def test_both_readers_find_the_same_in_a_golden_file(file: Golden) -> None:
    independent = read_independently(file.kind, file.content)

    found = read_by_cairn(file.kind, file.content)

    assert plain(file.kind, found) == plain(file.kind, independent)


def plain(kind: str, found: Any) -> Any:
    """Bring what either reader found into one form."""
    if kind == "segment":
        return [
            json.loads(each if isinstance(each, bytes) else canonical(each)) for each in found
        ]
    if kind in ("leaf/1", "tree/1"):
        return [tuple(row) for row in found]
    if not isinstance(found, Record):
        return found
    fields = json.loads(canonical(found))
    fields.pop(found.__struct_config__.tag_field, None)
    return fields


@EVERY
def test_a_flipped_bit_changes_the_digest(file: Golden) -> None:
    assert file.digest not in {
        digest(changed) for changed in flips(file.content, all_bits=True)
    }


@SIGNED
def test_a_flipped_bit_of_what_has_no_digest_is_refused(file: Golden) -> None:
    for changed in flips(file.content):
        with pytest.raises(Wrong):
            read_independently(file.kind, changed)


@EVERY
def test_a_flipped_bit_is_refused_or_gives_another_value(file: Golden) -> None:
    original = read_independently(file.kind, file.content)

    for changed in flips(file.content):
        try:
            assert read_independently(file.kind, changed) != original, changed
        except Wrong:
            continue


@BY_CAIRN
def test_cairn_refuses_a_flipped_bit_or_reads_another_value(file: Golden) -> None:
    original = read_by_cairn(file.kind, file.content)

    for changed in flips(file.content):
        try:
            assert read_by_cairn(file.kind, changed) != original, changed
        except Corrupt:
            continue


@EVERY
def test_a_cut_or_longer_file_is_refused(file: Golden) -> None:
    for changed in (file.content[:-1], file.content + b"\n", b" " + file.content):
        with pytest.raises(Wrong):
            read_independently(file.kind, changed)


def test_the_key_of_the_golden_ledger_is_bound_by_its_key_id() -> None:
    whole = key().encode()

    for changed in flips(whole):
        with pytest.raises(Wrong):
            read_independently("store/1", b'{"log":"' + changed + b'"}\n')


def test_the_signature_of_an_entry_is_over_all_the_rest_of_it() -> None:
    (file,) = golden("entry")
    entry = ledger_reader.read_entry(file.content)
    word = f'"signature":"{entry["signature"]}",'.encode()
    bare = file.content.replace(word, b"")
    vkey = entry["actor"]["key"]
    line = f"\n\N{EM DASH} {vkey.partition('+')[0]} {entry['signature']}\n".encode()

    assert ledger_reader.open_note(bare + b"\n" + line, vkey).encode() == bare + b"\n"
    for changed in (
        bare.replace(b'"seq":1', b'"seq":2'),
        bare.replace(b"churn:1", b"churn:2"),
    ):
        assert changed != bare
        with pytest.raises(Wrong):
            ledger_reader.open_note(changed + b"\n" + line, vkey)


def test_cairn_opens_the_golden_store_and_refuses_a_flipped_bit(tmp_path: Path) -> None:
    (file,) = golden("store/1")
    place = tmp_path / "store.json"
    place.write_bytes(file.content)
    assert read_about(tmp_path).log == key()

    for changed in flips(file.content, all_bits=True):
        place.write_bytes(changed)
        with pytest.raises((Corrupt, Invalid)):
            read_about(tmp_path)
