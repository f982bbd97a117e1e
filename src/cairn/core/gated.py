"""Gated labels: what `production`, and whatever a project lists, demands of any version.

1. Files that can run code are taken on no terms, whatever the policy says.
2. Files of which nobody knows whether they can need names that the project trusts, or a waiver
   that somebody else reviews: before the move where the policy has people, else after it.
3. An incomplete version needs a waiver, and so does one that does not say the nine fields, or
   those that the project requires now.
4. Without a policy nothing moves, unless somebody says that and why; it is an override.
"""

import re
from collections.abc import Collection, Mapping, Sequence

from cairn.core import required
from cairn.core.errors import Invalid, Refused
from cairn.core.gate import Policy
from cairn.core.label import MoveLabel
from cairn.core.name import LabelName, shown
from cairn.core.version import Version

ALWAYS: LabelName = "production"
_FOREIGN = re.compile(r"it names (?P<names>.+), which the allow-list does not")


def demand(
    asked: MoveLabel, candidate: Version, policy: Policy | None, *, trusted: Collection[str]
) -> bool:
    """Raise `Refused` for what a gated label does not take; say whether a waiver covers files.

    `trusted` are the names of classes, and formats, that the project vouches for.
    """
    waived = _files(asked, candidate, policy, trusted=trusted)
    if policy is None:
        _without_policy(asked, candidate)
    if asked.override is None:  # it is reviewed afterwards, whatever lacks
        required.recheck(
            candidate, asked.label, fields=asked.required, waived=bool(asked.waiver)
        )
    return waived


def ungated(asked: MoveLabel, policy: Policy | None, *, is_gated: bool) -> None:
    """Raise `Invalid` where there is nothing that `ungated` could go without."""
    if asked.ungated and policy is not None:
        raise Invalid(
            f"{asked.label} has a policy, so nothing moves there ungated; whom it names under "
            "`override` can go against it (--override)"
        )
    if asked.ungated and not is_gated:
        raise Invalid(f"{asked.label} asks for no gate: promote without --ungated")


def untrusted(
    reasons: Sequence[str], formats: Mapping[str, str], trusted: Collection[str]
) -> list[str]:
    """List the findings of a scan for which no trusted name answers.

    A finding that only names classes is answered by all of those names; another one by the
    format of its file: `pickle`.
    """
    return [reason for reason in reasons if not _answered(reason, formats, trusted)]


def _answered(reason: str, formats: Mapping[str, str], trusted: Collection[str]) -> bool:
    path, _, finding = reason.partition(": ")
    if named := _FOREIGN.fullmatch(finding):
        return set(named["names"].split(", ")) <= set(trusted)
    harmless = finding.startswith("it is a program")
    return harmless and formats.get(path) in trusted


def _files(
    asked: MoveLabel, candidate: Version, policy: Policy | None, *, trusted: Collection[str]
) -> bool:
    safety, artifacts = candidate.safety, candidate.manifest.artifacts
    name = f"the files of {candidate.name}"
    if safety == "safe":
        return False
    if safety is None or artifacts is None:
        raise Refused(
            f"{name} were not judged by this store, and {asked.label} takes nothing unjudged",
            fix=f"`cairn gate check {candidate.name} {asked.label}` judges them",
        )
    found = candidate.verdict.reasons if candidate.verdict else artifacts.reasons
    left = untrusted(found, artifacts.formats, trusted)
    if found and not left:
        return False
    why = "; ".join(left) or "Cairn does not know their format"
    safer = "save the model in a format that cannot run code; `cairn run` does where it can"
    trust = 'or name what you trust in cairn.toml: trust = ["package.module.Class"]'
    if safety == "unsafe":
        raise Refused(
            f"{name} can run code, and {asked.label} takes none that can: {why}",
            fix=f"{safer}\n{trust}, if the names are all that was found",
        )
    if asked.override is not None:
        return False  # it is reviewed afterwards, whatever is in it
    if not asked.waiver:
        raise Refused(
            f"nobody knows whether {name} can run code: {why}",
            fix=f"{safer}\n{trust}\nor accept it, for somebody else to review: "
            f"`cairn promote {candidate.name} {asked.label} --waiver REASON`",
        )
    if policy is not None and policy.approvals is None:
        raise Refused(
            f"a waiver for {name} is reviewed by somebody else, and the policy of "
            f"{asked.label} names nobody",
            fix=f"say who: `approvals` in the policy, then "
            f"`cairn gate set {shown(asked.model)}@{asked.label} FILE`\n{trust}",
        )
    return True


def _without_policy(asked: MoveLabel, candidate: Version) -> None:
    model = shown(asked.model)
    if not asked.ungated:
        raise Refused(
            f"{asked.label} of {model} has no policy: nothing says what a version must show",
            fix=f"write one: `cairn gate new {model}`\n"
            f"and bind it: `cairn gate set {model}@{asked.label} gates/{_file(model)}.yaml`\n"
            f"or go without: `cairn promote {candidate.name} {asked.label} --ungated "
            "--reason WHY`",
        )
    if not asked.reason:
        raise Refused(
            f"{asked.label} of {model} has no policy: whoever moves it ungated has to say why",
            fix=f"`cairn promote {candidate.name} {asked.label} --ungated --reason WHY`",
        )
    if not candidate.complete and not asked.waiver:
        gaps = "; ".join(f"{gap.field}: {gap.reason}" for gap in candidate.gaps)
        raise Refused(
            f"{candidate.name} is incomplete: {gaps}",
            fix=f"accept the gaps: `cairn promote {candidate.name} {asked.label} --ungated "
            "--reason WHY --waiver REASON`",
        )


def _file(model: str) -> str:
    return model.rpartition("/")[2]
