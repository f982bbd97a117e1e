"""A store whose bytes lie in a bucket, encrypted or not: every command works as ever."""

import io
import json
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from cairn.objects.address import open_backend
from cairn.objects.packs.cipher import key_name, new_key, read_key
from clouds import faulty, servers
from projects.desk import Desk
from projects.shell import table, train

DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[str]:
    """The address of an empty place in S3, with everything in the environment to use it."""
    cloud = servers.s3()
    extra = {"CAIRN_CACHE": str(tmp_path / "cache")}
    with mock.patch.dict(os.environ, {**cloud.environment(cloud.port), **extra}):
        yield f"s3://{servers.BUCKET}/{secrets.token_hex(6)}"


@pytest.fixture
def empty(tmp_path: Path) -> Desk:
    folder = tmp_path / "project"
    folder.mkdir()
    return Desk(folder)


def at_rest(address: str) -> dict[str, bytes]:
    """Read everything that lies in a place, its keys too."""
    backend = open_backend(address)
    return {found.key: backend.read(found.key) for found in backend.list("")}


@pytest.mark.costly("a whole project, trainings and all, on a bucket")
def test_a_project_runs_on_an_encrypted_bucket_from_training_to_rebuilding(
    empty: Desk, bucket: str
) -> None:
    empty("init", "--objects", bucket, "--encrypt")
    empty.git("init", "-q")
    data = empty.write("data/train.csv", table(600, seed=1)).read_bytes()
    empty.write("train.py", "")
    empty.git("add", "-A")
    empty.git("commit", "-qm", "start")

    versions = [train(empty, strength=strength) for strength in (1.0, 0.5)]
    for version in versions:
        empty("promote", version, "--ungated", "-m", "no gate yet")
    rolled = empty.json("rollback", "churn")
    trained_on = next(row for row in empty.json("snapshot", "list") if "train" in str(row))[
        "digest"
    ]
    empty("snapshot", "restore", trained_on, "restored")
    empty("verify", "--all")
    scored = empty("verify", versions[0], "--predictions")
    before = empty.json("ledger", "log"), empty.json("list")
    empty("rebuild", "--yes")

    assert rolled["number"] == 1
    assert "scores its golden rows as it did" in scored
    assert [p.read_bytes() for p in (empty.folder / "restored").rglob("*.csv")] == [data]
    assert (empty.json("ledger", "log"), empty.json("list")) == before
    assert not list((empty.folder / ".cairn/objects").rglob("*"))
    stored = at_rest(bucket)
    everything = b"".join(stored.values()) + "".join(stored).encode()
    recorded = DIGEST.findall((empty.folder / ".cairn/ledger/00000000.jsonl").read_text())
    assert len(stored) > 3
    assert len(recorded) > 10
    for digest in recorded:
        assert digest.encode() not in everything
        assert bytes.fromhex(digest) not in everything
    for plain in (data[:60], b"LogisticRegression", b'"cairn":', b"train.csv", b"roc_auc"):
        assert plain not in everything


@pytest.mark.parametrize("how", [(), ("--encrypt",)])
def test_a_leaked_value_is_erased_from_a_bucket(
    empty: Desk, bucket: str, monkeypatch: pytest.MonkeyPatch, how: tuple[str, ...]
) -> None:
    leaked = "k3Jx9QpLmZ27vTbY"
    empty("init", "--objects", bucket, *how)
    empty.write("data/leaky.txt", f"password {leaked}")
    empty.write("data/clean.txt", "nothing here")
    empty("snapshot", "add", "data", "--name", "data")
    monkeypatch.setattr("sys.stdin", io.StringIO(leaked))
    done = empty("forget-secret", "--erase", "-m", "a password was in a file")
    monkeypatch.setattr("sys.stdin", io.StringIO(leaked))
    again = empty("forget-secret")

    assert done.count(": erased") == 1
    assert "the value is in none of them" in again
    assert not any(leaked.encode() in content for content in at_rest(bucket).values())
    assert "no problem found, 1 object was erased" in empty("verify", "--all")
    empty.fails("snapshot", "restore", "snap:data", "back", code=4, says="was erased by")


@pytest.mark.parametrize("how", [(), ("--encrypt",)])
def test_a_person_is_erased_from_a_bucket(
    empty: Desk, bucket: str, how: tuple[str, ...]
) -> None:
    empty("init", "--objects", bucket, *how)
    empty.write("data.csv", "customer,age\nc1-77,41\nc1-78,42\n")
    empty("snapshot", "add", "data.csv", "--name", "data")
    before = at_rest(bucket)

    empty("erase", "--row", "customer=c1-77", "--reason", "asked for it")
    empty("snapshot", "restore", "data", "back")

    after = at_rest(bucket)
    assert "in none of" in empty("erase", "--row", "customer=c1-77")
    assert (empty.folder / "back/data.csv").read_text() == "customer,age\nc1-78,42\n"
    assert not any(b"c1-77" in content for content in after.values())
    assert any(key.startswith("packs/") for key in before.keys() - after.keys())
    assert "no problem found, 2 objects were erased" in empty("verify", "--all")


@pytest.mark.parametrize("how", [(), ("--encrypt",)])
def test_a_store_moves_into_a_bucket(empty: Desk, bucket: str, how: tuple[str, ...]) -> None:
    made = empty.json("init", *how)
    empty.write("data.csv", "a,b\n1,2\n")
    empty("snapshot", "add", "data.csv", "--name", "data")

    moved = empty.json("move-objects", bucket)
    for path in (empty.folder / ".cairn/objects/packs").iterdir():
        path.unlink()

    assert moved["objects"] == moved["copied"] > 2
    assert f"owners/{made['store']}" in at_rest(bucket)
    assert "no problem found" in empty("verify", "--all")
    assert not any(b"a,b" in content for content in at_rest(bucket).values()) or not how


def test_a_plain_bucket_is_named_in_the_settings_and_by_its_owner(
    empty: Desk, bucket: str
) -> None:
    made = empty.json("init", "--objects", bucket)
    empty.write("data.csv", "a,b\n1,2\n")
    empty("snapshot", "add", "data.csv", "--name", "data")

    assert f'objects = "{bucket}"' in (empty.folder / "cairn.toml").read_text()
    assert made["objects"] == bucket
    assert f"owners/{made['store']}" in at_rest(bucket)
    assert [key for key in at_rest(bucket) if key.startswith("packs/")]
    assert "intact" in empty("snapshot", "verify", "data")


def test_a_second_process_finds_what_the_first_stored(empty: Desk, bucket: str) -> None:
    empty("init", "--objects", bucket)
    empty.write("data.csv", "a,b\n1,2\n")
    empty("snapshot", "add", "data.csv", "--name", "data")

    assert "intact" in empty("snapshot", "verify", "data")


def test_a_checkout_with_a_bucket_in_its_settings_uses_it(empty: Desk, bucket: str) -> None:
    empty.write("cairn.toml", f'objects = "{bucket}"\n')

    made = empty.json("init")
    again = empty.fails("init", "--objects", bucket, code=5, says="is a Cairn project already")

    assert made["objects"] == bucket
    assert list(at_rest(bucket)) == [f"owners/{made['store']}"]
    assert again


def test_another_bucket_than_that_of_the_settings_is_a_conflict(
    empty: Desk, bucket: str
) -> None:
    empty.write("cairn.toml", f'objects = "{bucket}"\n')

    empty.fails("init", "--objects", f"{bucket}/b", code=5, says="write 's3://.*/b' there")

    assert not (empty.folder / ".cairn").exists()


def test_a_service_that_replaces_objects_is_refused_before_anything_lies_there(
    empty: Desk, bucket: str
) -> None:
    with faulty.proxy(servers.s3().port) as proxy:
        proxy.always = faulty.unconditional
        with mock.patch.dict(os.environ, servers.s3_environment(proxy.server_port)):
            empty.fails("init", "--objects", bucket, code=6, says="replaces what it was told")

    assert not (empty.folder / ".cairn/store.json").exists()
    assert not (empty.folder / "cairn.toml").exists()


@pytest.mark.parametrize(
    ("address", "code", "says"),
    [
        ("ftp://x/y", 3, "is not a kind of address"),
        ("s3://no-such-bucket/x", 4, "no bucket no-such-bucket"),
        ("s3://key:secret@models", 3, "holds no credentials"),
    ],
)
@pytest.mark.usefixtures("bucket")
def test_a_wrong_address_is_one_sentence(
    empty: Desk, address: str, code: int, says: str
) -> None:
    empty.fails("init", "--objects", address, code=code, says=says)

    assert not (empty.folder / ".cairn/store.json").exists()


def encrypted(desk: Desk) -> Path:
    """Make an encrypted store with a snapshot; return the file of its key."""
    desk("init", "--encrypt")
    desk.write("data.csv", "a,b\n1,2\n")
    desk("snapshot", "add", "data.csv", "--name", "data")
    (key,) = desk.home.rglob("*.objects.key")
    return key


def test_a_lost_a_wrong_and_a_broken_key_are_one_sentence_each(empty: Desk) -> None:
    key = encrypted(empty)
    right, name = key.read_text(), key_name(read_key(key.read_text()))

    for text, code, says in (
        ("", 3, f"{key}: it holds no key: 64 hexadecimal digits"),
        (right[:-2], 3, "it holds no key"),
        (new_key(), 5, f"this store's objects are encrypted with {name}: bring that one"),
        (None, 4, f"the key {name} of this store's objects is not at {key}"),
    ):
        key.unlink(missing_ok=True)
        if text is not None:
            key.write_text(text)
        empty.fails("snapshot", "restore", "data", "out", code=code, says=re.escape(says))
        assert not (empty.folder / "out").exists()
        assert "data" in empty("snapshot", "list")
    key.write_text(right)
    empty("snapshot", "restore", "data", "out")


def test_the_key_comes_from_the_environment_a_file_or_a_command(
    empty: Desk, tmp_path: Path
) -> None:
    key = encrypted(empty)
    text = key.read_text().strip()
    moved = key.rename(tmp_path / "moved")
    raw = tmp_path / "raw"
    raw.write_bytes(read_key(text))

    for variables in (
        {"CAIRN_OBJECTS_KEY": text},
        {"CAIRN_OBJECTS_KEY": str(moved)},
        {"CAIRN_OBJECTS_KEY_COMMAND": f"cat '{moved}'"},
        {"CAIRN_OBJECTS_KEY_COMMAND": f"cat '{raw}'"},
    ):
        with mock.patch.dict(os.environ, variables):
            assert "intact" in empty("snapshot", "verify", "data")


@pytest.mark.parametrize(
    ("variables", "code", "says"),
    [
        ({"CAIRN_OBJECTS_KEY": "hunter2"}, 3, "neither a key nor the path of a file"),
        ({"CAIRN_OBJECTS_KEY": "ab" * 32}, 5, "CAIRN_OBJECTS_KEY has the key [0-9a-f]{32}"),
        ({"CAIRN_OBJECTS_KEY_COMMAND": "no-such-kms get"}, 10, "No such file"),
        ({"CAIRN_OBJECTS_KEY_COMMAND": "false"}, 10, r"gave no key: it ended with 1"),
        ({"CAIRN_OBJECTS_KEY_COMMAND": "echo nonsense"}, 3, "printed something else"),
        ({"CAIRN_OBJECTS_KEY_COMMAND": "'"}, 10, "gave no key: No closing quotation"),
    ],
)
def test_an_environment_without_the_key_says_what_is_wrong_and_shows_no_secret(
    empty: Desk, variables: dict[str, str], code: int, says: str
) -> None:
    encrypted(empty)

    with mock.patch.dict(os.environ, variables):
        said = empty.fails("snapshot", "verify", "data", code=code, says=says)

    assert "hunter2" not in said
    assert "ab" * 32 not in said


def test_a_store_takes_the_key_of_the_environment_and_keeps_none(empty: Desk) -> None:
    text = new_key()
    with mock.patch.dict(os.environ, {"CAIRN_OBJECTS_KEY": text}):
        empty("init", "--encrypt")

    about = json.loads((empty.folder / ".cairn/store.json").read_text())

    assert about["objects_key"] == key_name(read_key(text))
    assert not list(empty.home.rglob("*.objects.key"))
    kept = [path.read_bytes() for path in empty.folder.rglob("*") if path.is_file()]
    assert not [content for content in kept if text.encode() in content]
