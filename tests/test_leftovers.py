"""A run of the tests that is interrupted or killed leaves no server behind."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# A test with PostgreSQL, and Azure's server beside it: they run while the test ends.
WITH_POSTGRESQL = "tests/data/databases/test_bad_questions.py::test_no_such_table[postgresql]"
HOLDING = """
import os, pytest

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown():
    from clouds import servers
    servers.az()
    with open(os.environ["STARTED"], "w") as file:
        file.write("started")
    os.read(os.pipe()[0], 1)
"""


def marked(mark: str) -> Iterator[int]:
    """The processes whose environment has this mark."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                yield int(folder.name)
        except OSError:  # it ended, or is somebody else's
            continue


@pytest.mark.parametrize(
    ("workers", "number"), [("1", signal.SIGKILL), ("0", signal.SIGKILL), ("1", signal.SIGINT)]
)
def test_no_process_outlives_the_run(
    tmp_path: Path, workers: str, number: signal.Signals
) -> None:
    (tmp_path / "holding.py").write_text(HOLDING)
    os.mkfifo(tmp_path / "started")
    mark = f"CAIRN_TESTS_MARK={tmp_path}"
    ours = {name: text for name, text in os.environ.items() if not name.startswith("CAIRN_")}
    run = subprocess.Popen(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "holding"),
            *("-n", workers, WITH_POSTGRESQL),
        ],
        cwd=ROOT,
        env=ours
        | {"PYTHONPATH": str(tmp_path), "STARTED": str(tmp_path / "started")}
        | dict([mark.split("=")]),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    (tmp_path / "started").read_text()
    started = [os.pidfd_open(process) for process in marked(mark)]

    run.send_signal(number)
    run.wait()

    assert len(started) >= 3, "pytest, PostgreSQL and Azurite"
    for process in started:
        assert select.select([process], [], [], 30)[0], list(marked(mark))
        os.close(process)
    assert list(marked(mark)) == []
