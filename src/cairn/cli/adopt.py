"""`cairn adopt`: other tools' projects, taken over where they are."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.progress import progress
from cairn.cli.text import listed, pairs, short, size, table
from cairn.core.errors import Corrupt
from cairn.core.words import counted

if TYPE_CHECKING:
    from cairn.integrations.dvc.report import Adoption, NotAdopted

LISTED = 20


@click.group()
def adopt() -> None:
    """Take over a project of another tool, in place: nothing of it is changed."""


@adopt.command()
@click.argument("project", type=click.Path(file_okay=False, path_type=Path), default=".")
@click.option(
    "--copy", is_flag=True, help="Keep the bytes here too: DVC may then delete them."
)
@shown
def dvc(project: Path, *, copy: bool) -> Shown:
    """Adopt a DVC PROJECT (this one): its data and models, in every state that git knows.

    Each file is read and compared with its MD5, which DVC itself does not do. Data is pinned
    in DVC's cache unless --copy is given. What is adopted already is not read again.
    """
    with progress(f"adopting {project}") as report:
        done = cairn.open().adopt_dvc(
            project, mode="copy" if copy else "pin", on_progress=report
        )
    code = Corrupt.exit_code if done.corrupt else 0
    return Shown(done, _told(done), code)


def _told(done: "Adoption") -> str:
    new = sum(each.is_new for each in done.data)
    files = sum(each.files for each in done.data if each.is_new)
    snapshots, versions = (
        counted(len(done.data), "snapshot"),
        counted(len(done.models), "version"),
    )
    kept = "pinned where they lie" if done.mode == "pin" else "copied here"
    head = pairs(
        [
            ("project", f"{done.project}, {counted(done.moments, 'state')} in its history"),
            (
                "data",
                f"{snapshots} ({new} new, {counted(files, 'file')} in them), {kept}",
            ),
            (
                "models",
                f"{versions} ({sum(m.is_new for m in done.models)} new)",
            ),
            ("corrupt", len(done.corrupt)),
            ("missing", len(done.missing)),
        ]
    )
    parts = [head, _data(done), _models(done), *_lacking(done), *_further(done)]
    return "\n\n".join(part for part in parts if part)


def _data(done: "Adoption") -> str:
    rows = [
        (f"snap:{d.name}", d.path, d.found_in, d.files, size(d.size_bytes), short(d.digest))
        for d in done.data
    ]
    head = ("snapshot", "output", "found in", "files", "size", "digest")
    return table(head, rows, most=LISTED, newest_last=True)


def _models(done: "Adoption") -> str:
    rows = [
        (m.version, m.path, m.found_in, m.release or "-", counted(m.gaps, "gap"))
        for m in done.models
    ]
    head = ("version", "output", "found in", "release", "known")
    return table(head, rows, most=LISTED, newest_last=True)


def _lacking(done: "Adoption") -> list[str]:
    lists: dict[str, list[NotAdopted]] = {}
    for each in done.lacking:
        lists.setdefault(each.kind, []).append(each)
    return [
        _listed(kind, lists[kind])
        for kind in ("corrupt", "missing", "unreadable", "refused")
        if kind in lists
    ]


def _listed(kind: str, found: "list[NotAdopted]") -> str:
    rows = [(each.path, each.found_in, each.reason) for each in found]
    return table((kind, "found in", "why"), rows, most=LISTED)


def _further(done: "Adoption") -> list[str]:
    copies = listed(done.damaged_copies, most=LISTED)
    lines = [f"damaged, but another copy was right: {copies}"] if copies else []
    lines += [f"note: {note}" for note in done.notes]
    steps = [f"  {step}" for step in done.next_steps]
    return ["\n".join(lines), "\n".join(["What to do next:", *steps]) if steps else ""]
