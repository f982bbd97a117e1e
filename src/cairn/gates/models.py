"""The models that one promotion measures, each loaded once, however many checks ask for it."""

from typing import Any

from cairn.core.digest import Digest
from cairn.core.errors import Invalid, Refused
from cairn.core.version import Artifacts, Version
from cairn.project import Project
from cairn.served import serve


class Models:
    """Loads models of a project's versions, and keeps them as long as it lives itself."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._loaded: dict[tuple[Digest, bool], Any] = {}

    def load(self, version: Version, *, trust: bool = False) -> Any:
        """Give a model, every byte verified; one that could run code only with `trust`."""
        key = (artifacts_of(version).tree, trust)
        if key not in self._loaded:
            self._loaded[key] = self._load(version, trust=trust)
        return self._loaded[key]

    def _load(self, version: Version, *, trust: bool) -> Any:
        try:
            return serve(self.project.objects, version, trust=trust).model
        except Refused as error:
            raise Refused(
                f"{version.name} cannot be measured: {error}", fix=error.fix
            ) from error


def artifacts_of(version: Version) -> Artifacts:
    """Give the version's weights; raises `Invalid` if it was registered without."""
    if version.manifest.artifacts is None:
        raise Invalid(f"{version.name} has no weights, so it cannot be scored")
    return version.manifest.artifacts
