"""Hyperparameters: in configuration files, or hard-coded in the source."""

import pytest

from projects.planted import Project

CODE = """\
import argparse
from dataclasses import dataclass
import xgboost as xgb
import torch
from sklearn.ensemble import RandomForestClassifier as Forest
from sklearn.linear_model import LogisticRegression

LEARNING_RATE = 1e-3
model = Forest(n_estimators=300, criterion="entropy", random_state=7, n_jobs=-1)
linear = LogisticRegression(C=1.0, max_iter=rounds)
optimiser = torch.optim.SGD(net.parameters(), lr=0.01, nesterov=True)
params = {"eta": 0.1, "max_depth": 6, "verbosity": 1}
config["batch_size"] = 32
network.fit(x, y, epochs=10, validation_data=held)
parser = argparse.ArgumentParser()
parser.add_argument("-l", "--learning-rate", type=float, default=0.05)
parser.add_argument("--out", default="model.pkl")

@dataclass
class Settings:
    dropout: float = 0.2
    hidden_layer_sizes: tuple = (64, 32)

def train(data, lr=0.3, *, weight_decay: float = 0.0, name="x"):
    epochs: int
    return None
"""


def test_literals_in_the_source_are_listed_with_their_line(project: Project) -> None:
    project.plant("train.py", CODE)

    found = [(h.at, h.name, h.value, h.how) for h in project.scan().hard_coded]

    assert found == [
        ("train.py:8", "LEARNING_RATE", 0.001, "assignment"),
        ("train.py:9", "n_estimators", 300, "call of RandomForestClassifier"),
        ("train.py:9", "criterion", "entropy", "call of RandomForestClassifier"),
        ("train.py:10", "C", 1.0, "call of LogisticRegression"),
        ("train.py:11", "lr", 0.01, "call of SGD"),
        ("train.py:11", "nesterov", True, "call of SGD"),
        ("train.py:12", "eta", 0.1, "dictionary"),
        ("train.py:12", "max_depth", 6, "dictionary"),
        ("train.py:13", "batch_size", 32, "assignment"),
        ("train.py:14", "epochs", 10, "call of fit"),
        ("train.py:16", "learning-rate", 0.05, "default of add_argument"),
        ("train.py:21", "dropout", 0.2, "assignment"),
        ("train.py:22", "hidden_layer_sizes", "(64, 32)", "assignment"),
        ("train.py:24", "lr", 0.3, "default of train"),
        ("train.py:24", "weight_decay", 0.0, "default of train"),
    ]


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("1e999", "inf"),
        ("10**9", None),
        ("123456789012345678901234567890", "0x18ee90ff6c373e0ee4e3f0ad2"),
        ("'ghp_abcdefghijklmnopqrstuvwxyz0123456789'", "<redacted>"),
        ("'a\\n\\ud800b'", "a \\ud800b"),
        ("None", None),
        ("{}".format("[" + "1, " * 500 + "]"), "[" + "1, " * 65 + "1..."),
    ],
)
def test_every_literal_can_be_written_down(
    project: Project, literal: str, value: str | None
) -> None:
    project.plant("train.py", f"lr = {literal}\n")

    found = [h.value for h in project.scan().hard_coded]

    assert found == ([] if value is None else [value])
    assert project.rescan() == project.rescan()


PLANTED = {
    "config.yaml": "model:\n  lr: 0.1\n  layers: [1, 2]\n  optim: {weight-decay: 0}\n",
    "conf/train.toml": "[train]\nepochs = 3\nmax_depth = 6\n",
    "params.json": '{"n_estimators": 300, "data": "x.csv"}',
    "hparams.ini": "[svm]\nC = 10\nkernel = rbf\n",
    "sweep.yml": "---\nalpha: 1\n---\nalpha: 2\n",
}


def test_configuration_files_are_listed_with_what_they_set(project: Project) -> None:
    for name, content in PLANTED.items():
        project.plant(name, content)

    found = {file.path: file.settings for file in project.scan().configuration}

    assert found == {
        "config.yaml": {"model.lr": 0.1, "model.optim.weight-decay": 0},
        "conf/train.toml": {"train.epochs": 3, "train.max_depth": 6},
        "params.json": {"n_estimators": 300},
        "hparams.ini": {"svm.C": "10", "svm.kernel": "rbf"},
        "sweep.yml": {"0.alpha": 1, "1.alpha": 2},
    }


def test_a_file_named_for_settings_is_listed_even_without_known_names(
    project: Project,
) -> None:
    project.plant("configs/base.yaml", "colour: red\n")
    project.plant("deploy.yaml", "replicas: 3\n")

    found = project.scan().configuration

    assert [(file.path, file.settings) for file in found] == [("configs/base.yaml", {})]


def test_files_of_tools_and_policies_are_no_settings_of_a_training(project: Project) -> None:
    project.plant("pyproject.toml", "[tool.x]\nlr = 1\n")
    project.plant("package.json", '{"iterations": 3}')
    project.plant("gates/churn.yaml", "cairn: policy/1\nthreshold: 3\n")
    project.plant(".github/workflows/ci.yaml", "epochs: 3\n")
    project.plant("data/points.json", '{"points": [1, 2, 3]}')

    assert project.scan().configuration == ()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("config.yaml", "a: [1\n", "is not valid YAML"),
        ("config.yaml", "a: !!int ''\n", "is not valid YAML"),
        ("config.toml", "a = \n", "is not valid TOML"),
        ("config.json", '{"a": 1,}', "is not valid JSON"),
        ("config.json", "[" * 100_000, "is nested too deeply"),
        ("config.ini", "novalue\n[a\n", "is not a valid INI file"),
        ("config.json", b"\xff\xfe{", "is not UTF-8 text"),
    ],
)
def test_a_broken_file_is_one_line(
    project: Project, name: str, content: str | bytes, reason: str
) -> None:
    project.plant(name, content)

    found = project.unread()

    assert found[name].startswith(reason)
    assert "\n" not in found[name]


def test_yaml_that_multiplies_itself_is_not_read(project: Project) -> None:
    levels = "".join(
        f"l{i}: &l{i} {{a: *l{i - 1}, b: *l{i - 1}, c: *l{i - 1}}}\n" for i in range(1, 40)
    )
    project.plant("config.yaml", f"lr: 1\nl0: &l0 {{lr: 2}}\n{levels}")

    assert project.unread()["config.yaml"] == ("names more by its aliases than anybody writes")


def test_tags_of_other_programs_are_passed_over(project: Project) -> None:
    sprung = project.folder / "sprung"
    project.plant(
        "config.yaml",
        f"lr: 0.1\nx: !Ref y\nz: !!python/object/apply:pathlib.Path.touch ['{sprung}']\n",
    )

    (found,) = project.scan().configuration

    assert found.settings == {"lr": 0.1}
    assert not sprung.exists()


def test_a_dict_of_keywords_and_a_place_without_a_name_are_read(project: Project) -> None:
    project.plant(
        "train.py",
        "options = dict(learning_rate=0.1, color='red')\nvalues[0] = 0.5\na, b = 1, 2\n",
    )

    found = [(h.name, h.value, h.how) for h in project.scan().hard_coded]

    assert found == [("learning_rate", 0.1, "call of dict")]
