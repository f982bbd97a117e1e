"""The hook leaves the script alone, and says so where it cannot watch."""

import json
import os
import subprocess
import sys
from pathlib import Path

from projects.watched import HOOK, Seen, plain, watch

READERS = """
import csv, json, pickle, sqlite3, configparser
import numpy as np
import pandas as pd
with open("plain.csv") as file:
    list(csv.reader(file))
json.load(open("conf.json"))
pickle.load(open("data.pkl", "rb"))
np.load("array.npy")
np.loadtxt("numbers.txt")
np.memmap("raw.bin", dtype="u1", mode="r")
pd.read_csv("frame.csv", engine="c")
pd.read_csv("zipped.csv.gz")
sqlite3.connect("base.db").execute("select 1").fetchall()
configparser.ConfigParser().read("conf.ini")
"""

NOTICES = """
import sys, os, json
print(sys.path, sorted(sys.flags), __name__, sys.argv)
print([type(finder) for finder in sys.meta_path if "cairn" not in type(finder).__module__])
import random, pickle, argparse
print(random.randint.__name__, callable(pickle.loads(pickle.dumps(random.randint))))
random.seed(3)
print(random.random(), random.Random(4).random(), random.choice([1, 2, 3]))
os.closerange(3, 64)
open("x", "w").write("1")
print(json.dumps({"a": 1}))
1 / 0
"""


def without_watching(folder: Path, script: str, *options: str) -> str:
    (folder / "train.py").write_text(script)
    done = subprocess.run(
        [sys.executable, *options, "train.py"],
        cwd=folder,
        env=plain(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.stdout.decode()


def test_the_script_does_not_notice(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    expected = without_watching(tmp_path / "work", NOTICES)
    (tmp_path / "work" / "x").unlink()

    seen = watch(tmp_path / "work", NOTICES)

    assert seen.output == expected


def test_another_sitecustomize_still_runs(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("print('mine')\n")

    seen = watch(
        tmp_path / "work",
        "import sys\nprint(sys.modules['sitecustomize'].__file__)\n",
        variables={"PYTHONPATH": f"{HOOK}{os.pathsep}{tmp_path / 'site'}"},
    )

    assert seen.output.splitlines() == ["mine", str(tmp_path / "site" / "sitecustomize.py")]
    assert seen.of("process")


def test_a_hook_that_cannot_write_leaves_the_script_alone(tmp_path: Path) -> None:
    seen = watch(
        tmp_path / "work",
        "open('a', 'w').write('1')\nprint('done')\n",
        variables={"CAIRN_HOOK_EVENTS": str(tmp_path / "absent")},
    )

    assert (seen.code, seen.output) == (0, "done\n")


def test_a_hook_that_cannot_start_leaves_the_script_alone_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "train.py").write_text("print('done')\n")
    variables = {**plain(), "CAIRN_HOOK_EVENTS": str(tmp_path), "PYTHONPATH": str(HOOK)}

    done = subprocess.run(
        [sys.executable, "train.py"],
        cwd=tmp_path / "work",
        env=variables,
        capture_output=True,
        check=False,
    )

    (journal,) = tmp_path.glob("*.jsonl")
    assert (done.stdout, done.stderr) == (b"done\n", b"")
    assert '"event":"fault"' in journal.read_text()
    assert "CAIRN_HOOK_ROOT" in journal.read_text()


def test_a_script_that_clears_its_environment_and_forks_is_left_alone(tmp_path: Path) -> None:
    seen = watch(
        tmp_path / "work",
        "import os\nos.environ.clear()\n"
        "if not os.fork():\n    open('child', 'w').close()\n    os._exit(0)\nos.wait()\n",
    )

    assert (seen.code, seen.output) == (0, "")
    assert seen.paths("write") == ["child"]


def test_every_line_of_a_journal_is_json(tmp_path: Path) -> None:
    seen: Seen = watch(
        tmp_path / "work",
        'import argparse\np = argparse.ArgumentParser()\np.add_argument("--x")\n'
        'p.add_argument("--n", type=float, default=float("nan"))\n'
        'p.add_argument("--big", type=int, default=2**70)\np.parse_args()\n',
        "--x",
        'caf\u00e9 "quoted" \\ \n',
    )

    (options,) = seen.of("options")
    assert options["values"] == {
        "x": 'caf\u00e9 "quoted" \\ \n',
        "n": "nan",
        "big": str(2**70),
    }
    assert json.dumps(seen.events)


def test_a_first_start_that_compiles_everything_is_watched_like_any_other(
    tmp_path: Path,
) -> None:
    empty = {"PYTHONPYCACHEPREFIX": str(tmp_path / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
    script = "import json, pickle, random\npickle.dump(1, open('one.pkl', 'wb'))\n"

    seen = watch(tmp_path / "project", script, variables=empty)

    assert seen.code == 0, seen.output
    assert seen.of("fault") == []
    assert any((tmp_path / "compiled").rglob("saved.*.pyc"))
