"""Seeds that were set, and generators that nobody seeded."""

from pathlib import Path

import pytest

from projects.watched import Seen, watch, watch_each


def seeds(seen: Seen) -> list[tuple[str, str]]:
    assert seen.code == 0, seen.output
    assert seen.of("fault") == []
    return [(event["generator"], event["value"]) for event in seen.of("seed")]


def unseeded(seen: Seen) -> list[str]:
    assert seen.code == 0, seen.output
    assert seen.of("fault") == []
    return list(dict.fromkeys(event["generator"] for event in seen.of("unseeded")))


def test_every_seed_is_seen(tmp_path: Path) -> None:
    seen = watch(
        tmp_path / "work",
        """
import random
import numpy as np
from numpy.random import RandomState, default_rng
random.seed(1)
random.Random("two")
np.random.seed(3)
default_rng(4)
RandomState(5)
np.random.default_rng([6, 7])
np.random.default_rng(np.random.SeedSequence(8))
np.random.seed(np.array([9, 10]))
random.random(), np.random.rand()
""",
    )

    assert seeds(seen) == [
        ("random", "1"),
        ("random.Random", "'two'"),
        ("numpy.random", "3"),
        ("numpy.random.default_rng", "4"),
        ("numpy.random.RandomState", "5"),
        ("numpy.random.default_rng", "[6, 7]"),
        ("numpy.random.default_rng", "8"),
        ("numpy.random", "[9, 10]"),
    ]
    assert unseeded(seen) == []


def test_of_a_generator_that_is_seeded_in_a_loop_a_hundred_seeds_are_kept(
    tmp_path: Path,
) -> None:
    seen = watch(tmp_path / "work", "import random\nfor n in range(500): random.seed(n)\n")

    assert len(seeds(seen)) == 101
    assert seeds(seen)[-1] == ("random", "and more")


@pytest.mark.parametrize(
    ("used", "names"),
    [
        ("import random; random.shuffle([1, 2])", ["random"]),
        ("from random import choice; choice([1, 2])", ["random"]),
        ("import random; random.Random()", ["random.Random"]),
        ("import random; random.seed()", ["random"]),
        ("import numpy as np; np.random.rand(3)", ["numpy.random"]),
        ("from numpy.random import normal; normal()", ["numpy.random"]),
        ("import numpy as np; np.random.default_rng()", ["numpy.random.default_rng"]),
        ("import numpy as np; np.random.RandomState()", ["numpy.random.RandomState"]),
        ("import numpy as np; np.random.seed()", ["numpy.random"]),
        ("import numpy as np; np.random.default_rng(0).random()", []),
        ("import random, numpy, tempfile; tempfile.TemporaryFile()", []),
    ],
)
def test_a_generator_without_a_seed_is_named(
    tmp_path: Path, used: str, names: list[str]
) -> None:
    assert unseeded(watch(tmp_path / "work", used)) == names


ESTIMATORS = """
import sys
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import train_test_split
X = np.arange(60.0).reshape(30, 2)
y = (X[:, 0] > 20).astype(int)
"""


FITS: dict[str, tuple[str, list[str]]] = {
    "forest": (
        "RandomForestClassifier(5).fit(X, y)",
        ["RandomForestClassifier (numpy.random)"],
    ),
    "split": ("train_test_split(X, y)", ["train_test_split (numpy.random)"]),
    "descent": ("SGDClassifier().fit(X, y)", ["SGDClassifier (numpy.random)"]),
    "no chance in it": ("LogisticRegression().fit(X, y)", []),
    "seeded": ("RandomForestClassifier(5, random_state=0).fit(X, y)", []),
    "seeded split": ("train_test_split(X, y, random_state=1)", []),
    "own generator": (
        "RandomForestClassifier(5, random_state=np.random.RandomState(1)).fit(X, y)",
        [],
    ),
    "seeded by numpy": ("np.random.seed(0); RandomForestClassifier(5).fit(X, y)", []),
}


@pytest.fixture(name="fits", scope="module")
def _fits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    scripts = {name: script for name, (script, _) in FITS.items()}
    return watch_each(tmp_path_factory.mktemp("fits") / "work", ESTIMATORS, scripts)


@pytest.mark.parametrize("case", FITS)
def test_an_estimator_that_used_chance_is_named(fits: dict[str, Seen], case: str) -> None:
    assert unseeded(fits[case]) == FITS[case][1]
