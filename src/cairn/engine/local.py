"""The engine in this process: check, answer, and keep the ledger, in one transaction."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast
from uuid import uuid4

import msgspec

from cairn.core.digest import Digest, digest_of
from cairn.core.errors import CairnError
from cairn.core.gated import ALWAYS
from cairn.core.ledger import Entry
from cairn.core.name import LabelName
from cairn.core.request import Answer, Change, Request, checked
from cairn.engine import erased, intact, ledger, listener, segments, store
from cairn.engine.actions import ACTIONS
from cairn.engine.beside import Beside
from cairn.engine.context import Context, Draft
from cairn.engine.handlers import HANDLERS, Handler
from cairn.engine.intact import Proofs
from cairn.engine.who import Who
from cairn.sql.database import Transaction

ATTEMPTS = 8
"""How many versions are looked at for one rollback that others come before."""


class _Done(NamedTuple):
    """What a change came to: a reply, or the refusal that was recorded."""

    reply: object
    refusal: CairnError | None = None
    entry: Entry | None = None


class LocalEngine:
    """Answers requests from a store in this process.

    `send` asks on behalf of `who`, `answer` of whoever comes with the request.
    `gated` are labels that are as strict as `production`, `trusted` what files may name there.
    """

    def __init__(
        self,
        opened: store.Store,
        who: Who,
        *,
        clock: Callable[[], datetime] | None = None,
        gated: Iterable[LabelName] = (),
        trusted: Iterable[str] = (),
    ) -> None:
        self.store = opened
        self.who = who
        self._beside = Beside(opened.folder, opened.about)
        self._clock = clock or (lambda: datetime.now(UTC))
        self._gated, self._trusted = frozenset({ALWAYS, *gated}), frozenset(trusted)
        opened.objects.reader.why_gone = self._why_gone
        exported = self._beside.exported_size()
        with opened.database.reading() as tx:
            ledger.require_own(tx, opened.about)
            segments.require_not_ahead(tx, exported)

    def send(self, request: Request[Answer]) -> Answer:
        """Answer `request`, asked by whom this engine works for."""
        return self.answer(request, self.who)

    def answer(self, request: Request[Answer], who: Who) -> Answer:
        """Check and answer `request`; a change is committed with its ledger entry.

        Raises `Forbidden` for what `who` may not do.
        """
        asked = checked(request)
        handler = HANDLERS[type(asked)]
        who.require(handler.permission)
        if isinstance(asked, Change):
            return cast("Answer", self._change(cast("Change[Any]", asked), handler, who))
        with self.store.database.reading() as tx:
            return cast("Answer", handler.answer(self._context(tx, who), asked))

    def _change(self, asked: Change[Any], handler: Handler, who: Who) -> object:
        """Answer, commit, copy and tell; then raise the refusal, if one was recorded."""
        self._beside.require_known()
        done = self._proven(asked, handler, who)
        if done.entry is not None:
            self._catch_up()
            listener.tell(self.store.database, done.entry)
        if done.refusal is not None:
            raise done.refusal
        return done.reply

    def _proven(self, asked: Change[Any], handler: Handler, who: Who) -> _Done:
        """Look at the weights that a change relies on; then make it.

        If another change came between and it relies on others now, these are looked at too.
        """
        actor = msgspec.structs.replace(who.actor, key=who.key())
        who = replace(who, actor=actor)
        proofs = self._proofs(asked, handler, who)
        while True:
            try:
                return self._made(asked, handler, who, proofs)
            except intact.Unproven as lacking:
                if len(proofs) == ATTEMPTS:
                    raise
                proofs[lacking.tree] = intact.prove(self.store.objects, lacking.tree)

    def _proofs(
        self, asked: Change[Any], handler: Handler, who: Who
    ) -> dict[Digest, CairnError | None]:
        if handler.weights is None:
            return {}
        with self.store.database.reading() as tx:
            tree = handler.weights(self._context(tx, who), asked)
        return {} if tree is None else {tree: intact.prove(self.store.objects, tree)}

    def _made(self, asked: Change[Any], handler: Handler, who: Who, proofs: Proofs) -> _Done:
        key = self.store.key()
        with self.store.database.writing() as tx:
            ledger.require_own(tx, self.store.about)
            context = self._context(tx, who, proofs)
            entry = self._recorded(context, asked, handler)
            if not isinstance(entry, Entry):
                return _Done(entry)
            reply, refusal = _outcome(context, entry)
            if ledger.newest_size(tx) < ledger.size(tx):
                ledger.sign(tx, self.store.about.origin, key)
        return _Done(reply, refusal, entry)

    def _recorded(self, context: Context, asked: Change[Any], handler: Handler) -> object:
        """Return the entry of a change, made now or when it was asked first, or a reply."""
        change_id, request = asked.change_id or uuid4().hex, digest_of(asked)
        known = ledger.earlier(
            context.tx, context.actor.id, change_id=change_id, request=request
        )
        if known is not None:
            return known
        draft = handler.answer(context, asked)
        if not isinstance(draft, Draft):
            return draft
        if draft.records:
            with context.objects.batch() as batch:
                for record in draft.records:
                    batch.put_record(record)
        entry = ledger.append(context, draft, change_id=change_id, request=request)
        ACTIONS[entry.action].apply(context, entry)
        return entry

    def _why_gone(self, digest: Digest) -> str:
        """Say who erased an object and why; nothing of one that nobody erased."""
        with self.store.database.reading() as tx:
            found = erased.by_object(tx).get(digest)
        return found.words() if found else ""

    def _catch_up(self) -> None:
        """Copy new entries; the change stands whether this works or not."""
        try:
            self._beside.catch_up(self.store.database)
        except (OSError, CairnError) as error:
            import logging

            log = logging.getLogger(__name__)
            log.warning("recorded, but the ledger's copies lag behind: %s", error)

    def _context(self, tx: Transaction, who: Who, proofs: Proofs | None = None) -> Context:
        return Context(
            tx=tx,
            beside=self._beside,
            about=self.store.about,
            objects=self.store.objects,
            actor=who.actor,
            team=who.team,
            now=written(self._clock()),
            sign=who.sign,
            gated=self._gated,
            trusted=self._trusted,
            proofs=proofs or {},
        )


def written(moment: datetime) -> str:
    """Write an instant as the ledger does: UTC with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _outcome(context: Context, entry: Entry) -> tuple[object, CairnError | None]:
    try:
        return ACTIONS[entry.action].answer(context, entry), None
    except CairnError as refusal:
        return None, refusal
