"""Runs: a training is watched, and what came of it becomes a version with a label."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from cairn.core.errors import CairnError, Invalid
from cairn.core.label import STAGING
from cairn.core.reproduction import ListReproductions, Reproduction
from cairn.core.run import Scalar
from cairn.core.version import Version
from cairn.registry.label import WithLabels

if TYPE_CHECKING:
    from cairn.capture.models.word import Word
    from cairn.capture.run import RunOutcome


class WithRuns(WithLabels):
    """What is done with runs: `staging` moves to each new version (R106)."""

    def run_command(
        self,
        model: str,
        command: Sequence[str],
        *,
        on_line: Callable[[str], None] | None = None,
        data: Iterable[Path] = (),
        fields: Mapping[str, Scalar] | None = None,
        require_version: bool = False,
        tell: Callable[[str], None] | None = None,
        recording: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> "RunOutcome":
        """Run `command` in the working folder, capture it, and register the model it saved.

        `data` are folders outside the project whose files count as its data, `fields` what
        `cairn.toml` requires on top. Raises `Invalid` if the command cannot be run at all;
        that it fails is part of the outcome. If git has no commit to record, `tell` is told
        before it starts; with `require_version` it does not start, and that is `Refused`.
        What comes after the command happens within `recording`.
        """
        from cairn.capture.run import SHOWN_ID, run_command

        outcome = run_command(
            self,
            model,
            command,
            on_line=on_line,
            data=data,
            fields=fields,
            require_version=require_version,
            tell=tell,
            recording=recording,
        )
        if outcome.version is None or not outcome.is_new:
            return outcome
        with recording():
            short = outcome.run.id[:SHOWN_ID]
            staged = stage(self, outcome.version, reason=f"registered by run {short}")
            version = self.version(outcome.version.name)
        return replace(outcome, version=version, notes=(*outcome.notes, *staged))

    def reproduce(
        self,
        version: str,
        *,
        trust: bool = False,
        keep: str | PathLike[str] | None = None,
        on_line: Callable[[str], None] | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> Reproduction:
        """Train a version again from its code and data, compare, and record the outcome.

        It runs in the environment of this process, in a folder that is removed afterwards, or
        in `keep`. Raises `Refused` for a version that was made elsewhere unless `trust`, and
        for one that lacks what training it again takes.
        """
        from cairn.capture.reproduce import reproduce

        found, place = self.version(version), None if keep is None else Path(keep)
        return reproduce(self, found, trust=trust, keep=place, on_line=on_line, tell=tell)

    def reproductions(self, version: str) -> tuple[Reproduction, ...]:
        """Read what came of training a version again, newest first."""
        found = self.version(version)
        asked = ListReproductions(model=found.model, version=found.digest)
        return self.engine.send(asked)

    def register(
        self,
        source: str | PathLike[str],
        model: str | None = None,
        word: "Word | None" = None,
        *,
        artifact: str | None = None,
        retroactive: bool = False,
    ) -> Version:
        """Make a version of a captured run (`run:...`), or of a file or folder of weights.

        `artifact` is the file to take if the run wrote several, `word` what somebody says that
        was not seen. With `retroactive` the rest are gaps, and `staging` stays where it is.
        """
        from cairn.capture.models.word import NOTHING
        from cairn.capture.register import register_path, register_run

        said, place = word or NOTHING, fspath(source)
        if place.startswith("run:"):
            made = register_run(
                self, place, artifact=artifact, model=model, word=said, retroactive=retroactive
            )
        elif model is None:
            raise Invalid("say which model this is: `cairn register PATH --model NAME`")
        else:
            made = register_path(self, Path(place), model, said, retroactive=retroactive)
        if not made.is_for_staging:
            return made.version
        stage(self, made.version, reason="registered by hand")
        return self.version(made.version.name)


def stage(registry: WithLabels, version: Version, *, reason: str) -> tuple[str, ...]:
    """Move `staging` to a newly registered version; a refusal is told, not raised."""
    try:
        registry.promote(version.name, STAGING, reason=reason)
    except CairnError as error:
        return (f"{STAGING} was not moved to {version.name}: {error}",)
    return ()
