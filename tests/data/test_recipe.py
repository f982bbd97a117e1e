"""A recipe rebuilds data exactly, or is refused with the first thing that differs."""

import sys
from pathlib import Path

import pytest

from cairn.core.digest import digest_bytes
from cairn.core.errors import Conflict, Invalid, NotFound
from cairn.core.snapshot import Recipe, Snapshot
from cairn.data.recipe import rebuild, snapshot_recipe
from cairn.registry import Registry
from projects.store import open_registry

DOUBLE = """\
from pathlib import Path
rows = Path("inputs/raw/t.csv").read_text().split()
Path("output/doubled.csv").write_text("\\n".join(["x", *(str(2 * int(r)) for r in rows[1:])]))
"""


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    (tmp_path / "project").mkdir()
    registry = open_registry(tmp_path / "project")
    raw = tmp_path / "project" / "raw"
    raw.mkdir()
    (raw / "t.csv").write_text("x\n1\n2\n3\n")
    registry.snapshot(raw, name="raw")
    return registry


def script(registry: Registry, text: str) -> Path:
    path = registry.settings.folder / "build.py"
    path.write_text(text)
    return path


def made(registry: Registry, text: str, **options: object) -> Recipe:
    info = snapshot_recipe(
        registry,
        [sys.executable, "build.py"],
        code=script(registry, text),
        of=("snap:raw",),
        name="doubled",
        **options,  # type: ignore[arg-type] (the test passes what fits)
    )
    source = registry.objects.get_record(info.digest, Snapshot).source
    assert isinstance(source, Recipe)
    return source


def test_what_a_recipe_makes_is_a_snapshot_that_names_its_parents(registry: Registry) -> None:
    source = made(registry, DOUBLE)

    assert source.of == (registry.find_snapshot("raw").digest,)
    assert source.command == (sys.executable, "build.py")
    assert registry.objects.has(source.code)


@pytest.mark.parametrize("mode", ["copy", "pin"])
def test_a_recipe_gives_the_same_bytes_again(
    registry: Registry, tmp_path: Path, mode: str
) -> None:
    made(registry, DOUBLE, mode=mode)
    (registry.settings.folder / "raw" / "t.csv").write_text("x\n9\n")
    (registry.settings.folder / "build.py").write_text("changed since")

    rebuild(registry, "snap:doubled", tmp_path / "again")

    assert (tmp_path / "again" / "doubled.csv").read_text() == "x\n2\n4\n6"


def test_what_is_pinned_keeps_names_and_digests_only(registry: Registry) -> None:
    made(registry, DOUBLE, mode="pin")

    info = registry.find_snapshot("doubled")

    assert (info.files, info.size_bytes) == (1, 7)
    assert not registry.objects.has(digest_bytes(b"x\n2\n4\n6"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "import random\nopen('output/a.txt', 'w').write('same\\n' + str(random.random()))",
            r"output/a\.txt that differs from line 2 \(byte \d+\) on",
        ),
        (
            "open('output/a.txt', 'w').write(' '.join({'p', 'q', 'r', 's', 't', 'u'}))",
            r"output/a\.txt that differs from line 1",
        ),
        (
            "import os\nopen('output/a.txt', 'w').write(os.getcwd())",
            r"output/a\.txt that differs",
        ),
        (
            "import os\nopen(f'output/{os.getpid()}.txt', 'w').write('x')",
            r"output/\d+\.txt one time only",
        ),
        (
            "import os\nopen('output/b', 'wb').write(b'PK\\0' + os.urandom(8))",
            r"output/b that differs from byte 3 on",
        ),
    ],
    ids=["chance", "order", "place", "name", "bytes"],
)
def test_a_recipe_that_gives_something_else_each_time_is_refused(
    registry: Registry, text: str, said: str
) -> None:
    with pytest.raises(Conflict, match=said):
        made(registry, text)

    assert [info.name for info in registry.snapshots()] == ["raw"]


@pytest.mark.parametrize(
    ("text", "said"),
    [("raise SystemExit(3)", "failed with exit code 3"), ("", "wrote nothing into output/")],
)
def test_a_recipe_that_makes_nothing_is_refused(
    registry: Registry, text: str, said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        made(registry, text)


def test_a_program_that_is_not_there_is_named(registry: Registry) -> None:
    with pytest.raises(NotFound, match="there is no program 'no-such-program'"):
        snapshot_recipe(registry, ["no-such-program"], code=script(registry, ""))


def test_data_without_a_recipe_cannot_be_rebuilt(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="snap:raw has no recipe"):
        rebuild(registry, "snap:raw", tmp_path / "again")


def test_a_recipe_that_gives_something_else_now_writes_nothing(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(registry, "import os\nopen('output/a', 'w').write(os.environ.get('MOOD', 'good'))")
    monkeypatch.setenv("MOOD", "bad")

    with pytest.raises(Conflict, match=r"does not give the recorded bytes any more: output/a"):
        rebuild(registry, "snap:doubled", tmp_path / "again")

    assert not (tmp_path / "again").exists()
