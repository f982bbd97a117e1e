"""Trees in a store: read, closed over, compared, and never believed without proof."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.digest import Digest, digest_bytes
from cairn.core.errors import Corrupt
from cairn.core.tree import LEAF_ROWS, Entry, Leaf, cut, diff, write_root
from cairn.objects import ObjectStore, in_memory
from cairn.objects.backends.memory import MemoryBackend
from cairn.objects.folders.tree import diff_trees, store_tree, tree_entries, tree_objects
from harm import packed
from projects.folders import Content, write

FILES: dict[str, Content] = {"a.csv": b"1,2\n", "deep/b.csv": b"3,4\n", "link": "a.csv"}


def entries(numbers: Iterable[int], *, content: bytes = b"x") -> list[Entry]:
    digest = digest_bytes(content)
    return [Entry(b"%06d" % number, "f", len(content), digest) for number in sorted(numbers)]


def keep(objects: ObjectStore, rows: Iterable[Entry]) -> tuple[Digest, list[Leaf]]:
    """Store the leaves and the root of a tree, but no file."""
    leaves: list[Leaf] = []
    with objects.batch() as batch:
        for leaf, content in cut(rows):
            batch.put(content)
            leaves.append(leaf)
        return batch.put(write_root(leaves)), leaves


def test_a_tree_of_many_leaves_lists_every_entry() -> None:
    objects = in_memory()
    rows = entries(range(2 * LEAF_ROWS))

    digest, leaves = keep(objects, rows)

    assert len(leaves) > 3
    assert list(tree_entries(objects, digest)) == rows


def test_a_tree_needs_its_root_its_leaves_and_its_files(tmp_path: Path) -> None:
    objects = in_memory()

    digest = store_tree(objects, write(tmp_path, FILES)).digest

    needed = list(tree_objects(objects, digest))
    assert needed[0] == digest
    assert set(needed) == set(objects.digests())


def test_a_root_that_lists_other_leaves_than_it_has_is_corrupt() -> None:
    objects = in_memory()
    _, leaves = keep(objects, entries(range(LEAF_ROWS)))
    first, *rest = leaves
    wrong: dict[str, list[Leaf]] = {
        "backwards": leaves[::-1],
        "doubled": [*leaves, leaves[-1]],
        "more rows": [first._replace(rows=first.rows + 1), *rest],
        "more bytes": [first._replace(size=first.size + 1), *rest],
        "another first path": [first._replace(first=b"0"), *rest],
    }

    for what, listed in wrong.items():
        root = objects.put(write_root(listed))
        with pytest.raises(Corrupt):
            assert list(tree_entries(objects, root)) == what


def test_a_tree_has_one_way_to_be_cut() -> None:
    objects = in_memory()
    rows = entries(range(10))
    pieces = [leaf for part in (rows[:5], rows[5:]) for leaf in keep(objects, part)[1]]

    root = objects.put(write_root(pieces))

    assert len(pieces) == 2
    with pytest.raises(Corrupt, match="does not list its leaves as they are"):
        list(tree_entries(objects, root))


def test_a_file_that_is_a_folder_in_the_next_leaf_is_corrupt() -> None:
    objects = in_memory()
    _, leaves = keep(objects, entries(range(LEAF_ROWS)))
    last = list(tree_entries(objects, objects.put(write_root(leaves[:1]))))[-1]
    inside = keep(objects, [last._replace(path=last.path + b"/inside")])[1]

    root = objects.put(write_root([*leaves[:1], *inside]))

    with pytest.raises(Corrupt, match="both a file and a folder"):
        list(tree_entries(objects, root))


CONTENTS = st.dictionaries(st.integers(0, 20_000), st.sampled_from([b"x", b"y"]), max_size=40)


@given(before=CONTENTS, after=CONTENTS, shared=st.booleans())
def test_two_trees_are_compared_by_path(
    before: dict[int, bytes], after: dict[int, bytes], shared: bool
) -> None:
    objects = in_memory()
    common = dict.fromkeys(range(0, 20_000, 7) if shared else [], b"x")
    old, new = (
        [row for number in sorted(files) for row in entries([number], content=files[number])]
        for files in (common | before, common | after)
    )

    changes = diff_trees(objects, keep(objects, old)[0], keep(objects, new)[0])

    assert changes == diff(old, new)


def test_leaves_that_both_trees_have_are_not_read() -> None:
    backend = MemoryBackend({})
    objects = ObjectStore(backend)
    rows = entries(range(LEAF_ROWS))
    before, leaves = keep(objects, rows)
    after, _ = keep(objects, rows[:-1])
    for leaf in leaves[:-1]:
        packed.remove_in(backend, leaf.digest)

    changes = diff_trees(objects, before, after)

    assert changes == diff(rows[-1:], [])


def test_any_changed_byte_of_any_object_of_a_tree_is_found(tmp_path: Path) -> None:
    contents: dict[str, bytes] = {}
    objects = ObjectStore(MemoryBackend(contents))
    digest = store_tree(objects, write(tmp_path, FILES)).digest

    (pack,) = objects.packs()
    name, content = pack.key, contents[pack.key]
    for row in pack.rows:
        for at in range(row.offset, row.end):
            contents[name] = content[:at] + bytes([content[at] ^ 0x20]) + content[at + 1 :]
            with pytest.raises(Corrupt, match=row.id.hex()):
                sum(map(objects.check, tree_objects(objects, digest)))
