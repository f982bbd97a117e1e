"""A project whose records are in PostgreSQL: which commands work, and how."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.core.errors import Conflict, Invalid
from projects.desk import Desk
from sources import postgresql_server


@pytest.fixture
def records(server: str) -> Iterator[str]:
    """The address of an empty database."""
    with postgresql_server.database(server, "project") as address:
        yield address


def project(folder: Path, records: str) -> Desk:
    """Begin a project that keeps its records there."""
    folder.mkdir()
    (folder / "cairn.toml").write_text(f'store = "{records}"\n')
    (folder / "train.csv").write_text("id,x,y\n1,2,0\n")
    return Desk(folder)


def test_a_project_keeps_its_records_in_postgresql(tmp_path: Path, records: str) -> None:
    desk = project(tmp_path / "first", records.replace("postgres:@", "postgres@"))

    desk("init")
    desk("snapshot", "add", "train.csv", "--name", "train")

    assert not (desk.folder / ".cairn" / "cairn.db").exists()
    assert "1 file" in desk("snapshot", "show", "train")
    desk("verify", "--all")
    desk.fails("rebuild", "--yes", code=Invalid.exit_code, says="are in PostgreSQL")
    desk.fails(
        "backup",
        str(tmp_path / "copy"),
        "--without-keys",
        code=Invalid.exit_code,
        says="use `pg_dump`",
    )
    assert not (tmp_path / "copy").exists()

    other = project(tmp_path / "other", records.replace("postgres:@", "postgres@"))
    other("init")
    other.fails("list", code=Conflict.exit_code, says="has the records of another store")

    shutil.rmtree(other.folder / ".cairn")
    shutil.copytree(desk.folder / ".cairn", other.folder / ".cairn")
    assert "1 file" in other("snapshot", "show", "train")


def test_a_store_is_not_opened_where_its_records_are_not(tmp_path: Path, records: str) -> None:
    desk = project(tmp_path / "first", records.replace("postgres:@", "postgres@"))
    desk("init")
    settings = desk.folder / "cairn.toml"
    address = settings.read_text()

    settings.write_text('store = ".cairn"\n')
    told = desk.fails("list", code=Invalid.exit_code, says="are in PostgreSQL: say where")
    assert '`store = "postgresql://..."`' in told
    settings.write_text(address)
    desk("list")

    plain = Desk(tmp_path / "plain")
    plain.folder.mkdir()
    plain("init", ".")
    (plain.folder / "cairn.toml").write_text(address)
    told = plain.fails(
        "list", code=Invalid.exit_code, says="in its own database, not in PostgreSQL"
    )
    assert '`store = ".cairn"`' in told
    (plain.folder / "cairn.toml").write_text('store = ".cairn"\n')
    plain("list")


def test_no_password_stands_in_a_committed_file(tmp_path: Path) -> None:
    desk = project(tmp_path / "first", "postgresql://ada:secret@db/cairn")

    said = desk.fails("init", code=Invalid.exit_code, says="set PGPASSWORD")

    assert "secret" not in said
