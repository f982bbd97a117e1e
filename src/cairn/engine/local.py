"""The engine in this process: check, answer, and keep the ledger, in one transaction."""

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

from msgspec.structs import replace

from cairn.core.approval import Approve, GetApproval, ListApprovals, ListApprovers
from cairn.core.digest import Digest, digest_of
from cairn.core.erasure import EraseObjects, ListErasable, ListErasures
from cairn.core.errors import CairnError
from cairn.core.evaluation import (
    ListEvaluations,
    ListLatencies,
    ListLooks,
    ListResults,
    RecordEvaluation,
    RecordLatency,
    RecordResult,
)
from cairn.core.gate import (
    GetDecision,
    GetPolicy,
    JudgeGate,
    ListDecisions,
    ListPolicies,
    ReplayDecision,
    SetPolicy,
)
from cairn.core.gated import ALWAYS
from cairn.core.label import (
    GetLabel,
    LabelHistory,
    ListDrills,
    ListLabels,
    MoveLabel,
    RecordDrill,
    Rollback,
)
from cairn.core.ledger import Actor, Entry, GetCheckpoint, ProveEntry, ReadLedger, VerifyStore
from cairn.core.name import LabelName, Team
from cairn.core.override import ListOverrides, ReviewOverride
from cairn.core.pin import CheckPin, GetPin
from cairn.core.remote import GetTrusted, TrustLedger
from cairn.core.request import Answer, Change, Request, checked
from cairn.core.run import FinishRun, GetRun, ListRuns, StartRun
from cairn.core.snapshot import AddSnapshot, GetSnapshot, ListSnapshots
from cairn.core.sweep import FindMissing, ListKept, RecordSweep, WhyKept
from cairn.core.testimony import ListTestimonies, RecordTestimony
from cairn.core.verdict import GetVerdict, RecordVerdict
from cairn.core.version import (
    DeleteVersion,
    GetVersion,
    ListVersions,
    MarkBad,
    RegisterVersion,
    ReleaseVersion,
)
from cairn.engine import (
    approval,
    approvers,
    checkpoints,
    decisions,
    deletion,
    erased,
    erasure,
    evaluation,
    gate,
    known,
    label,
    ledger,
    looks,
    override,
    pin,
    remote,
    resolve,
    run,
    segments,
    snapshot,
    store,
    sweep,
    testimony,
    verdict,
    verify,
    version,
    version_search,
)
from cairn.engine.actions import ACTIONS
from cairn.engine.context import Context, Draft, unsigned
from cairn.sql.database import Transaction

HANDLERS: dict[type[Request[Any]], Callable[[Context, Any], Any]] = {
    AddSnapshot: snapshot.add,
    GetSnapshot: snapshot.get,
    ListSnapshots: snapshot.every,
    CheckPin: pin.check,
    GetPin: pin.get,
    TrustLedger: remote.trust,
    GetTrusted: remote.get,
    RecordTestimony: testimony.record,
    ListTestimonies: testimony.every,
    StartRun: run.start,
    FinishRun: run.finish,
    GetRun: run.get,
    ListRuns: run.every,
    RecordVerdict: verdict.record,
    GetVerdict: verdict.get,
    RegisterVersion: version.register,
    ReleaseVersion: version.release,
    MarkBad: version.mark_bad,
    DeleteVersion: deletion.delete,
    GetVersion: resolve.get,
    ListVersions: version_search.every,
    RecordEvaluation: evaluation.record,
    ListEvaluations: evaluation.every,
    ListLooks: looks.ahead,
    RecordLatency: evaluation.record_latency,
    ListLatencies: evaluation.latencies,
    RecordResult: evaluation.record_result,
    ListResults: evaluation.results,
    SetPolicy: gate.bind,
    GetPolicy: gate.policy,
    ListPolicies: gate.every_policy,
    JudgeGate: gate.check,
    GetDecision: decisions.get,
    ListDecisions: decisions.every,
    ReplayDecision: gate.replay,
    Approve: approval.give,
    GetApproval: approval.get,
    ListApprovals: approval.every,
    ListApprovers: approvers.every,
    ReviewOverride: override.review,
    ListOverrides: override.every,
    MoveLabel: label.move,
    Rollback: label.rollback,
    RecordDrill: label.record_drill,
    GetLabel: label.get,
    ListLabels: label.every,
    LabelHistory: label.history,
    ListDrills: label.drills,
    ListKept: sweep.every,
    WhyKept: sweep.why,
    FindMissing: sweep.missing,
    RecordSweep: sweep.record,
    EraseObjects: erasure.erase,
    ListErasable: erasure.erasable,
    ListErasures: erasure.every,
    ReadLedger: ledger.find,
    GetCheckpoint: ledger.checkpoint,
    ProveEntry: ledger.prove,
    VerifyStore: verify.verify,
}

_log = logging.getLogger(__name__)


class LocalEngine:
    """Answers requests from a store in this process, on behalf of one actor.

    `key` gives the public key that the actor signs with, and `sign` signs with it; both are
    asked for with a change.
    `gated` are labels that are as strict as `production`, `trusted` what files may name there.
    """

    def __init__(
        self,
        opened: store.Store,
        *,
        actor: Actor,
        team: Team = "default",
        key: Callable[[], str] | None = None,
        sign: Callable[[str], str] | None = None,
        clock: Callable[[], datetime] | None = None,
        gated: Iterable[LabelName] = (),
        trusted: Iterable[str] = (),
    ) -> None:
        self.store = opened
        self._actor = actor
        self._team = team
        self._key = key or (lambda: "")
        self._sign = sign or unsigned
        self._clock = clock or (lambda: datetime.now(UTC))
        self._gated, self._trusted = frozenset({ALWAYS, *gated}), frozenset(trusted)
        opened.objects.reader.why_gone = self._why_gone
        exported = segments.exported_size(opened.folder / "ledger")
        with opened.database.reading() as tx:
            segments.require_not_ahead(tx, exported)

    def send(self, request: Request[Answer]) -> Answer:
        """Check and answer `request`; a change is committed with its ledger entry."""
        asked = checked(request)
        handler = HANDLERS[type(asked)]
        if isinstance(asked, Change):
            return cast("Answer", self._change(cast("Change[Any]", asked), handler))
        with self.store.database.reading() as tx:
            return cast("Answer", handler(self._context(tx, self._actor), asked))

    def _change(self, asked: Change[Any], handler: Callable[[Context, Any], Any]) -> object:
        """Answer, commit, export; then raise the refusal, if that is what was recorded."""
        known.require(self.store.folder, self.store.about)
        key = self.store.key()
        who = replace(self._actor, key=self._key())
        with self.store.database.writing() as tx:
            context = self._context(tx, who)
            entry = self._recorded(context, asked, handler)
            if not isinstance(entry, Entry):
                return entry
            reply, refusal = _outcome(context, entry)
            if ledger.newest_size(tx) < ledger.size(tx):
                ledger.sign(tx, self.store.about.origin, key)
        self._export()
        if refusal is not None:
            raise refusal
        return reply

    def _recorded(
        self, context: Context, asked: Change[Any], handler: Callable[[Context, Any], Any]
    ) -> object:
        """Return the entry of a change, made now or when it was asked first, or a reply."""
        change_id, request = asked.change_id or uuid4().hex, digest_of(asked)
        known = ledger.earlier(
            context.tx, self._actor.id, change_id=change_id, request=request
        )
        if known is not None:
            return known
        draft = handler(context, asked)
        if not isinstance(draft, Draft):
            return draft
        entry = ledger.append(context, draft, change_id=change_id, request=request)
        ACTIONS[entry.action].apply(context, entry)
        return entry

    def _why_gone(self, digest: Digest) -> str:
        """Say who erased an object and why; nothing of one that nobody erased."""
        with self.store.database.reading() as tx:
            found = erased.by_object(tx).get(digest)
        return found.words() if found else ""

    def _export(self) -> None:
        """Copy new entries to the segments; the change stands whether this works or not."""
        try:
            with self.store.database.writing() as tx:
                segments.export(tx, self.store.folder / "ledger")
                checkpoints.pin(tx, self.store.about)
            known.remember_first(self.store.folder, self.store.about)
        except (OSError, CairnError) as error:
            _log.warning("recorded, but the ledger's copies lag behind: %s", error)

    def _context(self, tx: Transaction, actor: Actor) -> Context:
        return Context(
            tx=tx,
            folder=self.store.folder,
            about=self.store.about,
            objects=self.store.objects,
            actor=actor,
            team=self._team,
            now=written(self._clock()),
            sign=self._sign,
            gated=self._gated,
            trusted=self._trusted,
        )


def written(moment: datetime) -> str:
    """Write an instant as the ledger does: UTC with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _outcome(context: Context, entry: Entry) -> tuple[object, CairnError | None]:
    try:
        return ACTIONS[entry.action].answer(context, entry), None
    except CairnError as refusal:
        return None, refusal
