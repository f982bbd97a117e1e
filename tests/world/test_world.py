"""Random lives of a registry, beside a small model that cannot be wrong in the same way."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cairn.core.errors import Refused
from cairn.engine.local import LocalEngine
from cairn.engine.rebuild import rebuild
from projects.store import open_registry, register
from world.world_model import World

pytestmark = pytest.mark.costly("twenty lives of forty steps, each compared with the model")
EVERY = os.environ.get("CAIRN_FAULTS") == "all"
LABELS = st.sampled_from(["staging", "staging", "production", "dev", "archived"])
NUMBERS = st.integers(1, 4)


class Registry(RuleBasedStateMachine):
    """The real registry and the model, told the same."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="cairn-world-"))
        os.environ["CAIRN_HOME"] = str(self.folder / "home")
        self.real = open_registry(self.folder)
        self.world = World()
        self.did = 0
        for weights in "abc":
            self.register(weights)
            self.promote(len(self.world.weights), "staging")

    @rule(weights=st.sampled_from("abcd"))
    def register(self, weights: str) -> None:
        """The same bundle has one number for ever; a deleted one stays deleted."""
        expected = self.world.register(weights)
        try:
            found = register(self.real, weights).number
        except Refused:
            found = None
        assert found == expected

    @rule(number=NUMBERS, label=LABELS)
    def promote(self, number: int, label: str) -> None:
        """A label moves, or the move is refused."""
        if number <= len(self.world.weights):
            expected = self.world.promote(number, label)
            ungated = label == "production"
            found = self.succeeds(
                lambda: self.real.promote(
                    f"churn:{number}", label, ungated=ungated, reason="why not"
                )
            )
            assert found == expected

    @rule(label=LABELS)
    def rollback(self, label: str) -> None:
        """A label goes back to the last known-good version, or stays."""
        expected = self.world.rollback(label)
        try:
            found = self.real.rollback(f"churn@{label}").number
        except Refused:
            found = None
        assert found == expected

    @rule(number=NUMBERS)
    def mark_bad(self, number: int) -> None:
        """A bad version is not a rollback target any more."""
        if number <= len(self.world.weights):
            self.world.bad.add(number)
            self.real.mark_bad(f"churn:{number}", reason="bad")

    @rule(number=NUMBERS)
    def delete(self, number: int) -> None:
        """A version goes only if nothing holds it."""
        if number <= len(self.world.weights) and number not in self.world.deleted:
            expected = self.world.delete(number)
            assert (
                self.succeeds(lambda: self.real.delete(f"churn:{number}", reason="old"))
                == expected
            )

    @rule()
    def rebuild(self) -> None:
        """The database is thrown away and made again from the ledger."""
        if self.did:
            self.close()
            for path in self.real.settings.store.glob("cairn.db*"):
                path.unlink()
            rebuild(self.real.settings.store)
            self.real = open_registry(self.folder)

    @invariant()
    def labels_agree(self) -> None:
        """Every label holds what the model says, and remembers how it got there."""
        self.did = self.real.verify().entries
        for name, label in self.world.labels.items():
            moves = [step.number for step in self.real.history(f"churn@{name}")]
            assert moves == label.moves

    def succeeds(self, change: object) -> bool:
        """Tell whether a change was made or refused."""
        try:
            change()  # type: ignore[operator] (a change is callable)
        except Refused:
            return False
        return True

    def close(self) -> None:
        """Close the database."""
        assert isinstance(self.real.engine, LocalEngine)
        self.real.engine.store.database.close()

    def teardown(self) -> None:
        """The ledger holds to the end."""
        assert self.real.verify(objects=True).problems == ()
        self.close()
        shutil.rmtree(self.folder)


Registry.TestCase.settings = settings(
    max_examples=200 if EVERY else 20,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
TestRegistry = Registry.TestCase
