"""What a ledger says of a model, proven under the checkpoint of the golden ledger."""

import base64

from cairn.core import ledger
from cairn.core.ledger import Checkpoint, Entry, InclusionProof
from cairn.core.testimony import Testimony
from cairn.signing import note
from formats.sample_records import A


def testimonies(
    entries: tuple[Entry, ...], key: note.SigningKey, *told: int
) -> dict[str, Testimony]:
    """Write testimonies about the entries that are `told`."""
    lines = [ledger.entry_bytes(each) for each in entries]
    nodes = ledger.tree_of(map(ledger.leaf_hash, lines))
    size = len(lines)
    root = ledger.root_hash(size, lambda level, index: nodes[level, index])
    checkpoint = Checkpoint(
        origin=key.name,
        size=size,
        root=base64.b64encode(root).decode(),
        note=note.sign(ledger.checkpoint_text(key.name, size, root), key),
    )
    proofs = tuple(
        InclusionProof(
            seq=seq,
            entry=lines[seq].decode(),
            hashes=tuple(
                base64.b64encode(each).decode()
                for each in ledger.inclusion(seq, size, lambda lv, ix: nodes[lv, ix])
            ),
            checkpoint=checkpoint,
        )
        for seq in told
    )
    return {
        "testimony/plain": Testimony(
            log=key.verifier, model="default/churn", proofs=proofs[:1]
        ),
        "testimony/with-records": Testimony(
            log=key.verifier, model="default/churn", proofs=proofs, objects=(A,)
        ),
    }
