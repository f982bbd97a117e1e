"""What a sweep decided, as it is stored before it is carried out."""

from cairn.core.request import Record
from cairn.core.sweep import Going, PackFate, Sweep
from formats.sample_records import A

PACK, OTHER = "packs/" + "5a" * 32, "packs/" + "c3" * 32

SWEEPS: dict[str, Record] = {
    "sweep/of-two-packs": Sweep(
        packs=(
            PackFate(
                key=PACK, size_bytes=4096, act="bury", why="nobody needs it", dead_bytes=3900
            ),
            PackFate(
                key=OTHER, size_bytes=67_108_000, act="keep", why="120 of 128 blobs are needed"
            ),
        ),
        going=(
            Going(digest=A, size_bytes=1200, key=PACK, act="bury"),
            Going(size_bytes=2600, key=PACK, act="bury"),
        ),
        kept=120,
        kept_bytes=66_000_000,
    ),
    "sweep/of-nothing": Sweep(),
}
