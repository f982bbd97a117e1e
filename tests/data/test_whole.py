"""A pointer is not its content, and a database is not whole without its log."""

import os
import sqlite3
from collections.abc import Generator
from pathlib import Path

import pytest

from cairn.core.errors import Refused
from cairn.core.table import Profile
from cairn.data.files import snapshot_files
from cairn.data.source import snapshot
from cairn.registry import Registry
from projects.folders import write

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:%b\nsize 12345\n" % (
    b"4d7a" * 16
)
EXTENDED = LFS.replace(b"\noid", b"\next-0-foo sha256:%b\noid" % (b"ab" * 32))
ANNEX = b"/annex/objects/SHA256E-s12345--" + b"4d7a" * 16 + b".csv\n"


@pytest.fixture
def open_database(tmp_path: Path) -> Generator[Path]:
    """A database that a program is writing to: ten rows are in its log alone."""
    path = tmp_path / "shop.db"
    held = sqlite3.connect(path)
    held.execute("PRAGMA journal_mode=WAL")
    held.execute("CREATE TABLE orders(id)")
    held.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    held.executemany("INSERT INTO orders VALUES (?)", [(n,) for n in range(10)])
    held.commit()
    yield path
    held.close()


@pytest.mark.parametrize(
    ("content", "what"),
    [(LFS, "Git LFS"), (EXTENDED, "Git LFS"), (ANNEX, "git-annex")],
    ids=["lfs", "lfs with an extension", "annex"],
)
def test_a_pointer_is_not_taken_for_its_content(
    registry: Registry, tmp_path: Path, content: bytes, what: str
) -> None:
    folder = write(tmp_path / "data", {"good.csv": b"x\n1\n", "images/a.png": content})
    one = folder / "images" / "a.png"

    for path, name in ((folder, "images/a.png"), (one, "a.png")):
        with pytest.raises(Refused, match=f"^{name} is a pointer of {what}") as refused:
            snapshot_files(registry, path)
        assert "git" in refused.value.fix
    with pytest.raises(Refused, match=f"pointer of {what}"):
        registry.register(one, "churn", retroactive=True)
    assert registry.versions("churn") == ()


def test_what_only_speaks_of_a_pointer_is_content(registry: Registry, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "data",
        {
            "README": b"A pointer begins:\n" + LFS,
            "notes.txt": b"see /annex/objects/ and what lies there, about forty letters",
            "short.txt": LFS[:43],
        },
    )

    assert snapshot_files(registry, folder).files == 3


def test_a_database_is_refused_while_its_log_holds_rows(
    registry: Registry, open_database: Path
) -> None:
    with pytest.raises(
        Refused, match=r"^shop\.db-wal beside shop\.db holds changes"
    ) as refused:
        snapshot_files(registry, open_database)

    assert "sqlite:///" in refused.value.fix


def test_what_the_refusal_says_ends_it(registry: Registry, open_database: Path) -> None:
    other = sqlite3.connect(open_database)
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()

    assert snapshot_files(registry, open_database).files == 1


def test_a_query_has_the_rows_of_the_log(registry: Registry, open_database: Path) -> None:
    address = f"sqlite:///{open_database}?query=SELECT id FROM orders&order_by=id"

    found = snapshot(registry, address)

    assert found.profile is not None
    (table,) = registry.objects.get_record(found.profile, Profile).tables
    assert table.facts.rows == 10


def test_a_folder_takes_the_log_along(registry: Registry, open_database: Path) -> None:
    folder = open_database.parent / "all"
    folder.mkdir()
    for part in ("", "-wal", "-shm"):
        os.link(f"{open_database}{part}", folder / f"shop.db{part}")

    assert snapshot_files(registry, folder).files == 3


def test_a_log_beside_something_else_says_nothing(registry: Registry, tmp_path: Path) -> None:
    write(tmp_path, {"walk.db": b"not SQLite", "walk.db-wal": b"a log of somebody's"})

    assert snapshot_files(registry, tmp_path / "walk.db").files == 1
