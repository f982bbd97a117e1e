"""Examples of every stored format, as Cairn's own writers give them.

`SAMPLES` names each one; the bytes of that name under `golden/` never change. A new example is
added with `python tests/formats/add.py`.
"""

from typing import NamedTuple

from msgspec.structs import replace

from cairn.core import ledger, tree
from cairn.core.digest import Digest, canonical, digest_bytes
from cairn.core.label import Anyone, Holder, MoveLabel, Nobody, Rollback
from cairn.core.request import Record
from cairn.core.sidecar import Sidecar
from cairn.signing import note
from cairn.stats import predictions
from cairn.stats.tabulate import tabulate, tabulate_classes
from formats.sample_packs import packs
from formats.sample_people import PEOPLE
from formats.sample_records import DIGESTS, RECORDS, SNAPSHOT, A, B
from formats.sample_sweeps import SWEEPS
from formats.sample_testimony import testimonies
from formats.sample_values import VALUES

STORE_ID = "5f" * 16
KEY = note.SigningKey(f"cairn.local/{STORE_ID}", bytes(range(32)))


class Sample(NamedTuple):
    """What one golden file holds: a kind of `docs/reference/formats.md`, and its bytes."""

    kind: str
    content: bytes


def samples() -> dict[str, Sample]:
    """Write every example, by file name."""
    found: dict[str, Sample] = {}
    for name, value in VALUES.items():
        found[f"json/{name}.json"] = Sample("json", canonical(value))
    for name, value in (RECORDS | PEOPLE | SWEEPS).items():
        found[f"{name}.json"] = Sample(kind_of(value), canonical(value))
    for name, value in testimonies(ENTRIES, KEY, 3, 4).items():
        found[f"{name}.json"] = Sample(kind_of(value), canonical(value))
    for name, value in REQUESTS.items():
        found[f"request/{name}.json"] = Sample("request", canonical(value))
    for name, entries in TREES.items():
        found |= tree_samples(name, entries)
    for name, value in PREDICTIONS.items():
        found[f"predictions/{name}.bin"] = Sample("predictions/1", predictions.encode(value))
    for name, content in packs().items():
        found[f"pack/{name}.bin"] = Sample("pack/1", content)
    return found | ledger_samples()


def kind_of(record: Record) -> str:
    """Name a stored record's kind."""
    return str(record.__struct_config__.tag)


REQUESTS: dict[str, Record] = {
    "promote-over-anyone": MoveLabel(
        model="default/churn", label="production", version=A, expecting=Anyone()
    ),
    "promote-over-nobody": MoveLabel(
        model="default/churn", label="dev", version=A, expecting=Nobody(), reason="Q3 data"
    ),
    "promote-over-holder": MoveLabel(
        model="risk/churn",
        label="canary-eu",
        version=A,
        expecting=Holder(version=B),
        decision=SNAPSHOT,
        waiver="no seeds in 2019",
        change_id="0123456789abcdef0123456789abcdef",
    ),
    "rollback": Rollback(
        model="default/churn", label="production", reason="errors since noon"
    ),
}


def file(path: bytes, content: bytes, mode: str = tree.FILE) -> tree.Entry:
    return tree.Entry(path, mode, len(content), digest_bytes(content))


TREES: dict[str, list[tree.Entry]] = {
    "empty": [],
    "one-file": [file(b"model.skops", b"weights\n")],
    "modes": [
        file(b"data/latest", b"2026/03.csv", tree.SYMLINK),
        file(b"data/2026/03.csv", b"id,churned\n1,0\n"),
        file(b"empty", b""),
        file(b"train.sh", b"#!/bin/sh\npython train.py\n", tree.EXECUTABLE),
    ],
    "odd-names": [
        file(path, path)
        for path in (
            b" leading and trailing ",
            b"a",
            b"a b/c\td",
            b"a!/between",
            b"a.b",
            b"back\\slash",
            b"back\\x41slash",
            b"bell\x07 delete\x7f",
            b"cut \xe2\x82 short",
            b"latin-1 caf\xe9",
            b"line\nbreak",
            b"overlong \xc0\xaf surrogate \xed\xa0\x80",
            "NFC caf\u00e9, NFD cafe\u0301".encode(),
            "control \u0085 separator \u2028".encode(),
            "\u96ea/\U0001f98b.png".encode(),
            b"\xff",
        )
    ],
    "three-leaves": [
        file(f"images/{number:05d}.png".encode(), b"%d" % number)
        for number in (1, 2, 262, 300, 634, 635, 700)
    ],
}


def tree_samples(name: str, entries: list[tree.Entry]) -> dict[str, Sample]:
    """Write a tree's root and leaves."""
    cut = list(tree.cut(sorted(entries)))
    found = {f"tree/{name}.tree": Sample("tree/1", tree.write_root([leaf for leaf, _ in cut]))}
    for number, (_, content) in enumerate(cut):
        found[f"tree/{name}.{number}.leaf"] = Sample("leaf/1", content)
    return found


PREDICTIONS: dict[str, predictions.Predictions] = {
    "one-row": tabulate(ids=["a"], label=[1], score=[0.5]),
    "groups": tabulate(
        ids=["3", "10", "2"],
        label=[0, 1, 1],
        score=[0.125, 0.75, 1.0],
        groups={"region": ["north", "south", "north"], "carrier": ["UA", "B6", "AA"]},
    ),
    "weights-and-unicode": tabulate(
        ids=["\u00e9", "e\u0301", "\U0001f98b", "\uffff", "line\nbreak", " "],
        label=[0, 1, 0, 1, 0, 1],
        score=[0.1, 1e-300, 5e-324, -2.5, 0.30000000000000004, 0],
        groups={"\u96ea": ["\U0001f98b", "\uffff", "z", "\uffff", "z", "A"]},
        weight=[1, 0, 2.5, 1e9, 0.1, 3],
    ),
    "classes": tabulate_classes(
        ids=["a", "b", "c"],
        label=["dog", "ant", "\u96ea"],
        scores={"dog": [0.5, 0.25, 0], "ant": [0.25, 0.5, 0.5], "\u96ea": [0.25, 0.25, 0.5]},
        groups={"region": ["n", "s", "n"]},
        weight=[1, 2, 0.5],
        unit=["x", "y", "x"],
    ),
    "numbers": tabulate(
        ids=["a", "b"],
        label=[-1.5, 1e6],
        score=[0, 999_999.5],
        task="regression",
        values={"cost": ([3, 0.25], "lower"), "bonus": ([-1, 2], "higher")},
    ),
    "ranking": tabulate(
        ids=["1", "2", "3"],
        label=[2, 0, 1],
        score=[1, 1, -1],
        task="ranking",
        unit=["q2", "q1", "q1"],
    ),
    "values": tabulate(
        ids=["a", "b"],
        label=[],
        score=[],
        task="values",
        values={"helpful": ([1, 0], "higher")},
    ),
}


def entry(seq: int, action: str, subject: str, **facts: object) -> ledger.Entry:
    """Make a ledger entry that differs from its neighbours in everything."""
    return ledger.Entry(
        v=1,
        seq=seq,
        time=f"2026-03-01T09:30:00.{seq:06d}Z",
        actor=ledger.Actor(id="analyst", assurance="os-user"),
        team="default",
        action=action,
        change_id=f"{seq:032x}",
        request=digest_bytes(b"request %d" % seq),
        subject=subject,
        before=dict[str, object](),
        after=facts,
        evidence=tuple(digest for digest in DIGESTS if digest in facts.values()),
        reason="" if seq else "first \u2713",
        salt=f"{seq * 7919:032x}",
    )


ENTRIES = (
    entry(
        0, "snapshot.add", "snap:test", digest=SNAPSHOT, name="test", origin="data/test.csv",
        files=1, size_bytes=1048576,
    ),
    entry(1, "version.register", "default/churn:1", model="default/churn", number=1, digest=A,
          run=None, stage="", gaps=list[object]()),
    entry(2, "version.register", "default/churn:2", model="default/churn", number=2, digest=B,
          run="0" * 32, stage="dev",
          gaps=[{"field": "seeds", "reason": "unseeded", "fix": ""}]),
    entry(3, "label.move", "default/churn@production", model="default/churn",
          label="production", digest=A, number=1, decision=None, waiver=""),
    entry(4, "version.mark-bad", "default/churn:2", model="default/churn", number=2),
)  # fmt: skip


def signed_entry() -> bytes:
    """Write an entry that its actor signed."""
    actor = ledger.Actor(id="analyst", assurance="os-user", key=KEY.verifier)
    bare = replace(ENTRIES[1], actor=actor)
    signature = note.signature(ledger.signed_text(bare), KEY)
    return ledger.entry_bytes(replace(bare, signature=signature))


def ledger_samples() -> dict[str, Sample]:
    """Write a ledger of five entries with its checkpoint, key, store and a sidecar."""
    lines = [ledger.entry_bytes(each) for each in ENTRIES]
    found = {"ledger/00000000.jsonl": Sample("segment", b"".join(x + b"\n" for x in lines))}
    for size in (0, 1, 5):
        nodes = ledger.tree_of(ledger.leaf_hash(line) for line in lines[:size])
        root = ledger.root_hash(size, lambda level, index, nodes=nodes: nodes[level, index])
        signed = note.sign(ledger.checkpoint_text(KEY.name, size, root), KEY)
        name = "ledger/checkpoint" if size else "ledger/checkpoint-of-nothing"
        found[name if size != 1 else f"{name}-of-one"] = Sample("checkpoint", signed.encode())
    found["ledger/signed-entry.json"] = Sample("entry", signed_entry())
    about = {"cairn": "store/1", "id": STORE_ID, "log": KEY.verifier}
    found["store.json"] = Sample("store/1", canonical(about) + b"\n")
    for name, value in SIDECARS.items():
        found[f"sidecar/{name}.cairn.json"] = Sample("sidecar/1", canonical(value) + b"\n")
    return found


COMMIT = "0123456789abcdef0123456789abcdef01234567"
DATA: Digest = SNAPSHOT
SIDECARS = {
    "model.skops": Sidecar(
        model_name="default/churn",
        version=3,
        commit=COMMIT,
        data_id=DATA,
        metrics={"roc_auc": 0.7315, "recall": 0.5},
        stage_at_creation="staging",
        created_by="analyst",
        digest=A,
        created_at="2026-03-01T09:30:00.000000Z",
    ),
    "unknown.pkl": Sidecar(
        model_name="risk/churn",
        version=1,
        commit=None,
        data_id=None,
        metrics={},
        stage_at_creation="",
        created_by="analyst",
        digest=B,
        created_at="2026-03-01T09:30:00.000001Z",
    ),
}
