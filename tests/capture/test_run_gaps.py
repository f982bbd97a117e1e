"""What a run cannot capture is a gap in plain words; secrets are captured nowhere."""

import os
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

from cairn.capture.run import RunOutcome
from cairn.core.errors import Refused
from cairn.core.snapshot import Derived, Snapshot
from cairn.objects.folders.tree import tree_entries
from cairn.registry import Registry
from projects.repositories import write
from projects.training import SCRIPT, SETTINGS, project, train

READS = 'open("data/customers.csv").read()\n'
SECRET = "k3Jx9QpLmZ27vTbYwE5s"


def gaps(outcome: RunOutcome) -> list[tuple[str, str]]:
    return [(gap.field, gap.reason) for gap in outcome.facts.gaps]


def inputs(outcome: RunOutcome) -> dict[str, str]:
    return {given.path: given.role for given in outcome.facts.inputs}


def stored(registry: Registry) -> bytes:
    """Everything that the store holds, in one piece."""
    files = [path for path in registry.settings.store.rglob("*") if path.is_file()]
    return b"\n".join(path.read_bytes() for path in files)


def test_without_a_repository_nothing_is_registered_and_it_says_why(
    tmp_path: Path,
) -> None:
    registry = project(tmp_path / "work")
    shutil.rmtree(tmp_path / "work" / ".git")

    outcome = train(registry)

    assert ("code", "work is not inside a git repository") in gaps(outcome)
    assert isinstance(outcome.problem, Refused)
    assert "work is not inside a git repository" in str(outcome.problem)
    assert registry.versions("churn") == ()


def test_a_python_that_shuts_the_hook_out_is_a_gap(tmp_path: Path) -> None:
    registry = project(tmp_path / "work", READS)

    outcome = train(registry, sys.executable, "-I", "train.py")

    assert gaps(outcome) == [
        ("capture", "nothing inside the run was observed: python -I shuts out what watches it")
    ]


def test_a_script_that_leaves_without_a_word_is_a_gap(tmp_path: Path) -> None:
    registry = project(tmp_path / "work", READS + "import os\nos._exit(0)\n")

    outcome = train(registry)

    assert inputs(outcome) == {"data/customers.csv": "input"}
    (found,) = gaps(outcome)
    assert found[1].startswith("the script's process ended without finishing its notes")


def test_a_command_without_python_is_a_gap(tmp_path: Path) -> None:
    registry = project(tmp_path / "work")

    outcome = train(registry, "true")

    assert gaps(outcome) == [
        ("capture", "nothing inside the run was observed: no Python reported that it started")
    ]


@pytest.mark.parametrize(
    ("command", "entry_point"),
    [
        ((sys.executable, "train.py"), "train.py"),
        ((sys.executable, "-W", "ignore", "./train.py", "data"), "train.py"),
        ((sys.executable, "-m", "pkg.steps"), "pkg.steps"),
        ((sys.executable, "-c", READS), None),
        (("sh", "pkg/all.sh"), "pkg/all.sh"),
    ],
)
def test_every_way_to_start_is_watched(
    tmp_path: Path, command: tuple[str, ...], entry_point: str | None
) -> None:
    files: dict[str, str | bytes] = {
        "pkg/steps.py": READS,
        "pkg/all.sh": f"{sys.executable} pkg/steps.py\n",
    }
    registry = project(tmp_path / "work", READS, files=files)

    outcome = train(registry, *command)

    assert inputs(outcome) == {"data/customers.csv": "input"}
    assert outcome.facts.code is not None
    assert outcome.facts.code.entry_point == entry_point
    assert gaps(outcome) == []


def test_a_file_that_changes_after_it_was_read_is_a_gap_and_no_input(tmp_path: Path) -> None:
    script = (
        READS + "import os, subprocess, sys\n"
        "subprocess.run(['sh', '-c', 'echo more >> data/customers.csv'])\n"
    )
    registry = project(tmp_path / "work", script)

    outcome = train(registry)

    assert gaps(outcome) == [
        (
            "inputs",
            "data/customers.csv was changed after the run had read it, so its bytes are lost",
        )
    ]
    assert inputs(outcome) == {}


def test_a_file_that_the_script_itself_overwrites_is_frozen_as_it_was_read(
    tmp_path: Path,
) -> None:
    script = 'old = open("state.txt").read()\nopen("state.txt", "w").write(old + "+")\n'
    registry = project(tmp_path / "work", script, files={"state.txt": "0"})

    outcome = train(registry)

    (given,) = outcome.facts.inputs
    tree = registry.objects.get_record(given.snapshot, Snapshot).source.tree
    (entry,) = tree_entries(registry.objects, tree)
    assert registry.objects.get(entry.digest) == b"0"
    assert registry.objects.get(outcome.facts.outputs["state.txt"]) == b"0+"


def test_many_files_of_one_folder_are_one_snapshot_of_those_that_were_read(
    tmp_path: Path,
) -> None:
    files: dict[str, str | bytes] = {f"images/{n % 3}/{n:03}.txt": f"{n}" for n in range(60)}
    script = (
        "from pathlib import Path\n"
        "for path in sorted(Path('images').rglob('*.txt'))[:50]: path.read_text()\n"
    )
    registry = project(tmp_path / "work", script, files=files)

    outcome = train(registry)

    assert inputs(outcome) == {"images": "input"}
    assert registry.snapshots()[0].files == 50


def test_settings_are_parameters_and_files_of_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    files: dict[str, str | bytes] = {
        "conf/train.yaml": "optimizer:\n  lr: 0.1\n  betas: [0.9, 0.99]\nname: a\n",
        "conf/more.toml": "[data]\nrows = 5\n",
        "conf/old.ini": "[x]\ny = 1\n",
        "rows.json": "[1, 2]",
    }
    script = (
        "import glob\nfor name in glob.glob('conf/*') + ['rows.json']: open(name).read()\n"
    )
    registry = project(tmp_path / "work", script, files=files)

    outcome = train(registry)

    assert outcome.facts.parameters == {
        "conf/more.toml:data.rows": 5,
        "conf/old.ini:x.y": "1",
        "conf/train.yaml:name": "a",
        "conf/train.yaml:optimizer.betas": "[0.9, 0.99]",
        "conf/train.yaml:optimizer.lr": 0.1,
    }
    assert inputs(outcome)["rows.json"] == "input"
    assert outcome.facts.code is not None
    assert outcome.facts.code.config_files == (
        *("conf/more.toml", "conf/old.ini", "conf/train.yaml"),
    )


def test_secrets_are_kept_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, str | bytes] = {
        "conf.yaml": f"db:\n  password: {SECRET}\n  host: example.org\nepochs: 3\n",
        ".gitignore": ".cairn/\n.env\n",
    }
    script = (
        "import os, sys\nopen('conf.yaml').read(); open('.env').read()\n"
        f"print('connecting with password={SECRET}', sys.argv)\n"
    )
    registry = project(tmp_path / "work", script, files=files)
    write(tmp_path / "work" / ".env", f"API_KEY={SECRET}\n")
    write(tmp_path / "work" / "notes.txt", f'password = "{SECRET}"\n')
    monkeypatch.setenv("MY_SECRET_TOKEN", SECRET)

    outcome = train(registry, sys.executable, "train.py", "--token", SECRET, "--lr=0.1")

    assert outcome.exit_code == 0
    assert SECRET.encode() not in stored(registry)
    assert outcome.facts.command[2:] == ("--token", "<redacted>", "--lr=0.1")
    assert outcome.facts.parameters["args.token"] == "<redacted>"
    assert outcome.facts.parameters["args.lr"] == 0.1
    assert outcome.facts.parameters["conf.yaml:db.password"] == "<redacted>"
    assert outcome.facts.parameters["conf.yaml:epochs"] == 3
    (given,) = outcome.facts.inputs
    source = registry.objects.get_record(given.snapshot, Snapshot).source
    assert isinstance(source, Derived)
    assert source.by == "cairn: secrets redacted"
    assert [reason.split(",")[0] for _, reason in gaps(outcome)] == [
        "notes.txt is uncommitted and seems to hold a value for 'password'",
        ".env was read",
    ]


def test_an_imported_module_that_git_ignores_is_a_gap(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {".gitignore": ".cairn/\nlocal*\n"}
    registry = project(tmp_path / "work", "import localsettings\n", files=files)
    write(tmp_path / "work" / "localsettings.py", "x = 1\n")

    outcome = train(registry)

    assert gaps(outcome) == [
        ("code", "localsettings.py took part in the run, but git does not look at it")
    ]


def test_chance_without_a_seed_is_named(tmp_path: Path) -> None:
    registry = project(tmp_path / "work", "import random\nrandom.random()\n")

    assert train(registry).facts.unseeded == ("random",)


def test_rows_that_were_trained_on_make_an_evaluation_doubtful(tmp_path: Path) -> None:
    script = SCRIPT.replace(
        "model = Logistic",
        "train = pd.concat([train, test[:5]])\n"
        "train_labels = pd.concat([train_labels, test_labels[:5]])\nmodel = Logistic",
    )
    registry = project(tmp_path / "work", script)

    outcome = train(registry)

    assert gaps(outcome) == [("evaluation", "5 of 50 held-out rows were also trained on")]


def test_a_script_in_an_environment_without_cairn_is_captured_as_far_as_it_goes(
    tmp_path: Path,
) -> None:
    import subprocess

    import sklearn

    foreign = tmp_path / "foreign"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", foreign], check=True)
    (site,) = foreign.glob("lib/python3*/site-packages")
    (site / "others.pth").write_text(f"{Path(sklearn.__file__).parent.parent}\n")
    registry = project(tmp_path / "work")

    outcome = train(registry, str(foreign / "bin" / "python"), "train.py")

    assert outcome.exit_code == 0
    assert outcome.facts.metrics.keys() >= {"accuracy", "roc_auc"}
    assert outcome.facts.environment is not None
    assert ("artifacts", True) in [
        (field, "Cairn is not installed" in reason) for field, reason in gaps(outcome)
    ]


def test_odd_bytes_in_a_command_and_in_names_are_spelled_out(tmp_path: Path) -> None:
    registry = project(tmp_path / "work", "import sys\nopen(sys.argv[1]).read()\n")
    name = os.fsdecode(b"caf\xe9.yaml")
    write(tmp_path / "work" / name, "a: 1\n")

    outcome = train(registry, sys.executable, "train.py", name)

    assert outcome.exit_code == 0
    assert outcome.facts.command[2] == "caf\\udce9.yaml"
    assert inputs(outcome) == {"caf\\xe9.yaml": "config"}
    assert outcome.facts.code is not None
    assert outcome.facts.code.config_files == ("caf\\xe9.yaml",)


def test_data_that_is_not_whole_is_a_gap(tmp_path: Path) -> None:
    reads = (
        'import sqlite3\nopen("data/more.csv").read()\nsqlite3.connect("data/shop.db")\n'
        'sqlite3.connect("data/late.db").execute("SELECT * FROM orders").fetchall()\n'
    )
    registry = project(tmp_path / "work", reads)
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d' * 32}\nsize 9\n"
    write(tmp_path / "work" / "data" / "more.csv", pointer)
    held = sqlite3.connect(tmp_path / "work" / "data" / "shop.db")
    held.execute("PRAGMA journal_mode=WAL")
    held.execute("CREATE TABLE orders(id)")
    for end in ("", "-wal"):  # as a service leaves it that was killed
        late = tmp_path / "work" / "data" / f"late.db{end}"
        late.write_bytes((tmp_path / "work" / "data" / f"shop.db{end}").read_bytes())

    found = [reason for field, reason in gaps(train(registry)) if field == "inputs"]
    held.close()

    why = "what is kept of it is not whole"
    assert found == [
        f"late.db keeps a log, and took it over while it was used: rows may lack: {why}",
        f"more.csv is a pointer of Git LFS: the content is not here: {why}",
        f"shop.db-wal beside shop.db holds changes that shop.db lacks: {why}",
    ]


def test_data_in_a_declared_folder_elsewhere_is_frozen(tmp_path: Path) -> None:
    from cairn.capture.run import run_command

    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "rows.csv").write_text("a\n1\n")
    registry = project(tmp_path / "work", 'open("../shared/rows.csv").read()\n')
    os.chdir(tmp_path / "work")

    outcome = run_command(
        registry, "churn", [sys.executable, "train.py"], data=[tmp_path / "shared"]
    )

    assert inputs(outcome) == {"rows.csv": "input"}
    assert gaps(outcome) == []


def test_a_model_is_held_to_the_fields_that_are_required_of_it(tmp_path: Path) -> None:
    settings = SETTINGS + '[model.other]\nfields = ["owner"]\n'
    registry = project(tmp_path / "work", settings=settings)

    outcome = train(registry, model="other")

    assert isinstance(outcome.problem, Refused)
    assert "cairn.toml requires the field 'owner'" in str(outcome.problem)
    assert registry.settings.model("default/churn").fields == ()
