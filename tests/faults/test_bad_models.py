"""Files of models that were changed at random: each is judged, at once, and with a reason.

A change can take the code out of a file that had some, so nothing is asked of the verdict but
that there is one, and that whatever is not `safe` is given a reason.
"""

import os
import time
from random import Random

import pytest

from cairn.flavors.formats import judge
from harm.mutations import mutated
from models.model_kinds import CODE, OPAQUE, SAFE

TIMES = 20_000 if os.environ.get("CAIRN_FAULTS") == "all" else 200
SECONDS_EACH = 2
KINDS = {
    **{
        kind: SAFE[kind]
        for kind in (
            *("npy", "npz", "npz, compressed", "safetensors", "onnx", "gguf of a chat"),
            *("parquet", "arrow", "png", "skops", "ubjson of xgboost", "json of keras"),
            *("zip of data", "gzip of data", "lightgbm"),
        )
    },
    **{f"{kind}, opaque": OPAQUE[kind] for kind in ("pickle", "torch", "torch, old")},
    **{kind: CODE[kind] for kind in ("pickle in a zip", "tar", "hdf5 of keras", "tensorflow")},
}


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_the_bytes_are_there_is_a_verdict(kind: str) -> None:
    chance = Random(kind)
    for number in range(TIMES):
        name, content = KINDS[kind](Random(number % 4))
        changed = mutated(content, chance)
        began = time.process_time()

        try:
            verdict = judge(changed, name)
        except Exception as error:
            raise AssertionError(f"{number}: {changed!r}") from error

        assert time.process_time() - began < SECONDS_EACH
        assert (verdict.safety == "safe") == (not verdict.reasons)
