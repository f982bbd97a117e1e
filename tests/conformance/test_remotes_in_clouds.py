"""A bucket as remote and as place for exports, and bytes that are encrypted at home."""

import secrets
from pathlib import Path

import pytest

from cairn.core.errors import Refused
from clouds import servers
from projects.desk import Desk
from projects.remotes import holds

DATA = "id,x,y\n" + "".join(f"{row},{row * 7 % 13},{row % 2}\n" for row in range(500))


def project(folder: Path, name: str, *options: str) -> Desk:
    """Make an empty project."""
    (folder / name).mkdir()
    desk = Desk(folder / name)
    desk("init", *options)
    return desk


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The address of a prefix of its own in a bucket on this machine."""
    server = servers.s3()
    for name, value in server.environment(server.port).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CAIRN_CACHE", str(tmp_path / "cache"))
    return f"s3://{servers.BUCKET}/{secrets.token_hex(8)}"


def test_a_bucket_is_a_remote_and_a_place_for_exports(tmp_path: Path, bucket: str) -> None:
    here, there = project(tmp_path, "here"), project(tmp_path, "there")
    here.write("data.csv", DATA)
    here.write("weights.bin", "weights " * 1000)
    here("snapshot", "add", "data.csv", "--name", "data")
    here("register", "weights.bin", "--model", "m", "--data", "snap:data", "--retroactive")

    here("push", bucket)
    assert "nothing is pushed" in here("push", bucket)
    pulled = there.json("pull", bucket)
    exported = there.json("export", "m:1", bucket + "/models/")

    assert [item["name"] for item in pulled["items"]] == ["snap:data", "m:1"]
    assert "no problem found" in there("verify", "--all")
    assert exported["place"].startswith(f"{bucket}/models/m/v1-")
    assert "already" in there("export", "m:1", bucket + "/models/")


def test_what_is_encrypted_at_home_leaves_in_the_open_only_if_told(tmp_path: Path) -> None:
    here, there = project(tmp_path, "here", "--encrypt"), project(tmp_path, "there")
    here.write("data.csv", DATA)
    here("snapshot", "add", "data.csv", "--name", "data")

    here.fails("push", "../remote", code=Refused.exit_code, says="this store is encrypted")
    assert not (tmp_path / "remote").exists()
    here("push", "../remote", "--plain")
    there("pull", "../remote")

    assert not holds(here.folder / ".cairn" / "objects", DATA.encode())
    there("snapshot", "restore", "snap:data", "back")
    assert (there.folder / "back" / "data.csv").read_text() == DATA
