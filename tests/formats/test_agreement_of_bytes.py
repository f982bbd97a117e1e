"""Two readers agree on trees, predictions, segments and proofs, whole or broken."""

import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cairn.core import ledger, tree
from cairn.core.digest import digest_bytes
from cairn.core.errors import Corrupt, Invalid
from cairn.objects import in_memory
from cairn.objects.folders.tree import tree_entries
from cairn.stats import predictions
from cairn.stats.tabulate import tabulate
from formats import ledger_reader, reader
from formats.agreement import accepts, agree, edited
from formats.golden_files import read_by_cairn, read_independently
from formats.samples import ENTRIES, TREES
from formats.shapes import Wrong, demand

# A tree of 40,000 empty files whose names never end a leaf: leaves are cut by their rows.
LARGE_TREE = "sha256:bf9ea14c3423346b7123466f927369c5e6131b37ce3ddd7257d6543b7fca7274"

PART = st.binary(min_size=1, max_size=5).filter(lambda part: part not in (b".", b".."))
PATHS = st.lists(PART, min_size=1, max_size=4).map(
    lambda parts: b"/".join(part.replace(b"/", b"-").replace(b"\0", b"0") for part in parts)
)
ENDING = (b"images/00262.png", b"images/00634.png", b"images/18812.png")  # CRC-32 ends in 000
ENTRY = st.builds(
    tree.Entry,
    path=PATHS | st.sampled_from(ENDING),
    mode=st.sampled_from("fxl"),
    size=st.integers(0, 2**63 - 1),
    digest=st.binary(max_size=2).map(digest_bytes),
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.binary(max_size=12))
@example(b"\xe2\x82A\xe2\x82\xac\xf0\x9f\xa6")
@example(b"\\x41\\\\x41")
def test_both_escape_a_path_alike_and_back(path: bytes) -> None:
    spelled = tree.escape(path)

    assert reader.escape(path) == spelled
    assert tree.unescape(spelled) == path == reader.unescape(spelled.encode())


@given(st.text(st.sampled_from("\\x4c1é\u0301\n\x7f\u0085a"), max_size=8))
def test_both_unescape_a_spelling_alike(spelled: str) -> None:
    cairn = accepts(lambda: tree.unescape(spelled), Invalid)

    assert accepts(lambda: reader.unescape(spelled.encode()), Wrong) == cairn


@settings(max_examples=60)
@given(st.lists(ENTRY, max_size=30, unique_by=lambda entry: entry.path), st.data())
def test_both_read_a_tree_alike_whole_or_broken(
    entries: list[tree.Entry], data: st.DataObject
) -> None:
    ordered = sorted(entries)
    folders = {entry.path[:at] for entry in ordered for at in slashes(entry.path)}
    assume(not folders & {entry.path for entry in ordered})
    cut = list(tree.cut(ordered))
    content = tree.write_root([leaf for leaf, _ in cut])
    leaves = {leaf.digest: written for leaf, written in cut}
    assert read_tree(content, leaves) == [tuple(entry) for entry in ordered]

    if not cut:
        return
    chosen = data.draw(st.sampled_from(sorted(leaves)))
    broken = edited(leaves[chosen], data)
    renamed = content.replace(chosen[7:].encode(), digest_bytes(broken)[7:].encode())
    read_tree(renamed, {**leaves, digest_bytes(broken): broken})
    read_tree(edited(content, data), leaves)


def slashes(path: bytes) -> list[int]:
    return [place for place, byte in enumerate(path) if byte == ord("/")]


def read_tree(content: bytes, leaves: dict[str, bytes]) -> list[tuple[Any, ...]] | None:
    """Read a tree with both readers, which must agree; None if they refuse it."""
    objects = in_memory()
    for leaf in leaves.values():
        objects.put(leaf)
    digest = objects.put(content)
    known = all(leaf.digest in leaves for leaf in leaves_of(content))
    cairn = known and accepts(lambda: list(tree_entries(objects, digest)), Corrupt)
    other = accepts(
        lambda: reader.read_tree(content, lambda name: leaves.get(name, b"")), Wrong
    )
    assert other == cairn, content
    return [tuple(entry) for entry in tree_entries(objects, digest)] if cairn else None


def leaves_of(content: bytes) -> tuple[tree.Leaf, ...]:
    try:
        return tree.read_root(content)
    except Corrupt:
        return ()


@pytest.mark.parametrize("rows", [[7], [2, 5], [3, 1, 3], [3, 2, 1, 1], [3, 2, 0, 2]], ids=str)
def test_a_tree_that_is_cut_elsewhere_is_refused(rows: list[int]) -> None:
    entries = TREES["three-leaves"]
    leaves: dict[str, bytes] = {}
    listed: list[tree.Leaf] = []
    for number in rows:
        part, entries = entries[:number], entries[number:]
        content = tree.LEAF_HEAD + b"".join(map(row, part))
        first = part[0].path if part else b"images/00300.png"
        size = sum(entry.size for entry in part)
        listed.append(tree.Leaf(digest_bytes(content), number, size, first))
        leaves[digest_bytes(content)] = content

    assert read_tree(tree.write_root(listed), leaves) is None


def row(entry: tree.Entry) -> bytes:
    return f"{entry.mode} {entry.size} {entry.digest[7:]} {tree.escape(entry.path)}\n".encode()


def test_a_tree_that_is_cut_right_is_accepted_in_the_same_words() -> None:
    cut = list(tree.cut(TREES["three-leaves"]))

    assert [leaf.rows for leaf, _ in cut] == [3, 2, 2]
    assert [content for _, content in cut] == [
        tree.LEAF_HEAD + b"".join(map(row, part))
        for part in (
            TREES["three-leaves"][:3],
            TREES["three-leaves"][3:5],
            TREES["three-leaves"][5:],
        )
    ]


def test_a_leaf_ends_after_16384_rows_if_no_name_ends_it() -> None:
    names = (b"%06d" % number for number in range(41_000))
    chosen = [name for name in names if zlib.crc32(name) % 4096][:40_000]
    empty = digest_bytes(b"")

    cut = list(tree.cut(tree.Entry(name, tree.FILE, 0, empty) for name in chosen))

    leaves = {leaf.digest: content for leaf, content in cut}
    root = tree.write_root([leaf for leaf, _ in cut])
    assert [leaf.rows for leaf, _ in cut] == [16_384, 16_384, 7_232]
    assert [file.path for file in reader.read_tree(root, leaves.__getitem__)] == chosen
    assert digest_bytes(root) == LARGE_TREE


@settings(max_examples=60)
@given(
    st.lists(NAMES, min_size=1, max_size=8, unique=True),
    st.dictionaries(NAMES, st.lists(NAMES, min_size=8, max_size=8), max_size=2),
    st.booleans(),
    st.data(),
)
def test_both_read_predictions_alike_whole_or_broken(
    ids: list[str], groups: dict[str, list[str]], weighted: bool, data: st.DataObject
) -> None:
    columns = st.lists(FINITE, min_size=len(ids), max_size=len(ids))
    made = tabulate(
        ids,
        data.draw(columns),
        score=data.draw(columns),
        groups={name: values[: len(ids)] for name, values in groups.items()},
        weight=[abs(value) for value in data.draw(columns)] if weighted else None,
        task="regression" if weighted else "binary",
        unit=ids[::-1] if weighted else None,
        values={name: (data.draw(columns), "lower") for name in groups},
    )

    content = predictions.encode(made)

    assert read_independently("predictions/1", content) == read_by_cairn(
        "predictions/1", content
    )
    agree("predictions/1", edited(content, data))


def entries(count: int) -> list[bytes]:
    """Entries that follow each other."""
    first = ENTRIES[0]
    return [
        ledger.entry_bytes(msgspec.structs.replace(first, seq=seq)) for seq in range(count)
    ]


def lines(some: list[bytes]) -> bytes:
    return b"".join(entry + b"\n" for entry in some)


def test_a_segment_ends_after_1024_entries() -> None:
    every = entries(1030)

    assert ledger_reader.read_segments([lines(every[:1024]), lines(every[1024:])]) == every
    for wrong in (
        [lines(every)],
        [lines(every[:1023]), lines(every[1023:])],
        [lines(every[:1024]), lines(every[1025:])],
        [lines(every[1:])],
        [lines(every[:5])[:-1]],
        [lines([every[1], every[0]])],
    ):
        with pytest.raises(Wrong):
            ledger_reader.read_segments(wrong)


@settings(max_examples=60)
@given(st.integers(1, 80), st.data())
def test_both_follow_a_consistency_proof_alike(new: int, data: st.DataObject) -> None:
    leaves = [b"%d" % number for number in range(new)]
    old = data.draw(st.integers(1, new))
    nodes = ledger.tree_of(map(ledger.leaf_hash, leaves))
    old_root, new_root = (
        ledger.root_hash(size, lambda level, index: nodes[level, index]) for size in (old, new)
    )

    proof = ledger.consistency(old, new, lambda level, index: nodes[level, index])

    assert ledger_reader.roots_from(old, new, old_root, proof) == (old_root, new_root)
    assert ledger.verify_consistency(
        old, new, old_root=old_root, new_root=new_root, proof=proof
    )
    for size in range(1, new + 1):
        accepted = accepts(
            lambda size=size: grown(size, new, old_root, proof, new_root), Wrong
        )
        assert accepted == ledger.verify_consistency(
            size, new, old_root=old_root, new_root=new_root, proof=proof
        )


def grown(
    old: int, new: int, old_root: bytes, proof: tuple[bytes, ...], new_root: bytes
) -> None:
    roots = ledger_reader.roots_from(old, new, old_root, proof)
    demand(roots == (old_root, new_root), "another tree", roots)
