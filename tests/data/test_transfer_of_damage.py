"""What is damaged or forged goes nowhere: not into a remote, and not out of one."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt, NotFound
from cairn.core.version import Artifacts, RegisterVersion
from cairn.data.remotes import transfer
from cairn.data.remotes.transfer import pull, push
from cairn.objects import open_local
from cairn.objects.backends.local import LocalBackend
from cairn.objects.folders.tree import store_tree
from cairn.objects.packs.blob import OBJECT, PIECE, RECIPE, Recipe
from cairn.objects.packs.pack import PackWriter
from cairn.objects.transfer import ship
from cairn.registry import Registry
from projects.folders import write
from projects.remotes import actions, flip, holds, leaves_out, recorded, rewrite, store
from projects.store import add_snapshot, data, manifest, register

SMALL = b"weights of the only model here"
LARGE = hashlib.shake_256(b"large weights").digest(9 << 20)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A store with one version of churn, whose weights are small."""
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    opened = store(tmp_path, "ada")
    register(opened, SMALL.decode())
    return opened


@pytest.fixture
def there(tmp_path: Path) -> Registry:
    """Another store, empty."""
    return store(tmp_path, "bob")


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "remote"


def add_large(registry: Registry) -> Digest:
    """Register a version whose weights are stored in pieces; returns their digest."""
    path = registry.settings.folder / "weights.bin"
    path.write_bytes(LARGE)
    tree = store_tree(registry.objects, path).digest
    artifacts = Artifacts(tree=tree, flavor="files", safety="safe")
    digest = manifest(registry, artifacts=artifacts)
    registry.engine.send(RegisterVersion(model="default/large", manifest=digest))
    return digest_of(LARGE)


def digest_of(content: bytes) -> Digest:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def again(registry: Registry) -> Registry:
    """Open a store anew, as the next command does."""
    return store(registry.settings.folder.parent, registry.settings.folder.name)


def forged(remote: Path, *blobs: tuple[int, bytes, bytes]) -> None:
    """Put a pack into a remote that has the name of its bytes, and blobs that lie."""
    backend = LocalBackend(remote)
    writer = PackWriter(backend.receive())
    for blob in blobs:
        writer.add(*blob)
    writer.place(writer.finish())
    (remote / "index").unlink(missing_ok=True)


def without(remote: Path, *contents: bytes) -> None:
    """Take objects out of a remote, and keep all others."""
    objects = open_local(remote)
    found = [objects.get(digest) for digest in objects.digests()]
    for path in (remote / "packs").iterdir():
        path.unlink()
    (remote / "index").unlink(missing_ok=True)
    with open_local(remote).batch() as batch:
        for content in found:
            if content not in contents:
                batch.put(content)


def test_a_damaged_object_is_not_pushed(here: Registry, remote: Path) -> None:
    flip(here.settings.store / "objects", SMALL)

    with pytest.raises(Corrupt, match=digest_of(SMALL)):
        push(again(here), str(remote))

    assert not (remote / "refs").exists()
    assert not holds(remote, SMALL[:8])


def test_a_large_object_with_a_damaged_piece_is_not_pushed(
    here: Registry, remote: Path
) -> None:
    digest = add_large(here)
    flip(here.settings.store / "objects", LARGE[-4096:])

    with pytest.raises(Corrupt, match=digest):
        push(again(here), str(remote), ["large"])

    assert not (remote / "refs").exists()
    assert not holds(remote, LARGE[:4096])


def test_what_is_intact_elsewhere_is_pushed(
    here: Registry, remote: Path, tmp_path: Path
) -> None:
    copies = open_local(tmp_path / "copies")
    copies.put(SMALL)
    (second,) = (tmp_path / "copies" / "packs").iterdir()
    flip(here.settings.store / "objects", SMALL)
    (here.settings.store / "objects" / "packs" / second.name).write_bytes(second.read_bytes())

    push(again(here), str(remote))

    assert open_local(remote).get(digest_of(SMALL)) == SMALL


def test_an_object_that_is_missing_is_not_left_out_silently(
    here: Registry, remote: Path
) -> None:
    without(here.settings.store / "objects", SMALL)

    with pytest.raises(NotFound, match=digest_of(SMALL)):
        push(again(here), str(remote))

    assert not (remote / "refs").exists()


def test_a_damaged_object_is_not_pulled(here: Registry, there: Registry, remote: Path) -> None:
    push(here, str(remote))
    flip(remote / "packs", SMALL)

    leaves_out(there, remote, says=digest_of(SMALL))

    assert recorded(there) == ["snap:train"]
    assert not holds(there.settings.store, SMALL[:8])


def test_a_large_object_with_a_damaged_piece_is_not_pulled(
    here: Registry, there: Registry, remote: Path
) -> None:
    digest = add_large(here)
    push(here, str(remote))
    flip(remote / "packs", LARGE[-4096:])

    leaves_out(there, remote, "large", says=digest)

    assert actions(there) == []
    assert not again(there).objects.has(digest)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("has_index", [True, False])
def test_a_truncated_pack_is_not_pulled(
    *, here: Registry, there: Registry, remote: Path, share: float, has_index: bool
) -> None:
    push(here, str(remote))
    (pack,) = (remote / "packs").iterdir()
    rewrite(pack, pack.read_bytes()[: int(share * pack.stat().st_size)])
    if not has_index:
        (remote / "index").unlink(missing_ok=True)

    leaves_out(there, remote, says="sha256:")


def test_a_pack_that_only_lost_its_end_is_pulled_blob_by_blob(
    here: Registry, there: Registry, remote: Path
) -> None:
    push(here, str(remote))
    (pack,) = (remote / "packs").iterdir()
    rewrite(pack, pack.read_bytes()[:-1])
    (remote / "index").unlink(missing_ok=True)

    pull(there, str(remote))

    assert there.verify(objects=True).problems == ()


def test_one_damaged_snapshot_does_not_keep_the_others_away(
    here: Registry, there: Registry, remote: Path
) -> None:
    for name in ("first", "second", "third"):
        data(here, f"id,x,y\n{name} {'of many rows ' * 20},2,0\n", name=name)
    push(here, str(remote))
    flip(remote / "packs", b"second of many rows")

    pulled = pull(there, str(remote))

    assert [failure.name for failure in pulled.failed] == ["snap:second"]
    assert [item.name for item in pulled.items] == [
        *("snap:train", "snap:first", "snap:third", "churn:1")
    ]
    assert there.verify(objects=True).problems == ()


def test_what_was_made_of_something_damaged_is_left_out_with_it(
    here: Registry, there: Registry, remote: Path
) -> None:
    push(here, str(remote))
    flip(remote / "packs", b"id,x,y\n1,2,0\n")

    with pytest.raises(Corrupt, match="1 more could not be copied"):
        pull(there, str(remote))

    assert actions(there) == []


def test_objects_that_vanish_while_they_are_sent_are_missed(
    here: Registry, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ship_and_lose(*given: Any, **options: Any) -> None:
        ship(*given, **options)
        without(remote, SMALL)

    monkeypatch.setattr(transfer, "ship", ship_and_lose)

    with pytest.raises(Corrupt, match=f"lacks 1 of .* objects.*{digest_of(SMALL)}"):
        push(here, str(remote))

    assert not (remote / "refs").exists()


def test_what_is_named_is_looked_at_again_and_made_whole(
    here: Registry, there: Registry, remote: Path
) -> None:
    push(here, str(remote))
    without(remote, SMALL)

    assert push(here, str(remote)).objects == 0
    assert push(here, str(remote), ["churn:1"]).objects == 1

    assert [item.name for item in pull(there, str(remote)).items] == ["snap:train", "churn:1"]


def test_a_pack_that_is_gone_is_missed(here: Registry, there: Registry, remote: Path) -> None:
    push(here, str(remote))
    for pack in (remote / "packs").iterdir():
        pack.unlink()

    leaves_out(there, remote, says="sha256:")

    assert actions(there) == []


def test_a_remote_that_lies_about_a_name_is_found_out(
    here: Registry, there: Registry, remote: Path
) -> None:
    push(here, str(remote))
    without(remote, SMALL)
    forged(remote, (OBJECT, hashlib.sha256(SMALL).digest(), b"other weights"))

    leaves_out(there, remote, says=digest_of(SMALL))

    assert recorded(there) == ["snap:train"]
    assert not holds(there.settings.store, b"other weights")


def test_a_remote_that_lies_in_a_whole_pack_is_found_out(
    here: Registry, there: Registry, remote: Path
) -> None:
    contents = [b"%d" % number * 200_000 for number in range(10, 20)]
    files = {b"%d" % number: content for number, content in enumerate(contents)}
    add_snapshot(here, write(here.settings.folder / "many", files), name="many")
    push(here, str(remote), ["snap:many"])
    without(remote, *contents)
    blobs = [(OBJECT, hashlib.sha256(each).digest(), each) for each in contents]
    forged(remote, *blobs[:-1], (OBJECT, blobs[-1][1], b"x" * 400_000))

    leaves_out(there, remote, says=digest_of(contents[-1]))

    assert actions(there) == []
    assert not holds(there.settings.store, b"x" * 1000)


def test_a_remote_that_lies_about_the_pieces_is_found_out(
    here: Registry, there: Registry, remote: Path
) -> None:
    digest = add_large(here)
    push(here, str(remote), ["large"])
    without(remote, LARGE)
    piece = b"x" * (4 << 20)
    id_ = blake3(piece).digest()
    recipe = Recipe(hashlib.sha256(LARGE).digest(), [(id_, len(piece))] * 2)
    forged(remote, (PIECE, id_, piece), (RECIPE, recipe.id, recipe.write()))

    leaves_out(there, remote, says=f"{digest}.*make something else")

    assert recorded(there) == ["snap:train"]
    assert not again(there).objects.has(digest)
