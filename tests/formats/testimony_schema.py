"""The fields of a testimony, written down as in `schema.py`."""

from formats.schema import DIGESTS, MODEL, STRING
from formats.shapes import many, record, text, whole

LOG = text(r"cairn\.local/[0-9a-f]{32}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}")
CHECKPOINT = record(origin=STRING, size=whole(), root=STRING, note=STRING)
PROOF = record(seq=whole(), entry=STRING, hashes=many(STRING), checkpoint=CHECKPOINT)
KINDS = {
    "testimony/1": record(log=LOG, model=MODEL, proofs=many(PROOF), objects=DIGESTS),
}
