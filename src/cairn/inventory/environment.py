"""Files that say which software a training needs, and whether they leave versions open."""

import re

import msgspec

from cairn.core.errors import Invalid
from cairn.core.request import convert
from cairn.inventory.findings import EnvironmentFile
from cairn.inventory.settings import document
from cairn.inventory.walk import Unreadable

LONGEST_LINE = 1000  # what is longer was not written by people; matching it takes too long


class _Conda(msgspec.Struct):
    """What matters of an `environment.yml`."""

    dependencies: list[str | dict[str, list[str]]]

    @property
    def packages(self) -> list[str]:
        """List conda's packages and pip's alike."""
        lists = [
            [item] if isinstance(item, str) else item.get("pip", [])
            for item in self.dependencies
        ]
        return [name for names in lists for name in names if name != "pip"]


_KINDS = (
    (
        r"(?:requirements|constraints)[^/]*\.(?:txt|in|lock)|requirements/[^/]+\.txt",
        "requirements",
    ),
    (
        r"(?:conda-lock|pixi)[^/]*|uv\.lock|poetry\.lock|pdm\.lock|Pipfile\.lock|pylock[^/]*",
        "lock",
    ),
    (r"(?:environment|conda)[^/]*\.ya?ml", "conda environment"),
    (r"(?:[^/]*\.)?[Dd]ockerfile[^/]*|[Cc]ontainerfile[^/]*", "container"),
    (r"pyproject\.toml|setup\.py|setup\.cfg|Pipfile", "package"),
    (r"\.python-version|runtime\.txt", "python version"),
)
_PATTERNS = tuple((re.compile(rf"(?:^|/)(?:{pattern})$"), kind) for pattern, kind in _KINDS)
_PINNED = re.compile(
    r"[^#;@<>~!=]+===?\s*[^*,\s;#]+\s*(?:[;#].*|--hash.*|\\)?|.+@\s*\S+@[0-9a-f]{40}.*"
)
_CONDA_PINNED = re.compile(r"[^=<>~!*]+==?[^=<>~!*]+(?:=[^=*]+)?")
_FROM = re.compile(r"(?im)^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?")


def environment_kind(name: str) -> str | None:
    """Tell what kind of description a file is, going by its name."""
    return next((kind for pattern, kind in _PATTERNS if pattern.search(name)), None)


def environment_file(name: str, kind: str, content: bytes) -> EnvironmentFile:
    """Say how much of its software a file leaves open."""
    text = content.decode("utf-8", "replace")
    match kind:
        case "requirements":
            return _listed(name, kind, _requirements(text), _PINNED)
        case "conda environment":
            return _listed(name, kind, _conda(name, content), _CONDA_PINNED)
        case "container":
            return _container(name, text)
        case "package":
            note = "says which versions would do, not which were there"
            return EnvironmentFile(path=name, kind=kind, exact=False, note=note)
        case "python version":
            note = text.strip()[:50]
            return EnvironmentFile(path=name, kind=kind, exact=False, note=note)
        case _:
            return EnvironmentFile(path=name, kind=kind, exact=True)


def _listed(
    name: str, kind: str, lines: list[str], pinned: re.Pattern[str]
) -> EnvironmentFile:
    exact = sum(
        len(line) <= LONGEST_LINE and pinned.fullmatch(line) is not None for line in lines
    )
    note = f"{exact} of {len(lines)} packages have an exact version"
    return EnvironmentFile(path=name, kind=kind, exact=0 < len(lines) == exact, note=note)


def _requirements(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def _conda(name: str, content: bytes) -> list[str]:
    try:
        return convert(document(name, content), _Conda).packages
    except Invalid as error:
        raise Unreadable(f"is not a conda environment: {error}") from error


def _container(name: str, text: str) -> EnvironmentFile:
    stages = {stage for _, stage in _FROM.findall(text) if stage}
    images = [image for image, _ in _FROM.findall(text) if image not in stages | {"scratch"}]
    exact = bool(images) and all("@sha256:" in image for image in images)
    open_ones = [image for image in images if "@sha256:" not in image]
    note = f"built from {open_ones[0]}, a tag that can move" if open_ones else ""
    return EnvironmentFile(path=name, kind="container", exact=exact, note=note[:200])
