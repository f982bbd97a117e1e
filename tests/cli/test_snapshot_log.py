"""`cairn snapshot log`: source, what made it, author, time, parents."""

from unittest import mock

from cairn.core.errors import NotFound
from cairn.core.snapshot import AddSnapshot, Derived, Snapshot
from cairn.registry import Registry
from projects.desk import Desk


def derive(desk: Desk, *, of: str, name: str) -> str:
    """Record data that a function made from other data."""
    with mock.patch.dict("os.environ", desk.environment()):
        registry = Registry.open(desk.folder)
        parent = registry.find_snapshot(of)
        source = Derived(tree=parent.tree, by="train_test_split", of=(parent.digest,))
        digest = registry.objects.put_record(Snapshot(source=source))
        registry.engine.send(AddSnapshot(snapshot=digest, origin="in memory", name=name))
    return digest


def test_what_a_name_stood_for_and_what_that_was_made_of(desk: Desk) -> None:
    first = desk.json("snapshot", "show", "snap:test")["snapshot"]["digest"]
    desk.write("data/newer.csv", "customer,churned\nc1,1\n")
    desk("snapshot", "add", "data/newer.csv", "--name", "test")
    half = derive(desk, of="test", name="half")

    newest, oldest = desk.json("snapshot", "log", "snap:test")
    child, parent = desk.json("snapshot", "log", half[:24])

    assert (oldest["digest"], oldest["origin"]) == (first, "data/test.csv")
    assert (newest["origin"], newest["kind"], newest["parents"]) == (
        *("data/newer.csv", "files"),
        [],
    )
    assert (child["made_by"], child["parents"]) == ("train_test_split", [newest["digest"]])
    assert parent == newest
    text = desk("snapshot", "log", "half")
    assert "train_test_split" in text
    assert newest["added_at"][:10] in text
    assert newest["added_by"] in text
    desk.fails("snapshot", "log", "nope", code=NotFound.exit_code, says="no snapshot 'nope'")
