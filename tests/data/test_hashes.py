"""The quick hashes of values: the published generator, and no two texts alike by order."""

import numpy as np
import pyarrow as pa

from cairn.data.tables.hashes import mixed, quick_hashes

GOLDEN_GAMMA = 0x9E3779B97F4A7C15


def test_numbers_are_mixed_as_splitmix64_does() -> None:
    """The first five outputs for the seed 1234567, as published at rosettacode.org."""
    states = (1234567 + np.arange(5, dtype=object) * GOLDEN_GAMMA) % 2**64

    assert mixed(states.astype(np.uint64)).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_texts_of_the_same_letters_have_hashes_of_their_own() -> None:
    texts = ["ab", "ba", "a", "", "aa", "a\0", "b" * 300, "b" * 299 + "a", "a" + "b" * 299]

    assert len(set(quick_hashes(pa.array(texts)).tolist())) == len(texts)
