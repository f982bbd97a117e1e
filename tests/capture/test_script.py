"""The script's output, signals and ending pass through Cairn as if it were not there."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cairn.capture import script
from cairn.capture.script import Ended, check_command, run_script
from cairn.core.errors import Invalid, Unavailable

RUNNER = """
import sys
from cairn.capture.script import run_script
ended = run_script(sys.argv[1:], variables={"EXTRA": "1"}, on_line=None)
sys.exit(ended.exit_code)
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def run(code: str) -> tuple[Ended, list[str]]:
    lines: list[str] = []
    ended = run_script(python(code), variables={}, on_line=lines.append)
    return ended, lines


def test_output_passes_through_byte_for_byte_and_is_kept() -> None:
    code = r"import os; os.write(1, b'out \xff\r\n'); os.write(2, b'err'); os.environ['EXTRA']"

    done = subprocess.run(
        [*python(RUNNER), *python(code)], capture_output=True, check=True, timeout=60
    )

    assert (done.stdout, done.stderr) == (b"out \xff\r\n", b"err")


def test_output_can_be_taken_line_by_line() -> None:
    ended, lines = run("print('one\\ntwo'); print('three', end='')")

    assert lines == ["one", "two", "three"]
    assert ended.output == b"one\ntwo\nthree"
    assert (ended.code, ended.status, ended.reason) == (0, "succeeded", "")


def test_of_much_output_the_first_and_last_whole_lines_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(script, "KEPT_HEAD", 10)
    monkeypatch.setattr(script, "KEPT_TAIL", 10)

    ended, _ = run("print('a' * 4 + chr(10) + 'b' * 50 + chr(10) + 'c' * 4)")

    assert ended.output == b"aaaa\n... 51 bytes left out ...\ncccc\n"


@pytest.mark.parametrize(
    ("code", "status", "exit_code", "reason"),
    [
        ("import sys; sys.exit(3)", "failed", 3, "the command ended with exit code 3"),
        ("1 / 0", "failed", 1, "the command ended with exit code 1"),
        ("import os; os._exit(7)", "failed", 7, "the command ended with exit code 7"),
        ("import os; os.abort()", "failed", 134, "crashed by SIGABRT"),
        ("import os; os.kill(os.getpid(), 9)", "interrupted", 137, "stopped by SIGKILL"),
        ("import os; os.kill(os.getpid(), 1)", "interrupted", 129, "stopped by SIGHUP"),
        ("raise KeyboardInterrupt", "interrupted", 130, "stopped by SIGINT"),
    ],
)
def test_every_ending_has_a_name(code: str, status: str, exit_code: int, reason: str) -> None:
    ended, _ = run(code)

    assert (ended.status, ended.exit_code, ended.reason) == (status, exit_code, reason)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_reaches_cairn_alone_is_handed_on(number: signal.Signals) -> None:
    waits = "import time; print('on', flush=True); time.sleep(60)"
    watcher = subprocess.Popen(
        [*python(RUNNER), *python(waits)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert watcher.stdout is not None
    assert watcher.stdout.readline() == b"on\n"

    watcher.send_signal(number)

    assert watcher.wait(timeout=30) == 128 + number
    watcher.stdout.close()


def test_a_child_that_lives_on_does_not_hold_cairn_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(script, "LINGER_SECONDS", 0.2)
    started = time.monotonic()

    ended, lines = run(
        "import subprocess, sys; print('done', flush=True);"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(5)'])"
    )

    assert (ended.code, lines) == (0, ["done"])
    assert time.monotonic() - started < 4


def test_nobody_who_listens_stops_nothing() -> None:
    code = "import os\nfor n in range(9999): print(n)\nopen(os.environ['DONE'], 'w').close()"
    reader, writer = os.pipe()
    os.close(reader)
    done = Path(os.environ["CAIRN_HOME"]) / "done"

    ended = subprocess.run(
        [*python(RUNNER), *python(code)],
        stdout=writer,
        env={**os.environ, "DONE": str(done)},
        check=False,
        timeout=60,
    )

    os.close(writer)
    assert ended.returncode == 0
    assert done.exists()


def test_it_runs_in_a_thread_too() -> None:
    found: list[Ended] = []
    thread = threading.Thread(target=lambda: found.append(run("print(1)")[0]))

    thread.start()
    thread.join()

    assert found[0].output == b"1\n"


def test_a_command_that_is_none_is_refused_with_what_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text("")

    with pytest.raises(Invalid, match="no command to run: write `cairn run"):
        check_command([])
    with pytest.raises(Invalid, match=r"train\.py is not a program"):
        check_command(["train.py"])
    with pytest.raises(Invalid, match="no such program on PATH"):
        check_command(["no-such-program"])


def test_a_program_that_cannot_start_is_unavailable(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)

    with pytest.raises(Unavailable, match="cannot be started"):
        run_script([str(broken)], variables={}, on_line=None)
