"""What went wrong: one sentence on the error stream, or JSON, and the documented exit code."""

import os
import sys
import traceback
from contextlib import suppress

import click

from cairn.cli.text import as_json, printable, shortened
from cairn.core.errors import CairnError, Refused, Unavailable


def tell(error: CairnError) -> int:
    """Say what went wrong and what to do; returns the exit code."""
    with suppress(OSError):  # nobody listens: the exit code must do
        if _as_json(sys.argv):
            click.echo(as_json({"error": _described(error)}))
        else:
            click.echo(_sentence(error), err=True)
    return error.exit_code


def tell_of_system(error: OSError) -> int:
    """Say what the operating system refused where nobody expected it."""
    place = (
        f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    )
    reason = (error.strerror or str(error)).lower()
    return tell(Unavailable(f"{place}{reason}; put that right and run this again"))


def tell_of_bug() -> int:
    """Show the exception that is being handled to whoever can mend it."""
    traceback.print_exc()
    click.echo("cairn: this is a bug in Cairn: please report what stands above", err=True)
    return CairnError.exit_code


def drop_unwritten() -> None:
    """Forget output that cannot be written: Python would try once more and exit with 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _as_json(words: list[str]) -> bool:
    """Tell whether `--json` was asked of us, and not of a command behind `--`."""
    return "--json" in (words[: words.index("--")] if "--" in words else words)


def _described(error: CairnError) -> dict[str, str]:
    report, fix = (error.report, error.fix) if isinstance(error, Refused) else ("", "")
    return {"kind": error.kind, "message": str(error), "report": report, "fix": fix}


def _sentence(error: CairnError) -> str:
    text = f"cairn: {shortened(str(error))}"
    if isinstance(error, Refused) and error.report:
        text += f"\n\n{error.report}"
    if isinstance(error, Refused) and error.fix:
        lines = [f"  {line}" for line in error.fix.splitlines()]
        text += "\n\n" + "\n".join(["What to do:", *lines])
    return printable(text)
