"""Ask what has to be measured before a candidate is judged; imports nothing slow."""

from cairn import identity
from cairn.core.evaluation import Scorer
from cairn.core.gate import FindUnmeasured, Unmeasured
from cairn.core.name import LabelName
from cairn.core.version import Version
from cairn.project import Project


def lacking(
    project: Project, version: Version, *, label: LabelName, scorer: Scorer | None = None
) -> Unmeasured:
    """Read what the policy of a label needs, if it has one, and nobody has stored."""
    return project.engine.send(
        FindUnmeasured(
            model=version.model,
            label=label,
            version=version.digest,
            key=identity.public(),
            scorer=scorer,
        )
    )
