"""Trees as values: paths spelled one way, leaves cut by paths alone, nothing read twice."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import TypeVar

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cairn.core import tree
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
    read_leaves,
    read_root,
    unescape,
    write_root,
)
from harm import plain_tree

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


Value = TypeVar("Value")
NEAR_PATHS = st.lists(
    st.sampled_from(
        [
            *"ab/.-0",
            "//",
            "/.",
            "..",
            "\\",
            "\n",
            "\0",
            "\x7f",
            "\udcff",
            "é",
            "\udcc3",
            "\u2028",
        ]
    ),
    max_size=5,
).map(lambda parts: "".join(parts).encode("utf-8", "surrogateescape"))
NEAR_ENTRIES = st.lists(
    st.builds(
        Entry, NEAR_PATHS, st.sampled_from("fxl"), st.integers(0, 10**19 - 1), st.just(X)
    ),
    max_size=8,
)
SPELLINGS = [
    *"ab/.-0\\ é\x85\u2028\ud800",
    "..",
    "\\x0a",
    "\\x0A",
    "\\x41",
    "\\xff",
    "\\xc3\\xa9",
    "\r",
]
NEAR_ROWS = st.builds(
    "{}{}{}{}{}{}{}{}".format,
    st.sampled_from(["f", "x", "l", "d", "", "ff"]) | st.just("f"),
    st.sampled_from([" ", "  ", "\n"]) | st.just(" "),
    st.sampled_from(["0", "1", "01", "-1", "9" * 19, "9" * 20, "", "\u0661"]) | st.just("1"),
    st.just(" "),
    st.sampled_from([X[7:].upper(), X[7:-1], X]) | st.just(X[7:]),
    st.just(" "),
    st.lists(st.sampled_from(SPELLINGS), max_size=4).map("".join),
    st.sampled_from(["", "\r\n", "\n\n"]) | st.just("\n"),
)


def outcome(work: Callable[[], Value]) -> Value | type[Exception]:
    """Return what comes of it: a value, or the class of the error."""
    try:
        return work()
    except (Invalid, Corrupt) as error:
        return type(error)


@given(NEAR_ENTRIES, st.booleans())
def test_many_rows_are_written_as_one_by_one(entries: list[Entry], in_order: bool) -> None:
    if in_order:
        entries.sort()

    pieces = outcome(lambda: list(cut(entries)))

    assert pieces == outcome(lambda: list(plain_tree.cut(entries)))
    if isinstance(pieces, list):
        found = [leaf for leaf, _ in pieces]
        assert write_root(found) == plain_tree.write_root(found)


@settings(max_examples=400)
@given(st.lists(NEAR_ROWS, max_size=4), st.booleans())
def test_many_rows_are_read_as_one_by_one(rows: list[str], in_order: bool) -> None:
    lines = sorted(rows, key=lambda row: row.split(" ")[-1]) if in_order else rows
    content = b"cairn leaf/1\n" + "".join(lines).encode("utf-8", "surrogatepass")

    read = outcome(lambda: read_leaf(content))

    assert read == outcome(lambda: plain_tree.read_leaf(content))


@given(ENTRIES, st.data())
def test_roots_are_read_as_one_by_one(entries: list[Entry], data: st.DataObject) -> None:
    root = write_root([Leaf(X, 1, entry.size, entry.path) for entry in entries])
    content = broken(root, data)

    read = outcome(lambda: read_root(content))

    assert read == outcome(lambda: plain_tree.read_root(content))
    assert read_root(root) == plain_tree.read_root(root)


@given(
    st.lists(PATHS | st.sampled_from([b"a", b"a.b", b"a/b", b"a-b/c"]), max_size=9),
    st.data(),
)
def test_leaves_are_read_as_if_all_were_cut_again(
    paths: list[bytes], data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for module in (tree, plain_tree):
            patch.setattr(module, "LEAF_MASK", 1)
            patch.setattr(module, "LEAF_ROWS", 3)
        stored = piecewise([file(path) for path in sorted({*paths})], data)

        read = outcome(lambda: list(read_leaves(stored)))

        assert read == outcome(lambda: list(plain_tree.read_leaves(stored)))


def piecewise(entries: Sequence[Entry], data: st.DataObject) -> list[tuple[Leaf, bytes]]:
    """Cut as the format says, or after any row; and sometimes tell of another leaf."""
    pieces: list[tuple[Leaf, bytes]] = []
    with suppress(Invalid):
        pieces = list(plain_tree.cut(entries))
    if not pieces or data.draw(st.integers(0, 3)) == 0:
        ends = [0, *sorted(data.draw(st.sets(st.integers(0, len(entries))))), len(entries)]
        parts = [entries[start:end] for start, end in pairwise(ends) if start < end]
        pieces = [piece for part in parts for piece in plain_leaf(part)]
    wrong = data.draw(st.sampled_from(["", "", "", "rows", "size", "first", "swap", "twice"]))
    if pieces and wrong:
        (leaf, content), *rest = pieces
        match wrong:
            case "swap":
                return pieces[::-1]
            case "twice":
                return [pieces[0], *pieces]
            case "first":
                return [(leaf._replace(first=b"zz"), content), *rest]
            case "rows":
                return [(leaf._replace(rows=leaf.rows + 1), content), *rest]
            case _:
                return [(leaf._replace(size=leaf.size + 1), content), *rest]
    return pieces


def plain_leaf(rows: Sequence[Entry]) -> list[tuple[Leaf, bytes]]:
    """Write one leaf of these rows, wherever it should be cut; none if it cannot be."""
    with pytest.MonkeyPatch.context() as patch, suppress(Invalid):
        patch.setattr(plain_tree, "LEAF_MASK", 0xFFFFFFFF)
        patch.setattr(plain_tree, "LEAF_ROWS", len(rows) + 1)
        return list(plain_tree.cut(rows))
    return []


@given(NEAR_ENTRIES, NEAR_ENTRIES)
def test_differences_are_found_as_by_looking_up_every_path(
    before: list[Entry], after: list[Entry]
) -> None:
    old, new = ({entry.path: entry for entry in entries} for entries in (before, after))
    left, right = ([found[path] for path in sorted(found)] for found in (old, new))

    assert diff(left, right) == plain_tree.diff(left, right)
