"""A gap whose hint is to capture the training is closed by the run that it proposes."""

from unittest import mock
from uuid import uuid4

from cairn import inventory
from cairn.core.run import Seed, StartRun
from cairn.core.version import RegisterVersion
from cairn.inventory.captured import captured
from cairn.registry import Registry
from projects.desk import Desk
from projects.store import manifest


def test_what_a_captured_run_knows_is_no_gap(desk: Desk) -> None:
    desk.write("fit.py", "from sklearn.svm import SVC\nSVC().fit(x, y)\n")
    assert {"metrics", "hyperparameters", "seeds"} <= gaps(desk)
    with mock.patch.dict("os.environ", desk.environment()):
        registry = Registry.open(desk.folder)
        run = uuid4().hex
        registry.engine.send(StartRun(run=run, model="default/fit"))
        digest = manifest(registry, seeds=(Seed(generator="numpy", value="7"),))
        registry.engine.send(RegisterVersion(model="default/fit", manifest=digest, run=run))
        assert {one.version for one in captured(registry)} == {"fit:1"}

    left = gaps(desk)

    assert left == set()
    desk("inventory")
    page = (desk.folder / inventory.FILE).read_text()
    assert "- {ingredient: metrics, version: 'fit:1'}" in page
    assert inventory.gaps(inventory.read(desk.folder / inventory.FILE)) == ()
    assert "no gap" in desk("inventory", "gaps")


def gaps(desk: Desk) -> set[str]:
    """Which ingredients nobody knows."""
    return {gap["field"] for gap in desk.json("inventory", "scan")["gaps"]}
