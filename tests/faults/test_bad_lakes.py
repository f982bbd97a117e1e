"""Tables of lakes whose logs, manifests or metadata were changed at random: one sentence."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyiceberg.avro import file
from pyiceberg.catalog.sql import SqlCatalog

from cairn.core.errors import CairnError
from cairn.data.lakes.avro import read_checked
from cairn.data.lakes.delta import snapshot_delta
from cairn.data.lakes.iceberg import Reference, snapshot_iceberg
from cairn.registry import Registry
from harm.mutations import mutated
from projects.store import open_registry

TIMES = 20_000 if os.environ.get("CAIRN_FAULTS") == "all" else 200
ROWS = pa.table({"id": [1, 2, 3], "city": ["Bonn", "Köln", None]})
ICEBERG = {"*.metadata.json": TIMES // 4, "snap-*.avro": TIMES // 2, "*-m0.avro": TIMES // 2}
DELTA = {"*.json": TIMES // 4, "*.checkpoint.parquet": TIMES // 4}
"""How often each is tried; Avro has two hundred in all."""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    folder = tmp_path_factory.mktemp("lakes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAIRN_HOME", str(folder / "home"))
        (folder / "project").mkdir()
        opened = open_registry(folder / "project")
        yield opened
        opened.engine.store.database.close()  # type: ignore[attr-defined] (only the local engine has it)


@pytest.mark.parametrize("pattern", ICEBERG)
def test_an_iceberg_table_that_was_changed_is_frozen_or_one_sentence(
    registry: Registry, tmp_path: Path, pattern: str
) -> None:
    (tmp_path / "w").mkdir()
    catalog = SqlCatalog("x", uri="sqlite://", warehouse=f"file://{tmp_path}/w")
    catalog.create_namespace("n")
    made = catalog.create_table("n.t", ROWS.schema)
    made.append(ROWS)
    catalog.engine.dispose()
    metadata = made.metadata_location.removeprefix("file://")
    place = max((tmp_path / "w").rglob(pattern))

    table = Reference("", metadata, "")
    for said in spoilt(place, ICEBERG[pattern], lambda: snapshot_iceberg(registry, table)):
        assert len(said.splitlines()) <= 1, said


def test_a_length_beyond_the_end_is_an_error_of_the_decoder() -> None:
    read_checked()

    decode = vars(file)["new_decoder"](
        b"\x02\xfe\xff\xff\xff\x0f"
    )  # one entry, whose name has 2 GiB
    assert decode.read_int() == 1
    with pytest.raises(EOFError):
        decode.read_utf8()


@pytest.mark.parametrize("pattern", DELTA)
def test_a_delta_table_that_was_changed_is_frozen_or_one_sentence(
    registry: Registry, tmp_path: Path, pattern: str
) -> None:
    write_deltalake(tmp_path / "t", ROWS, partition_by=["city"])
    if "checkpoint" in pattern:
        DeltaTable(tmp_path / "t").create_checkpoint()
    place = next((tmp_path / "t" / "_delta_log").glob(pattern))

    table = str(tmp_path / "t")
    for said in spoilt(place, DELTA[pattern], lambda: snapshot_delta(registry, table)):
        assert len(said.splitlines()) <= 1, said


def spoilt(place: Path, times: int, freeze: Callable[[], object]) -> Iterator[str]:
    """Freeze again and again with one file changed; yields what was said each time."""
    whole, chance = place.read_bytes(), random.Random(7)
    for number in range(times):
        content = mutated(whole, chance)
        place.write_bytes(content)
        try:
            freeze()
            yield ""
        except CairnError as error:
            yield str(error)
        except BaseException as error:
            raise AssertionError(f"{number}: {content!r}") from error
