"""`cairn forget-secret`: a leaked value is found wherever it lies, and erased if possible."""

import gzip
import io

import pytest

from cairn.workbench import open_project
from desk import Desk

LEAKED = "k3Jx9QpLmZ27vTbY"


def forget(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, *arguments: str, expect: int = 0
) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(LEAKED + "\n"))
    return desk("forget-secret", *arguments, expect=expect)


def leak(desk: Desk) -> None:
    """Freeze three files with a value in them: plain, compressed, large."""
    folder = desk.folder / "leaky"
    folder.mkdir()
    (folder / "plain.txt").write_text(f"password {LEAKED}")
    (folder / "packed.gz").write_bytes(gzip.compress(f"x {LEAKED}".encode()))
    (folder / "large.bin").write_bytes(bytes(6 << 20) + LEAKED.encode() + bytes(6 << 20))
    (folder / "clean.txt").write_text("nothing here")
    desk("snapshot", "add", "leaky", "--name", "leaky")


def test_a_leaked_value_is_found_erased_and_named_by_verify(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    leak(desk)

    told = forget(desk, monkeypatch)
    assert told.count("holds it") == 3
    assert "Rotate the secret now" in told
    assert LEAKED not in told

    forget(desk, monkeypatch, "--erase", expect=3)
    done = forget(desk, monkeypatch, "--erase", "-m", "a password was in a file")
    again = forget(desk, monkeypatch)
    verified = desk("verify", "--all")

    objects = desk.folder / ".cairn" / "objects"
    assert done.count(": erased") == 3
    assert "the value is in none of them" in again
    assert not any(
        LEAKED.encode() in path.read_bytes() for path in objects.rglob("*") if path.is_file()
    )
    assert "no problem found, 3 objects were erased" in verified
    assert "a password was in a file" in verified
    assert "3 objects were erased" in desk("verify", "--all")


def test_what_the_ledger_needs_stays_and_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk.folder / "odd.txt").write_text("x")
    desk("snapshot", "add", "odd.txt", "--name", LEAKED.lower())
    monkeypatch.setattr("sys.stdin", io.StringIO(LEAKED.lower()))

    told = desk("forget-secret", "--erase", "-m", "it is in a name")

    assert "cannot be erased" in told
    assert "ledger entry" in told
    assert "no problem found" in desk("verify", "--all")
    assert open_project(desk.folder).find_snapshot(LEAKED.lower()).name == LEAKED.lower()


def test_a_version_of_which_something_was_erased_verifies_and_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = open_project(desk.folder)
    version = registry.version("churn:1")
    assert version.manifest.environment is not None
    lock = version.manifest.environment.lock
    line = registry.objects.get(lock).decode().splitlines()[0]
    monkeypatch.setattr("sys.stdin", io.StringIO(line))

    desk("forget-secret", "--erase", "-m", "it names a private index")

    text = desk("verify", "churn:1")
    assert "but for 1 that were erased" in text
    assert "it names a private index" in text
    assert "no problem found, 1 object was erased" in desk("verify", "--all")
