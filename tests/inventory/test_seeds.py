"""Seeds: set in the source, or left to chance."""

from projects.planted import Project

CODE = """\
import random
import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

SEED = 7
random.seed(SEED)
torch.manual_seed(2**70)
rng = np.random.default_rng(SEED)
other = np.random.default_rng()
split = train_test_split(x, y, random_state=SEED)
again = train_test_split(x, y)
forest = RandomForestClassifier(random_state=None)
noise = np.random.normal(size=3)
die = random.randint(1, 6)
late = RandomForestClassifier(random_state=args.seed)
"""


def test_seeds_are_listed_with_their_line(project: Project) -> None:
    project.plant("train.py", CODE)

    found = [(use.at, use.generator, use.value) for use in project.scan().seeds]

    assert found == [
        ("train.py:8", "random.seed", "7"),
        ("train.py:9", "torch.manual_seed", "2 ** 70"),
        ("train.py:10", "numpy.random.default_rng", "7"),
        ("train.py:11", "numpy.random.default_rng", None),
        ("train.py:12", "train_test_split", "7"),
        ("train.py:13", "train_test_split", None),
        ("train.py:14", "RandomForestClassifier", None),
        ("train.py:15", "numpy.random.normal", None),
        ("train.py:17", "RandomForestClassifier", "args.seed"),
    ]


def test_a_seed_that_is_only_handed_on_is_not_one(project: Project) -> None:
    project.plant("train.py", "def start(seed):\n    return Session(seed=seed)\n")

    assert project.scan().seeds == ()


def test_a_seeded_global_generator_covers_what_draws_from_it(project: Project) -> None:
    project.plant(
        "train.py",
        "import numpy as np\nfrom sklearn.model_selection import train_test_split\n"
        "np.random.seed(1)\ntrain_test_split(x)\nnp.random.shuffle(x)\n",
    )

    found = [(use.generator, use.value) for use in project.scan().seeds]

    assert found == [("numpy.random.seed", "1")]
