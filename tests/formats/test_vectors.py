"""Vectors that others published: RFC 8785, RFC 8032, RFC 6962, signed notes."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from cairn.core import ledger
from cairn.core.digest import canonical
from cairn.core.errors import Corrupt, Invalid
from cairn.signing import note
from formats import ed25519, ledger_reader
from formats.canonical_reader import spell
from formats.sample_values import RFC8785_NUMBERS, double
from formats.shapes import Wrong

VECTORS = Path(__file__).parent / "vectors"


def load(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))


MERKLE, ED25519, NOTE = load("rfc6962"), load("rfc8032"), load("note")
LEAVES = [bytes.fromhex(leaf) for leaf in MERKLE["leaves"]]
ROOTS = [bytes.fromhex(root) for root in MERKLE["roots"]]
EMPTY, OTHER = bytes.fromhex(MERKLE["empty_root"]), bytes.fromhex(MERKLE["some_hash"])
SIGNED = f"{NOTE['text']}\n\N{EM DASH} PeterNeumann {NOTE['signature']}\n"


class Inclusion(NamedTuple):
    """What an inclusion proof claims."""

    seq: int
    size: int
    leaf: bytes
    root: bytes
    proof: tuple[bytes, ...]


class Consistency(NamedTuple):
    """What a consistency proof claims."""

    old: int
    new: int
    old_root: bytes
    new_root: bytes
    proof: tuple[bytes, ...]


def nodes(leaves: Sequence[bytes]) -> Callable[[int, int], bytes]:
    found = ledger.tree_of(ledger.leaf_hash(leaf) for leaf in leaves)
    return lambda level, index: found[level, index]


def included(claim: Inclusion) -> bool:
    return ledger.verify_inclusion(
        claim.seq, claim.size, leaf=claim.leaf, proof=claim.proof, root=claim.root
    )


def included_independently(claim: Inclusion) -> bool:
    try:
        found = ledger_reader.root_from(claim.seq, claim.size, claim.leaf, claim.proof)
    except Wrong:
        return False
    return found == claim.root


def consistent(claim: Consistency) -> bool:
    return ledger.verify_consistency(
        claim.old,
        claim.new,
        old_root=claim.old_root,
        new_root=claim.new_root,
        proof=claim.proof,
    )


def consistent_independently(claim: Consistency) -> bool:
    try:
        found = ledger_reader.roots_from(claim.old, claim.new, claim.old_root, claim.proof)
    except Wrong:
        return False
    return found == (claim.old_root, claim.new_root)


def flipped(proof: tuple[bytes, ...], place: int, mask: int) -> tuple[bytes, ...]:
    node = proof[place]
    return (*proof[:place], bytes([node[0] ^ mask]) + node[1:], *proof[place + 1 :])


INCLUSIONS = [
    Inclusion(
        seq=given["index"],
        size=given["size"],
        leaf=ledger.leaf_hash(LEAVES[given["index"]]),
        root=ROOTS[given["size"] - 1],
        proof=tuple(map(bytes.fromhex, given["proof"])),
    )
    for given in MERKLE["inclusion"]
]
CONSISTENCIES = [
    Consistency(
        old=given["old"],
        new=given["new"],
        old_root=ROOTS[given["old"] - 1],
        new_root=ROOTS[given["new"] - 1],
        proof=tuple(map(bytes.fromhex, given["proof"])),
    )
    for given in MERKLE["consistency"]
]


def broken_inclusions() -> list[Inclusion]:
    """The mutations that are published with the vectors; none may verify."""
    found: list[Inclusion] = []
    for claim in INCLUSIONS:
        seq, size, _, root, proof = claim
        found += [claim._replace(seq=number) for number in (seq - 1, seq + 1, seq ^ 2)]
        found += [claim._replace(size=n) for n in (size * 2, size // 2)]
        found += [claim._replace(leaf=b"WrongLeaf"), claim._replace(leaf=b"")]
        found += [claim._replace(root=value) for value in (EMPTY, OTHER, b"")]
        found += [claim._replace(proof=(*proof, extra)) for extra in (b"", root)]
        found += [claim._replace(proof=(extra, *proof)) for extra in (b"", root)]
        found += [claim._replace(proof=flipped(proof, i, 8)) for i in range(len(proof))]
        if proof:
            found.append(claim._replace(proof=proof[:-1]))
        if len(proof) > 1:
            found.append(claim._replace(proof=(proof[0], OTHER, *proof[1:])))
    for seq, size in ((0, 0), (0, 1), (1, 0), (2, 1)):
        found += [Inclusion(seq, size, leaf, root, ()) for leaf, root in UNEQUAL]
    return found


UNEQUAL = [(OTHER, b""), (b"", EMPTY), (OTHER, EMPTY), (b"", b"")]


def broken_consistencies() -> list[Consistency]:
    """The same for consistency, and the claims that no tree of a ledger can make."""
    found: list[Consistency] = []
    for claim in CONSISTENCIES[1:]:
        old, new, old_root, new_root, proof = claim
        found += [claim._replace(old=n) for n in (old - 1, old + 1, old ^ 2)]
        found += [claim._replace(new=n) for n in (new * 2, new // 2)]
        found += [claim._replace(old_root=b"WrongRoot"), claim._replace(new_root=b"WrongRoot")]
        found.append(claim._replace(old_root=new_root, new_root=old_root))
        for extra in (b"", old_root, new_root, proof[0]):
            found.append(claim._replace(proof=(*proof, extra)))
            found.append(claim._replace(proof=(extra, *proof)))
        found += [claim._replace(proof=cut) for cut in ((), proof[:-1], proof[1:])]
        found += [claim._replace(proof=flipped(proof, i, 16)) for i in range(len(proof))]
    sizes = ((0, 0), (0, 1), (1, 0), (2, 1), (1, 2), (1, 1))
    found += [Consistency(old, new, EMPTY, OTHER, ()) for old, new in sizes]
    found += [Consistency(old, new, EMPTY, EMPTY, (EMPTY,)) for old, new in sizes]
    # The published verifier lets these pass; here an old tree has a leaf and a hash 32 bytes.
    found += [Consistency(0, 0, EMPTY, EMPTY, ()), Consistency(0, 1, EMPTY, OTHER, ())]
    found += [Consistency(1, 1, b"short", b"short", ())]
    return found


@pytest.mark.parametrize(("hexadecimal", "spelled"), RFC8785_NUMBERS.items())
def test_numbers_are_spelled_as_rfc_8785_prints_them(hexadecimal: str, spelled: str) -> None:
    assert canonical(double(hexadecimal)) == spelled.encode()
    assert spell(double(hexadecimal)) == spelled


@pytest.mark.parametrize("hexadecimal", ["7fffffffffffffff", "7ff0000000000000"])
def test_what_is_no_number_is_refused(hexadecimal: str) -> None:
    with pytest.raises(Invalid):
        canonical(double(hexadecimal))


def test_names_are_sorted_by_utf_16_as_rfc_8785_prints_them() -> None:
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\xf6": 7}

    written = canonical(value)

    assert list(json.loads(written).values()) == [2, 4, 6, 7, 1, 5, 3]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_root_of_a_published_tree(size: int) -> None:
    assert ledger.root_hash(size, nodes(LEAVES[:size])) == ROOTS[size - 1]
    assert ledger_reader.tree_hash(LEAVES[:size]) == ROOTS[size - 1]


def test_the_root_of_nothing() -> None:
    assert ledger.root_hash(0, nodes([])) == EMPTY == ledger_reader.tree_hash([])


@pytest.mark.parametrize("claim", INCLUSIONS, ids=lambda c: f"{c.seq} in {c.size}")
def test_a_published_inclusion_proof_is_made_and_accepted(claim: Inclusion) -> None:
    assert ledger.inclusion(claim.seq, claim.size, nodes(LEAVES)) == claim.proof
    assert included(claim)
    assert included_independently(claim)


@pytest.mark.parametrize("claim", CONSISTENCIES, ids=lambda c: f"{c.old} to {c.new}")
def test_a_published_consistency_proof_is_made_and_accepted(claim: Consistency) -> None:
    assert ledger.consistency(claim.old, claim.new, nodes(LEAVES)) == claim.proof
    assert consistent(claim)
    assert consistent_independently(claim)


@pytest.mark.parametrize("claim", broken_inclusions())
def test_a_broken_inclusion_proof_is_refused(claim: Inclusion) -> None:
    assert not included(claim)
    assert not included_independently(claim)


@pytest.mark.parametrize("claim", broken_consistencies())
def test_a_broken_consistency_proof_is_refused(claim: Consistency) -> None:
    assert not consistent(claim)
    assert not consistent_independently(claim)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=70), st.data())
def test_an_unrelated_library_has_the_same_roots_and_paths(
    entries: list[bytes], data: st.DataObject
) -> None:
    other = InmemoryTree.init_from_entries(entries, algorithm="sha256")
    size = data.draw(st.integers(1, len(entries)))
    seq = data.draw(st.integers(0, size - 1))

    root = ledger.root_hash(size, nodes(entries))
    proof = ledger.inclusion(seq, size, nodes(entries))

    assert root == other.get_root(size) == ledger_reader.tree_hash(entries[:size])
    path = other.prove_inclusion(seq + 1, size).path
    assert sorted([ledger.leaf_hash(entries[seq]), *proof]) == sorted(path)


@pytest.mark.parametrize("given", ED25519["signatures"])
def test_the_second_reader_knows_published_signatures(given: dict[str, str]) -> None:
    public, message, signature = (
        bytes.fromhex(given[name]) for name in ("public", "message", "signature")
    )

    assert ed25519.verify(public, message, signature)
    assert not ed25519.verify(public, message + b"\0", signature)
    assert not ed25519.verify(public, message, signature[:-1] + b"\xff")
    assert not ed25519.verify(b"\xff" * 32, message, signature)


def test_a_signature_with_a_scalar_beyond_the_order_is_refused() -> None:
    given = ED25519["signatures"][0]
    signature = bytes.fromhex(given["signature"])
    scalar = int.from_bytes(signature[32:], "little") + ed25519.ORDER
    forged = signature[:32] + scalar.to_bytes(32, "little")

    assert not ed25519.verify(bytes.fromhex(given["public"]), b"", forged)


def test_the_published_note_verifies() -> None:
    assert note.verify(SIGNED, NOTE["verifier"]) == NOTE["text"]
    assert ledger_reader.open_note(SIGNED.encode(), NOTE["verifier"]) == NOTE["text"]


def test_the_published_key_signs_the_published_note() -> None:
    key = note.read_key(NOTE["signer"])

    assert key.verifier == NOTE["verifier"]
    assert note.sign(NOTE["text"], key) == SIGNED


@pytest.mark.parametrize("verifier", [NOTE["verifier"], *NOTE["verifiers"]])
def test_published_keys_are_read(verifier: str) -> None:
    assert note.read_verifier(verifier) == ledger_reader.read_vkey(verifier)


def test_signatures_of_other_keys_are_skipped() -> None:
    other = note.SigningKey("other.example/log", b"\7" * 32)
    both = SIGNED + note.sign(NOTE["text"], other).rpartition("\n\n")[2]

    for verifier in (NOTE["verifier"], other.verifier):
        assert note.verify(both, verifier) == NOTE["text"]
        assert ledger_reader.open_note(both.encode(), verifier) == NOTE["text"]
    with pytest.raises(Corrupt, match="not signed by"):
        note.verify(SIGNED, other.verifier)


@pytest.mark.parametrize(
    "broken",
    [
        SIGNED.replace("cryptography", "cryptographie"),
        SIGNED.replace("\N{EM DASH}", "-"),
        SIGNED.removesuffix("\n"),
        SIGNED.replace("AM=", "AN="),
        SIGNED.replace("x08g", "x08h"),
        SIGNED.replace("x08g", "\u00e908g"),
        SIGNED.replace(NOTE["signature"], NOTE["signature"][:40]),
        NOTE["text"],
        "",
    ],
)
def test_a_note_that_was_changed_is_refused(broken: str) -> None:
    with pytest.raises(Corrupt):
        note.verify(broken, NOTE["verifier"])
    with pytest.raises(Wrong):
        ledger_reader.open_note(broken.encode(), NOTE["verifier"])


@pytest.mark.parametrize(
    "broken",
    [
        NOTE["verifier"].replace("c74f20a3", "C74F20A3"),
        NOTE["verifier"].replace("c74f20a3", "c74f20a4"),
        NOTE["verifier"].replace("Peter", "Pieter"),
        NOTE["verifier"].replace("+AR", "+AB"),
        NOTE["verifier"][:-4],
        "PeterNeumann",
        "PeterNeumann+c74f20a3+\u00e9",
        "",
    ],
)
def test_a_key_that_was_changed_is_refused(broken: str) -> None:
    with pytest.raises(Invalid):
        note.read_verifier(broken)
    with pytest.raises(Wrong):
        ledger_reader.read_vkey(broken)
