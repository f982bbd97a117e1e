"""Options that the script reads with argparse."""

from . import calls, journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


def watch(module: "ModuleType") -> None:
    """Watch every parser."""
    parser = module.ArgumentParser
    original = parser.parse_known_args
    if hasattr(original, "_cairn_original"):
        return

    def parse_known_args(self: "Any", *args: "Any", **named: "Any") -> "Any":
        result = original(self, *args, **named)
        if not calls.is_inner(calls.caller(1)) and calls.is_script(_caller()):
            _parsed(result[0])
        return result

    parse_known_args._cairn_original = original  # pyright: ignore[reportFunctionMemberAccess] (functions take attributes)
    parse_known_args.__doc__ = original.__doc__
    parser.parse_known_args = parse_known_args


def _caller() -> "Any":
    """Find who asked argparse."""
    frame = calls.caller(2)
    while frame is not None and frame.f_globals.get("__name__") == "argparse":
        frame = frame.f_back
    return frame


@journal.guarded
def _parsed(options: "Any") -> None:
    from . import plain

    values = {name: plain.scalar(value) for name, value in vars(options).items()}
    journal.write("options", values=values)
