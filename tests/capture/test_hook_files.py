"""What a script reads and writes is seen, and the script does not notice."""

import os
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from projects.watched import HOOK, run, watch

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


def make_inputs(folder: Path) -> None:
    import numpy as np
    import pandas as pd

    folder.mkdir()
    (folder / "plain.csv").write_text("a,b\n1,2\n")
    (folder / "conf.json").write_text("{}")
    (folder / "data.pkl").write_bytes(b"\x80\x04K\x01.")
    np.save(folder / "array.npy", np.arange(3))
    (folder / "numbers.txt").write_text("1 2\n")
    (folder / "raw.bin").write_bytes(b"123")
    pd.DataFrame({"a": [1]}).to_csv(folder / "frame.csv")
    pd.DataFrame({"a": [1]}).to_csv(folder / "zipped.csv.gz")
    sqlite3.connect(folder / "base.db").execute("create table t (x)").connection.close()
    (folder / "conf.ini").write_text("[a]\n")


def test_every_usual_way_to_read_is_seen(tmp_path: Path) -> None:
    make_inputs(tmp_path / "work")

    seen = watch(tmp_path / "work", READERS)

    assert seen.code == 0, seen.output
    assert sorted(seen.paths("read")) == sorted(
        place.name for place in (tmp_path / "work").iterdir() if place.name != "train.py"
    )
    assert seen.paths("write") == []
    assert seen.of("fault", "outside", "network") == []


def test_what_was_written_is_seen_however_it_was_written(tmp_path: Path) -> None:
    seen = watch(
        tmp_path / "work",
        """
import os, pathlib, shutil, sqlite3, tempfile
open("a.txt", "w").write("1")
pathlib.Path("b.txt").write_text("2")
os.close(os.open("c.txt", os.O_CREAT | os.O_WRONLY))
with tempfile.NamedTemporaryFile("w", dir=".", delete=False) as file:
    file.write("3")
os.replace(file.name, "d.txt")
with tempfile.NamedTemporaryFile("w", delete=False) as file:
    file.write("3")
shutil.move(file.name, "e.txt")
open("log.txt", "a").write("4")
sqlite3.connect("new.db").execute("create table t (x)")
""",
    )

    assert seen.code == 0, seen.output
    written = {"a.txt", "b.txt", "c.txt", "d.txt", "e.txt", "log.txt", "new.db"}
    assert written <= set(seen.paths("write"))
    assert seen.paths("read") == []


def test_what_the_run_made_itself_is_no_input(tmp_path: Path) -> None:
    seen = watch(tmp_path / "work", 'open("a", "w").write("1")\nopen("a").read()\n')

    assert seen.paths("read") == []


def test_bytes_that_were_read_are_kept_before_they_are_overwritten(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "history.json").write_text("[1]")

    seen = watch(
        tmp_path / "work",
        'text = open("history.json").read()\nopen("history.json", "w").write(text + "[2]")\n',
    )

    (written,) = seen.of("write")
    assert (seen.room / "kept" / written["copy"]).read_text() == "[1]"
    assert seen.paths("read") == ["history.json"]


def test_a_database_is_kept_as_it_was_when_it_was_opened(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    base = tmp_path / "work" / "base.db"
    sqlite3.connect(base).execute("create table t (x)").connection.close()
    before = base.read_bytes()

    seen = watch(
        tmp_path / "work",
        'import sqlite3\nwith sqlite3.connect("file:base.db?mode=rw", uri=True) as base:\n'
        '    base.execute("insert into t values (1)")\n',
    )

    (opened,) = seen.of("database")
    assert (seen.room / "kept" / opened["copy"]).read_bytes() == before


def test_libraries_caches_and_temporary_files_are_nobodys_data(tmp_path: Path) -> None:
    seen = watch(
        tmp_path / "work",
        """
import json, os, tempfile, email.message
open(json.__file__).read()
open("/proc/self/status").read()
open("/etc/hosts").read()
with tempfile.TemporaryFile() as file:
    file.write(b"1")
os.makedirs(".git"); open(".git/x", "w").write("1"); open(".git/x").read()
os.makedirs("__pycache__"); open("__pycache__/x", "w").write("1")
""",
    )

    assert seen.code == 0, seen.output
    assert seen.of("read", "write", "outside") == []


def test_data_outside_the_project_is_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "data.csv").write_text("1")
    (home / ".cached").write_text("1")

    seen = watch(
        home / "work",
        'open("../data.csv").read()\nopen("../.cached").read()\n',
        variables={"HOME": str(home), "TMPDIR": str(tmp_path / "tmp")},
    )

    assert seen.paths("outside") == ["data.csv"]


def test_a_link_into_the_project_is_the_file_that_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "data.csv").write_text("1")
    (tmp_path / "elsewhere").symlink_to(tmp_path / "work")

    seen = watch(
        tmp_path / "work",
        f"open({str(tmp_path / 'elsewhere' / 'data.csv')!r}).read()\n",
        variables={"TMPDIR": str(tmp_path / "tmp")},
    )

    assert [event["path"] for event in seen.of("read")] == [
        str(tmp_path / "work" / "data.csv")
    ]


LIBRARY = """
import subprocess
def read_csv(source, *, sep=","):
    'Read in a process of its own, as compiled code reads: past Python.'
    return [subprocess.run(["cat", each], check=True, capture_output=True).stdout.decode()
            for each in (source if isinstance(source, list) else [source])]
def scan_parquet(source): return source
"""


def test_what_a_library_reads_past_python_is_seen_by_what_it_is_asked_for(
    tmp_path: Path,
) -> None:
    work, site = tmp_path / "work", tmp_path / "site"
    (work / "parts" / "deep").mkdir(parents=True)
    site.mkdir()
    (site / "polars.py").write_text(LIBRARY)
    (site / "duckdb.py").write_text(
        "def sql(query): return query\ndef connect(path=None): return path\n"
    )
    for name in (
        "a.csv",
        "b.csv",
        "parts/one.parquet",
        "parts/deep/two.parquet",
        "c1.x",
        "c2.x",
        "it's.csv",
    ):
        (work / name).write_text(name)

    seen = watch(
        work,
        "import duckdb, polars\nfrom pathlib import Path\n"
        "print(polars.read_csv('a.csv', sep=';'), polars.read_csv.__doc__[:4])\n"
        "polars.read_csv([Path('b.csv')])\n"
        "polars.scan_parquet('parts')\npolars.scan_parquet(source='c*.x')\n"
        "duckdb.sql(\"SELECT 'no file' FROM 'it''s.csv'\")\nduckdb.connect()\n",
        variables={"PYTHONPATH": f"{HOOK}{os.pathsep}{site}", "TMPDIR": str(tmp_path / "t")},
    )

    assert seen.output == "['a.csv'] Read\n"
    assert sorted(seen.paths("read")) == [
        *("a.csv", "b.csv", "c1.x", "c2.x", "it's.csv", "one.parquet", "two.parquet")
    ]
    assert [event["library"] for event in seen.of("unseen")] == ["duckdb"]


def test_odd_names_are_spelled_as_trees_spell_them(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / os.fsdecode(b"caf\xe9\n\\.csv")).write_text("1")

    seen = watch(tmp_path / "work", r'open(b"caf\xe9\n\\.csv").read()')

    assert seen.paths("read") == ["caf\\xe9\\x0a\\x5c.csv"]


def test_the_modules_of_the_project_are_sources(tmp_path: Path) -> None:
    (tmp_path / "work" / "pkg").mkdir(parents=True)
    (tmp_path / "work" / "pkg" / "__init__.py").write_text("")
    (tmp_path / "work" / "pkg" / "train.py").write_text("x = 1\n")

    seen = run(tmp_path / "work", [sys.executable, "-m", "pkg.train"], variables={})

    assert seen.paths("source") == ["__init__.py", "train.py"]


def test_hosts_that_the_script_talks_to_are_named(tmp_path: Path) -> None:
    seen = watch(
        tmp_path / "work",
        """
import socket
for host in ("localhost", "127.0.0.1", "data.invalid", "data.invalid"):
    try:
        socket.getaddrinfo(host, 80)
    except OSError:
        pass
""",
    )

    assert [event["host"] for event in seen.of("network")] == ["data.invalid"]


def test_child_processes_write_journals_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    for name in ("one", "two", "three"):
        (tmp_path / "work" / name).write_text("1")

    seen = watch(
        tmp_path / "work",
        """
import multiprocessing, os, subprocess, sys
if __name__ == "__main__":
    subprocess.run([sys.executable, "-c", "open('one').read()"], check=True)
    child = os.fork()
    if not child:
        open("two").read()
        os._exit(0)
    os.waitpid(child, 0)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.map(os.path.getsize, ["three"])
    open("three").read()
""",
    )

    assert seen.code == 0, seen.output
    assert sorted(seen.paths("read")) == ["one", "three", "two"]
    assert len(list((seen.room / "events").iterdir())) >= 4


@pytest.mark.parametrize("how", ["-I", "-S", "-E"])
def test_a_python_that_cannot_be_watched_is_named(tmp_path: Path, how: str) -> None:
    seen = watch(
        tmp_path / "work",
        f"import subprocess, sys\nsubprocess.run([sys.executable, {how!r}, '-c', ''])\n"
        "subprocess.run([sys.executable, '-c', ''], env={})\n",
    )

    assert len(seen.of("unwatched")) == 1


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("import os; os._exit(4)", 4),
        ("import sys; sys.exit(3)", 3),
        ("raise ValueError('no')", 1),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("import os, signal; os.kill(os.getpid(), signal.SIGHUP)", -signal.SIGHUP),
        ("import os, signal; os.kill(os.getpid(), signal.SIGINT)", -signal.SIGINT),
    ],
)
def test_what_happened_before_the_end_is_written_down_however_it_ends(
    tmp_path: Path, ending: str, code: int
) -> None:
    seen = watch(tmp_path / "work", f"open('a.txt', 'w').write('1')\n{ending}\n")

    assert seen.code == code
    assert seen.paths("write") == ["a.txt"]
