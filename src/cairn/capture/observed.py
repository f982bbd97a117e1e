"""A run that has ended, as it was observed: everything that facts are made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cairn.capture.events import Journal
from cairn.capture.project.code import Before
from cairn.capture.script import Ended
from cairn.capture.told import Told
from cairn.core.name import ModelName


@dataclass(frozen=True)
class Observed:
    """What was run, in which code, and what its processes and the script itself said."""

    model: ModelName
    command: tuple[str, ...]
    folder: Path
    before: Before
    journal: Journal
    room: Path
    ended: Ended
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    told: Told = field(default_factory=Told)

    @property
    def succeeded(self) -> bool:
        """Whether the command did."""
        return self.ended.status == "succeeded"
