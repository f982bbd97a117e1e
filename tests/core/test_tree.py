"""Trees as values: paths spelled one way, leaves cut by paths alone, nothing read twice."""

from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cairn.core.digest import digest_bytes
from cairn.core.errors import Corrupt, Invalid
from cairn.core.tree import (
    LEAF_ROWS,
    Entry,
    Leaf,
    check_path,
    cut,
    diff,
    escape,
    read_leaf,
    read_root,
    unescape,
    write_root,
)

X = digest_bytes(b"x")
PARTS = st.binary(min_size=1, max_size=5).filter(
    lambda part: not {*b"/\0"} & {*part} and part not in (b".", b"..")
)
PATHS = st.lists(PARTS, min_size=1, max_size=3).map(b"/".join)
ENTRIES = st.lists(
    st.builds(
        Entry,
        path=PATHS,
        mode=st.sampled_from("fxl"),
        size=st.integers(0, 2**62),
        digest=st.sampled_from([X, digest_bytes(b"y")]),
    ),
    unique_by=lambda entry: entry.path,
    max_size=20,
).map(sorted)


def file(path: bytes | str) -> Entry:
    return Entry(path.encode() if isinstance(path, str) else path, "f", 1, X)


def numbered(numbers: Iterable[int]) -> list[Entry]:
    return [file(f"images/{number:05d}.png") for number in sorted(numbers)]


def leaves(entries: Iterable[Entry]) -> list[Leaf]:
    return [leaf for leaf, _ in cut(entries)]


def free_of_clashes(entries: list[Entry]) -> bool:
    return not any(
        other.path.startswith(entry.path + b"/") for entry in entries for other in entries
    )


@given(st.binary(max_size=30))
def test_a_path_is_spelled_and_read_back(path: bytes) -> None:
    assert unescape(escape(path)) == path


@given(st.binary(max_size=30))
def test_a_spelled_path_is_one_line_of_plain_text(path: bytes) -> None:
    spelled = escape(path)

    assert all(character >= " " and character != "\x7f" for character in spelled)
    assert spelled.encode().decode() == spelled


@given(st.text(max_size=12))
def test_a_path_has_one_spelling(text: str) -> None:
    try:
        path = unescape(text)
    except Invalid:
        return
    assert escape(path) == text


@pytest.mark.parametrize(
    "spelled", ["a\nb", "\\x41", "\\x5C", "\\", "\\n", "a\\x0", "\x7f", "\\xc3\\xa9", "\ud800"]
)
def test_another_spelling_of_a_path_is_refused(spelled: str) -> None:
    with pytest.raises(Invalid, match="not spelled canonically"):
        unescape(spelled)


@pytest.mark.parametrize(
    "path",
    [b"", b"/", b"/a", b"a/", b"a//b", b".", b"..", b"a/..", b"../a", b"a/./b", b"a\0b"],
)
def test_a_path_that_leaves_its_tree_is_refused(path: bytes) -> None:
    with pytest.raises(Invalid, match="leaves its tree or has an empty part"):
        check_path(path)
    with pytest.raises(Invalid):
        list(cut([file(path)]))


@pytest.mark.parametrize("path", [b"a", b"...", b"..a", b".a", b"a/b", b"\xff", b"a\\b", b" "])
def test_any_other_path_is_fine(path: bytes) -> None:
    assert check_path(path) == path


@pytest.mark.parametrize(
    "paths",
    [["b", "a"], ["a", "a"], ["a", "a/b"], ["a", "a.b", "a/b"], ["a/b", "a/b-", "a/b/c"]],
    ids=repr,
)
def test_unsorted_doubled_and_clashing_paths_are_refused(paths: list[str]) -> None:
    with pytest.raises(Invalid, match=r"out of order|both a file and a folder"):
        list(cut(map(file, paths)))


@given(ENTRIES)
def test_what_is_cut_is_read_back(entries: list[Entry]) -> None:
    assume(free_of_clashes(entries))
    pieces = list(cut(entries))
    root = write_root([leaf for leaf, _ in pieces])

    assert [entry for _, content in pieces for entry in read_leaf(content)] == entries
    assert read_root(root) == tuple(leaf for leaf, _ in pieces)
    assert [leaf.digest for leaf, _ in pieces] == [
        digest_bytes(content) for _, content in pieces
    ]


@given(ENTRIES, st.data())
def test_broken_bytes_are_corrupt_or_the_one_spelling_of_something_else(
    entries: list[Entry], data: st.DataObject
) -> None:
    assume(entries and free_of_clashes(entries))
    [(leaf, content)] = cut(entries)
    broken_leaf, broken_root = broken(content, data), broken(write_root([leaf]), data)

    with suppress(Corrupt):
        assert [written for _, written in cut(read_leaf(broken_leaf))] == [broken_leaf]
    with suppress(Corrupt):
        assert write_root(read_root(broken_root)) == broken_root


def broken(content: bytes, data: st.DataObject) -> bytes:
    """Put up to two bytes in the place of one."""
    at = data.draw(st.integers(0, len(content) - 1))
    return content[:at] + data.draw(st.binary(max_size=2)) + content[at + 1 :]


def test_a_leaf_never_has_more_rows_than_the_format_allows() -> None:
    rows = [leaf.rows for leaf in leaves(numbered(range(50_000)))]

    assert sum(rows) == 50_000
    assert max(rows) <= LEAF_ROWS
    assert 3 < len(rows) < 50


@settings(max_examples=8)
@given(st.sets(st.integers(0, 30_000), min_size=1, max_size=3))
def test_a_change_moves_few_leaves(changed: set[int]) -> None:
    before = leaves(numbered(range(30_000)))

    after = leaves(numbered(set(range(30_000)) - changed))

    assert len(before) > 5
    assert len({*before} - {*after}) <= 2 * len(changed)


@given(ENTRIES, ENTRIES)
def test_a_difference_turns_one_tree_into_the_other(
    before: list[Entry], after: list[Entry]
) -> None:
    changes = diff(before, after)

    made = {entry.path: entry for entry in before}
    for entry in changes.removed:
        assert made.pop(entry.path) == entry
    for old, new in changes.changed:
        assert old != new
        assert made[old.path] == old
        made[old.path] = new
    for entry in changes.added:
        assert made.setdefault(entry.path, entry) is entry
    assert made == {entry.path: entry for entry in after}
    assert list(changes.added) == sorted(changes.added)


def test_a_leaf_with_a_huge_size_is_corrupt() -> None:
    [(_, content)] = cut([file("a")])
    huge = content.replace(b"f 1 ", b"f " + b"9" * 20 + b" ")

    with pytest.raises(Corrupt, match="broken row at byte 13"):
        read_leaf(huge)
