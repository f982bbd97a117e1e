"""`cairn forget-secret`: a leaked value is found wherever it lies, and erased if possible."""

import gzip
import io
from pathlib import Path

import pytest

from cairn.core.errors import NotFound
from cairn.objects.folders import workers
from cairn.objects.upkeep.erase import Eraser
from cairn.registry import Registry
from projects.desk import Colleague, Desk

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
    assert Registry.open(desk.folder).find_snapshot(LEAKED.lower()).name == LEAKED.lower()


def test_a_version_of_which_something_was_erased_verifies_and_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry.open(desk.folder)
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


def test_where_a_policy_covers_erasures_people_agree_first_and_are_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    leak(desk)
    officer = Colleague(desk, "olga")
    policy = (desk.folder / "gates/churn.yaml").read_text()
    covers = f'approvals: {{people: ["{officer.key}"], covers: [erasure]}}\n'
    desk.write("gates/churn.yaml", policy + covers)
    desk("gate", "set", "churn@production", "gates/churn.yaml")
    erase = ("--erase", "-m", "a password was in a file")

    waits = forget(desk, monkeypatch, *erase, expect=7)
    (asked,) = desk.json("approvals")
    officer("approve", asked["subject"], "-m", "out with it")
    done = forget(desk, monkeypatch, *erase)

    assert "the erasure of a secret, which churn's policies cover, waits for people" in waits
    assert "then go on: `cairn forget-secret --erase --reason WHY`" in waits
    assert done.count(": erased") == 3
    assert "approved by olga (key " in desk("verify", "--all")


def test_the_reason_does_not_keep_what_is_forgotten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    leak(desk)

    told = forget(desk, monkeypatch, "--erase", "-m", f"{LEAKED} was in a file", expect=3)

    assert "say why without the value" in told
    assert "holds it" in forget(desk, monkeypatch)


@pytest.mark.parametrize("helpers", [False, True])
def test_whoever_asks_for_what_was_erased_is_told_by_whom_and_why(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, *, helpers: bool
) -> None:
    leak(desk)
    desk("register", "leaky", "--model", "leaky", "--retroactive")
    forget(desk, monkeypatch, "--erase", "-m", "a password was in a file")
    monkeypatch.setattr(workers, "MANY_FILES", 0 if helpers else 10)
    told = r"was erased by \S+ on \S+ \(a password was in a file\), ledger entry \d+"

    desk.fails("snapshot", "restore", "snap:leaky", "back", code=4, says=told)
    desk.fails("export", "leaky:1", "out", code=4, says=told)
    desk.fails("push", "./remote", "leaky", code=4, says=told)
    with pytest.raises(NotFound, match=told):
        Registry.open(desk.folder).load("leaky:1", files=True)

    assert not (desk.folder / "back").exists()
    with pytest.raises(NotFound, match="is missing: it is in no pack"):
        Registry.open(desk.folder).objects.get("sha256:" + "0" * 64)


def test_a_decision_is_judged_again_without_the_data_that_were_erased(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk("promote", "churn:1")
    (info,) = Registry.open(desk.folder).decisions("churn@production")
    monkeypatch.setattr("sys.stdin", io.StringIO("c00007"))

    desk("forget-secret", "--erase", "-m", "a person asked for it")

    assert "the same pass" in desk("gate", "replay", f"decision:{info.digest[7:]}")
    told = r"was erased by \S+ on \S+ \(a person asked for it\), ledger entry \d+"
    desk.fails("snapshot", "verify", "snap:test", code=4, says=told)
    assert "no problem found" in desk("verify", "--all")


def test_an_erasure_that_is_killed_is_finished_by_another_try(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    leak(desk)
    whole = Eraser.erase

    def killed(_eraser: Eraser, _digests: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Eraser, "erase", killed)
    forget(desk, monkeypatch, "--erase", "-m", "a password was in a file", expect=130)
    monkeypatch.setattr(Eraser, "erase", whole)
    assert forget(desk, monkeypatch).count("holds it") == 3

    done = forget(desk, monkeypatch, "--erase", "-m", "a password was in a file")

    assert done.count(": erased") == 3
    assert "the value is in none of them" in forget(desk, monkeypatch)
    assert "no problem found, 3 objects were erased" in desk("verify", "--all")


def test_a_copy_that_is_killed_half_way_is_finished_by_another_try(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cairn.objects.backends.local import LocalBackend

    leak(desk)
    whole = LocalBackend.remove

    def killed(_backend: LocalBackend, _key: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalBackend, "remove", killed)
    forget(desk, monkeypatch, "--erase", "-m", "a password was in a file", expect=130)
    monkeypatch.setattr(LocalBackend, "remove", whole)
    forget(desk, monkeypatch, "--erase", "-m", "a password was in a file")

    assert "the value is in none of them" in forget(desk, monkeypatch)
    assert "no problem found, 3 objects were erased" in desk("verify", "--all")


def test_an_encrypted_store_is_searched_and_erased_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project").mkdir()
    desk = Desk(tmp_path / "project")
    desk("init", "--encrypt")
    leak(desk)

    assert forget(desk, monkeypatch).count("holds it") == 3
    done = forget(desk, monkeypatch, "--erase", "-m", "a password was in a file")

    assert done.count(": erased") == 3
    assert "the value is in none of them" in forget(desk, monkeypatch)
    assert "no problem found, 3 objects were erased" in desk("verify", "--all")
    desk.fails("snapshot", "restore", "snap:leaky", "back", code=4, says="was erased by")
