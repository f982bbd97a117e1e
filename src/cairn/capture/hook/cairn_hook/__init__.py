"""Watch one Python process: what it reads and writes, seeds, fits, measures and saves.

1. The script comes first. Nothing here raises, prints, or changes what a call returns; what
   cannot be watched is written down as a fault and becomes a gap of the run.
2. Starting costs next to nothing: libraries are looked at when the script imports them.
3. Everything is written at once, so that a killed process leaves what it did until then.
"""

import atexit
import os
import sys

_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def start() -> None:
    """Begin to watch this process, as the environment says."""
    from . import journal

    journal.start(os.environ["CAIRN_HOOK_EVENTS"])
    try:
        _introduce()
        _watch()
    except Exception as error:
        journal.fault("start", error)


def _watch() -> None:
    from . import imports, opened

    opened.start(
        os.environ["CAIRN_HOOK_ROOT"],
        data=_folders("CAIRN_HOOK_DATA"),
        skipped=_folders("CAIRN_HOOK_SKIP"),
    )
    imports.start()
    atexit.register(_ended)
    os.register_at_fork(after_in_child=_forked)


def _introduce() -> None:
    from . import journal

    journal.write(
        "process",
        number=os.getpid(),
        executable=sys.executable or "",
        path=[os.path.abspath(entry) for entry in sys.path if entry != _FOLDER],
        command=list(getattr(sys, "orig_argv", ())),
        parent=os.getppid(),
        hash_seed=os.environ.get("PYTHONHASHSEED"),
    )


def _forked() -> None:
    """Give a forked child a file of its own; it is not Python of its own otherwise."""
    from . import journal

    journal.start()


def _ended() -> None:
    """Finish what was left for later, as the script is done."""
    from . import journal

    journal.guarded(_finish)()
    journal.write("end", number=os.getpid())


def _finish() -> None:
    package = sys.modules[__name__]
    evaluated = getattr(package, "evaluated", None)
    saved = getattr(package, "saved", None)
    if evaluated is not None:
        with package.seeds.undisturbed():
            evaluated.complete()
    numpy = getattr(package, "seeds_numpy", None)
    if numpy is not None and not (saved is not None and saved.any_saved[0]):
        numpy.check()


def _folders(name: str) -> "list[str]":
    return [folder for folder in os.environ.get(name, "").split(os.pathsep) if folder]
