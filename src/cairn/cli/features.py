"""`cairn features`: would a model be served with the features it was trained with?"""

from pathlib import Path

import click

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.text import table
from cairn.core.errors import Refused
from cairn.core.words import counted
from cairn.data.comparison.column_diff import ColumnDiff
from cairn.data.features import FeatureSkew, RowSkew


@click.group()
def features() -> None:
    """Compare features here with those that a version was trained with."""


@features.command()
@click.argument("version")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where the feature files are; the project if not given.",
)
@click.option(
    "--rows",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Logged requests, CSV or Parquet, to compare with the training data instead.",
)
@shown
def check(version: str, *, folder: Path | None, rows: Path | None) -> Shown:
    """Say which feature files differ from VERSION's, or how logged rows do; 6 if any."""
    registry = cairn.open()
    if rows is not None:
        return _rows(registry.check_rows(version, rows))
    return _files(registry.check_features(version, folder))


def _files(found: FeatureSkew) -> Shown:
    if not found.is_skewed:
        text = f"the {found.files} feature files here are those of {found.version}"
        return Shown(found, text)
    rows = [
        *(("changed", path) for path in found.changed),
        *(("missing", path) for path in found.missing),
        *(("new", path) for path in found.added),
    ]
    differ = "differs" if len(rows) == 1 else "differ"
    text = (
        f"{counted(len(rows), 'feature file')} {differ} from those of {found.version}\n\n"
        f"{table(('what', 'file'), rows)}\n\n"
        "serve it with the files it was trained with, or train it again with these"
    )
    return Shown(found, text, Refused.exit_code)


def _rows(found: RowSkew) -> Shown:
    rows = [
        *(("missing", name, kind) for name, kind in found.missing.items()),
        *(("another type", name, kinds) for name, kinds in found.retyped.items()),
        *(("new", name, kind) for name, kind in found.added.items()),
        *(
            ("moved", column.name, _moved(column))
            for column in found.columns
            if column.shifted
        ),
    ]
    head = f"{found.logged:,} logged rows beside the {found.trained:,} of {found.version}"
    if not rows:
        return Shown(found, f"{head}: the same columns, and no more than a little moved")
    code = Refused.exit_code if found.is_skewed else 0
    return Shown(found, f"{head}\n\n{table(('what', 'column', 'how'), rows)}", code)


def _moved(column: ColumnDiff) -> str:
    return f"PSI {column.psi:.3f}: {column.typical_before} -> {column.typical_after}"
