"""`cairn help`: what `--help` says, for those who type it the other way round."""

import click

from cairn.cli.app import Shown, app, shown


@click.command("help")
@click.argument("command", nargs=-1)
@shown
def explain(command: tuple[str, ...]) -> Shown:
    """Explain COMMAND (two words for one of a group), or list the commands."""
    found: click.Command = app
    context = click.Context(app, info_name="cairn")
    words = list(command)
    while words and isinstance(found, click.Group):
        name, inner, words = found.resolve_command(context, words)
        found = inner or found
        context = click.Context(found, info_name=name, parent=context)
    text = found.get_help(context)
    return Shown({"command": " ".join(command), "help": text}, text)
