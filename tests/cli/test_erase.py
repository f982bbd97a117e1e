"""`cairn erase`: a person's rows are listed, erased wherever they lie, and named for ever."""

import gzip
import io
import json
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cairn.core.erasure import ListErasures
from cairn.core.errors import Inconclusive, Refused
from cairn.core.evaluation import ListEvaluations
from cairn.data.in_memory import snapshot_derived
from cairn.flavors import write_frame
from cairn.registry import Registry
from cairn.stats.predictions import decode
from projects.desk import Desk

WHO = "c00077"
ROW = f"customer={WHO}"


def holders(registry: Registry) -> set[str]:
    """Read every byte that there is, and name the objects with the value in them."""
    found: set[str] = set()
    for digest in registry.objects.digests():
        content = registry.objects.get(digest)
        plain = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        found |= {digest} if WHO.encode() in plain else set()
    return found


def people(rows: int = 100) -> pd.DataFrame:
    ages = np.random.default_rng(3).normal(40, 9, rows)
    names = [f"c{number:05d}" for number in range(rows)]
    return pd.DataFrame(
        {"customer": names, "age": ages.round(4), "left": [1, 0] * (rows // 2)}
    )


def test_without_a_reason_it_is_said_what_would_be_done_and_nothing_is(desk: Desk) -> None:
    with desk.nothing_recorded():
        told = desk("erase", "--row", ROW)
        plan = desk.json("erase", "--row", ROW)

    assert "customer = c00077: in 3 places" in told
    assert "snap:test" in told
    assert told.count("predictions") == 2
    assert "versions that used it: " not in told  # the models of this desk learned elsewhere
    assert "nothing was changed; `cairn erase --row customer=c00077 --reason WHY`" in told
    assert [place["fate"] for place in plan["places"]] == ["rewritten"] * 3
    assert holders(Registry.open(desk.folder)) <= set(plan["objects"])


def test_a_row_is_gone_from_every_byte_and_what_is_left_has_a_name(desk: Desk) -> None:
    registry = Registry.open(desk.folder)
    before = registry.find_snapshot("test")
    shown = desk("show", "churn:2")

    done = desk("erase", "--row", ROW, "--reason", "asked for it in writing")
    verified = desk("verify", "--all")
    again = desk("erase", "--row", ROW)

    after = registry.find_snapshot("test")
    (new, old) = (
        info.evaluation
        for info in registry.engine.send(
            ListEvaluations(artifacts=registry.version("churn:2").manifest.artifacts.tree)  # type: ignore[union-attr] (it is there)
        )
    )
    left = decode(registry.objects.get(new.predictions))
    assert f"snap:test is {after.digest[:19]} now, and was {before.digest[:19]}" in done
    assert "customer = c00077: in none of 3 snapshots, evaluations and runs" in again
    assert not holders(registry)
    assert "no problem found, 4 objects were erased" in verified
    assert "asked for it in writing" in verified
    assert (old.snapshot, new.snapshot) == (before.digest, after.digest)
    assert (new.rows, WHO in left.ids) == (old.rows - 1, False)
    assert new.metrics.keys() == old.metrics.keys()
    assert desk("show", "churn:2") == shown
    told = f"rows erased, left is {after.digest[:19]}"
    assert told in desk("snapshot", "list")
    assert told in desk("snapshot", "show", before.digest)
    assert "rows erased" not in desk("snapshot", "show", "snap:test")
    assert "no problem found" in desk("rebuild", "--yes") + desk("verify", "--all")


def test_a_gate_says_whose_predictions_were_erased_then_and_now(desk: Desk) -> None:
    desk("promote", "churn:1")
    (decision,) = Registry.open(desk.folder).decisions("churn@production")
    desk("erase", "--row", ROW, "--reason", "asked for it")
    told, code = r"was erased by \S+ on \S+ \(asked for it\)", Inconclusive.exit_code

    desk.fails("gate", "replay", decision.digest, code=code, says=f"judged again: .*{told}")
    now = desk("gate", "check", "churn:1", expect=Refused.exit_code)
    desk("gate", "set", "churn@production", "gates/churn.yaml")
    after = desk("gate", "check", "churn:1")

    assert "bind the policy again, to what is left of the data" in now
    assert "pass" in after
    assert "no problem found" in desk("verify", "--all")


FILES = ("t.csv", "t.csv.gz", "t.jsonl", "t.json", "t.parquet")


def written(name: str, frame: pd.DataFrame) -> bytes:
    match name:
        case "t.csv":
            return frame.to_csv(index=False).encode()
        case "t.csv.gz":
            return gzip.compress(frame.to_csv(index=False).encode())
        case "t.jsonl":
            return frame.to_json(orient="records", lines=True).encode()
        case "t.json":
            return frame.to_json(orient="records").encode()
        case _:
            sink = io.BytesIO()
            pq.write_table(pa.Table.from_pandas(frame), sink, compression="none")
            return sink.getvalue()


def test_rows_go_from_every_kind_of_file_and_from_what_runs_captured(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk.folder)
    for name, value in desk.environment().items():
        monkeypatch.setenv(name, value)
    registry, frame = Registry.open(desk.folder), people()
    for name in FILES:
        desk.write(f"all/{name}", "").write_bytes(written(name, frame))
    desk.write(f"all/customer={WHO}/part.csv", "age\n1\n")
    desk("snapshot", "add", "all", "--name", "all")
    registry.snapshot(frame, name="memory")
    for name, value in {
        "features": frame[["age"]].to_numpy(),
        "labels": frame["left"],
    }.items():
        write_frame(value, desk.folder / "captured" / name)
    parent = registry.find_snapshot("all").digest
    captured = snapshot_derived(registry, desk.folder / "captured", by="a script", of=[parent])

    told = desk("erase", "--row", ROW, "--reason", "asked for it", expect=7)

    names = {info.name: info for info in registry.snapshots()[::-1]}
    desk("snapshot", "restore", "all", "back")
    rows = {path.name: path.read_bytes() for path in (desk.folder / "back").iterdir()}
    assert f"whose names are never changed:\n  snap:all, customer={WHO}/part.csv" in told
    assert all(registry.objects.get(d).startswith(b"cairn ") for d in holders(registry))
    assert rows.keys() == set(FILES)
    assert len(pd.read_parquet(desk.folder / "back" / "t.parquet")) == 99
    assert len(json.loads(rows["t.json"])) == 99
    assert (names["memory"].kind, names["memory"].rows) == ("table", 99)
    made = next(i for i in registry.snapshots() if i.origin == "made by a script")
    desk("snapshot", "restore", made.digest, "rows")
    assert made.digest != captured.digest
    assert np.load(desk.folder / "rows" / "features" / "array.npy").shape == (99, 1)
    assert "no problem found" in desk("verify", "--all")


def test_what_cannot_be_written_again_stays_and_is_named_or_goes_whole(desk: Desk) -> None:
    desk.write("odd/notes.txt", f"a letter of {WHO}\n")
    desk.write("odd/old.xlsx", "not opened")
    desk("snapshot", "add", "odd", "--name", "odd")
    registry = Registry.open(desk.folder)

    told = desk("erase", "--row", ROW, "--reason", "asked", expect=Inconclusive.exit_code)
    stays = holders(registry)
    whole = desk(
        *("erase", "--row", ROW, "--whole", "--reason", "asked"),
        expect=Inconclusive.exit_code,
    )

    assert "notes.txt has no rows that can be told apart" in told
    assert "snap:odd: old.xlsx is a spreadsheet" in told
    assert len(stays) == 1
    assert "erased whole, done" in whole
    assert not holders(registry)


def test_a_snapshot_that_was_erased_whole_is_listed_as_erased(desk: Desk) -> None:
    desk.write("odd/old.xlsx", "not opened")
    desk("snapshot", "add", "odd", "--name", "odd")
    before = desk("snapshot", "list")

    desk("erase", "--row", "customer=nobody", "--also", "odd", "--reason", "asked")

    lines = {line.split()[0]: line for line in desk("snapshot", "list").splitlines() if line}
    assert "  kept  " in next(each for each in before.splitlines() if each.startswith("odd"))
    assert "  erased  " in lines["odd"]
    assert "  kept  " in lines["test"]


def test_a_reason_that_names_the_person_is_refused(desk: Desk) -> None:
    with desk.nothing_recorded():
        desk.fails(
            *("erase", "--row", ROW, "--reason", f"{WHO} asked for it"),
            code=3,
            says="say why without the value",
        )


STEPS = {
    "before the bytes go": "cairn.objects.store.ObjectStore.erase",
    "before what follows is recorded": "cairn.data.person.erase.AddSnapshot",
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_whatever_stops_it_the_same_command_ends_it(desk: Desk, step: str) -> None:
    registry = Registry.open(desk.folder)
    with mock.patch(step, side_effect=KeyboardInterrupt):
        desk("erase", "--row", ROW, "--reason", "asked for it", expect=130)
    assert holders(registry)
    assert "no problem found" in desk("verify", "--all")

    desk("erase", "--row", ROW, "--reason", "asked for it")

    assert not holders(registry)
    assert registry.find_snapshot("test").files == 1
    assert "no problem found, 4 objects were erased" in desk("verify", "--all")


POLICY = """\
cairn: policy/1
evaluation: snap:test
bootstrap: floors_only
checks: [{id: x, type: floor, metric: roc_auc, value: 0.5}]
approvals: {covers: [promotion, erasure], people: [bo]}
"""


def test_where_a_policy_covers_erasures_people_agree_first_and_are_named(desk: Desk) -> None:
    desk.write("gates/canary.yaml", POLICY)
    desk("gate", "set", "churn@canary", "gates/canary.yaml", "--new-label")
    registry = Registry.open(desk.folder)
    erase = ("erase", "--row", ROW, "--reason", "asked for it")

    told = desk(*erase, expect=Inconclusive.exit_code)
    again = desk(*erase, expect=Inconclusive.exit_code)
    waiting = desk.json("approvals")[0]
    assert holders(registry)
    desk("approve", waiting["subject"], expect=6)
    with mock.patch.dict("os.environ", {"LOGNAME": "bo", "CAIRN_KEY": bo(desk)}):
        desk("approve", waiting["subject"], "--reason", "her letter is on file")
    done = desk(*erase)

    key = registry.engine.send(ListErasures())[0].approved_by[0]
    assert "1 of bo must agree, 0 have so far" in told
    assert "then go on: `cairn erase --row customer=c00077 --reason WHY`" in told
    assert "1 of bo must agree" in again
    assert waiting["kind"] == "erasure"
    assert "erased 4 objects" in done
    assert key.startswith("bo (key ")
    assert f"approved by {key}" in desk("verify", "--all")
    assert not holders(registry)
    assert not desk.json("approvals")
    assert desk.json("approvals", "--all")[0]["state"] == "done"


def bo(desk: Desk) -> str:
    """Make a key for somebody else."""
    place = desk.folder.with_name("bo.key")
    desk("whoami", "--new", str(place), "--name", "bo")
    return str(place)


def test_what_is_left_goes_to_others_and_what_was_erased_is_left_out(desk: Desk) -> None:
    desk("promote", "churn:1")
    desk("erase", "--row", ROW, "--reason", "asked for it")

    told = desk("push", "../far")
    again = desk("push", "../far")
    other = Desk(desk.folder.with_name("other"))
    other.folder.mkdir()
    other("init")
    other("pull", "../far")

    assert "NOT copied, 1:\n  snap:test: object sha256:" in told
    assert "(asked for it)" in told
    assert "NOT copied, 1" in again
    assert "test" in other("snapshot", "list")
    assert "no problem found" in other("verify", "--all")


def test_with_hash_ids_a_gate_judges_rows_whose_names_say_nothing(desk: Desk) -> None:
    settings = desk.folder / "cairn.toml"
    settings.write_text(f"{settings.read_text()}hash_ids = true\n")
    stale = desk("gate", "check", "churn:2")
    desk("gate", "set", "churn@production", "gates/churn.yaml")
    desk("promote", "churn:1")
    desk("promote", "churn:2")

    registry = Registry.open(desk.folder)
    artifacts = registry.version("churn:2").manifest.artifacts
    assert artifacts is not None
    newest, *_ = registry.engine.send(ListEvaluations(artifacts=artifacts.tree))
    ids = decode(registry.objects.get(newest.evaluation.predictions)).ids
    found = desk("erase", "--row", ROW)

    assert "cairn.toml says otherwise now: hash_ids" in stale
    assert {len(name) for name in ids} == {32}
    assert found.count("predictions  1 ") == 4
