"""The ledger's arithmetic: entries, tree, proofs, the text of a checkpoint."""

import hashlib
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core import ledger
from cairn.core.digest import digest_bytes, from_canonical
from cairn.core.errors import Corrupt, Invalid
from cairn.core.ledger import Actor, Entry

EMPTY = hashlib.sha256(b"").digest()
LEAVES = [ledger.leaf_hash(b"%d" % number) for number in range(40)]
TREE = ledger.tree_of(LEAVES)


def node(level: int, index: int) -> bytes:
    return TREE[level, index]


def root(size: int) -> bytes:
    return ledger.root_hash(size, node)


def entry(**changed: object) -> Entry:
    plain = Entry(
        v=1,
        seq=0,
        time="2026-03-01T09:30:00.000000Z",
        actor=Actor(id="analyst", assurance="os-user"),
        team="default",
        action="version.mark-bad",
        change_id="0" * 32,
        request=digest_bytes(b"request"),
        subject="default/churn:1",
        before={},
        after={"model": "default/churn", "number": 1},
        evidence=(),
        reason="",
        salt="f" * 32,
    )
    return msgspec.structs.replace(plain, **changed)


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there."""
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return ledger.node_hash(naive_root(leaves[:half]), naive_root(leaves[half:]))


def sizes() -> st.SearchStrategy[tuple[int, int]]:
    """Two sizes of the tree, the smaller first."""
    return st.tuples(st.integers(1, 40), st.integers(1, 40)).map(
        lambda pair: (min(pair), max(pair))
    )


@pytest.mark.parametrize("size", range(41))
def test_the_root_is_the_one_of_the_definition(size: int) -> None:
    assert root(size) == naive_root(LEAVES[:size])


def test_a_tree_that_grows_leaf_by_leaf_stores_each_complete_subtree_once() -> None:
    grown: dict[tuple[int, int], bytes] = {}

    for size, leaf in enumerate(LEAVES):
        for level, index, value in ledger.new_nodes(size, leaf, lambda lv, ix: grown[lv, ix]):
            assert (level, index) not in grown
            grown[level, index] = value

    assert grown == TREE
    assert len(grown) == sum(40 >> level for level in range(6))


def test_every_entry_of_every_size_is_proven_and_nothing_else() -> None:
    for size in range(1, 41):
        for seq in range(size):
            proof = ledger.inclusion(seq, size, node)
            whole = root(size)
            assert ledger.verify_inclusion(
                seq, size, leaf=LEAVES[seq], proof=proof, root=whole
            )
            other = LEAVES[(seq + 1) % 40]
            assert not ledger.verify_inclusion(seq, size, leaf=other, proof=proof, root=whole)
            assert not ledger.verify_inclusion(
                seq + 1, size, leaf=LEAVES[seq], proof=proof, root=whole
            )


def test_every_size_extends_every_smaller_one() -> None:
    for new in range(1, 41):
        for old in range(1, new + 1):
            proof = ledger.consistency(old, new, node)
            assert ledger.verify_consistency(
                old, new, old_root=root(old), new_root=root(new), proof=proof
            )


@given(sizes(), st.data())
def test_a_changed_proof_is_no_proof(pair: tuple[int, int], data: st.DataObject) -> None:
    old, new = pair
    proof = list(ledger.consistency(old, new, node))
    place = data.draw(st.integers(0, len(proof)))
    other = data.draw(st.sampled_from(LEAVES))
    if place < len(proof) and data.draw(st.booleans()):
        changed = [*proof[:place], other, *proof[place + 1 :]]
    else:
        changed = [*proof[:place], other, *proof[place:]]

    accepted = ledger.verify_consistency(
        old, new, old_root=root(old), new_root=root(new), proof=changed
    )

    assert accepted == (changed == proof)


def test_another_history_is_no_extension() -> None:
    forged = [*LEAVES]
    forged[3] = ledger.leaf_hash(b"forged")
    others = ledger.tree_of(forged)

    def forged_node(level: int, index: int) -> bytes:
        return others[level, index]

    for old in range(4, 40):
        assert not ledger.verify_consistency(
            old,
            40,
            old_root=root(old),
            new_root=ledger.root_hash(40, forged_node),
            proof=ledger.consistency(old, 40, forged_node),
        )


@pytest.mark.parametrize(("seq", "size"), [(0, 0), (3, 3), (9, 3), (-1, 3)])
def test_an_entry_that_is_not_there_has_no_proof(seq: int, size: int) -> None:
    with pytest.raises(Invalid, match=f"no proof of entry {seq} in a ledger of {size}"):
        ledger.inclusion(seq, size, node)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 3), (3, 2), (-1, 3)])
def test_a_tree_of_nothing_or_from_the_future_has_no_consistency_proof(
    old: int, new: int
) -> None:
    with pytest.raises(Invalid, match=f"no consistency proof from size {old} to {new}"):
        ledger.consistency(old, new, node)


def test_a_leaf_is_not_a_node() -> None:
    left, right = LEAVES[:2]

    assert ledger.leaf_hash(left + right) != ledger.node_hash(left, right)


def test_an_entry_is_read_back_from_its_bytes() -> None:
    made = entry(after={"deep": [1, 2.5, None, {"é": True}]}, evidence=(digest_bytes(b""),))

    assert from_canonical(ledger.entry_bytes(made), Entry) == made


def test_an_entry_writes_every_field() -> None:
    written = msgspec.json.decode(ledger.entry_bytes(entry()))
    signed = msgspec.json.decode(ledger.entry_bytes(entry(signature="AAAA")))

    assert set(signed) == set(Entry.__struct_fields__)
    assert set(signed) - set(written) == {"signature"}


def test_an_entry_stays_under_64_kib() -> None:
    bare = len(ledger.entry_bytes(entry(after={"note": ""})))

    def content(size: int) -> bytes:
        return ledger.entry_bytes(entry(after={"note": "x" * (size - bare)}))

    assert len(content(65_535)) == 65_535
    with pytest.raises(Invalid, match="must stay under 64 KiB, this has 65536 bytes"):
        content(65_536)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("v", 2),
        ("seq", -1),
        ("time", "2026-03-01T09:30:00Z"),
        ("time", "2026-03-01T09:30:00.000000+00:00"),
        ("time", "2026-03-01T09:30:00.000000Z\n"),
        ("time", "\u0662026-03-01T09:30:00.000000Z"),
        ("team", "Default"),
        ("change_id", "0" * 31),
        ("change_id", "F" * 32),
        ("request", "sha1:0"),
        ("salt", ""),
        ("reason", "x" * 2001),
        ("before", None),
        ("after", {"share": float("nan")}),
        ("after", {"seed": 2**53}),
        ("after", {"name": "\ud800"}),
    ],
)
def test_an_entry_that_could_not_be_read_back_is_not_written(
    field: str, value: object
) -> None:
    with pytest.raises(Invalid):
        ledger.entry_bytes(entry(**{field: value}))


@given(st.integers(0, 2**60), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_read_back(size: int, value: bytes) -> None:
    text = ledger.checkpoint_text("cairn.local/7", size, value)

    assert ledger.read_checkpoint_text(text) == ("cairn.local/7", size, value)


GOOD = ledger.checkpoint_text("cairn.local/7", 5, EMPTY)
BREAKS: dict[str, Callable[[str], str]] = {
    "nothing": lambda _: "",
    "no root": lambda text: text.rpartition("\n")[0].rpartition("\n")[0],
    "no last line end": lambda text: text[:-1],
    "an extension line": lambda text: text + "more\n",
    "an empty origin": lambda text: text.replace("cairn.local/7", ""),
    "a leading zero": lambda text: text.replace("\n5\n", "\n05\n"),
    "a sign": lambda text: text.replace("\n5\n", "\n+5\n"),
    "a negative size": lambda text: text.replace("\n5\n", "\n-5\n"),
    "a grouped size": lambda text: text.replace("\n5\n", "\n5_0\n"),
    "digits of another script": lambda text: text.replace("\n5\n", "\n\u0665\n"),
    "an endless size": lambda text: text.replace("\n5\n", "\n" + "9" * 5000 + "\n"),
    "spare bits in the root": lambda text: text.replace("FU=", "FV="),
    "a short root": lambda text: text.replace("47DE", ""),
    "a root outside of ASCII": lambda text: text.replace("47DE", "4é7D"),
    "spaces": lambda text: text.replace("\n5\n", "\n 5\n"),
    "carriage returns": lambda text: text.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("fault", BREAKS)
def test_a_checkpoint_with_a_fault_is_refused(fault: str) -> None:
    broken = BREAKS[fault](GOOD)
    assert broken != GOOD

    with pytest.raises(Corrupt, match="the checkpoint"):
        ledger.read_checkpoint_text(broken)
