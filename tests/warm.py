"""An interpreter that knows scikit-learn already, and runs in its children what is fresh.

A fresh interpreter takes a second and a half to import what models are made of, and nearly
every test that registers a model loads it back in one. Here such a process is a fork of one
that has imported the libraries and nothing else, least of all the script that trained the
model. Its command, streams, folder and variables are those of the process that stands for it:
a client, which waits for it and ends as it ended. What is typed in a shell starts interpreters
as people do, and `tests/flavors/test_loadback.py` finds both alike.
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
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NoReturn
from unittest import mock

LIBRARIES = (
    *("joblib", "pandas", "skops.io", "sklearn.ensemble", "sklearn.linear_model"),
    *("pyarrow.parquet", "cairn.flavors.choose", "cairn.flavors.golden", "cairn.workbench"),
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
    from cairn.flavors import loadback

    fresh: Callable[..., list[str]] = loadback.isolated

    def warm(*words: Any, **options: Any) -> list[str]:
        return command(fresh(*words, **options))

    with mock.patch.object(loadback, "isolated", warm):
        yield


def cairn(*words: str) -> list[str]:
    """Return a command that does what `cairn WORDS` does, sooner."""
    return command([sys.executable, "-I", "-c", _CAIRN, *words])


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
def _server() -> str:
    address = str(Path(mkdtemp(prefix="warm-")) / "socket")
    process = subprocess.Popen(
        [sys.executable, "-I", __file__, address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    atexit.register(process.communicate)
    assert process.stdout is not None
    assert process.stdout.readline() == b"warm\n"
    return address


def _serve(address: str) -> None:
    """Answer until standard input ends, with the process that holds its other end."""
    from cairn.cli.app import COMMANDS

    for library in (*LIBRARIES, *{f"cairn.cli.{module}" for module, _ in COMMANDS.values()}):
        import_module(library)
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        sys.stdout.write("warm\n")
        sys.stdout.flush()
        while server in select.select([server, sys.stdin], [], [])[0]:
            asked, _ = server.accept()
            if os.fork() == 0:
                _keep(asked)
            asked.close()
            while _reaped():
                pass


def _reaped() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return False


def _keep(asked: socket.socket) -> NoReturn:
    """Run what a client asks for in one more process, and tell the client how it ended."""
    _, streams, *_ = socket.recv_fds(asked, 1, 3)
    request = b"".join(iter(lambda: asked.recv(1 << 16), b""))
    child = os.fork()
    if child == 0:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(3, 256)
        _run(*json.loads(request))
    for stream in streams:
        os.close(stream)
    watched = select.poll()
    watched.register(os.pidfd_open(child), select.POLLIN)
    watched.register(asked, 0)  # tells only that the client is gone
    if any(what & select.POLLHUP for _, what in watched.poll()):
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    asked.sendall(str(code).encode())
    os._exit(0)


def _run(words: Sequence[str], folder: str, environment: dict[str, str]) -> NoReturn:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    atexit._clear()  # noqa: SLF001 (as multiprocessing does)
    program, *sys.argv[1:] = words
    sys.argv[0] = "-c"
    code = 0
    try:
        exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})
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
    _serve(sys.argv[1])
