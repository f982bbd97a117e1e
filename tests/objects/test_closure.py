"""What a record needs: no digest in any record is forgotten, and all of it travels."""

import hashlib
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from msgspec import inspect

from cairn.core.digest import Digest, digest_bytes
from cairn.core.errors import Corrupt
from cairn.core.evaluation import Evaluation, Scorer
from cairn.core.request import Record
from cairn.core.run import Code, Input
from cairn.core.snapshot import (
    AddSnapshot,
    DeltaTable,
    Derived,
    Files,
    Keeping,
    Query,
    Recipe,
    Snapshot,
    Source,
    TableFacts,
)
from cairn.core.table import Profile
from cairn.core.version import Artifacts, Manifest, RegisterVersion
from cairn.data.remotes.transfer import pull, push
from cairn.objects.closure import Need, needs, parts
from cairn.objects.folders.tree import store_tree
from cairn.registry import Registry
from cairn.stats.predictions import encode
from projects.folders import write
from projects.remotes import flip, store
from projects.store import data, manifest
from scores.scored import decided

NAMES = {
    # What names something else; the comment in `needs` says why each is not needed.
    *("Manifest.image", "Manifest.parents", "Evaluation.artifacts"),
    # Digests of values, not of bytes that lie anywhere.
    *("TableFacts.logical",),
}
WORDS = ("1", "1" * 32, "1" * 40)
_digits = count(1)


class Filled:
    """A record of which every field is set, and the digests in it by type and field."""

    def __init__(self, kind: type[Record], **given: object) -> None:
        self.digests: dict[Digest, str] = {}
        self._given = given
        info = inspect.type_info(kind)
        assert isinstance(info, inspect.StructType)
        self.record: Record = msgspec.convert(self._struct(info), kind)

    def _struct(self, info: inspect.StructType) -> dict[str, Any]:
        values = {
            field.encode_name: self._given.get(field.name)
            or self._value(field.type, f"{info.cls.__name__}.{field.name}")
            for field in info.fields
        }
        tag = {info.tag_field: info.tag} if info.tag_field else {}
        return {**tag, **values}

    def _value(self, info: inspect.Type, place: str) -> Any:  # noqa: PLR0911 (a kind a line)
        match info:
            case inspect.StructType():
                return self._struct(info)
            case inspect.UnionType(types=types):
                return self._value(types[0], place)
            case inspect.VarTupleType(item_type=item):
                return [self._value(item, place)]
            case inspect.DictType():
                return {"name": self._value(info.value_type, place)}
            case inspect.LiteralType(values=values):
                return values[-1]
            case inspect.StrType(pattern=str() as pattern) if "sha256" in pattern:
                digest = f"sha256:{next(_digits):064x}"
                self.digests[digest] = place
                return digest
            case inspect.StrType(pattern=pattern):
                return next(word for word in WORDS if re.search(pattern or "", word))
            case inspect.TupleType(item_types=items):
                return [self._value(item, place) for item in items]
            case _:
                plain = (
                    (inspect.IntType, 1),
                    (inspect.FloatType, 1),
                    (inspect.BoolType, True),
                )
                return next((value for kind, value in plain if isinstance(info, kind)), None)


def kinds() -> Iterator[Filled]:
    yield Filled(Manifest)
    yield Filled(Evaluation)
    yield Filled(Scorer)
    for kind in get_args(Source):
        for mode in get_args(Keeping):
            filled = Filled(kind, mode=mode)
            filled.record = Snapshot(source=filled.record)  # type: ignore[arg-type] (the test passes what fits)
            yield filled


def test_no_digest_in_any_record_is_forgotten() -> None:
    forgotten = {
        place
        for filled in kinds()
        for digest, place in filled.digests.items()
        if digest not in {need.digest for need in needs(filled.record)}
    }

    assert forgotten == NAMES


FACTS = TableFacts(logical=digest_bytes(b"rows"), rows=2, columns=())


def source(registry: Registry, kind: str) -> Source:
    """Store what a source of a kind needs; every content is new."""
    folder = registry.settings.folder / kind.replace(" ", "-")
    tree = store_tree(registry.objects, write(folder, {b"a/b.bin": kind.encode()})).digest
    objects = registry.objects
    match kind:
        case "derived":
            return Derived(
                tree=tree,
                by="split",
                of=(data(registry, "of derived", name="of-derived").digest,),
            )
        case "query":
            return Query(
                tree=tree,
                table=FACTS,
                engine="duckdb",
                query="SELECT 1",
                isolation="snapshot",
            )
        case "recipe":
            code = store_tree(objects, write(folder / "code", {b"make.py": b"code"})).digest
            of = data(registry, "of recipe", name="of-recipe").digest
            lock = objects.put(b"lock of recipe")
            return Recipe(
                tree=tree, mode="pin", command=("make",), code=code, of=(of,), lock=lock
            )
        case "pinned" | "copied":
            mode: Keeping = "pin" if kind == "pinned" else "copy"
            return DeltaTable(tree=tree, mode=mode, location="s3://b", table_id="t", version=3)
        case _:
            return Files(tree=tree)


def version_of_everything(registry: Registry) -> Digest:
    """Register a version that has every kind of file, and every kind of data; its manifest."""
    objects = registry.objects
    profile = objects.put_record(Profile(tables=()))
    inputs: list[Input] = []
    for kind in ("files", "derived", "query", "recipe", "pinned", "copied"):
        digest = objects.put_record(Snapshot(source=source(registry, kind)))
        asked = AddSnapshot(snapshot=digest, origin=kind, name=kind, profile=profile)
        registry.engine.send(asked)
        role = "test" if kind == "query" else "train"
        inputs.append(Input(role=role, snapshot=digest))
    tree = {
        name: store_tree(
            objects, write(registry.settings.folder / name, {b"f": content})
        ).digest
        for name, content in {
            "weights": hashlib.shake_256(b"weights").digest(5 << 20),
            "golden": b"golden rows",
            "features": b"feature files",
        }.items()
    }
    scorer = Scorer(
        score="score:score",
        label="y",
        source=objects.put(b"def score(): ..."),
        metrics="score:gain",
        metrics_source=objects.put(b"def gain(): ..."),
    )
    judged_on = data(registry, "judged on", name="judged")
    judged = Evaluation(
        artifacts=tree["weights"],
        snapshot=judged_on.digest,
        scorer=objects.put_record(scorer),
        predictions=objects.put(encode(decided(4))),
        rows=4,
    )
    digest = manifest(
        registry,
        artifacts=Artifacts(
            tree=tree["weights"], flavor="files", safety="safe", golden=tree["golden"]
        ),
        inputs=tuple(inputs),
        code=Code(commit="c0ffee" * 6 + "c0ff", patch=objects.put(b"a patch")),
        feature_spec=tree["features"],
        evaluations=(objects.put_record(judged),),
        image=digest_bytes(b"an image in a registry of containers"),
    )
    registry.engine.send(RegisterVersion(model="default/every", manifest=digest))
    return digest


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A store with one version of everything."""
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    opened = store(tmp_path, "ada")
    version_of_everything(opened)
    return opened


def test_a_version_of_everything_arrives_whole(here: Registry, tmp_path: Path) -> None:
    there, remote = store(tmp_path, "bob"), str(tmp_path / "remote")
    digest = here.version("every:1").digest

    push(here, remote, ["every"])
    pulled = pull(there, remote)

    wanted = {part.digest for part in parts(here.objects, [Need("it", digest, Manifest)])}
    assert pulled.failed == ()
    assert [here.objects.check(each) for each in sorted(wanted)] == [
        there.objects.check(each) for each in sorted(wanted)
    ]
    assert here.verify_version("every:1") == there.verify_version("every:1")
    assert there.verify(objects=True).problems == ()
    assert there.find_snapshot("recipe").profile == here.find_snapshot("recipe").profile
    assert {each.name for each in there.snapshots()} == {
        *(
            "files",
            "derived",
            "query",
            "recipe",
            "pinned",
            "copied",
            "judged",
            "of-derived",
            "of-recipe",
        )
    }


def test_verify_names_the_file_that_is_damaged(here: Registry, tmp_path: Path) -> None:
    flip(here.settings.store / "objects", b"feature files")

    with pytest.raises(Corrupt, match=r"the feature files, f: object sha256:.* is damaged"):
        store(tmp_path, "ada").verify_version("every:1")
