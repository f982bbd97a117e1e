"""Stores from the future, stores that may not be written, damaged ones, and lost keys."""

import gc
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cairn.core.errors import CairnError, Conflict, Corrupt, Invalid, NotFound, Unavailable
from projects.desk import Desk, copy
from projects.folders import as_nobody, open_to_all, read

COMMANDS = ["list", "show churn:1", "promote churn:1", "snapshot add data", "verify --all"]
EVERY = pytest.mark.parametrize("words", COMMANDS)


def stored(desk: Desk) -> dict[bytes, bytes | str]:
    """Everything in the store but what SQLite keeps while it is open."""
    files = read(desk.folder / ".cairn")
    return {name: files[name] for name in files if not name.endswith((b"-wal", b"-shm"))}


def edit(path: Path, **changed: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


def in_database(desk: Desk, statement: str) -> None:
    with closing(sqlite3.connect(desk.folder / ".cairn" / "cairn.db")) as database:
        database.execute(statement)
        database.commit()


@EVERY
def test_a_store_of_a_newer_format_is_left_alone(desk: Desk, words: str) -> None:
    edit(desk.folder / ".cairn" / "store.json", cairn="store/2", packs=True)
    before = stored(desk)

    desk.fails(
        *words.split(),
        code=Invalid.exit_code,
        says="has the format 'store/2', this Cairn reads 'store/1'; upgrade Cairn to open it",
    )

    assert stored(desk) == before


@EVERY
def test_a_database_of_a_newer_schema_is_left_alone(desk: Desk, words: str) -> None:
    in_database(desk, "INSERT INTO migration VALUES (999, 'later')")
    before = stored(desk)

    desk.fails(
        *words.split(),
        code=Invalid.exit_code,
        says=r"was written by a newer Cairn \(schema 999, .*\); upgrade Cairn to open it",
    )

    assert stored(desk) == before


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[]", b"null", b'{"cairn":"store/1"}', b"[" * 100_000]
)
def test_a_store_file_that_is_damaged_is_named(desk: Desk, content: bytes) -> None:
    (desk.folder / ".cairn" / "store.json").write_bytes(content)

    desk.fails("list", code=Corrupt.exit_code, says=r"store\.json is damaged")


def test_a_store_without_its_store_file_is_not_made_anew(desk: Desk) -> None:
    (desk.folder / ".cairn" / "store.json").unlink()
    before = stored(desk)

    desk.fails("list", code=Corrupt.exit_code, says="is missing; bring it back from a backup")
    desk.fails("init", code=Conflict.exit_code, says="what is left of one")

    assert stored(desk) == before


def test_a_checkout_without_a_store_gets_one_by_init(desk: Desk) -> None:
    shutil.rmtree(desk.folder / ".cairn")
    settings = (desk.folder / "cairn.toml").read_text()

    desk.fails("list", code=NotFound.exit_code, says="there is no store at .*; `cairn init`")
    desk("init")

    assert desk.json("list") == []
    assert (desk.folder / "cairn.toml").read_text() == settings


def missing(path: Path) -> None:
    path.unlink()


def garbage(path: Path) -> None:
    path.write_bytes(b"garbage" * 10_000)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def without_a_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE version")
        database.execute("DROP TABLE snapshot")
        database.commit()


@EVERY
@pytest.mark.parametrize("harm", [missing, garbage, cut_short, emptied, without_a_table])
def test_a_damaged_database_is_rebuilt_as_the_message_says(
    desk: Desk, words: str, harm: Callable[[Path], None]
) -> None:
    before = desk.json("ledger", "log")
    gc.collect()  # closes the database, as the end of a process does
    harm(desk.folder / ".cairn" / "cairn.db")

    desk.fails(*words.split(), code=Corrupt.exit_code, says="`cairn rebuild")
    desk("rebuild", "--yes")

    assert desk.json("ledger", "log")[: len(before)] == before
    assert "no problem found" in desk("verify", "--all")


def test_a_changed_row_is_named_and_rebuilt(desk: Desk) -> None:
    desk("promote", "churn:1")
    in_database(desk, "UPDATE label_move SET version = 2")

    text = desk("verify", expect=Corrupt.exit_code)
    answer = desk.json("show", "churn@production")["number"]
    desk("rebuild", "--yes")

    assert answer == 1, "what the ledger says, not the row"
    assert "label_move" in text
    assert "`cairn rebuild --yes` makes the database again" in text
    assert "no problem found" in desk("verify", "--all")


def test_a_changed_segment_is_named_and_written_again(desk: Desk) -> None:
    folder = desk.folder / ".cairn" / "ledger"
    segment = folder / "00000000.jsonl"
    segment.write_bytes(segment.read_bytes().replace(b'"actor"', b'"Actor"', 1))

    text = desk("verify", expect=Corrupt.exit_code)
    desk.fails(
        "rebuild", "--yes", code=Corrupt.exit_code, says="not what its checkpoint signs"
    )
    folder.rename(desk.folder / "aside")
    desk("promote", "churn:1")

    assert "00000000.jsonl line 1" in text
    assert "move that folder away, and the next change writes it again" in text
    assert "no problem found" in desk("verify", "--all")


def objects_of(desk: Desk) -> dict[str, str]:
    """One object of each kind that version 1 is made of."""
    shown = desk.json("show", "churn:1")
    snapshot = desk.json("snapshot", "show", "snap:train")
    return {
        "manifest": shown["digest"],
        "weights": shown["artifacts"]["files"][0]["digest"],
        "tree": shown["artifacts"]["digest"],
        "environment": shown["environment"]["lock"],
        "snapshot": snapshot["snapshot"]["digest"],
        "data": snapshot["files"][0]["digest"],
    }


@pytest.mark.parametrize(
    "kind", ["manifest", "weights", "tree", "environment", "snapshot", "data"]
)
@pytest.mark.parametrize("harm", ["flipped", "gone"])
def test_a_damaged_object_is_named_and_nothing_is_made_of_it(
    desk: Desk, kind: str, harm: str
) -> None:
    digest = objects_of(desk)[kind]
    if harm == "flipped":
        desk.damage(digest)
    else:
        desk.remove(digest)

    text = desk("verify", "--all", expect=Corrupt.exit_code)
    one = desk.run("python", "-m", "cairn", "verify", "churn:1")

    assert digest in text
    assert "`cairn fsck --full --repair --from COPY` moves damage aside" in text
    assert one.returncode in (Corrupt.exit_code, NotFound.exit_code)
    assert digest in one.stderr
    if kind in ("manifest", "weights", "tree"):
        before = desk.json("ledger", "log")
        for words in ("promote churn:1", "export churn:1 out"):
            done = desk.run("python", "-m", "cairn", *words.split())
            assert done.returncode in (Corrupt.exit_code, NotFound.exit_code), words
            assert digest in done.stderr
        assert not (desk.folder / "out").exists()
        assert desk.json("ledger", "log") == before


@pytest.mark.parametrize("words", ["list", "promote churn:1", "snapshot add data"])
def test_a_store_that_may_not_be_written_says_what_to_do(furnished: Desk, words: str) -> None:
    with open_to_all() as folder:
        desk = copy(furnished, folder / "project")
        desk("list")
        desk("snapshot", "add", "data")
        gc.collect()  # closes the database, as the end of a process does
        gc.collect()  # nothing of the database is taken away below
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = stored(desk)

        with as_nobody():
            desk.fails(
                *words.split(),
                code=Unavailable.exit_code,
                says="ermission denied; make the store writable, or copy it elsewhere",
            )

        assert stored(desk) == before
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755)


def key_of(desk: Desk) -> Path:
    """The file of the key that signs the ledger."""
    (path,) = (desk.home / "keys").iterdir()
    return path


def replaced_by_another(path: Path) -> None:
    other = Desk(path.parent / "other")
    other.folder.mkdir()
    other("init")
    shutil.copy(key_of(other), path)


KEYS: dict[str, tuple[Callable[[Path], object], type[CairnError], str]] = {
    "missing": (missing, NotFound, "is not at .*; copy it there, or set CAIRN_LEDGER_KEY"),
    "garbage": (garbage, Invalid, "this is not a ledger key .*; bring the key back"),
    "binary": (lambda path: path.write_bytes(b"\xff\xfe"), Invalid, "is not a ledger key"),
    "empty": (emptied, Invalid, "is not a ledger key"),
    "cut short": (cut_short, Invalid, "is not a ledger key"),
    "another": (
        replaced_by_another,
        Conflict,
        "is not the one that signs this store's ledger",
    ),
}


@pytest.mark.parametrize("harm", KEYS)
@pytest.mark.parametrize(
    "words", ["promote churn:1", "snapshot add data", "mark-bad churn:1 -m x"]
)
def test_without_its_key_a_store_is_read_and_not_written(
    desk: Desk, words: str, harm: str
) -> None:
    change, error, says = KEYS[harm]
    change(key_of(desk))

    with desk.nothing_recorded():
        desk.fails(*words.split(), code=error.exit_code, says=says)


def test_a_pin_that_is_garbage_is_a_problem_and_not_a_traceback(desk: Desk) -> None:
    (pin,) = (desk.home / "pins").iterdir()
    pin.write_bytes(b"\xff\xfe")

    text = desk("verify", expect=Corrupt.exit_code)

    assert f"pinned checkpoint {pin}" in text


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"hello\n"])
def test_a_kept_checkpoint_that_is_none_is_a_problem(desk: Desk, content: bytes) -> None:
    (desk.folder / "kept").write_bytes(content)

    if content:
        text = desk("verify", "--against", "kept", expect=Corrupt.exit_code)
        assert "the checkpoint given" in text
    else:
        assert "no problem found" in desk("verify", "--against", "kept")
