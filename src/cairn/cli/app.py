"""The `cairn` command: each sub-command's module is imported when it is called."""

import gc
import importlib
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import click

from cairn.cli.text import as_json, as_json_line, printable
from cairn.core.errors import CairnError, Unavailable

INTERRUPTED = 128 + 2  # as a shell reports SIGINT
RARELY = 50_000
"""So many new objects before garbage is looked for: a command that answers makes fewer."""


class Shown(NamedTuple):
    """What a command answers: a value for `--json`, the same as text, and the exit code.

    `beside` answers of a command that lets another program write, too: then JSON is the last
    line of standard output. `is_bad_news` has the text go to the error stream.
    """

    value: object
    text: str
    exit_code: int = 0
    beside: bool = False
    is_bad_news: bool = False


# Command name -> module under cairn.cli and the object in it; help text is read from there.
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("project", "init"),
    "demo": ("demo", "demo"),
    "inventory": ("inventory", "inventory"),
    "steps": ("inventory", "steps"),
    "status": ("status", "status"),
    "doctor": ("doctor", "doctor"),
    "config": ("doctor", "config"),
    "help": ("help", "explain"),
    "snapshot": ("snapshot", "snapshot"),
    "adopt": ("adopt", "adopt"),
    "run": ("run", "run"),
    "runs": ("run", "runs"),
    "reproduce": ("reproduce", "reproduce"),
    "register": ("register", "register"),
    "evaluate": ("evaluation", "evaluate"),
    "list": ("version", "list_versions"),
    "show": ("version", "show"),
    "check": ("version", "check"),
    "why": ("version", "why"),
    "diff": ("version", "diff"),
    "export": ("version", "export"),
    "release": ("version", "release"),
    "mark-bad": ("version", "mark_bad"),
    "delete": ("version", "delete"),
    "compare": ("evaluation", "compare"),
    "gate": ("gate", "gate"),
    "approve": ("approval", "approve"),
    "approvals": ("approval", "approvals"),
    "features": ("features", "features"),
    "promote": ("label", "promote"),
    "rollback": ("label", "rollback"),
    "history": ("label", "history"),
    "audit": ("audit", "audit"),
    "undo": ("status", "undo"),
    "push": ("transfer", "push"),
    "pull": ("transfer", "pull"),
    "remote": ("remote", "remote"),
    "guard": ("guard", "guard"),
    "backup": ("backup", "backup"),
    "restore-store": ("backup", "restore_store"),
    "move-objects": ("move_objects", "move_objects"),
    "verify": ("ledger", "verify"),
    "log": ("ledger", "log"),
    "ledger": ("ledger", "ledger"),
    "rebuild": ("ledger", "rebuild"),
    "sweep": ("sweep", "sweep"),
    "forget-secret": ("forget", "forget"),
    "erase": ("erase", "erase"),
    "fsck": ("fsck", "fsck"),
    "whoami": ("approval", "whoami"),
    "completion": ("project", "completion"),
}
SUMMARIES = {
    "init": "Make this folder a Cairn project.",
    "demo": "Walk the nine steps on real data.",
    "inventory": "Say what a project has, and what nobody knows.",
    "steps": "Show the nine steps, done or to do.",
    "status": "Show what labels hold, and what waits for somebody.",
    "doctor": "Look at Python, git, disk, keys and extras.",
    "config": "Show the settings in force.",
    "help": "Explain a command.",
    "snapshot": "Freeze data: add, list, show, diff, restore, verify.",
    "adopt": "Take over a project of DVC, in place.",
    "run": "Run a training script and capture everything.",
    "runs": "List captured runs.",
    "reproduce": "Train a version again, and say if the same comes of it.",
    "register": "Make a version of a run or of weights on disk.",
    "evaluate": "Score a version on a snapshot.",
    "list": "List and search versions.",
    "show": "Show a version, a run or a snapshot.",
    "check": "Say which required fields of a version are missing.",
    "why": "Say what made a version and why it is where it is.",
    "diff": "Say what differs between two versions.",
    "export": "Lay out a version's files, sidecars and checksums.",
    "release": "Give a version its release number and git tag.",
    "mark-bad": "Never roll back to this version again.",
    "delete": "Put a tombstone on a version that nothing holds.",
    "compare": "Compare two versions' predictions row by row.",
    "gate": "Policies and decisions: set, show, check, explain, replay, review, history.",
    "approve": "Agree to a change that a policy asks people about.",
    "approvals": "List what waits for people to agree.",
    "features": "Compare feature files or logged rows with a version's.",
    "promote": "Move a label to a version, if its gate agrees.",
    "rollback": "Point a label back at the last known-good version.",
    "history": "Show where a label was, when and why.",
    "audit": "Show who moved labels, on which evidence, approved by whom.",
    "undo": "Name the command that takes back the last change.",
    "push": "Copy snapshots and versions to a folder or bucket.",
    "pull": "Copy snapshots and versions from a folder or bucket.",
    "remote": "Whose ledgers are believed: trust, keys.",
    "guard": "Keep weights and large files out of git.",
    "backup": "Copy the whole store to a folder, with its keys.",
    "restore-store": "Bring a store back from a backup.",
    "move-objects": "Move the bytes to a bucket, or back.",
    "verify": "Check the ledger, every row and every byte.",
    "log": "List what was done: who, when, why.",
    "ledger": "Read and prove the ledger: log, verify, prove, checkpoint, rekey.",
    "rebuild": "Make the database again from the exported ledger.",
    "forget-secret": "Say where a leaked value lies, and erase it.",
    "erase": "Say where a person's rows are, and erase them.",
    "sweep": "Remove bytes that nothing needs; says what and why first.",
    "fsck": "Look at every byte, and mend what can be mended.",
    "whoami": "Show by which name and key you are known.",
    "completion": "Print the shell completion script.",
}
SECTIONS = {
    "Start": ("init", "demo", "inventory", "steps", "status", "doctor", "config", "help"),
    "Make versions": ("snapshot", "adopt", "run", "runs", "reproduce", "register", "evaluate"),
    "Look": ("list", "show", "check", "why", "diff", "compare", "features", "export"),
    "Decide": (
        *("gate", "promote", "approve", "approvals", "rollback", "history"),
        *("release", "mark-bad", "delete", "undo"),
    ),
    "Share": ("push", "pull", "remote"),
    "Keep": (
        *("backup", "restore-store", "move-objects", "rebuild", "sweep", "fsck"),
        *("forget-secret", "erase"),
    ),
    "Trust": ("guard", "verify", "log", "audit", "ledger", "whoami", "completion"),
}


# Words of git, DVC, MLflow and their kin -> ours, and what it does.
ELSEWHERE: dict[str, tuple[str, str]] = {
    "add": ("snapshot add PATH --name NAME", "freezes data"),
    "alias": ("promote VERSION LABEL", "moves a label"),
    "blame": ("why VERSION", "says what made a version"),
    "checkout": ("snapshot restore SNAPSHOT FOLDER", "writes frozen data back"),
    "commit": ("run --model NAME -- python SCRIPT", "captures a training run"),
    "deploy": ("promote VERSION", "lets production point at a version"),
    "experiments": ("runs", "lists captured runs"),
    "fetch": ("pull", "copies from a folder or bucket"),
    "gc": ("sweep", "removes bytes that nothing needs"),
    "import": ("register PATH --model NAME", "makes a version of weights on disk"),
    "lineage": ("why VERSION", "says what made a version"),
    "ls": ("list", "lists versions"),
    "metrics": ("list --sort METRIC", "lists versions, the best first"),
    "models": ("list", "lists versions"),
    "repro": ("reproduce VERSION", "trains a version again, and compares"),
    "restore": ("snapshot restore SNAPSHOT FOLDER", "writes frozen data back"),
    "revert": ("rollback MODEL", "goes back to the last known-good version"),
    "rm": ("delete VERSION --reason WHY", "puts a tombstone on a version"),
    "search": ("list --where FILTER", "searches versions"),
    "serve": ("export VERSION FOLDER", "lays out a model for a server to load"),
    "stage": ("promote VERSION LABEL", "moves a label"),
    "tag": ("release VERSION", "gives a release number and tags the commit"),
    "track": ("snapshot add PATH --name NAME", "freezes data"),
    "train": ("run --model NAME -- python SCRIPT", "captures a training run"),
    "ui": ("gate explain DECISION --html PAGE.html", "writes a decision as a page"),
    "versions": ("list", "lists versions"),
}


class Cairn(click.Group):
    """Finds sub-commands by name without importing any of the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names, in the order of the help."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        return getattr(importlib.import_module(f"cairn.cli.{module}"), name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by what people want to do, without importing them."""
        del ctx
        for section, names in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(name, SUMMARIES[name]) for name in names])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say which command was probably meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            if ours := ELSEWHERE.get(args[0]):
                said = f"cairn has no {args[0]!r}: `cairn {ours[0]}` {ours[1]}"
                raise click.UsageError(said, ctx)
            hint = f"; did you mean `cairn {near[0]}`?" if near else "; see `cairn --help`"
            raise click.UsageError(f"there is no command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Cairn, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cairn-ml", message="cairn %(version)s")
def app() -> None:
    """Version control for models: from training run to production and back, on evidence.

    Every command takes --json. References: churn:3, churn@production, churn:1.4.0, sha256:...
    """


def shown(function: Callable[..., Shown]) -> Callable[..., None]:
    """Turn a function that answers `Shown` into one that prints it, as text or as JSON."""

    @click.option("--json", is_flag=True, help="Answer as JSON.")
    @click.pass_context
    def command(context: click.Context, /, json: bool, **given: Any) -> None:
        done = function(**given)
        if json:
            answer(f"\n{as_json_line(done.value)}" if done.beside else as_json(done.value))
        else:
            answer(printable(done.text), err=done.is_bad_news)
        context.exit(done.exit_code)

    command.__doc__ = function.__doc__
    command.__name__ = function.__name__
    if hasattr(function, "__click_params__"):
        command.__click_params__ += function.__click_params__  # type: ignore[attr-defined] (click sets it)
    return command


def answer(text: str, *, err: bool = False) -> None:
    """Write to standard output; the command is done, whether anybody still reads or not."""
    try:
        click.echo(text, err=err)
    except BrokenPipeError:
        return  # what waits in its buffer is forgotten at the end
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Unavailable(
            f"the answer cannot be written ({reason}), but it is done"
        ) from error


def main() -> None:
    """Run the command line; every failure is a sentence and a documented exit code."""
    from cairn.cli import failure

    gc.set_threshold(RARELY)
    code = _exit_code()
    failure.drop_unwritten()
    sys.exit(code)


def _exit_code() -> int:
    from cairn.cli import failure

    try:
        code = app.main(prog_name="cairn", standalone_mode=False)
    except CairnError as error:
        return failure.tell(error)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("cairn: interrupted", err=True)
        return INTERRUPTED
    except OSError as error:
        return failure.tell_of_system(error)
    except Exception:  # noqa: BLE001 (the last one who can say anything)
        return failure.tell_of_bug()
    return code if isinstance(code, int) else 0
