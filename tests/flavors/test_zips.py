"""An archive is read only if there is one way to read it."""

import io
import struct
import zipfile
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import Corrupt
from cairn.flavors import zips
from cairn.flavors.zips import ends_as_zip, read_zip, write_zip


def archive(method: int = zipfile.ZIP_STORED, **members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as opened:
        for name, member in members.items():
            opened.writestr(name, member)
    return content.getvalue()


def streamed(**members: bytes) -> bytes:
    """An archive written to a pipe: the sizes stand behind each member."""
    content = io.BytesIO()
    pipe: Any = SimpleNamespace(write=content.write, flush=content.flush)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, member in members.items():
            opened.writestr(name, member)
    return content.getvalue()


def local(content: bytes, offset: int, layout: str, value: int) -> bytes:
    """Change a field of the first member's own header."""
    changed = bytearray(content)
    struct.pack_into("<" + layout, changed, offset, value)
    return bytes(changed)


def central(content: bytes, offset: int, layout: str, value: int) -> bytes:
    """Change a field of the first member in the directory at the end."""
    return local(content, content.index(b"PK\x01\x02") + offset, layout, value)


@given(
    members=st.dictionaries(st.text("abc/._", min_size=1, max_size=9), st.binary(max_size=99))
)
def test_what_is_written_is_read_and_written_the_same(members: dict[str, bytes]) -> None:
    content = write_zip(members)

    if members:
        assert dict(read_zip(content)) == members
    assert write_zip(members) == content
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.namelist() == list(members)
        assert opened.testzip() is None


@pytest.mark.parametrize(
    "content",
    [
        archive(a=b"one", b=b""),
        archive(zipfile.ZIP_DEFLATED, a=b"one" * 100, b=b"two"),
        streamed(a=b"one" * 100, b=b""),
    ],
    ids=["stored", "deflated", "streamed"],
)
def test_archives_of_others_are_read(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        expected = [(name, opened.read(name)) for name in opened.namelist()]

    assert [tuple(member) for member in read_zip(content)] == expected


def test_an_archive_of_sizes_beyond_four_gigabytes_is_read() -> None:
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w") as opened,
        opened.open("a", "w", force_zip64=True) as file,
    ):
        file.write(b"one")

    assert read_zip(content.getvalue()) == [("a", b"one")]


PLAIN = archive(a=b"one", b=b"two")
TRICKS: dict[str, bytes] = {
    "nothing": b"",
    "no archive": b"PK\x03\x04 and nothing else",
    "bytes in front": b"front" + PLAIN,
    "bytes behind": PLAIN + b"behind",
    "a comment": PLAIN[:-2] + b"\x02\x00hi",
    "a gap": PLAIN[: PLAIN.index(b"PK\x01\x02")]
    + b"gap"
    + PLAIN[PLAIN.index(b"PK\x01\x02") :],
    "a gap that is accounted for": PLAIN[: PLAIN.index(b"PK\x01\x02")]
    + b"gap"
    + PLAIN[PLAIN.index(b"PK\x01\x02") : -6]
    + struct.pack("<I", PLAIN.index(b"PK\x01\x02") + 3)
    + PLAIN[-2:],
    "another flag in its own header": local(PLAIN, 6, "H", 0x800),
    "cut": PLAIN[:-1],
    "another name in its own header": local(PLAIN, 30, "B", ord("z")),
    "another method in its own header": local(PLAIN, 8, "H", 8),
    "another size in its own header": local(PLAIN, 22, "I", 2),
    "another checksum in its own header": local(PLAIN, 14, "I", 1),
    "flag of encryption in its own header": local(PLAIN, 6, "H", 1),
    "flag of encryption": central(local(PLAIN, 6, "H", 1), 8, "H", 1),
    "flag of strong encryption": central(local(PLAIN, 6, "H", 0x41), 8, "H", 0x41),
    "flag of a hidden directory": central(local(PLAIN, 6, "H", 0x2000), 8, "H", 0x2000),
    "method that is not known": central(local(PLAIN, 8, "H", 99), 10, "H", 99),
    "method that is known and odd": archive(zipfile.ZIP_BZIP2, a=b"one"),
    "another checksum": PLAIN.replace(b"one", b"0ne"),
    "members over each other": central(PLAIN, 46 + 1 + 42, "I", 0),
}


@pytest.mark.parametrize("content", TRICKS.values(), ids=TRICKS.keys())
def test_an_archive_that_can_be_read_in_two_ways_is_corrupt(content: bytes) -> None:
    with pytest.raises(Corrupt, match="zip archive"):
        read_zip(content)


def test_two_members_of_one_name_are_corrupt() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        opened.writestr("a", b"one")
        with pytest.warns(UserWarning, match="Duplicate"):
            opened.writestr("a", b"two")

    with pytest.raises(Corrupt, match="two members of one name"):
        read_zip(content.getvalue())


def test_absurdly_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MAX_MEMBERS", 1)

    with pytest.raises(Corrupt, match="has 2 members"):
        read_zip(PLAIN)


@given(content=st.binary(max_size=300))
def test_no_bytes_end_in_anything_but_an_answer(content: bytes) -> None:
    for tried in (content, zips.MAGIC + content, content + PLAIN[-22:]):
        ends_as_zip(tried)
        with pytest.raises(Corrupt):
            read_zip(tried)


@given(place=st.integers(0, len(PLAIN) - 1), value=st.integers(0, 255))
def test_a_changed_byte_is_noticed_or_means_nothing(place: int, value: int) -> None:
    changed = bytearray(PLAIN)
    changed[place] = value

    with suppress(Corrupt):
        assert read_zip(bytes(changed)) == read_zip(PLAIN)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (PLAIN, True),
        (b"front" + PLAIN, True),
        (PLAIN + b"x", True),
        (PLAIN + b"x" * 70_000, False),
        (b"", False),
        (b"PK", False),
    ],
)
def test_it_is_told_whether_a_file_ends_as_an_archive(content: bytes, expected: bool) -> None:
    assert ends_as_zip(content) == expected
