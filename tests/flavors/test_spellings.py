"""Bytes that are fixed: what is stored today, every later release must spell the same."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from cairn.core.digest import digest_bytes
from cairn.flavors import make_golden, write_frame
from cairn.flavors.frames.npy import array_bytes
from cairn.flavors.skops.form import archive_bytes, canonical_archive
from cairn.flavors.skops.nodes import read_archive
from cairn.flavors.zips import write_zip

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "model-files.md"

TABLE = pd.DataFrame(
    {
        "delay": [1.5, None],
        "carrier": pd.array(["AA", None], dtype="str"),
        "origin": pd.Categorical(["JFK", "EWR"]),
        "seats": pd.array([150, None], dtype="Int16"),
        "note": np.array([2**60, float("inf")], dtype=object),
    },
    index=[7, 3],
)


class Line:
    """Doubles."""

    def predict(self, rows: Any) -> Any:
        """Double."""
        return np.asarray(rows) * 2


def node(loader: str, module: str, name: str, **parts: Any) -> dict[str, Any]:
    return {"__class__": name, "__module__": module, "__loader__": loader, **parts}


def scalar(value: Any, number: int) -> dict[str, Any]:
    text = json.dumps(value)
    return node("JsonNode", "builtins", "str", content=text, is_json=True, __id__=number)


def dictionary(number: int, **items: Any) -> dict[str, Any]:
    keys = [node("TypeNode", "builtins", "str", __id__=number + k) for k in range(len(items))]
    types = node("ListNode", "builtins", "list", content=keys, __id__=number + 50)
    return node(
        "DictNode", "builtins", "dict", content=items, key_types=types, __id__=number + 99
    )


def dumped() -> bytes:
    """A model as skops writes it: addresses as names, in the order of its attributes."""
    weights = array_bytes(np.array([[0.5, -1.25]]))
    inner = ("ObjectNode", "sklearn.linear_model._base", "LinearRegression")
    shared, again = (
        node(*inner, content=dictionary(n, a=scalar(1, n)), __id__=3000) for n in (3100, 3300)
    )
    coefficients = node(
        "NdArrayNode", "numpy", "ndarray", type="numpy", file="140.npy", __id__=140
    )
    attributes = dictionary(
        1000,
        tol=scalar(0.0001, 1500),
        coef_=coefficients,
        second=shared,
        first=again,
        other=dictionary(5000, a=scalar(1, 5000)),
        classes_=node("SetNode", "builtins", "set", content=[scalar("b", 1), scalar("a", 2)]),
    )
    model = node(
        "ObjectNode", "sklearn.linear_model._base", "LinearRegression", content=attributes
    )
    schema = model | {"__id__": 1, "protocol": 2, "_skops_version": "0.16.0"}
    return write_zip(
        {"140.npy": weights, "schema.json": json.dumps(schema, indent=2).encode()}
    )


def spelled(folder: Path) -> str:
    """Name a folder by the paths and bytes of all its files."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [
        f"{p.relative_to(folder).as_posix()} {digest_bytes(p.read_bytes())}" for p in files
    ]
    return digest_bytes("\n".join(lines).encode())


def test_the_spelling_of_a_model_is_fixed() -> None:
    content = archive_bytes(canonical_archive(read_archive(dumped())))

    assert digest_bytes(content) == SPELLINGS["model"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("table", TABLE),
        ("array", np.arange(6, dtype="<f4").reshape(2, 3)),
        ("columns first", np.asfortranarray(np.arange(6, dtype="<f4").reshape(2, 3))),
        ("records", np.zeros(2, dtype=np.dtype("u1, f8", align=True))),
        ("texts", np.array(["a", "bcd"])),
        ("list", [1, 2.5, "ü", None, True, (1,), {"a": [2**64]}, float("nan")]),
        ("sparse", sp.csr_matrix(np.eye(2, dtype="<f8"))),
        ("series", pd.Series([1, 2], name="count")),
    ],
)
def test_the_spelling_of_a_table_is_fixed(name: str, value: Any, tmp_path: Path) -> None:
    write_frame(value, tmp_path)

    assert spelled(tmp_path) == SPELLINGS[name]


def test_the_spelling_of_golden_predictions_is_fixed(tmp_path: Path) -> None:
    make_golden(Line(), np.arange(100.0).reshape(-1, 1), tmp_path, tolerance=0.25)

    assert spelled(tmp_path) == SPELLINGS["golden"]


@pytest.mark.parametrize("name", ["frame", "golden"])
def test_the_page_shows_what_is_written(name: str, tmp_path: Path) -> None:
    write_frame(TABLE, tmp_path / "frame")
    make_golden(Line(), [1.0, 2.0], tmp_path / "golden", tolerance=0.25)

    shown = re.findall(r"```json\n(.*?)\n```", PAGE.read_text(), re.DOTALL)

    assert (tmp_path / name / f"{name}.json").read_text() in shown


SPELLINGS = {
    "model": "sha256:ed8120a308f7e1f2095e5eafe86b3ec8170943d025050196b6ae50d45c6e2aea",
    "table": "sha256:7940831a83510af34f1ac7fcf5fe03bfc1c9f55b5a0a38500f07c609ad28a7ec",
    "array": "sha256:9387fe467e71532785bb5e881ded547d52322e7764bfca15c78c99cce96547bd",
    "columns first": "sha256:41ec200c9cf30018552340d74ae74654eed799be5a9564b0e9f2cd006e290341",
    "records": "sha256:6d4ac8de19db92754c50a2b5c3d30177e4cf11f57b1ebaa47cbcf53fe2cd62bd",
    "texts": "sha256:bbb71cb72b95acae070c41e019982f7368ee2abf4b19667e9785fe3a19b0c204",
    "list": "sha256:718ae3121153ef83f37a5c12d8297cdde2927dc42273b7630c1812d7d1111221",
    "sparse": "sha256:d5b21cafe606ff08231fcef6f403f6cb4f42edaa1e91f13b6cd5cda3ab1fa554",
    "series": "sha256:752f07b2bc8a0865ee1b4b6f0c7e5a54fcacb3725587701fbebecf6a3b74d788",
    "golden": "sha256:8f4aba739495be13f1711e21b54eae276a781bcb4d50eee813add7fc43153493",
}
