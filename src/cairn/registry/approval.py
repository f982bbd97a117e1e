"""Approvals: people agree, and look into what was done without them."""

from cairn import identity
from cairn.core.approval import (
    Approval,
    ApprovalInfo,
    Approve,
    GetApproval,
    Given,
    ListApprovals,
    ListApprovers,
)
from cairn.core.override import ListOverrides, OverrideInfo, Review, ReviewOverride
from cairn.project import Project


class WithApprovals(Project):
    """What is done by people who were asked; whoever does it signs it."""

    def approve(self, subject: str, *, reason: str = "") -> ApprovalInfo:
        """Agree to `decision:...` or `proposal:...`, signed with one's own key."""
        asked = self.engine.send(
            GetApproval(reference=subject.partition(":")[2] or subject)
        ).subject
        signed = identity.sign(Approval(subject=asked, reason=reason))
        return self.engine.send(Approve(subject=asked, signed=signed, reason=reason))

    def approvals(
        self, model: str | None = None, *, past: bool = False
    ) -> tuple[ApprovalInfo, ...]:
        """Read what waits for people to agree, newest first; with `past` what is over too."""
        name = self._model(model) if model else None
        return self.engine.send(ListApprovals(model=name, past=past))

    def approvers(self, decision: str, *, move: int | None = None) -> tuple[Given, ...]:
        """Read who agreed to a decision; of a `move` by it, whose approvals that had."""
        digest = decision.removeprefix("decision:")
        if not digest.startswith("sha256:"):
            digest = self.decision(digest).digest
        return self.engine.send(ListApprovers(decision=digest, move=move))

    def overrides(self, model: str | None = None) -> tuple[OverrideInfo, ...]:
        """Read the moves that were made against a gate, newest first."""
        name = self._model(model) if model else None
        return self.engine.send(ListOverrides(model=name))

    def review(self, override: int, *, reason: str) -> OverrideInfo:
        """Say what came of looking into an override, named by its ledger entry; signed."""
        signed = identity.sign(Review(override=override, reason=reason))
        asked = ReviewOverride(override=override, signed=signed, reason=reason)
        return self.engine.send(asked)
