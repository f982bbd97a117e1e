"""Labels: they are moved on evidence, against it, and back."""

from uuid import uuid4

from cairn import identity
from cairn.core import reference
from cairn.core.digest import Digest
from cairn.core.errors import Invalid
from cairn.core.gate import JudgeGate
from cairn.core.label import (
    Anyone,
    DrillInfo,
    Expecting,
    GetLabel,
    Holder,
    Move,
    MoveLabel,
    Nobody,
    Rollback,
)
from cairn.core.name import LabelName
from cairn.core.override import Override
from cairn.core.version import Version
from cairn.registry.gate import WithGates


class WithLabels(WithGates):
    """What is done with labels: the move measures what its gate lacks."""

    def promote(
        self,
        version: str,
        to: str | None = None,
        *,
        reason: str = "",
        expecting: str | None = None,
        decision: str | None = None,
        waiver: str = "",
        ungated: bool = False,
        new_label: bool = False,
    ) -> Move:
        """Measure what is missing, judge the policy of `to` (production), and move it.

        `expecting` is the version believed to be live (`none` for nobody); without it, the
        one that is live now. `ungated` says that a label like `production` has no policy yet.
        Raises `Refused` with the report, `Conflict` when somebody moved the label meanwhile.
        """
        named, label = reference.version_and_label(version, to)
        found = self.version(named)
        believed = self._believed(expecting) if expecting is not None else None
        held = self._held(found, label) if decision else self._measure(found, label=label).held
        return self.engine.send(
            MoveLabel(
                model=found.model,
                label=label,
                version=found.digest,
                expecting=believed or (Holder(version=held) if held else Nobody()),
                reason=reason,
                decision=self.decision(decision).digest if decision else None,
                waiver=waiver,
                ungated=ungated,
                new_label=new_label,
                required=self.settings.model(found.model).fields,
                change_id=uuid4().hex,
            )
        )

    def override(
        self, version: str, to: str | None = None, *, reason: str, waiver: str = ""
    ) -> Move:
        """Move a label against its gate: an emergency, signed, to be reviewed by others."""
        if not reason:
            raise Invalid("an override needs a reason: say why it cannot wait for the gate")
        named, label = reference.version_and_label(version, to)
        found = self.version(named)
        judged = self.engine.send(
            JudgeGate(model=found.model, label=label, version=found.digest, waiver=waiver)
        )
        return self.engine.send(
            MoveLabel(
                model=found.model,
                label=label,
                version=found.digest,
                expecting=Anyone(),
                reason=reason,
                decision=judged.digest,
                waiver=waiver,
                override=identity.sign(Override(decision=judged.digest, reason=reason)),
            )
        )

    def rollback(self, label: str, *, reason: str = "", to: str | None = None) -> Move:
        """Point `churn@production` at its last known-good version, or at one that it held."""
        model, name = self._label(label)
        chosen = self.version(to).digest if to else None
        return self.engine.send(Rollback(model=model, label=name, reason=reason, to=chosen))

    def drill(self, label: str) -> DrillInfo:
        """Rehearse a rollback of `churn@production`; the label itself does not move.

        Raises `Refused` where there is no known-good version to go back to.
        """
        from cairn.serving.drill import drill

        return drill(self, label)

    def _believed(self, expecting: str) -> Expecting:
        if expecting == "none":
            return Nobody()
        return Holder(version=self.version(expecting).digest)

    def _held(self, version: Version, label: LabelName) -> Digest | None:
        held = self.engine.send(GetLabel(model=version.model, label=label))
        return held.after if held else None
