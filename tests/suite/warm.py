"""An interpreter that knows scikit-learn already, and runs in its children what is fresh.

A fresh interpreter takes a second and a half to import what models are made of, and nearly
every test that registers a model loads it back in one. Here such a process is a fork of one
that has imported the libraries and nothing else, least of all the script that trained the
model. Its command, streams, folder and variables are those of the process that stands for it:
a client, which waits for it and ends as it ended. What is typed in a shell starts interpreters
as people do, and `tests/flavors/test_loadback.py` finds both alike.

A script that trains can be a fork, too: of an interpreter that began under the hook before it
imported the libraries, as a fresh one does. `tests/capture/test_warm.py` finds both alike.
"""

import atexit
import gc
import json
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp
from types import ModuleType
from typing import NoReturn
from unittest import mock

LIBRARIES = (
    *("joblib", "pandas", "skops.io", "sklearn.ensemble", "sklearn.linear_model"),
    *("pyarrow.parquet", "cairn.flavors.choose", "cairn.flavors.golden", "cairn.registry"),
)
TRAINING = (
    *("joblib", "pandas", "sklearn.ensemble", "sklearn.linear_model", "sklearn.metrics"),
    *("sklearn.model_selection", "sklearn.pipeline", "sklearn.preprocessing", "sklearn.tree"),
    *("sklearn.datasets", "cairn.flavors.choose", "cairn.flavors.golden"),
)
_CAIRN = "import sys; sys.argv[0] = 'cairn'; from cairn.cli import main; main()"
_CLIENT = """
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect(sys.argv[1])
    socket.send_fds(server, [b"."], [0, 1, 2])
    server.sendall(json.dumps([sys.argv[2:], os.getcwd(), dict(os.environ)]).encode())
    server.shutdown(socket.SHUT_WR)
    code = int(server.recv(16) or b"1")
if code < 0:
    os.kill(os.getpid(), -code)
os._exit(code)
"""


@contextmanager
def loading_back() -> Generator[None]:
    """Load models back in forks of the warm interpreter."""
    from cairn.flavors import judging, loadback
    from cairn.interpreter import isolated

    warm = judging.Judging(lambda: command(isolated("cairn.flavors.child")))
    with mock.patch.object(loadback, "judging", warm):
        yield
    warm.close()


def cairn(*words: str) -> list[str]:
    """Return a command that does what `cairn WORDS` does, sooner."""
    return command([sys.executable, "-I", "-c", _CAIRN, *words])


def script(command: Sequence[str]) -> list[str]:
    """Return a command that does what `python SCRIPT WORDS` does under the hook, sooner.

    `make faults` runs scripts as people do.
    """
    if os.environ.get("CAIRN_FAULTS") == "all":
        return list(command)
    python, file, *_ = command
    assert (python, file[:1] != "-") == (sys.executable, True), command
    return [python, "-I", "-S", "-c", _CLIENT, _server("scripts"), *command]


def path(folder: Path) -> str:
    """Return the PATH of a shell that types `cairn`: `make faults` starts it as people do."""
    places = [str(Path(sys.executable).parent), os.environ["PATH"]]
    if os.environ.get("CAIRN_FAULTS") != "all":
        folder.mkdir()
        (folder / "cairn").write_text(f'#!/bin/sh\nexec {shlex.join(cairn())} "$@"\n')
        (folder / "cairn").chmod(0o755)
        places.insert(0, str(folder))
    return ":".join(places)


def command(fresh: Sequence[str]) -> list[str]:
    """Return a command that does what `[python, -I, -c, PROGRAM, *words]` does, sooner."""
    python, *options, text = fresh[:4]
    assert options == ["-I", "-c"], fresh
    return [python, "-I", "-S", "-c", _CLIENT, _server(), text, *fresh[4:]]


@cache
def _server(kind: str = "libraries") -> str:
    address = str(Path(mkdtemp(prefix="warm-")) / "socket")
    process = subprocess.Popen(
        [sys.executable, "-I", __file__, address, kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    atexit.register(process.communicate)
    assert process.stdout is not None
    assert process.stdout.readline() == b"warm\n"
    return address


def _libraries() -> None:
    from cairn.cli.app import COMMANDS

    for library in (*LIBRARIES, *{f"cairn.cli.{module}" for module, _ in COMMANDS.values()}):
        import_module(library)


def _watched_libraries() -> None:
    """Begin to watch, as an interpreter does that starts under the hook, and import then."""
    from cairn.capture import hook

    room = Path(mkdtemp(prefix="warm-"))
    (room / "events").mkdir()
    os.environ.update(CAIRN_HOOK_EVENTS=str(room / "events"), CAIRN_HOOK_ROOT=str(room))
    sys.path.insert(0, str(Path(hook.__file__).parent))
    import_module("cairn_hook").start()
    for library in TRAINING:
        import_module(library)
    del sys.path[0]


def _serve(address: str, kind: str) -> None:
    """Answer until standard input ends, with the process that holds its other end."""
    prepare, run = {
        "libraries": (_libraries, _run_program),
        "scripts": (_watched_libraries, _run_script),
    }[kind]
    prepare()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        sys.stdout.write("warm\n")
        sys.stdout.flush()
        while server in select.select([server, sys.stdin], [], [])[0]:
            asked, _ = server.accept()
            if os.fork() == 0:
                _keep(asked, partial(_run, run))
            asked.close()
            while _reaped():
                pass


def _reaped() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return False


def _keep(asked: socket.socket, run: Callable[..., NoReturn]) -> NoReturn:
    """Run what a client asks for in one more process, and tell the client how it ended."""
    _, streams, *_ = socket.recv_fds(asked, 1, 3)
    request = b"".join(iter(lambda: asked.recv(1 << 16), b""))
    child = os.fork()
    if child == 0:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(3, 256)
        run(*json.loads(request))
    for stream in streams:
        os.close(stream)
    watched = select.poll()
    watched.register(os.pidfd_open(child), select.POLLIN)
    watched.register(asked, 0)  # tells only that the client is gone
    if any(what & select.POLLHUP for _, what in watched.poll()):
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with suppress(BrokenPipeError):  # the client was killed
        asked.sendall(str(code).encode())
    os._exit(0)


def _run_program(program: str, *words: str) -> None:
    atexit._clear()  # noqa: SLF001 (as multiprocessing does)
    sys.argv[:] = ["-c", *words]
    exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})


def _run_script(python: str, file: str, *words: str) -> None:
    """Run a script as a fresh interpreter does, with the hook turned to its run."""
    hook, journal, opened = map(
        import_module, ("cairn_hook", "cairn_hook.journal", "cairn_hook.opened")
    )
    sys.argv[:] = [file, *words]
    sys.orig_argv[:] = [python, file, *words]
    journal.start(os.environ["CAIRN_HOOK_EVENTS"])
    hook._introduce()  # noqa: SLF001 (as the hook does when it starts)
    folders = {name: hook._folders(f"CAIRN_HOOK_{name.upper()}") for name in ("data", "skip")}  # noqa: SLF001 (as above)
    with mock.patch.object(sys, "addaudithook"):  # it is there already
        opened.start(
            os.environ["CAIRN_HOOK_ROOT"], data=folders["data"], skipped=folders["skip"]
        )
    sys.path.insert(0, str(Path(file).absolute().parent))
    main = ModuleType("__main__")
    main.__file__ = str(Path(file).absolute())
    sys.modules["__main__"] = main
    exec(compile(Path(file).read_bytes(), main.__file__, "exec"), main.__dict__)


def _run(
    does: Callable[..., None], words: Sequence[str], folder: str, environment: dict[str, str]
) -> NoReturn:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    code = 0
    try:
        does(*words)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 (as an interpreter does at its end)
        traceback.print_exc()
        code = 1
    threading._shutdown()  # pyright: ignore[reportAttributeAccessIssue] # noqa: SLF001 (as multiprocessing does)
    atexit._run_exitfuncs()  # noqa: SLF001 (as multiprocessing does)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
