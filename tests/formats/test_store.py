"""A store that Cairn wrote is read by somebody who has only the specification."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from msgspec.structs import replace

from cairn.core.approval import Approvals
from cairn.core.check import Complete, Floor, RequiredArtifacts
from cairn.core.errors import Pending, Refused
from cairn.core.evaluation import OwnResult, RecordResult
from cairn.core.label import Drill, RecordDrill, Switch
from cairn.core.run import FinishRun, RunFacts, StartRun
from cairn.core.version import Version
from cairn.data.export import export
from cairn.data.frames import snapshot_frame
from cairn.objects.upkeep.sweep import Ages
from cairn.registry import Registry
from formats.kinds import KINDS
from formats.reader import read_sidecar
from formats.shapes import Wrong
from formats.store_reader import read_folder
from projects.store import (
    MODEL,
    data,
    evaluate,
    gate,
    open_registry,
    register,
    time_calls,
    weights_of,
)
from scores.scored import decided

RUN = "7" * 32
# Hashed and not stored; signed, and kept in the ledger.
NO_OBJECTS = {"logical/1", "measured/1", "approval/1", "override/1", "review/1"} | {
    "testimony/1"  # is in a store that pulled some
}


@pytest.fixture
def busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A store in which everything happened that leaves something behind."""
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    registry = open_registry(tmp_path)
    first, second = register(registry, "one"), register(registry, "two")
    for name in ("churn:1", "churn:2"):
        registry.promote(name, ungated=True, reason="no data yet")
    registry.rollback("churn")
    registry.promote("churn:1", "staging")
    registry.mark_bad("churn:2", reason="scores are shifted")
    registry.release("churn:1")
    test = data(registry, "id,x,y\n1,2,1\n2,3,0\n", name="test")
    gate(registry, Floor(id="floor", metric="accuracy", value=0.5), Complete(), on=test)
    evaluate(registry, first, decided(400), on=test)
    time_calls(registry, first, milliseconds=2.5)
    third = register(registry, "three")
    evaluate(registry, third, decided(400, wrong=range(300)), on=test)
    with pytest.raises(Refused):
        registry.promote("churn:3")
    snapshot_frame(registry, pa.table({"profile": [1, 2]}), name="frame")
    finish_run(registry)
    switch = Switch(step="rollback", expected=first.digest, loaded=second.digest, seconds=0.5)
    drill = Drill(model=MODEL, label="production", switches=(switch,), rollback_seconds=0.25)
    registry.engine.send(RecordDrill(drill=registry.objects.put_record(drill)))
    gate(registry, RequiredArtifacts(id="f", files=("*",)), on=test, bootstrap="refuse")
    ask_people(registry, first)
    registry.objects.put(b"nobody needs this")
    registry.sweep(carry_out=True, ages=Ages(grace=0, buried=0))
    return registry


def ask_people(registry: Registry, version: Version) -> None:
    """Leave a check of the project's own, and a deletion that people must agree to."""
    result = OwnResult(
        run="check.py",
        artifacts=weights_of(version),
        snapshot=data(registry, name="test").digest,
        outcome="pass",
        reason="",
        plugin="check.py",
        version="",
        source=registry.objects.put(b"print('ok')\n"),
    )
    registry.engine.send(RecordResult(result=registry.objects.put_record(result)))
    rule = Approvals(people=("bo",), covers=("deletion",))
    policy = registry.policy("churn@production").policy
    registry.set_policy("churn@staging", replace(policy, approvals=rule))
    with pytest.raises(Pending):
        registry.delete("churn:3", reason="never used")


def finish_run(registry: Registry) -> None:
    facts = registry.objects.put_record(RunFacts(command=("python", "train.py"), exit_code=0))
    registry.engine.send(StartRun(run=RUN, model=MODEL, command=("python", "train.py")))
    registry.engine.send(FinishRun(run=RUN, status="succeeded", facts=facts))


def files(registry: Registry) -> Iterator[Path]:
    store = registry.settings.store
    yield store / "store.json"
    yield from sorted((store / "ledger").iterdir())
    yield from sorted((store / "objects" / "packs").iterdir())


def test_a_second_reader_finds_the_same_ledger_and_every_kind(busy: Registry) -> None:
    found = read_folder(busy.settings.store)

    assert {entry["action"] for entry in found.entries} >= {
        *("snapshot.add", "version.register", "label.move", "label.rollback"),
        *("version.mark-bad", "version.release", "gate.set", "label.refuse"),
        *("evaluation.record", "latency.record", "run.start", "run.finish", "label.drill"),
    }
    kinds = {*KINDS, "tree/1", "leaf/1", "predictions/1"}
    assert set(found.kinds.values()) >= kinds - NO_OBJECTS
    assert len(found.entries) == busy.verify(objects=True).entries


def test_a_second_reader_notices_a_flipped_bit_in_any_file(busy: Registry) -> None:
    for path in files(busy):
        whole = path.read_bytes()
        path.chmod(0o644)
        for place in {0, len(whole) // 3, len(whole) // 2, len(whole) - 1}:
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
            with pytest.raises(Wrong):
                read_folder(busy.settings.store)
        path.write_bytes(whole)

    read_folder(busy.settings.store)


def test_a_second_reader_notices_a_missing_entry(busy: Registry) -> None:
    store = busy.settings.store
    last = max((store / "ledger").glob("*.jsonl"))
    last.write_bytes(b"\n".join(last.read_bytes().split(b"\n")[:-2]) + b"\n")

    with pytest.raises(Wrong, match="root"):
        read_folder(store)


def test_a_second_reader_reads_the_sidecar_of_an_export(
    busy: Registry, tmp_path: Path
) -> None:
    version = busy.version("churn:1")

    export(busy, version, tmp_path / "out")

    (written,) = (tmp_path / "out").rglob("*.cairn.json")
    found = read_sidecar(written.read_bytes())
    assert found["cairn.digest"] == version.digest
    assert (found["model_name"], found["version"]) == (MODEL, 1)
