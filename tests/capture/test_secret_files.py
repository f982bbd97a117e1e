"""Models, tables in memory, data and what people say are looked into for secrets, too."""

import gzip
import json
import sys
from pathlib import Path
from random import Random

import pytest

from cairn.capture.events import Saved
from cairn.capture.inputs import MOST_SEARCHED
from cairn.capture.models.artifacts import Stored, store_saved
from cairn.capture.models.word import Word
from cairn.capture.secret_files import LARGEST_TEXT, held_in, refuse_secrets
from cairn.core.errors import Invalid, Refused
from cairn.core.secret import Known
from cairn.objects import in_memory
from cairn.registry import Registry
from projects import folders
from projects.repositories import write
from projects.training import project, train

TOKEN = "ghp_" + "S3CRETab12" * 3
KEY = f"-----BEGIN PRIVATE KEY-----\n{'A' * 64}\n-----END PRIVATE KEY-----\n"
ENVIRONMENT = "S3CRETenv9tok"
TRAINED = """
import joblib, pandas
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
import os
rows = pandas.read_csv("data/small.csv")
for name in ("large.csv", "huge.csv", "blob.bin"):
    open("data/" + name, "rb").read()
model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
model.fit(rows[["note"]], rows["y"])
accuracy_score(rows["y"], model.predict(rows[["note"]]))
joblib.dump(model, "model.joblib")
"""
WROTE = f"""
open("server.pem", "w").write({KEY!r})
open("id_rsa", "w").write("x")
open("best_model.bin", "w").write({KEY!r})
"""


def stored(registry: Registry) -> list[bytes]:
    """Everything that a store holds, unpacked."""
    files = (path for path in registry.settings.store.rglob("*") if path.is_file())
    objects = registry.objects
    return [*map(objects.get, objects.digests()), *(path.read_bytes() for path in files)]


def test_a_run_keeps_no_model_no_rows_and_no_data_with_a_secret_in_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_TOKEN", ENVIRONMENT)
    notes = [f"note {n % 7}" for n in range(40)]
    small = [f"{note},{n % 2}" for n, note in enumerate([*notes, TOKEN, ENVIRONMENT])]
    files: dict[str, str | bytes] = {
        "data/small.csv": "\n".join(["note,y", *small]) + "\n",
        "data/large.csv": "a,b\n" + "1,2\n" * 100_000 + f"{TOKEN},3\n",
        "data/huge.csv": "a,b\n" + "1,2\n" * (1 << 20),
        "data/blob.bin": b"\0\1" + ENVIRONMENT.encode() + bytes(1000),
    }
    registry = project(tmp_path / "work", TRAINED, files=files)
    write(tmp_path / "work" / ".gitignore", ".cairn/\ndata/\n")

    outcome = train(registry, sys.executable, "train.py", model="sec")

    assert outcome.exit_code == 0
    assert not [c for c in stored(registry) if b"S3CRET" in c]
    assert "not looked into for secrets, as it is large: data/huge.csv" in outcome.notes
    said = " ".join(gap.reason for gap in outcome.facts.gaps)
    assert "the model is not kept" in said
    assert "blob.bin was read and holds a secret that is also in API_TOKEN" in said
    assert "rows in memory that were used to train could not be frozen" in said


def test_what_a_run_wrote_for_secrets_is_never_proposed_as_its_model(
    tmp_path: Path,
) -> None:
    registry = project(tmp_path / "work", WROTE)

    outcome = train(registry, sys.executable, "train.py", model="sec")

    assert outcome.next_step.startswith("the run saved no model that Cairn knows")
    with pytest.raises(Invalid, match=r"it wrote nothing$"):
        registry.register(f"run:{outcome.run.id}", artifact="other.bin")
    with pytest.raises(Refused, match=r"best_model\.bin lacks the secret that was in it"):
        registry.register(f"run:{outcome.run.id}", artifact="best_model.bin")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", json.dumps({"note": TOKEN}).encode()),
        ("params.yaml", f"note: {TOKEN}\n".encode()),
        ("train.ipynb", json.dumps({"cells": [{"source": [TOKEN]}]}).encode()),
        ("notes.txt", KEY.encode()),
        ("weights.bin", b"\0" * 9 + ENVIRONMENT.encode()),
        ("table.csv.gz", gzip.compress(f"a,{ENVIRONMENT}\n".encode())),
        (".env", b"A=1\n"),
        ("deploy.pem", b"x"),
    ],
)
def test_weights_with_a_secret_beside_them_are_not_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes
) -> None:
    registry = project(tmp_path / "work", "")
    monkeypatch.setenv("API_TOKEN", ENVIRONMENT)
    folder = tmp_path / "model"
    write(folder / "weights.json", '{"w": [1, 2]}')
    (folder / name).write_bytes(content)

    with pytest.raises(Refused, match=f"{name} (holds|is a file for)"):
        registry.register(folder, "churn", retroactive=True)

    assert not [c for c in stored(registry) if b"S3CRET" in c]


def test_what_is_no_secret_is_registered_whatever_it_looks_like(tmp_path: Path) -> None:
    registry = project(tmp_path / "work", "")
    folder, dice = tmp_path / "model", Random(1)
    vocabulary = ["##" + "".join(dice.choices("abcdef0123456789", k=20)) for _ in range(999)]
    write(folder / "tokenizer.json", json.dumps({"vocab": vocabulary, "pad_token": "[PAD]"}))
    write(folder / "README.md", "Call it with `Bearer $TOKEN`, see https://u:p@example.org\n")
    write(folder / "weights.json", '{"w": [1, 2], "sha256": "' + "0f" * 32 + '"}')

    assert registry.register(folder, "churn", retroactive=True).number == 1


@pytest.mark.parametrize("option", ["params", "fields"])
def test_what_people_say_is_kept_for_ever_so_it_holds_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    registry = project(tmp_path / "work", "")
    monkeypatch.setenv("API_TOKEN", ENVIRONMENT)
    weights = tmp_path / "weights.json"
    write(weights, '{"w": [1, 2]}')

    word = Word(**{option: ["note=k3Jx9QpLmZ27vTbY"]})
    with pytest.raises(Refused, match="note: its value looks like a password or a token"):
        registry.register(weights, "churn", word, retroactive=True)
    plain = [f"note=see {ENVIRONMENT}", "run=9b2f", "of=" + "0f" * 20, "solver=newton-cg"]
    version = registry.register(weights, "churn", Word(**{option: plain}), retroactive=True)

    kept = version.manifest.parameters | version.manifest.fields
    assert kept["note"] == "see <redacted>"
    assert kept["of"] == "0f" * 20
    assert not [c for c in stored(registry) if b"S3CRET" in c]


def test_large_texts_are_looked_into_for_what_is_known(tmp_path: Path) -> None:
    known = Known({ENVIRONMENT: "API_TOKEN in the environment"})
    path = tmp_path / "large.txt"
    write(path, "x " * LARGEST_TEXT + TOKEN)

    assert held_in(path, known) == ""
    with path.open("a") as file:
        file.write(ENVIRONMENT)
    assert held_in(path, known) == "a secret that is also in API_TOKEN in the environment"
    assert LARGEST_TEXT < MOST_SEARCHED


def saved(*, path: str | None = None, folder: str | None = None) -> Saved:
    """Speak of a model that a script saved."""
    return Saved(
        time=0,
        model="m",
        generation=0,
        kind="Net",
        whole=True,
        parameters={},
        path=path,
        folder=folder,
    )


def kept(room: Path, what: Saved) -> Stored:
    return store_saved(
        in_memory(), what, room=room, outputs=(), checklist=(), known=Known({ENVIRONMENT: "x"})
    )


@pytest.mark.parametrize("content", [TOKEN, f"\0{ENVIRONMENT}"])
def test_a_file_that_the_script_saved_is_not_kept_with_a_secret(
    tmp_path: Path, content: str
) -> None:
    write(tmp_path / "model.bin", content)

    stored = kept(tmp_path, saved(path=str(tmp_path / "model.bin")))

    assert stored.artifacts is None
    assert "model.bin holds a" in stored.gaps[0].reason


def test_golden_rows_with_a_secret_are_left_out_and_the_model_is_kept(tmp_path: Path) -> None:
    write(tmp_path / "models" / "m" / "files" / "weights.json", "{}")
    write(tmp_path / "models" / "m" / "golden" / "golden.json", "{}")
    write(tmp_path / "models" / "m" / "golden" / "rows.jsonl", json.dumps([TOKEN]))

    stored = kept(tmp_path, saved(folder="m"))

    assert stored.artifacts is not None
    assert stored.artifacts.golden is None
    assert "rows.jsonl holds an access token" in stored.gaps[0].reason


def test_a_folder_is_searched_in_order_and_links_and_stores_are_passed_over(
    tmp_path: Path,
) -> None:
    outside = folders.write(tmp_path / "outside", {"x.txt": TOKEN.encode()})
    place = folders.write(
        tmp_path / "data", {"a.b": b"1", "a/c.txt": b"22", ".git/x.txt": b"3"}
    )
    (place / "link.txt").symlink_to(outside / "x.txt")
    (place / "linked").symlink_to(outside)

    assert refuse_secrets(place, Known({}), most=2) == 1  # a/c.txt is first, and enough
    assert refuse_secrets(place, Known({}), most=3) == 0

    folders.write(place, {"a/b.txt": TOKEN.encode(), "b.txt": KEY.encode()})
    with pytest.raises(Refused, match=r"b\.txt holds an access token"):
        refuse_secrets(place, Known({}))
