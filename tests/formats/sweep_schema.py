"""The fields of a sweep, written down as in `schema.py`."""

from formats.schema import DIGEST, STRING, TEXT
from formats.shapes import Default, absent, many, record, whole, word

ACT = word("keep", "bury", "wait", "remove", "repack", "revive")
FATE = record(
    key=STRING, size_bytes=whole(), act=ACT, why=TEXT, dead_bytes=Default(whole(), 0)
)
GOING = record(size_bytes=whole(), key=STRING, act=ACT, digest=absent(DIGEST))
KINDS = {
    "sweep/1": record(
        packs=Default(many(FATE), []),
        going=Default(many(GOING), []),
        kept=Default(whole(), 0),
        kept_bytes=Default(whole(), 0),
    )
}
