"""What people are asked about, by which rules, who may not answer, and who agreed.

A case is known by its basis: a decision without its conclusions, or a proposal. What is judged
again on the same basis is the same case.
"""

from dataclasses import dataclass

from cairn.core import approval as rules
from cairn.core import gate as gates
from cairn.core.approval import Approvals, Covered, Given
from cairn.core.digest import Digest
from cairn.core.errors import Conflict, NotFound
from cairn.core.gate import Decision, Policy
from cairn.core.ledger import Actor, Entry
from cairn.core.name import shown
from cairn.core.proposal import Erase, Proposal
from cairn.engine import decisions, ledger, policies, signed
from cairn.engine.context import Context

ASKED, GIVEN = "approval.request", "approval.give"
OPTIONAL = ("deletion", "erasure")
"""What takes approvals only where the policy says that they cover it."""
_DIGITS = len("sha256:") + 12


@dataclass(frozen=True)
class Case:
    """What people are asked about: by which rules, and who may not answer."""

    kind: Covered
    subject: Digest
    basis: Digest
    model: str
    label: str | None
    number: int | None
    rules: tuple[Approvals, ...]
    own: tuple[Actor, ...]
    unlisted: tuple[Actor, ...] = ()
    """Those of `own` for whom one person more has to agree."""
    of_secret: bool = False
    """Whether an erasure is one of a secret, and not of a person's rows."""

    @property
    def name(self) -> str:
        """Say in words what it is."""
        model = shown(self.model)
        match self.kind:
            case "promotion":
                return f"the promotion of {model}:{self.number} to {self.label}"
            case "policy":
                return f"the new policy of {model}@{self.label}"
            case "erasure":
                what = "a secret" if self.of_secret else "a person's rows"
                return f"the erasure of {what}, which {model}'s policies cover,"
            case _:
                return f"the deletion of {model}:{self.number}"


def enough(context: Context, case: Case) -> bool:
    """Whether as many people agreed as every rule asks for; no rule is met by nobody's."""
    return bool(case.rules) and all(
        rules.met(rule, counted(context, case, rule)) for rule in case.rules
    )


def counted(context: Context, case: Case, rule: Approvals) -> tuple[Given, ...]:
    """The approvals of a case that count for a rule now."""
    return rules.counted(given(context, case), rule, own=case.own, now=ledger.now(context))


def given(context: Context, case: Case) -> tuple[Given, ...]:
    """Every approval on a basis as the ledger has it, its signature verified."""
    found: list[Given] = []
    for (seq,) in context.tx.all("approval_given", basis=case.basis):
        entry = ledger.read(context.tx, seq)
        ledger.agree(entry, GIVEN, model=case.model)
        subject = str(entry.after["subject"])
        if basis_of(context, case.kind, subject) == case.basis:
            found.append(Given(who=signed.signer(entry), at=entry.time, reason=entry.reason))
    return tuple(found)


def of(context: Context, entry: Entry) -> Case:
    """Read the case that an entry asked about."""
    after = entry.after
    basis = basis_of(context, after["kind"], after["subject"])
    made = () if after["number"] is None else _made(context, after["model"], after["number"])
    behind = (*made, *requests(context, basis))
    authors = tuple(map(signed.author, behind))
    ruling = ruling_for(context, after["kind"], after["model"], after["label"])
    unlisted = (who for policy in ruling for who in rules.unlisted(policy.authors, authors))
    return Case(
        kind=after["kind"],
        subject=after["subject"],
        basis=basis,
        model=after["model"],
        label=after["label"],
        number=after["number"],
        rules=tuple(
            rules.one_more(rule) if rules.unlisted(policy.authors, authors) else rule
            for policy in ruling
            if (rule := policy.approvals)
        ),
        own=tuple(entry.actor for entry in behind),
        unlisted=tuple(dict.fromkeys(unlisted)),
        of_secret=after["kind"] == "erasure" and _is_of_secret(context, after["subject"]),
    )


def _is_of_secret(context: Context, subject: Digest) -> bool:
    change = context.objects.get_record(subject, Proposal).change
    return isinstance(change, Erase) and change.cause == "secret"


def ruling_for(
    context: Context, kind: Covered, model: str, label: str | None
) -> tuple[Policy, ...]:
    """Find the policies in force that have people: the label's, or without one all labels'."""
    bound = (
        [policies.bound(context, model, label)]
        if label is not None
        else policies.of_model(context, model)
    )
    found = (info.policy for info in bound if info is not None)
    return tuple(
        policy
        for policy in found
        if policy.approvals and (kind not in OPTIONAL or kind in policy.approvals.covers)
    )


def _made(context: Context, model: str, number: int) -> tuple[Entry, ...]:
    """The entries of a version, and of the run that made it."""
    row = context.tx.one("version_by_number", model=model, number=number)
    if row is None:
        return ()
    registered = ledger.read(context.tx, row.registered)
    made_by = registered.after["run"]
    started = [
        ledger.read(context.tx, run.started)
        for run in (context.tx.all("run_by_id", prefix=made_by) if made_by else ())
    ]
    return (registered, *started)


def basis_of(context: Context, kind: Covered, subject: Digest) -> Digest:
    """What must stay the same for approvals to hold."""
    if kind != "promotion":
        return subject
    return gates.basis(context.objects.get_record(subject, Decision))


def requests(context: Context, basis: Digest) -> tuple[Entry, ...]:
    """Read every request on a basis, oldest first."""
    rows = context.tx.all("approval_by_basis", basis=basis)
    return tuple(read(context, row[0]) for row in rows)


def request(context: Context, reference: str) -> Entry:
    """Find the newest request by the digest of what it is about, or the beginning of it."""
    rows = context.tx.all(
        "approval_by_subject", pattern=decisions.pattern(reference, "request")
    )
    if not rows:
        raise NotFound(
            f"nobody asked for an approval of {reference[:_DIGITS]}; `cairn approvals` lists "
            "what is waiting, and `cairn promote VERSION` asks where a policy wants it"
        )
    entries = [read(context, row[0]) for row in rows]
    if len({entry.after["subject"] for entry in entries}) > 1:
        raise Conflict(f"{reference} begins more than one request's digest; give more digits")
    return entries[0]


def read(context: Context, seq: int) -> Entry:
    """Read the entry of a request; raises `Corrupt` if the row that led here lies."""
    entry = ledger.read(context.tx, seq)
    ledger.agree(entry, ASKED)
    return entry
