"""Gates: what a label demands is set and judged, and what is missing is measured."""

from os import PathLike, fspath
from pathlib import Path

from cairn.core import reference
from cairn.core.approval import ListApprovers
from cairn.core.evaluation import EvaluationInfo, ListLooks, LookAhead
from cairn.core.gate import (
    DecisionInfo,
    JudgeGate,
    Policy,
    PolicyInfo,
    SetPolicy,
    Unmeasured,
)
from cairn.core.gated import ALWAYS
from cairn.core.name import LabelName
from cairn.core.version import Version
from cairn.project import Project


class WithGates(Project):
    """What is done with policies and evidence."""

    def evaluate(self, version: str, *, on: str, trust: bool = False) -> EvaluationInfo:
        """Score any version on any snapshot, as `cairn.toml` says; stores the predictions.

        A model that could run code when it is loaded is `Refused` unless `trust` is set; the
        evaluation says so then.
        """
        from cairn.gates.evaluation import evaluate

        return evaluate(self, self.version(version), on=on, trust=trust)

    def import_predictions(
        self, version: str, predictions: str | PathLike[str], *, on: str
    ) -> EvaluationInfo:
        """Record what a version predicted elsewhere, from a Parquet file, for a snapshot."""
        from cairn.gates.imported_predictions import evaluate_elsewhere

        return evaluate_elsewhere(self, self.version(version), Path(predictions), on=on)

    def looks(self, version: str, *, on: str) -> tuple[LookAhead, ...]:
        """Read what the next look at a snapshot may spend, for each label judged on it."""
        found, snapshot = self.version(version), self.find_snapshot(on).digest
        asked = ListLooks(model=found.model, version=found.digest, snapshot=snapshot)
        return self.engine.send(asked)

    def write_policy(self, model: str) -> Path:
        """Write a first policy of a model into the project; returns where, from its folder."""
        from cairn.gates.template import write_starter

        return write_starter(self, self._model(model))

    def bind_starters(self) -> tuple[PolicyInfo, ...]:
        """Bind the project's starting policy to each model that it can be bound to now."""
        from cairn.gates.starter import bind_starters

        return bind_starters(self)

    def set_policy(
        self,
        label: str,
        policy: Policy | str | PathLike[str],
        *,
        reason: str = "",
        new_label: bool = False,
    ) -> PolicyInfo:
        """Bind a policy, or the one in a file (`gates/churn.yaml`), to `churn@production`."""
        model, name = self._label(label)
        if not isinstance(policy, Policy):
            from cairn.gates.policy import load_policy

            policy = load_policy(Path(fspath(policy)), self, model)
        digest = self.objects.put_record(policy)
        return self.engine.send(
            SetPolicy(
                model=model, label=name, policy=digest, reason=reason, new_label=new_label
            )
        )

    def check_gate(self, version: str, to: str | None = None) -> DecisionInfo:
        """Measure what is missing and judge, without moving the label."""
        version, label = reference.version_and_label(version, to)
        found = self.version(version)
        self._measure(found, label=label)
        asked = JudgeGate(model=found.model, label=label, version=found.digest)
        return self.engine.send(asked)

    def page(self, decision: str) -> str:
        """Write a decision as one page of HTML that stands alone."""
        from cairn.gates.page import sheet

        info = self.decision(decision)
        agreed = self.engine.send(ListApprovers(decision=info.digest))
        return sheet.page(info, sheet.judged(self, info.decision), agreed=agreed)

    def _measure(self, version: Version, *, label: LabelName) -> Unmeasured:
        """Measure whatever the policy of `label` needs; return what was missing."""
        from cairn.gates.lacking import lacking

        artifacts, gated = version.manifest.artifacts, (ALWAYS, *self.settings.gated)
        if artifacts is not None and version.verdict is None and label in gated:
            from cairn.data.verdict import verdict_on

            verdict_on(self, artifacts.tree)
        found = lacking(self, version, label=label)
        if found.policy is not None:  # and a move without a gate need not wait for NumPy
            from cairn.gates.measure import measure

            measure(self, version, found)
        return found
