"""Where a lake's table lies, as it is recorded: without anybody's credentials."""

import re
from pathlib import Path

from cairn.project import Project

_LOGIN = re.compile(r"(?<=://)[^/@]*@")


def recorded(project: Project, location: str) -> str:
    """Spell a location for the record: within the project if it lies there."""
    if "://" in location:
        return _LOGIN.sub("", location).partition("?")[0].rstrip("/")
    place, folder = Path(location).resolve(), project.settings.folder.resolve()
    return str(place.relative_to(folder) if place.is_relative_to(folder) else place)
