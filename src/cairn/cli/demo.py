"""`cairn demo`: the nine steps on real data."""

import sys
from pathlib import Path

import click

from cairn.cli.app import Shown, shown


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@shown
def demo(folder: Path | None) -> Shown:
    """Walk the nine steps on 336,776 real flights, in a new FOLDER (a temporary one)."""
    from tempfile import mkdtemp

    from cairn.demo import tell

    out = sys.stderr if click.get_current_context().params["json"] else sys.stdout
    return Shown(tell(folder or Path(mkdtemp(prefix="cairn-demo-")), out), "")
