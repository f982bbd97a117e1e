"""lakeFS commits, read from a small server made after its OpenAPI document."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cairn.core.errors import Corrupt, Forbidden, Invalid, NotFound, Unavailable
from cairn.core.snapshot import Keeping, LakeFSCommit, Snapshot
from cairn.data.lakes.lakefs import read_reference, snapshot_lakefs
from cairn.data.lakes.lakefs_api import LakeFS, Login
from cairn.data.pins import check_pin
from cairn.data.restore import restore
from cairn.registry import Registry
from clouds import lakefs_server
from clouds.lakefs_server import KEY, SECRET, Repository, Server, running
from projects.folders import read

FILES = {
    "data/train.csv": b"x\n1\n",
    "data/images/1.png": b"\0\1",
    "data-2026/other.csv": b"x\n9\n",
    "readme.md": b"# lake\n",
}


@pytest.fixture(scope="module")
def listening() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def lake(listening: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server with one repository, and the environment that leads to it."""
    listening.repositories = {"shop": Repository()}
    listening.asked, listening.failures = [], []
    listening.presigns, listening.cut_after = False, None
    repository = listening.repositories["shop"]
    repository.tags["v1"] = repository.commit(FILES)
    monkeypatch.setenv("LAKECTL_SERVER_ENDPOINT_URL", listening.endpoint)
    monkeypatch.setenv("LAKECTL_CREDENTIALS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setattr("cairn.data.lakes.lakefs_api.PAUSES", (0.0, 0.0))
    return listening


def recorded(registry: Registry, reference: str) -> LakeFSCommit:
    digest = registry.find_snapshot(reference).digest
    source = registry.objects.get_record(digest, Snapshot).source
    assert isinstance(source, LakeFSCommit)
    return source


def test_a_copy_restores_after_the_lake_moved_on_and_went_away(
    registry: Registry, lake: Server, tmp_path: Path
) -> None:
    snapshot_lakefs(registry, read_reference("shop/main/data"), name="data")
    lake.repositories["shop"].commit({"data/train.csv": b"other"})
    lake.repositories.clear()

    restore(registry, "data", tmp_path / "back")

    assert read(tmp_path / "back") == {b"train.csv": b"x\n1\n", b"images/1.png": b"\0\1"}


@pytest.mark.parametrize("reference", ["main", "v1", "COMMIT", "SHORT"])
def test_what_is_recorded_is_the_commit(
    registry: Registry, lake: Server, reference: str
) -> None:
    commit = lake.repositories["shop"].tags["v1"]
    named = {"COMMIT": commit, "SHORT": commit[:12]}.get(reference, reference)

    info = snapshot_lakefs(registry, read_reference(f"shop/{named}/data/"), mode="pin")

    assert recorded(registry, info.digest).commit == commit
    assert recorded(registry, info.digest).location == lake.endpoint
    was = "" if named == commit else f" (was {named})"
    assert info.origin == f"lakefs://shop/{commit}/data/{was}"


@pytest.mark.parametrize("presigns", [False, True])
def test_a_pin_is_read_again_directly_or_by_signed_addresses(
    registry: Registry, lake: Server, tmp_path: Path, *, presigns: bool
) -> None:
    lake.presigns = presigns
    pin = snapshot_lakefs(registry, read_reference("shop/main/"), mode="pin", name="all")
    commit = lake.repositories["shop"].commits[recorded(registry, "all").commit]
    restore(registry, "all", tmp_path / "back")
    before = check_pin(registry, pin)
    commit["readme.md"] = b"# fake\n"
    del commit["data/train.csv"]
    after = check_pin(registry, pin)

    assert read(tmp_path / "back") == {path.encode(): body for path, body in FILES.items()}
    assert before.check.status == "intact"
    assert {f.path: f.status for f in after.files if f.status != "intact"} == {
        "data/train.csv": "lost",
        "readme.md": "changed",
    }
    assert any(path.startswith("/signed/") for path in lake.asked) == presigns


def lists(monkeypatch: pytest.MonkeyPatch, checksum: str, of: str = "") -> None:
    """Let the server list every object, or the one that is called `of`, with this checksum."""
    real = lakefs_server._stats  # noqa: SLF001 (what the server lists)

    def stats(path: str, body: bytes) -> dict[str, Any]:
        return real(path, body) | ({"checksum": checksum} if of in path else {})

    monkeypatch.setattr(lakefs_server, "_stats", stats)


@pytest.mark.parametrize("mode", ["copy", "pin"])
def test_bytes_that_lakefs_has_another_checksum_of_are_not_taken(
    registry: Registry, lake: Server, monkeypatch: pytest.MonkeyPatch, mode: Keeping
) -> None:
    lists(monkeypatch, "0" * 32, of="train.csv")

    with pytest.raises(Corrupt, match=r"1 of .* has not the size and checksum that lakeFS"):
        snapshot_lakefs(registry, read_reference("shop/main"), mode=mode)

    assert registry.snapshots() == ()
    assert lake.asked


def test_checksums_of_storage_that_encrypts_are_said_to_be_none(
    registry: Registry,
    lake: Server,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    lists(monkeypatch, "0" * 32)

    info = snapshot_lakefs(registry, read_reference("shop/main"), name="all")

    assert (info.files, bool(lake.asked)) == (len(FILES), True)
    assert "compared with the listed sizes alone" in caplog.text


def test_a_checksum_of_parts_is_compared_with_nothing(
    registry: Registry, lake: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists(monkeypatch, f"{'0' * 32}-2")

    info = snapshot_lakefs(registry, read_reference("shop/main/data/train.csv"))

    assert (info.files, bool(lake.asked)) == (1, True)


def test_one_object_is_a_snapshot_too(registry: Registry, lake: Server) -> None:
    info = snapshot_lakefs(
        registry, read_reference("shop/main/data/train.csv"), mode="pin", name="train"
    )

    assert (info.files, info.size_bytes) == (1, 4)
    assert check_pin(registry, info).files[0].path == "train.csv"
    assert lake.asked


def test_a_long_listing_is_read_page_by_page(registry: Registry, lake: Server) -> None:
    many = {f"many/{at:05}": b"%d" % at for at in range(1001)}
    lake.repositories["shop"].commit(many, branch="many")

    info = snapshot_lakefs(registry, read_reference("shop/many/many"))

    assert info.files == len(many)
    assert sum("/objects/ls?" in path for path in lake.asked) == 2


def test_credentials_are_stored_nowhere(registry: Registry, lake: Server) -> None:
    snapshot_lakefs(registry, read_reference("shop/main/data"), name="data")

    stored = [
        path.read_bytes() for path in registry.settings.store.rglob("*") if path.is_file()
    ]
    assert not any(
        word in content for word in (KEY.encode(), SECRET.encode()) for content in stored
    )
    assert lake.asked


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("nope/main/data", NotFound, r"has nothing at /repositories/nope \(repository not"),
        ("shop/nope/data", NotFound, r"no branch, tag or commit 'nope' in repository shop"),
        ("shop/main/nope", NotFound, r"lakeFS has no objects under 'nope' in commit"),
        ("shop/main/dat", NotFound, r"lakeFS has no objects under 'dat' in commit"),
    ],
)
def test_what_is_not_there_is_one_sentence(
    registry: Registry, lake: Server, text: str, error: type[Exception], says: str
) -> None:
    assert lake.repositories

    with pytest.raises(error, match=says):
        snapshot_lakefs(registry, read_reference(text))

    assert registry.snapshots() == ()


@pytest.mark.parametrize(
    ("statuses", "error", "says"),
    [
        (
            [401],
            Forbidden,
            r"refuses these credentials for .* \(failing with 401\): set LAKECTL",
        ),
        ([403], Forbidden, r"refuses these credentials"),
        ([500, 502, 503], Unavailable, r"answers 503 for .* \(failing with 503\); try again"),
        ([429, 429, 429], Unavailable, r"answers 429"),
        ([418], Unavailable, r"answers 418"),
    ],
)
def test_a_server_that_refuses_is_one_sentence(
    registry: Registry, lake: Server, statuses: list[int], error: type[Exception], says: str
) -> None:
    lake.failures = list(statuses)

    with pytest.raises(error, match=says) as refusal:
        snapshot_lakefs(registry, read_reference("shop/main/data"))

    assert SECRET not in str(refusal.value)
    assert lake.failures == []


def test_a_server_that_is_busy_is_asked_again(registry: Registry, lake: Server) -> None:
    lake.failures = [503, 429]

    assert snapshot_lakefs(registry, read_reference("shop/main/data")).files == 2


def test_wrong_credentials_are_refused(
    registry: Registry, lake: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY", "guess")

    with pytest.raises(Forbidden, match=r"error authenticating request"):
        snapshot_lakefs(registry, read_reference("shop/main/data"))
    assert lake.asked


@pytest.mark.parametrize(
    ("endpoint", "says"),
    [
        (
            "http://127.0.0.1:9",
            r"does not answer \(.*refused\): check LAKECTL_SERVER_ENDPOINT",
        ),
        ("lakefs.example.com", r"must be an address such as https://"),
        ("", r"set LAKECTL_SERVER_ENDPOINT_URL in the environment"),
    ],
)
def test_a_server_that_is_none_is_one_sentence(
    registry: Registry,
    lake: Server,
    monkeypatch: pytest.MonkeyPatch,
    endpoint: str,
    says: str,
) -> None:
    monkeypatch.setenv("LAKECTL_SERVER_ENDPOINT_URL", endpoint)

    with pytest.raises((Unavailable, Invalid), match=says):
        snapshot_lakefs(registry, read_reference("shop/main/data"))
    assert lake.asked == []


def test_an_answer_that_breaks_off_is_no_content(registry: Registry, lake: Server) -> None:
    lake.cut_after = 2

    with pytest.raises(Unavailable, match=r"the answer about lakefs://shop/.* was cut off"):
        snapshot_lakefs(registry, read_reference("shop/main/data/train.csv"))

    assert registry.snapshots() == ()


def test_an_object_of_another_size_than_listed_is_corrupt(
    registry: Registry, lake: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(*_given: object, **_named: object) -> Iterator[bytes]:
        yield b"other bytes"

    monkeypatch.setattr(LakeFS, "read", other)

    with pytest.raises(Corrupt, match=r"1 of 1 file has not the size"):
        snapshot_lakefs(registry, read_reference("shop/main/data/train.csv"))
    assert lake.asked


def test_a_server_is_not_followed_to_files_of_this_machine(
    lake: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.presigns = True
    server = LakeFS(Login(lake.endpoint, KEY, SECRET))
    monkeypatch.setattr(lake, "endpoint", "file:///etc")

    with pytest.raises(Unavailable, match=r"sends us to no web address"):
        list(server.read("shop", "main", "data/train.csv", presign=True))


@pytest.mark.parametrize("text", ["shop", "shop/", "/main/data", ""])
def test_what_names_no_commit_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match=r"names no commit: write lakefs://REPOSITORY/COMMIT"):
        read_reference(text)
