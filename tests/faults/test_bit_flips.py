"""One bit anywhere: in packs, old objects, leaves or the exported ledger; found, never served.

`CAIRN_FAULTS=all` flips ten thousand bits, otherwise a hundred and fifty.
"""

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from cairn.core.digest import Digest, digest_bytes
from cairn.core.errors import CairnError
from cairn.engine.local import LocalEngine
from cairn.objects import open_local
from cairn.registry import Registry
from projects.store import add_snapshot, open_registry, register

FLIPS = 10_000 if os.environ.get("CAIRN_FAULTS") == "all" else 150
PARTS = 4
OLD = Path(__file__).parent.parent / "old_stores" / "0.1.0"
LARGE = random.Random(1).randbytes((4 << 20) + 1000)


class Kept(NamedTuple):
    """A store, what its objects say, and the files that may be damaged."""

    registry: Registry
    contents: dict[Digest, bytes]
    files: list[Path]

    @property
    def objects(self) -> Path:
        """The folder that the bytes lie in."""
        return self.registry.settings.store / "objects"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """A store with packs of small objects, one in pieces, and objects as 0.1.0 left them."""
    folder = tmp_path_factory.mktemp("flips")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAIRN_HOME", str(folder / "home"))
        (folder / "data").mkdir()
        for number in range(40):
            (folder / "data" / f"{number}.csv").write_text(f"x\n{number}\n")
        (folder / "data" / "large.bin").write_bytes(LARGE)
        registry = open_registry(folder)
        register(registry, "first")
        add_snapshot(registry, folder / "data", name="data")
        objects = registry.settings.store / "objects"
        loose = sorted((OLD / "store" / "objects" / "sha256").glob("*/*"))[:20]
        for file in loose:
            place = objects / "sha256" / file.parent.name / file.name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
        contents = {
            digest: registry.objects.get(digest) for digest in registry.objects.digests()
        }
        files = [
            *(objects / "packs").iterdir(),
            *(objects / "sha256").glob("*/*"),
            *(registry.settings.store / "ledger").iterdir(),
        ]
        for file in files:
            file.chmod(0o644)
        yield Kept(registry, contents, sorted(files))
    assert isinstance(registry.engine, LocalEngine)
    registry.engine.store.database.close()


@pytest.mark.parametrize("part", range(PARTS))
def test_a_flipped_bit_is_found_and_never_served(kept: Kept, part: int) -> None:
    dice = random.Random(part)

    for _ in range(FLIPS // PARTS):
        path = dice.choice(kept.files)
        whole = path.read_bytes()
        place, bit = dice.randrange(len(whole)), dice.randrange(8)
        content = bytearray(whole)
        content[place] ^= 1 << bit
        path.write_bytes(content)

        where = f"bit {bit} of byte {place} of {path}"
        if path.parent.name == "ledger":
            assert kept.registry.verify().problems, where
        else:
            damage = open_local(kept.objects).checker().check("full").damage
            assert [each.where for each in damage] == [str(path)], where
            digests = dice.sample(sorted(kept.contents), 5)
            assert all(served(kept, digest) for digest in digests), where
        path.write_bytes(whole)

    assert open_local(kept.objects).checker().check("full").damage == []
    assert kept.registry.verify(objects=True).problems == ()


def test_there_is_something_of_every_kind(kept: Kept) -> None:
    kinds = {path.parent.name if len(path.parent.name) > 2 else "loose" for path in kept.files}

    assert kinds == {"packs", "loose", "ledger"}
    assert len(LARGE) in map(len, kept.contents.values())
    assert all(digest_bytes(content) == digest for digest, content in kept.contents.items())


def served(kept: Kept, digest: Digest) -> bool:
    """Tell whether an object is what it was, or refused."""
    try:
        return open_local(kept.objects).get(digest) == kept.contents[digest]
    except CairnError:
        return True
