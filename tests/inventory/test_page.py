"""The page: readable, editable, the same bytes for the same project."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn import inventory
from cairn.core.errors import Invalid, NotFound, Unavailable
from cairn.inventory.findings import DataFile, DataRead, HardCoded, Inventory, Metric
from cairn.inventory.page import MOST_BYTES, spell
from cairn.inventory.source import plain, shown
from projects.planted import Project


def planted(project: Project) -> Project:
    project.plant("train.py", "lr = 0.1\nmodel.fit(pd.read_csv('s3://lake/train.csv'))\n")
    project.plant("models/churn.gguf", "GGUF....")
    project.plant("README.md", "AUC 0.81\n")
    project.plant("broken.py", "(")
    return project


PAGE = """\
# What this project's models are made of, as `cairn inventory` found it; nothing was run.
# Commit this file. Each scan writes it anew, except for what people say, `asserted_by_human`,
# such as  weights: ["s3://models/churn.onnx"]  or  metrics: ["auc = 0.81"]; edit that freely.

cairn: inventory/1

asserted_by_human:
  weights: []
  data: []
  code: []
  hyperparameters: []
  metrics: []
  environment: []
  seeds: []

gaps:
- {field: code, reason: 'not in git: train.py', fix: git init && git add train.py && \
git commit -m "Keep the training code"}
- {field: metrics, reason: 'only remembered, never measured: auc = 0.81 (README.md:1)', \
fix: cairn run --model churn -- python train.py}
- {field: environment, reason: no file says which software is needed, \
fix: python -m pip freeze > requirements.lock.txt}
- {field: seeds, reason: no seed is set anywhere, \
fix: cairn run --model churn -- python train.py}

weights:
- {path: models/churn.gguf, format: gguf, size_bytes: 8, digest: 'sha256:\
f9dde9e21b7864aeb33373d04031f635140c5ce63bf66db21ba9cd3b5e8b2386'}

data: []

reads:
- {at: 'train.py:2', kind: location, what: 's3://lake/train.csv'}

code:
- {path: train.py, kind: script, git: no-repository, signs: ['calls fit, train.py:2']}

configuration: []

hard_coded:
- {at: 'train.py:1', name: lr, value: 0.1, how: assignment}

metrics:
- {at: 'README.md:1', name: auc, value: 0.81, provenance: asserted-by-human}

environment: []

seeds: []

unread:
- {path: broken.py, reason: 'line 1: not valid Python: ''('' was never closed'}
"""


def test_it_reads_as_one_finding_a_line(project: Project) -> None:
    assert planted(project).rescan().decode() == PAGE


def test_a_rescan_without_changes_gives_the_same_bytes(project: Project) -> None:
    first = planted(project).rescan()

    assert project.rescan() == first
    assert project.rescan() == first


def test_what_was_written_is_read_back(project: Project) -> None:
    found = planted(project).scan()

    inventory.write(found, project.page)

    assert inventory.read(project.page) == found


def test_what_people_say_survives_rescans_and_changes(project: Project) -> None:
    planted(project).rescan()
    said = inventory.record(inventory.read(project.page), "weights", "s3://models/churn.onnx")
    said = inventory.record(said, "metrics", "auc = 0.81")
    inventory.write(said, project.page)

    project.plant("new.csv", "x\n")
    project.rescan()

    kept = inventory.read(project.page).asserted_by_human
    assert kept == {"weights": ("s3://models/churn.onnx",), "metrics": ("auc = 0.81",)}


def test_saying_it_twice_changes_nothing(project: Project) -> None:
    once = inventory.record(project.scan(), "data", "the  lake\n")

    assert inventory.record(once, "data", "the lake") == once
    assert once.asserted_by_human == {"data": ("the lake",)}


def test_answers_may_be_edited_by_hand(project: Project) -> None:
    planted(project).rescan()
    text = project.page.read_text()
    text = text.replace("metrics: []", "metrics: 0.81", 1)
    text = text.replace("weights: []", "weights:\n  - on Ada's laptop\n  - s3://x/y.onnx", 1)
    project.page.write_text(text.replace("data: []", "data:", 1))

    project.rescan()

    assert inventory.read(project.page).asserted_by_human == {
        "weights": ("on Ada's laptop", "s3://x/y.onnx"),
        "metrics": ("0.81",),
    }


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("asserted_by_human: [", "is not valid YAML"),
        ("- a\n", "is not an inventory"),
        ("", "is not an inventory"),
        ("cairn: inventory/2\n", "inventory/2"),
        ("cairn: inventory/1\nasserted_by_human: {weight: [x]}\n", "asserted_by_human"),
        ("cairn: inventory/1\nasserted_by_human: {weights: [{a: b}]}\n", "Expected `str`"),
        ("cairn: inventory/1\ncolour: red\n", "colour"),
        ("cairn: inventory/1\n<<<<<<< HEAD\n", "line"),
    ],
)
def test_a_broken_page_is_refused_and_kept(project: Project, broken: str, reason: str) -> None:
    project.page.write_text(broken)

    with pytest.raises(Invalid, match=r"cairn\.inventory\.yaml: .*correct it") as refusal:
        project.scan()

    assert reason in str(refusal.value)
    assert project.page.read_text() == broken


def test_a_page_that_is_a_folder_is_named(project: Project) -> None:
    project.page.mkdir()

    with pytest.raises(Unavailable, match="cannot be read: Is a directory"):
        inventory.read(project.page)


def test_a_page_larger_than_any_project_is_not_read(project: Project) -> None:
    project.page.touch()
    os.truncate(project.page, MOST_BYTES + 1)

    with pytest.raises(Invalid, match=r"is larger than \d+ MB"):
        inventory.read(project.page)


def test_a_page_whose_aliases_grow_without_end_is_not_read(project: Project) -> None:
    doubled = [f"a{at + 1}: &a{at + 1} [*a{at}, *a{at}, *a{at}, *a{at}]" for at in range(30)]
    project.page.write_text("\n".join(["a0: &a0 [x]", *doubled]) + "\n")

    with pytest.raises(Invalid, match="names more by its aliases than anybody writes"):
        inventory.read(project.page)


def test_a_missing_page_is_named_with_the_command(project: Project) -> None:
    with pytest.raises(NotFound, match="run `cairn inventory` first"):
        inventory.read(project.page)


def test_a_page_that_cannot_be_written_leaves_the_old_one(project: Project) -> None:
    before = project.rescan()
    project.plant("data.csv", "x\n")
    taken = project.page.with_name(f".{project.page.name}.{os.getpid()}.tmp")
    taken.mkdir()

    with pytest.raises(Unavailable, match="cannot be written"):
        project.rescan()

    assert project.page.read_bytes() == before


def test_an_answer_must_say_something_about_an_ingredient(project: Project) -> None:
    with pytest.raises(Invalid, match="is empty"):
        inventory.record(project.scan(), "metrics", "  ")
    with pytest.raises(Invalid, match="'colour' is not an ingredient: they are weights, data"):
        inventory.record(project.scan(), "colour", "red")


def test_the_page_is_no_finding_of_the_next_scan(project: Project) -> None:
    project.page.parent.joinpath("nested").mkdir()
    project.rescan()

    assert project.scan() == Inventory()


@given(
    name=st.text(), number=st.floats(allow_nan=False, allow_infinity=False), other=st.text()
)
def test_whatever_a_file_says_can_be_written_and_read_back(
    tmp_path_factory: pytest.TempPathFactory, name: str, number: float, other: str
) -> None:
    found = Inventory(
        data=(DataFile(path="a", format=shown(name), size_bytes=1),),
        reads=(
            DataRead(at=shown(other), kind="query", what=shown(name), tables=(shown(other),)),
        ),
        hard_coded=(
            HardCoded(at="a:1", name="x", value=plain(number), how="y"),
            HardCoded(at="a:2", name="x", value=plain(other), how="y"),
        ),
        metrics=(Metric(at="a", name=shown(name), value=number, provenance="found"),),
    )
    page = tmp_path_factory.mktemp("page") / "page.yaml"

    inventory.write(found, page)

    assert inventory.read(page) == found
    assert spell(inventory.read(page)) == page.read_bytes()


PIECES = st.sampled_from(
    [
        "lr = 0.1",
        "\n",
        "\n  ",
        ":",
        "- ",
        ", ",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        '"',
        "'",
        "\\",
        "#",
        "&a ",
        "*a ",
        "!!int ",
        ": {lr: 1}",
        "lr: ",
        "%sql ",
        "%%sql\n",
        "import x as y",
        "\ndef f(lr=1): ",
        'f"{x}s3://a/{b}"',
        '"a.csv" + ',
        '"%s.csv" % ',
        "read_csv(",
        "execute(",
        "SELECT a FROM b, c",
        "WITH x AS (\n",
        "epoch,loss\n",
        "1,0.5\n",
        "AUC 0.81",
        '{"auc": ',
        "NaN",
        "1e999",
        "default_rng(",
        "random_state=",
        "fit(",
        "if __name__ == ",
        '\n"__main__"',
        'add_argument("--lr", default=',
        "[section]\n",
        "numpy==1.0\n",
        "FROM python:3\n",
        "dependencies:\n  - ",
        '\n{"cells": [{"cell_type": "code", "source": ',
        "PK\x03\x04",
        "\x80\x04\x95",
        "\x93NUMPY",
        "�",
        "\x00",
    ]
)
WRITTEN = st.lists(PIECES, max_size=12).map("".join)
CONTENT = st.binary(max_size=200) | WRITTEN.map(lambda text: text.encode("utf-8", "replace"))
NAMES = st.sampled_from(
    [
        "a.py",
        "a.ipynb",
        "a.sql",
        "config.yaml",
        "a.toml",
        "a.json",
        "a.ini",
        "metrics.json",
        "README.md",
        "history.csv",
        "a.pt",
        "plain",
        "environment.yml",
        "requirements.txt",
        "Dockerfile",
        "a.pkl",
        "a.npz",
        "a.safetensors",
        "a.h5",
        "setup.py",
    ]
)


@given(files=st.dictionaries(NAMES, CONTENT, max_size=4))
def test_no_content_of_a_file_stops_a_scan(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    project = Project(Path(tmp_path_factory.mktemp("project")))
    for name, content in files.items():
        project.plant(name, content)

    assert project.rescan() == project.rescan()
