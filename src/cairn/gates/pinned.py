"""How a policy pinned that versions are scored, held against what `cairn.toml` says now."""

from cairn.config import EvaluationSettings
from cairn.core.digest import digest_bytes
from cairn.core.errors import CairnError, NotFound
from cairn.core.evaluation import Scorer
from cairn.core.gate import GetPolicy
from cairn.core.name import LabelName, ModelName, shown
from cairn.gates.scorer import source_file
from cairn.project import Project


def differing(project: Project, model: ModelName, label: LabelName) -> tuple[str, ...]:
    """Name the settings in `cairn.toml` that are others than the policy of a label pinned."""
    settings = project.settings.model(model).evaluation
    try:
        pinned = project.engine.send(GetPolicy(model=model, label=label)).policy.scorer
    except NotFound:
        return ()
    if pinned is None:
        return ()
    if settings is None:
        return (f"[model.{shown(model)}.evaluation] is gone",)
    scorer = project.objects.get_record(pinned, Scorer)
    return (*_fields(settings, scorer), *_sources(project, scorer))


def told(project: Project, model: ModelName, label: LabelName) -> list[str]:
    """Say in a line that other settings were used than stand in `cairn.toml`, if so."""
    names = differing(project, model, label)
    if not names:
        return []
    where = f"{shown(model)}@{label}"
    sentence = (
        f"scored as it was pinned to {where}; cairn.toml says otherwise now: "
        f"{', '.join(names)} (`cairn gate set {where} FILE` pins what it says)"
    )
    return [sentence]


def _fields(settings: EvaluationSettings, scorer: Scorer) -> list[str]:
    now: dict[str, tuple[object, object]] = {
        "label": (settings.label, scorer.label),
        "id": (settings.id, scorer.id),
        "groups": (settings.groups, scorer.groups),
        "drop": (settings.drop, scorer.drop),
        "file": (settings.file, scorer.data),
        "unit": (settings.unit, scorer.unit),
        "weight": (settings.weight, scorer.weight),
        "values": (settings.values, scorer.values),
        "metrics": (settings.metrics, scorer.metrics),
        "hash_ids": (settings.hash_ids, bool(scorer.ids_key)),
        # What the settings leave open was found out from the labels.
        "score": (settings.score or scorer.score, scorer.score),
        "task": (settings.task or scorer.task, scorer.task),
    }
    return [name for name, (said, pinned) in now.items() if said != pinned]


def _sources(project: Project, scorer: Scorer) -> list[str]:
    """Name the files of the project's own functions that are not as they were pinned."""
    pairs = ((scorer.score, scorer.source), (scorer.metrics or "", scorer.metrics_source))
    return [
        f"the file of {named}"
        for named, source in pairs
        if source is not None and _now(project, named) != source
    ]


def _now(project: Project, named: str) -> str:
    try:
        path = source_file(project.settings.folder, named.partition(":")[0])
        return digest_bytes(path.read_bytes())
    except (CairnError, OSError):
        return ""
