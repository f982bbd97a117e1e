"""`cairn reproduce`: a version is trained once more, with a verdict."""

from pathlib import Path

import click

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.text import moment, pairs, short, table
from cairn.core.errors import Refused
from cairn.core.reproduction import Reproduction

TOLD = {
    "identical": "identical: every byte of the version came again",
    "equal": "equal: as far as was compared, the same model came again",
    "different": "different: another model came of it",
    "failed": "failed: no model came of it",
}
SHOWN_ID = 12


@click.command()
@click.argument("version")
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Train in FOLDER, which is absent or empty, and leave it there.",
)
@click.option("--trust", is_flag=True, help="Run the code of a version made elsewhere.")
@click.option("--history", is_flag=True, help="Only list what came of it earlier.")
@shown
def reproduce(version: str, *, keep: Path | None, trust: bool, history: bool) -> Shown:
    """Train VERSION again from its code and data, and say if the same model comes of it.

    Its commit, patch and data are put into a folder of their own, its command runs in the
    Python environment that there is now, and the outcome is compared and recorded. Exit code
    6 says that another model came of it, or none.
    """
    registry = cairn.open()
    found = registry.version(version)
    if history:
        earlier = registry.reproductions(version)
        none = f"{found.name} was not reproduced yet; `cairn reproduce {found.name}` does it"
        return Shown(earlier, _table(earlier) or none)
    made = registry.reproduce(version, trust=trust, keep=keep, tell=_tell)
    lines = [
        ("version", f"{found.name}  {found.digest}"),
        ("run", f"run:{made.run[:SHOWN_ID]}"),
        ("outcome", TOLD[made.outcome]),
        ("compared", made.measure),
        *_causes(made),
        *((("kept", str(keep)),) if keep else ()),
    ]
    well = made.outcome in ("identical", "equal")
    return Shown(
        made,
        pairs(lines),
        0 if well else Refused.exit_code,
        beside=True,
        is_bad_news=not well,
    )


def _causes(made: Reproduction) -> list[tuple[str, str]]:
    """Name what differs; where another model came of it, the first is the likeliest cause."""
    first = "differs" if made.outcome == "equal" else "first cause"
    return [(first if n == 0 else "", one) for n, one in enumerate(made.causes)]


def _table(earlier: tuple[Reproduction, ...]) -> str:
    rows = [
        (
            moment(one.reproduced_at),
            one.reproduced_by,
            one.outcome,
            f"run:{one.run[:SHOWN_ID]}",
            short(one.made) if one.made else "-",
            one.causes[0] if one.causes else one.measure,
        )
        for one in earlier
    ]
    return table(("when", "by", "outcome", "run", "made", "why"), rows)


def _tell(line: str) -> None:
    click.echo(line, err=True)
