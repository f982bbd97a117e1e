"""The guide, typed from its first page to its last in one project."""

import re
import subprocess
from pathlib import Path

import pytest

from projects.shell import Shell
from suite import warm

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
PAGES = (
    "README",
    "inventory",
    "snapshots",
    "data",
    "runs",
    "secrets",
    "versions",
    "gates",
    "approvals",
    "labels",
    "ledger",
    "changes",
    "sweep",
    "push-and-pull",
    "guard",
    "erasing-a-person",
    "lakes",
    "adopt-dvc",
    "storage",
    "backends",
)


def typed() -> str:
    """Collect the shell blocks of all pages, in the order in which people read them."""
    guide = "\n".join((GUIDE / f"{page}.md").read_text() for page in PAGES)
    blocks = re.findall(r"```sh\n(.*?)```", guide, re.DOTALL)
    assert len(blocks) > len(PAGES)
    return "\n".join(blocks)


@pytest.mark.costly("a hundred commands and five trainings, as the guide has them")
def test_every_command_of_the_guide_does_what_the_page_says(tmp_path: Path) -> None:
    folder = tmp_path / "guide"
    folder.mkdir()
    environment = Shell(folder).environment()
    environment["PATH"] = warm.path(tmp_path / "bin")

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", typed()],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_every_page_of_the_guide_is_typed() -> None:
    assert {f"{page}.md" for page in PAGES} == {path.name for path in GUIDE.glob("*.md")}
