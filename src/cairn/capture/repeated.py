"""What two trainings of one version have in common, and why they differ: the verdict.

Causes come before their effects: code, then data, then the environment and the machine, then
seeds. What a script makes in memory differs because of these, so it is named last.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from msgspec.structs import replace

from cairn.capture.manifest import Built
from cairn.core.difference import Difference
from cairn.core.digest import canonical
from cairn.core.errors import CairnError
from cairn.core.name import Text
from cairn.core.reproduction import MOST_NAMED, Outcome
from cairn.core.run import RunFacts
from cairn.core.version import Artifacts, Manifest, Version
from cairn.data.version_diff import diff_manifests
from cairn.flavors.golden import HEADER, read_golden
from cairn.objects.folders.tree import restore_tree
from cairn.project import Project

TOLERANCE = 1e-6
"""By how much golden predictions may differ (absolute) and still be called equal."""
LONGEST = 300
_FIRST = ("code", "data", "features", "environment", "seeds", "parameters", "fields")
_UNKNOWN = (
    "nothing that is recorded differs: it may be the number of threads, the order of sums in "
    "parallel, or something that nobody saw"
)


class Compared(NamedTuple):
    """The outcome, what was compared, and what differs, first cause first."""

    outcome: Outcome
    measure: Text
    causes: tuple[Text, ...]


def compare(
    project: Project, version: Version, facts: RunFacts, made: Built | None, again: RunFacts
) -> Compared:
    """Compare a version with the model that came of training it again."""
    if made is None:
        why = (
            f"the command ended with exit code {again.exit_code}"
            if again.exit_code
            else "the command ended well and wrote no model"
        )
        return Compared("failed", "no model came of it", (why,))
    if made.digest == version.digest:
        return Compared("identical", "the digest of the version", ())
    manifest = project.objects.get_record(made.digest, Manifest)  # spelled as the version is
    outcome, measure = _weights(project, version.manifest.artifacts, manifest.artifacts)
    named = list(_causes(project, version, facts, manifest, again, outcome=outcome))
    causes = tuple(one[:LONGEST] for one in named[:MOST_NAMED])
    return Compared(outcome, measure, causes or (_UNKNOWN,))


def _weights(
    project: Project, before: Artifacts | None, after: Artifacts | None
) -> tuple[Outcome, Text]:
    """Compare weights by their bytes, else by what the new ones say to the golden rows."""
    if before is None or after is None:
        return "different", "the version has no weights" if before is None else "no weights"
    if before.tree == after.tree:
        return "equal", "the weights are the same, byte for byte"
    if before.golden is None:
        return "different", "the weights have other bytes, and there are no golden predictions"
    with TemporaryDirectory(prefix="cairn-") as name:
        folder = Path(name)
        restore_tree(project.objects, after.tree, folder / "weights")
        restore_tree(project.objects, before.golden, folder / "golden")
        golden = read_golden(folder / "golden")
        allowed = max(golden.tolerance, TOLERANCE)
        header = folder / "golden" / HEADER
        header.unlink()
        header.write_bytes(canonical(replace(golden, tolerance=allowed)))
        return _predictions(folder, golden.rows, allowed)


def _predictions(folder: Path, rows: int, allowed: float) -> tuple[Outcome, Text]:
    from cairn import flavors  # with it much else

    try:
        flavors.loads_back(folder / "weights", folder / "golden")
    except CairnError as error:
        return "different", f"the weights have other bytes; {error}"[:LONGEST]
    return "equal", f"all {rows} golden predictions are within {allowed:g} of the version's"


def _causes(
    project: Project,
    version: Version,
    facts: RunFacts,
    made: Manifest,
    again: RunFacts,
    *,
    outcome: Outcome,
) -> Iterator[Text]:
    found = list(diff_manifests(project, version.manifest, made))
    early = [one for one in found if one.part in _FIRST and not _in_memory(one)]
    for part in _FIRST:
        yield from (_line(one) for one in early if one.part == part)
        if part == "environment":
            yield from _machine(facts, again)
        if part == "seeds" and outcome == "different":
            yield from (f"unseeded: {name}" for name in version.manifest.unseeded)
    yield from (_line(one) for one in found if _in_memory(one))


def _in_memory(one: Difference) -> bool:
    """Tell data that has no path: the script made it, and would make it again."""
    return one.part == "data" and " " not in one.what


def _machine(facts: RunFacts, again: RunFacts) -> Iterator[Text]:
    """Name what is another machine's; it is not part of a version."""
    if facts.host is None or again.host is None:
        return
    for what in ("cpu", "cores", "drivers"):
        before, after = getattr(facts.host, what), getattr(again.host, what)
        if before != after:
            yield f"hardware: {what} {before} -> {after}"


def _line(one: Difference) -> Text:
    return f"{one.part}: {one.what} {one.before} -> {one.after}"
