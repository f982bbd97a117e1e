"""The manifest of one saved model, put together from what the run left."""

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

import msgspec

from cairn.capture.events import Companion, Examples, Journal, NotStored, Saved, Split
from cairn.capture.gaps import clipped_gap
from cairn.capture.manifest import Built, Shared, gap_order, input_order, merged
from cairn.capture.models import examples
from cairn.capture.models.artifacts import Stored, store_saved
from cairn.capture.models.decisions import decided
from cairn.capture.models.readable import add_readable_table
from cairn.capture.parameters import plain_scalars, seeds_of
from cairn.capture.secret_files import held_below
from cairn.capture.secrets import clean_gap
from cairn.capture.touched import Touched, moved_to
from cairn.core.errors import CairnError
from cairn.core.evaluation import EvaluationInfo
from cairn.core.name import shown
from cairn.core.run import Gap, Input
from cairn.core.snapshot import SnapshotInfo
from cairn.core.version import Manifest
from cairn.data.evaluation import ids_key, record_evaluation
from cairn.data.in_memory import snapshot_derived
from cairn.project import Project

_BY_SCRIPT = "the script"


class Making:
    """One model on its way: its inputs and gaps so far."""

    def __init__(
        self,
        project: Project,
        journal: Journal,
        shared: Shared,
        *,
        saved: Saved,
        room: Path,
        files: Touched,
    ) -> None:
        self._project = project
        self._journal = journal
        self._shared = shared
        self._saved = saved
        self._room = room
        self._files = files
        self._inputs = list(shared.manifest.inputs)
        self._gaps = list(shared.manifest.gaps)
        self._unevaluated: list[Gap] = []
        self._decided: dict[str, float] = {}
        self._notes: list[str] = []

    def make(self, path: str) -> Built:
        """Store everything about the model and its manifest."""
        stored = store_saved(
            self._project.objects,
            self._saved,
            room=self._room,
            outputs=self._files.outputs,
            checklist=self._project.settings.model(self._shared.model).checklist,
            known=self._shared.known,
        )
        self._gaps += stored.gaps
        measured = examples.measured(self._journal, self._saved)
        self._gaps += measured.gaps
        self._gaps += self._left_behind(path)
        self._freeze(self._saved.frame, role="train")
        evaluations = [*self._told(stored), *self._evaluate(measured.heldout, stored)]
        manifest = self._manifest(stored, measured, evaluations)
        digest = self._project.objects.put_record(manifest)
        notes = (*measured.notes, *self._notes)
        if measured.heldout is not None:
            notes += examples.overlap_note(measured.heldout)
        gaps = tuple(self._unevaluated)
        return Built(path, manifest, digest, measured.undefined, notes, gaps)

    def _left_behind(self, path: str) -> list[Gap]:
        """Name what prepares inputs or reads outputs and lies beside the model only."""
        checklist = self._project.settings.model(self._shared.model).checklist
        found = {
            place: event.kind
            for event in self._journal.of(Companion)
            if (place := moved_to(self._journal.events, event.path)).is_file()
            and not any(fnmatch(place.name, pattern) for pattern in checklist)
        }
        return [
            clipped_gap(
                "artifacts",
                f"{place.name} ({kind}) was saved beside {path} and is not part of it",
                fix=f"put it into one Pipeline with the model, or write checklist = "
                f'["{place.name}"] under [model."{shown(self._shared.model)}"] in cairn.toml',
            )
            for place, kind in sorted(found.items())
        ]

    def _told(self, stored: Stored) -> list[EvaluationInfo]:
        """Record the evaluations that the script itself handed over."""
        artifacts = stored.artifacts
        return [
            record_evaluation(
                self._project,
                artifacts=artifacts.tree,
                snapshot=told.snapshot,
                scorer=told.scorer,
                predictions=told.predictions,
            )
            for told in self._shared.told.evaluations
            if artifacts is not None
        ]

    def _evaluate(self, heldout: Examples | None, stored: Stored) -> list[EvaluationInfo]:
        if heldout is None:
            return []
        if leak := examples.leak(heldout):
            self._gaps.append(leak)
        if heldout.frame is not None:
            folder = self._room / "frames" / heldout.frame
            add_readable_table(folder, label=heldout.label)
        snapshot = self._freeze(heldout.frame, role="test")
        if snapshot is None or stored.artifacts is None:
            return []
        settings = self._project.settings.model(self._shared.model).evaluation
        made = examples.record(
            self._project,
            artifacts=stored.artifacts.tree,
            snapshot=snapshot.digest,
            examples=heldout,
            room=self._room,
            groups=settings.groups if settings else (),
            key=ids_key(self._project, settings),
        )
        if isinstance(made, Gap):
            self._unevaluated.append(made)
            return []
        self._decided, notes = decided(self._room, heldout)
        self._notes += notes
        return [made]

    def _freeze(self, frame: str | None, *, role: str) -> SnapshotInfo | None:
        """Freeze rows that were in memory only, as made from the files that the run read."""
        if frame is None:
            self._gaps += self._not_stored(role)
            return None
        folder = self._room / "frames" / frame
        if held := held_below(folder, self._shared.known):
            self._gaps.append(_not_frozen(role, held))
            return None
        split = next((event.by for event in self._journal.of(Split)), _BY_SCRIPT)
        try:
            found = snapshot_derived(
                self._project,
                folder,
                by=split,
                of=[i.snapshot for i in self._shared.manifest.inputs if i.role == "input"],
            )
        except CairnError as error:
            self._gaps.append(_not_frozen(role, str(error)))
            return None
        self._inputs.append(Input(role=role, snapshot=found.digest))  # pyright: ignore[reportArgumentType] (the record checks the role)
        return found

    def _not_stored(self, role: str) -> list[Gap]:
        reasons = sorted({event.reason for event in self._journal.of(NotStored)})
        return [_not_frozen(role, reason) for reason in reasons]

    def _manifest(
        self,
        stored: Stored,
        measured: examples.Measured,
        evaluations: Sequence[EvaluationInfo],
    ) -> Manifest:
        shared = self._shared.manifest
        own = plain_scalars(
            self._saved.parameters, root=self._shared.root, known=self._shared.known
        )
        metrics: dict[str, float] = {}
        for found in evaluations:
            metrics |= found.evaluation.metrics
        return msgspec.structs.replace(
            shared,
            artifacts=stored.artifacts,
            signature=stored.signature,
            inputs=tuple(sorted(set(self._inputs), key=input_order)),
            parameters={**shared.parameters, **own},
            seeds=merged(shared.seeds, seeds_of(own)),
            metrics=metrics | self._decided | measured.metrics | self._shared.told.metrics,
            evaluations=tuple(sorted({found.digest for found in evaluations})),
            gaps=tuple(sorted(self._clean_gaps(), key=gap_order)),
        )

    def _clean_gaps(self) -> set[Gap]:
        return {clean_gap(gap, self._shared.known) for gap in self._gaps}


def _not_frozen(role: str, reason: str) -> Gap:
    return clipped_gap(
        "inputs",
        f"the rows in memory that were used to {role} could not be frozen: {reason}",
        fix="read them from a file in the project",
    )
