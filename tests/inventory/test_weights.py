"""Weights are found by what they contain, wherever they lie and whatever they are called."""

import hashlib
import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from projects.planted import Project


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, b"content")
    return buffer.getvalue()


def saved(writer: str) -> bytes:
    buffer = io.BytesIO()
    match writer:
        case "npy":
            np.save(buffer, np.zeros(3))
        case "npz":
            np.savez(buffer, weight=np.zeros(3))
        case "joblib":
            joblib.dump(LogisticRegression(), buffer)
        case "joblib compressed":
            joblib.dump(LogisticRegression(), buffer, compress=3)
        case _:
            return skops.io.dumps(LogisticRegression())
    return buffer.getvalue()


HEADER = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
SAFETENSORS = struct.pack("<Q", len(HEADER)) + HEADER + b"\0\0\0\0"
POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:" + b"ab" * 32 + b"\nsize 12345678\n"
)
PLANTED = {
    "a.safetensors": ("safetensors", SAFETENSORS),
    "renamed.bin": ("safetensors", SAFETENSORS),
    "b.onnx": ("onnx", b"\x08\x07\x12\x07pytorch"),
    "c.pt": ("pytorch zip", archive("c/data.pkl", "c/data/0", "c/version")),
    "no-suffix": ("pytorch zip", archive("no/data.pkl", "no/data/0")),
    "d.pt": ("torchscript", archive("d/data.pkl", "d/constants.pkl", "d/code/net.py")),
    "e.pth": ("pytorch pickle", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."),
    "f.pkl": ("pickle", pickle.dumps(LogisticRegression(), protocol=2)),
    "g.dat": ("pickle", pickle.dumps(LogisticRegression(), protocol=5)),
    "h.joblib": ("joblib", saved("joblib")),
    "i.joblib": ("joblib", saved("joblib compressed")),
    "j.npy": ("npy", saved("npy")),
    "k.npz": ("npz", saved("npz")),
    "l.h5": ("keras h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 40 + b"model_weights"),
    "m.keras": ("keras", archive("metadata.json", "config.json", "model.weights.h5")),
    "n.json": ("xgboost json", b'{"learner":{"attributes":{}},"version":[2,1,0]}'),
    "o.json": ("xgboost json", b'{"version": [2, 1, 0], "learner": {}}'),
    "p.ubj": ("xgboost ubj", b"{L" + struct.pack(">q", 7) + b"learner{"),
    "q.txt": ("lightgbm text", b"tree\nversion=v4\nnum_class=1\n"),
    "r.json": ("lightgbm json", b'{"name":"tree","version":"v4","num_class":1}'),
    "s.dump": ("xgboost text", b"booster[0]:\n0:[f2<2.45] yes=1,no=2\n"),
    "t.gguf": ("gguf", b"GGUF\x03\0\0\0" + b"\0" * 16),
    "u.skops": ("skops", saved("skops")),
    "v.cbm": ("catboost", b"CBM1\0\0\0\0"),
    "w.tflite": ("tflite", b"\x1c\0\0\0TFL3\0\0"),
    "export/saved_model.pb": ("tensorflow saved model", b"\x08\x01\x12\x07"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_every_format_is_found_with_its_size_and_digest(project: Project, name: str) -> None:
    form, content = PLANTED[name]
    project.plant(name, content)

    (found,) = project.scan().weights

    assert (found.path, found.format, found.note) == (name, form, "")
    assert found.size_bytes == len(content)
    assert found.digest == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_all_of_them_are_listed_in_order_of_their_names(project: Project) -> None:
    for name, (_, content) in PLANTED.items():
        project.plant(f"models/{name}", content)

    found = project.scan().weights

    assert [w.path for w in found] == sorted(f"models/{name}" for name in PLANTED)


def test_a_pickle_is_looked_at_and_never_loaded(project: Project) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (project.folder / "sprung",)  # pyright: ignore[reportReturnType] (what pickle takes)

    project.plant("trap.pkl", pickle.dumps(Trap()))

    (found,) = project.scan().weights

    assert found.format == "pickle"
    assert not (project.folder / "sprung").exists()


def test_a_pickled_table_is_data(project: Project) -> None:
    project.plant("customers.pkl", pickle.dumps(pd.DataFrame({"age": [1]})))

    found = project.scan()

    assert [d.path for d in found.data] == ["customers.pkl"]
    assert found.weights == ()


def test_an_array_is_data_or_weights_by_its_name(project: Project) -> None:
    project.plant("data/X_train.npy", saved("npy"))
    project.plant("features.npz", saved("npz"))
    project.plant("models/embedding_train.npy", saved("npy"))
    project.plant("final.npy", saved("npy"))

    found = project.scan()

    assert [d.path for d in found.data] == ["data/X_train.npy", "features.npz"]
    assert [w.path for w in found.weights] == ["final.npy", "models/embedding_train.npy"]


def test_a_pointer_of_git_lfs_says_what_the_missing_content_is(project: Project) -> None:
    project.plant("large.safetensors", POINTER)

    (found,) = project.scan().weights

    assert found.digest == "sha256:" + "ab" * 32
    assert found.size_bytes == 12345678
    assert "git lfs pull" in found.note


def test_content_that_belies_the_suffix_is_said_so(project: Project) -> None:
    project.plant("broken.pt", b"PK\3\4 and no directory")
    project.plant("empty.onnx", b"")
    project.plant("not.safetensors", b"hello")

    notes = {w.path: w.note for w in project.scan().weights}

    assert "zip directory is damaged" in notes["broken.pt"]
    assert "something else" in notes["empty.onnx"]
    assert "something else" in notes["not.safetensors"]


def test_other_binary_files_are_no_weights(project: Project) -> None:
    project.plant("photo.jpg", b"\xff\xd8\xff\xe0" + bytes(range(256)))
    project.plant("noise.bin", bytes(reversed(range(256))) * 50)
    project.plant("backup.zip", archive("notes.txt"))
    project.plant("a.out", b"\x7fELF" + b"\0" * 100)
    project.plant("empty", b"")

    found = project.scan()

    assert found.weights == ()
    assert found.data == ()
    assert found.unread == ()


def test_weights_behind_a_link_out_of_the_project_are_found(
    project: Project, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "store" / "churn.bin"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(SAFETENSORS)
    (project.folder / "churn.safetensors").symlink_to(elsewhere)

    (found,) = project.scan().weights

    assert found.digest == f"sha256:{hashlib.sha256(SAFETENSORS).hexdigest()}"
    assert found.note == f"links to {elsewhere}"


def test_weights_that_cannot_be_read_are_listed_without_a_digest(project: Project) -> None:
    (project.folder / "churn.pkl").symlink_to("/proc/self/mem")  # opens, and fails to read

    found = project.scan()

    assert [(w.path, w.digest) for w in found.weights] == [("churn.pkl", None)]
    assert [(u.path, u.reason) for u in found.unread] == [
        ("churn.pkl", "cannot be read: Input/output error")
    ]
