"""What is damaged or forged goes nowhere: not into a remote, and not out of one."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from blake3 import blake3

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt, NotFound
from cairn.core.version import Artifacts, RegisterVersion
from cairn.data.transfer import pull, push
from cairn.objects import open_local
from cairn.objects.blob import OBJECT, PIECE, RECIPE, Recipe
from cairn.objects.local import LocalBackend
from cairn.objects.pack import PackWriter
from cairn.objects.tree import store_tree
from cairn.registry import Registry
from folders import write
from remotes import actions, flip, holds, rewrite, store
from store import add_snapshot, manifest, register

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

    with pytest.raises(Corrupt, match=digest_of(SMALL)):
        pull(there, str(remote))

    assert actions(there) == []
    assert not holds(there.settings.store, SMALL[:8])


def test_a_large_object_with_a_damaged_piece_is_not_pulled(
    here: Registry, there: Registry, remote: Path
) -> None:
    digest = add_large(here)
    push(here, str(remote))
    flip(remote / "packs", LARGE[-4096:])

    with pytest.raises(Corrupt, match=digest):
        pull(there, str(remote), ["large"])

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

    with pytest.raises((Corrupt, NotFound), match="sha256:"):
        pull(there, str(remote))

    assert actions(there) == []


def test_a_pack_that_only_lost_its_end_is_pulled_blob_by_blob(
    here: Registry, there: Registry, remote: Path
) -> None:
    push(here, str(remote))
    (pack,) = (remote / "packs").iterdir()
    rewrite(pack, pack.read_bytes()[:-1])
    (remote / "index").unlink(missing_ok=True)

    pull(there, str(remote))

    assert there.verify(objects=True).problems == ()


def test_a_pack_that_is_gone_is_missed(here: Registry, there: Registry, remote: Path) -> None:
    push(here, str(remote))
    for pack in (remote / "packs").iterdir():
        pack.unlink()

    with pytest.raises(NotFound, match="sha256:"):
        pull(there, str(remote))

    assert actions(there) == []


def test_a_remote_that_lies_about_a_name_is_found_out(
    here: Registry, there: Registry, remote: Path
) -> None:
    push(here, str(remote))
    without(remote, SMALL)
    forged(remote, (OBJECT, hashlib.sha256(SMALL).digest(), b"other weights"))

    with pytest.raises(Corrupt, match=digest_of(SMALL)):
        pull(there, str(remote))

    assert actions(there) == []
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

    with pytest.raises(Corrupt, match=digest_of(contents[-1])):
        pull(there, str(remote))

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

    with pytest.raises(Corrupt, match=f"{digest}.*make something else"):
        pull(there, str(remote))

    assert actions(there) == []
    assert not again(there).objects.has(digest)


Edit = Callable[[dict[str, bytes]], None]


def swapped(refs: dict[str, bytes]) -> None:
    first, second = [key for key in refs if "/versions/" in key]
    refs[first], refs[second] = refs[second], refs[first]


def edited(old: str, new: str) -> Edit:
    def edit(refs: dict[str, bytes]) -> None:
        for key, content in refs.items():
            assert old.encode() in content
            refs[key] = content.replace(old.encode(), new.encode())

    return edit


def replaced_by(content: bytes) -> Edit:
    return lambda refs: refs.update(dict.fromkeys(refs, content))


def signed_by_another(refs: dict[str, bytes]) -> None:
    for key, content in refs.items():
        found = json.loads(content)
        found["log"] = found["log"][:-4] + "AAA="
        refs[key] = json.dumps(found, separators=(",", ":"), sort_keys=True).encode()


def in_the_wrong_place(refs: dict[str, bytes]) -> None:
    refs["refs/versions/default/fraud/" + "0" * 64] = next(iter(refs.values()))


def unknown_kind(refs: dict[str, bytes]) -> None:
    refs["refs/labels/production"] = b"{}"


@pytest.mark.parametrize(
    "edit",
    [
        swapped,
        edited('\\"number\\":', '\\"figure\\":'),
        edited("ada", "eve"),
        edited('"seq":', '"seq":1'),
        edited("ref/1", "ref/2"),
        replaced_by(b""),
        replaced_by(b"\xff\xfe{"),
        signed_by_another,
        in_the_wrong_place,
        unknown_kind,
    ],
)
def test_a_ref_that_was_changed_is_not_believed(
    here: Registry, there: Registry, remote: Path, edit: Edit
) -> None:
    register(here, "second weights")
    push(here, str(remote))
    paths = [path for path in (remote / "refs").rglob("*") if path.is_file()]
    refs = {str(path.relative_to(remote)): path.read_bytes() for path in paths}
    versions = {key: refs[key] for key in refs if "/versions/" in key}
    edit(versions)
    for key, content in versions.items():
        (remote / key).parent.mkdir(parents=True, exist_ok=True)
        (remote / key).unlink(missing_ok=True)
        (remote / key).write_bytes(content)

    with pytest.raises(Corrupt, match="refs/"):
        pull(there, str(remote))

    assert actions(there) == []
