"""`cairn move-objects`: the bytes of a store in another place."""

import click

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.progress import progress
from cairn.cli.text import size
from cairn.core.words import counted


@click.command("move-objects")
@click.argument("place")
@click.option("--from", "source", metavar="PLACE", help="Where they lie, if not as set.")
@shown
def move_objects(place: str, *, source: str | None) -> Shown:
    """Move the bytes to PLACE: s3://..., gs://..., az://..., or `store`, the store's folder.

    They are copied and verified, then cairn.toml names PLACE; ended early, it goes on where it
    was. The old place stays as it is: moving there again is the way back.
    """
    with progress("copying") as report:
        done = cairn.open().move_objects(place, source=source, on_progress=report)
    old, new = done.source or "store", done.target or "store"
    objects = counted(done.objects, "object")
    text = (
        f"{objects} of {old} lie in {new}: {done.copied:,} copied now "
        f"({size(done.copied_bytes)}), every byte verified on its way\n"
        f"cairn.toml says so: commit it. What began before writes to {old} until it ends; "
        f"then `cairn move-objects {new} --from {old}` takes that along\n"
        f"{old} is as it was, with what will be erased from now on; the way back: "
        f"`cairn move-objects {old}`"
    )
    return Shown(done, text)
