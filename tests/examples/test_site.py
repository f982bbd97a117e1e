"""The site of the documentation has every page, and the start page names them."""

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def targets(entries: Any) -> list[str]:
    """Every page below a part of the navigation."""
    if isinstance(entries, str):
        return [entries]
    parts = entries.values() if isinstance(entries, dict) else entries
    return [page for part in parts for page in targets(part)]


def test_its_navigation_has_each_page_once_but_those_of_single_decisions() -> None:
    settings = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]

    there = {page.relative_to(ROOT).as_posix() for page in pages}
    single = {page for page in there if page.startswith("docs/design/accepted/")}

    assert sorted(targets(settings["project"]["nav"])) == sorted(there - single)


def test_the_start_page_names_each_page_of_the_guide() -> None:
    page = (ROOT / "docs" / "README.md").read_text("utf-8")

    named = set(re.findall(r"\(guide/([\w-]+)\.md\)", page))

    assert named == {file.stem for file in (ROOT / "docs" / "guide").glob("*.md")}


def test_each_decision_has_a_number_of_its_own_and_a_row_in_the_index() -> None:
    folder = ROOT / "docs" / "design"
    pages = [page.name for page in (folder / "accepted").glob("*.md")]

    listed = re.findall(
        r"\(accepted/([\w-]+\.md)\)", (folder / "README.md").read_text("utf-8")
    )

    assert listed == sorted(pages)
    assert len({name[:4] for name in pages}) == len(pages)
