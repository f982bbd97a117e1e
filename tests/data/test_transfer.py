"""Push and pull: what arrives, under which number and name, and what stays where it is."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from cairn.core.errors import Conflict, Invalid, NotFound
from cairn.core.label import Anyone, MoveLabel
from cairn.core.snapshot import AddSnapshot, Derived, Snapshot
from cairn.core.transfer import Item, Transferred
from cairn.core.version import Manifest, Origin, RegisterVersion
from cairn.data.remotes.transfer import pull, push
from cairn.registry import Registry
from projects.remotes import actions, holds, store
from projects.store import add_snapshot, data, register, weights_of


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A store with one version of churn and the data that it was trained on."""
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    opened = store(tmp_path, "ada")
    register(opened, "weights one")
    return opened


@pytest.fixture
def there(tmp_path: Path) -> Registry:
    """Another store, empty."""
    return store(tmp_path, "bob")


@pytest.fixture
def remote(tmp_path: Path) -> str:
    """A folder that is not there yet."""
    return str(tmp_path / "remote")


def names(done: Transferred) -> list[str]:
    return [item.name for item in done.items]


def test_what_was_pushed_is_pulled(here: Registry, there: Registry, remote: str) -> None:
    pushed = push(here, remote)
    pulled = pull(there, remote)

    assert names(pushed) == names(pulled) == ["snap:train", "churn:1"]
    assert (pulled.objects, pulled.size_bytes) == (pushed.objects, pushed.size_bytes)
    mine, theirs = here.version("churn:1"), there.version("churn:1")
    assert (theirs.digest, theirs.manifest) == (mine.digest, mine.manifest)
    assert there.objects.get(weights_of(theirs)) == here.objects.get(weights_of(mine))
    assert there.verify(objects=True).problems == ()
    assert [action for action, _ in actions(there)] == [
        *("remote.trust", "snapshot.add", "verdict.record", "version.register")
    ]


def test_a_pulled_version_says_where_it_comes_from(
    here: Registry, there: Registry, remote: str
) -> None:
    push(here, remote)
    pull(there, remote)

    version, snapshot = there.version("churn:1"), there.find_snapshot("train")

    log = here.engine.store.about.log  # type: ignore[attr-defined] (only the local engine has it)
    assert version.origin == Origin(log=log, number=1, seq=1)
    assert here.version("churn:1").origin is None
    assert version.registered_by == snapshot.added_by == "bob"
    assert snapshot.origin == f"train.csv (pulled from {log.partition('+')[0]})"


def test_the_second_time_nothing_is_sent(here: Registry, there: Registry, remote: str) -> None:
    push(here, remote)
    pull(there, remote)
    before = actions(there)

    again = (push(here, remote), pull(there, remote), push(there, remote))

    assert all((done.items, done.objects, done.already) == ((), 0, 2) for done in again)
    assert actions(there) == before


def test_only_what_is_missing_is_sent(here: Registry, there: Registry, remote: str) -> None:
    push(here, remote)
    pull(there, remote)
    register(here, "weights two")

    planned = push(here, remote, dry_run=True)
    pushed = push(here, remote)
    pulled = pull(there, remote)

    # Weights, their leaf and root, manifest and evaluation; all else is there already.
    assert (pushed.objects, names(pushed), names(pulled)) == (5, ["churn:2"], ["churn:2"])
    assert planned == Transferred(
        remote=pushed.remote,
        items=pushed.items,
        already=2,
        objects=pushed.objects,
        size_bytes=pushed.size_bytes,
        done=False,
    )


def test_a_dry_run_changes_nothing(here: Registry, there: Registry, remote: str) -> None:
    push(here, remote, dry_run=True)
    assert not Path(remote).exists()
    push(here, remote)
    planned = pull(there, remote, dry_run=True)

    assert names(planned) == ["snap:train", "churn:1"]
    assert actions(there) == []
    assert list(there.objects.digests()) == []


def test_numbers_are_each_stores_own(here: Registry, there: Registry, remote: str) -> None:
    own = register(there, "weights of bob")
    push(here, remote)

    pulled = pull(there, remote)

    assert pulled.items[-1] == Item(
        name="churn:2", digest=here.version("churn:1").digest, note="number 1 there"
    )
    assert there.version("churn:1").digest == own.digest


def test_who_has_a_version_already_keeps_its_number(
    here: Registry, there: Registry, remote: str
) -> None:
    register(there, "weights zero")
    register(there, "weights one")
    push(here, remote)

    pulled = pull(there, remote)

    assert (pulled.items, pulled.already) == ((), 2)
    assert there.version("churn:2").digest == here.version("churn:1").digest
    assert there.version("churn:2").origin is None


def test_a_name_that_is_taken_stays_where_it_is(
    here: Registry, there: Registry, remote: str
) -> None:
    own = data(there, "id,x,y\n9,9,9\n")
    push(here, remote)

    pulled = pull(there, remote)

    theirs = here.find_snapshot("train").digest
    assert pulled.items[0] == Item(
        name=theirs, digest=theirs, note=f"without its name train, which is {own.digest} here"
    )
    assert there.find_snapshot("train").digest == own.digest
    assert there.find_snapshot(theirs).name is None
    assert pull(there, remote).items == ()


def test_snapshots_without_a_name_do_not_meet(
    here: Registry, there: Registry, remote: str
) -> None:
    unnamed = [data(here, f"id,x,y\n{row},2,0\n", name=None).digest for row in (7, 8, 9)]
    push(here, remote)

    pulled = pull(there, remote)

    assert {(item.name, item.note) for item in pulled.items if "snap" not in item.name} == {
        *((digest, "") for digest in unnamed),
        ("churn:1", ""),
    }


def test_labels_stay_where_they_are(here: Registry, there: Registry, remote: str) -> None:
    digest = here.version("churn:1").digest
    here.engine.send(
        MoveLabel(model="default/churn", label="staging", version=digest, expecting=Anyone())
    )
    push(here, remote)
    pull(there, remote)

    assert here.live("churn@staging") is not None
    assert there.live("churn@staging") is None


def test_two_stores_share_one_remote(
    here: Registry, there: Registry, remote: str, tmp_path: Path
) -> None:
    register(there, "weights of bob")
    push(here, remote)
    push(there, remote)
    third = store(tmp_path, "eve")

    pulled = pull(third, remote)

    assert len(third.versions("churn")) == 2
    assert {item.note for item in pulled.items} == {"", "number 1 there"}
    assert third.verify(objects=True).problems == ()
    with pytest.raises(
        Conflict, match="churn:1 means more than one there: name one of sha256"
    ):
        pull(third, remote, ["churn:1"])


def test_nothing_is_sent_that_was_not_asked_for(here: Registry, remote: str) -> None:
    data(here, "a secret table", name="secret")
    register(here, "weights of another model", model="default/fraud")

    pushed = push(here, remote, ["churn"])

    assert names(pushed) == ["snap:train", "churn:1"]
    assert holds(Path(remote), b"weights one")
    assert not holds(Path(remote), b"a secret table")
    assert not holds(Path(remote), b"weights of another model")


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("snap:train", ["snap:train"]),
        ("churn:1", ["snap:train", "churn:1"]),
        ("default/churn", ["snap:train", "churn:1"]),
        ("{version}", ["snap:train", "churn:1"]),
        ("{snapshot}", ["snap:train"]),
        ("snap:{snapshot}", ["snap:train"]),
    ],
)
def test_things_are_named_as_ever(
    here: Registry, there: Registry, remote: str, asked: str, sent: list[str]
) -> None:
    data(here, "more", name="other")
    register(here, "weights two", model="default/fraud")
    version, snapshot = here.version("churn:1").digest, here.find_snapshot("train").digest
    word = asked.format(version=version[:19], snapshot=snapshot[:19])

    assert names(push(here, remote, [word])) == sent
    push(here, remote)
    assert names(pull(there, remote, [word])) == sent


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ("churn:2", NotFound, "churn has no version 2"),
        ("fraud", NotFound, "nothing here is called fraud"),
        ("snap:none", NotFound, "no snapshot 'none'"),
        ("sha256:0000000000", NotFound, "no version"),
        ("Churn", Invalid, "names no version"),
    ],
)
def test_what_is_not_here_cannot_be_pushed(
    here: Registry, remote: str, asked: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        push(here, remote, ["churn:1", asked])

    assert not (Path(remote) / "refs").exists()


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ("churn:2", NotFound, "nothing at .* is called churn:2"),
        ("fraud", NotFound, "nothing at .* is called fraud"),
        ("snap:none", NotFound, "nothing at .* is called snap:none"),
        ("sha256:0000000000", NotFound, "nothing at .* is called sha256:0"),
        ("churn@production", Invalid, "labels, releases and commits are not kept"),
        ("churn:1.0.0", Invalid, "labels, releases and commits are not kept"),
    ],
)
def test_what_is_not_there_cannot_be_pulled(
    *,
    here: Registry,
    there: Registry,
    remote: str,
    asked: str,
    error: type[Exception],
    says: str,
) -> None:
    push(here, remote)

    with pytest.raises(error, match=says):
        pull(there, remote, [asked])

    assert actions(there) == []


def test_data_made_from_other_data_brings_it_along(
    here: Registry, there: Registry, remote: str
) -> None:
    whole = data(here, "all of it", name="whole")
    (here.settings.folder / "half.csv").write_text("half of it")
    tree = add_snapshot(here, here.settings.folder / "half.csv").tree
    half = here.objects.put_record(
        Snapshot(source=Derived(tree=tree, by="train_test_split", of=(whole.digest,)))
    )
    here.engine.send(AddSnapshot(snapshot=half, origin="split", name="half"))

    push(here, remote, ["snap:half"])
    pulled = pull(there, remote, ["snap:half"])

    assert names(pulled) == ["snap:whole", "snap:half"]
    assert there.find_snapshot("half").digest == half


def test_an_incomplete_version_stays_incomplete(
    here: Registry, there: Registry, remote: str
) -> None:
    artifacts = here.version("churn:1").manifest.artifacts
    digest = here.objects.put_record(Manifest(artifacts=artifacts))
    here.engine.send(RegisterVersion(model="default/old", manifest=digest, retroactive=True))
    push(here, remote)

    pull(there, remote, ["old"])

    gaps = [gap.field for gap in there.version("old:1").gaps]
    assert gaps == [gap.field for gap in here.version("old:1").gaps]
    assert "data" in gaps


def test_what_was_deleted_is_not_sent_and_not_brought_back(
    here: Registry, there: Registry, remote: str
) -> None:
    register(here, "weights two")
    push(here, remote)
    pull(there, remote)
    here.delete("churn:1", reason="trained on the wrong day")
    there.delete("churn:2", reason="too slow")

    assert pull(there, remote).items == ()
    assert there.version("churn:2").deleted == "too slow"
    assert names(push(here, remote + "-2")) == ["snap:train", "churn:2"]
    with pytest.raises(NotFound, match="nothing here is called churn:1"):
        push(here, remote, ["churn:1"])


def test_a_remote_is_named_in_the_settings(here: Registry, tmp_path: Path) -> None:
    remotes = {"origin": "../shared", "backup": str(tmp_path / "backup")}
    here.settings = replace(here.settings, remotes=remotes)

    assert push(here).remote == str(here.settings.folder / "../shared")
    assert push(here, "backup").remote == str(tmp_path / "backup")
    assert (tmp_path / "shared" / "refs").is_dir()
    with pytest.raises(NotFound, match=r"no remote 'share' \(it names backup, origin\)"):
        push(here, "share")


def test_places_that_are_no_remotes_are_named(
    here: Registry, there: Registry, remote: str
) -> None:
    with pytest.raises(NotFound, match=r"cairn\.toml names no remote"):
        push(here)
    with pytest.raises(NotFound, match="there is no folder"):
        pull(there, remote)
    with pytest.raises(NotFound, match="whether its disk is mounted"):
        push(here, f"{remote}/not/there")
    with pytest.raises(Invalid, match="a store of its own"):
        push(here, str(there.settings.store))
    Path(remote).mkdir()
    with pytest.raises(NotFound, match="there is nothing at"):
        pull(there, remote)
    with pytest.raises(Invalid, match="ftp:// is not a kind of address"):
        push(here, "ftp://host/models")
