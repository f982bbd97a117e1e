"""Register small files in one process, with the process that judges them at hand.

Everything that `cairn register` does is in it: the command line read, the store opened, the
file judged and stored, the version checked, recorded, signed and synced to disk.
"""

import contextlib
import io
import os
import statistics
import tempfile
import time
from pathlib import Path

from peers import calls, machine, show

from cairn.cli.app import app

FILES = 40


def main() -> None:
    """Time registrations by whole commands in this process."""
    print(machine())
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name).resolve()
        os.environ["CAIRN_HOME"] = str(folder / "home")
        with contextlib.chdir(folder):
            typed("init")
            (folder / "cairn.toml").write_text("")
            register(0)  # starts the process that judges
            begin = time.process_time()
            taken = calls(lambda index: register(1 + index), count=FILES)
            spent = (time.process_time() - begin) / FILES
        rows = {
            "register PATH": statistics.median(taken),
            "the slowest": max(taken),
            "processor time of this process": spent,
        }
        show(f"median of {FILES} files of 60 bytes", rows)


def register(index: int) -> None:
    """Register a file that is not known yet."""
    path = Path(f"{index}.json")
    path.write_text(f'{{"weights": [{index}, 2, 3], "kind": "linear"}}')
    typed("register", str(path), "--model", "churn", "--retroactive")


def typed(*words: str) -> None:
    """Type a command, and drop what it prints."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        app.main(list(words), prog_name="cairn", standalone_mode=False)


if __name__ == "__main__":
    main()
