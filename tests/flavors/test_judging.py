"""Files are judged in a process of its own, within limits: none of them hurts who asks."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from time import process_time

import pytest

from cairn.flavors import child
from cairn.flavors.formats import judge
from cairn.flavors.scan import inspect, judge_file, judging_process
from cairn.interpreter import isolated
from models.model_files import npy, zipped

MEGABYTE = 1 << 20


def test_one_process_judges_many_files(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number}.json").write_text("{}")
    inspect(tmp_path)
    before = judging_process()
    begin = cpu_seconds(before)

    found = inspect(tmp_path)

    assert found.safety == "safe"
    assert judging_process() == before
    assert cpu_seconds(before) - begin < 50 * 0.02


def cpu_seconds(process: int) -> float:
    """Tell how long a process has worked."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def test_a_process_that_dies_is_followed_by_another(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    judge_file(tmp_path / "a.json")

    os.kill(judging_process(), signal.SIGKILL)

    assert {judge_file(tmp_path / "a.json").safety for _ in "ab"} <= {"safe", "unknown"}
    assert judge_file(tmp_path / "a.json").safety == "safe"


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert judge_file(tmp_path / "pipe").format == "special"
    assert child.judge_path(str(tmp_path / "pipe"), "pipe").format == "special"
    assert child.judge_path(str(tmp_path / "absent"), "absent").format == "unreadable"


def ask(*paths: Path, memory: int = 0, seconds: int = 0) -> list[list[object]]:
    """Ask a process of its own, with other limits; one answer a file until it dies."""
    code = (
        "import sys; from cairn.flavors import child; "
        f"child.MEMORY_BYTES = {memory} or child.MEMORY_BYTES; "
        f"child.cpu_seconds = lambda size: {seconds} or 60; child.main()"
    )
    questions = "".join(json.dumps([str(path), path.name]) + "\n" for path in paths)
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=questions,
        capture_output=True,
        text=True,
        check=False,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_file_that_needs_too_much_memory_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[" + "[]," * 500_000 + "[]]")

    ((form, safety, reasons, _),) = ask(tmp_path / "a.json", memory=8 * MEGABYTE)

    assert (form, safety) == ("large", "unknown")
    assert "more memory" in str(reasons)


def test_a_file_that_needs_too_much_time_ends_the_process(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"N0" * 10_000_000)

    assert ask(tmp_path / "a.txt", seconds=-1) == []


def test_a_process_starts_with_what_judging_needs_and_no_more() -> None:
    code = (
        "import sys; import cairn.flavors.child; "
        "print([name for name in ('numpy', 'msgspec', 'sklearn', 'zipfile', 'pickle', 'ast', "
        "'subprocess') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_nothing_beside_the_files_is_imported(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('ran')")
    (tmp_path / "ast.py").write_text("raise SystemExit('ran')")
    (tmp_path / "a.npy").write_bytes(npy([1.0]))

    done = subprocess.run(
        isolated("cairn.flavors.child", plain=True),
        input=json.dumps([str(tmp_path / "a.npy"), "a.npy"]) + "\n",
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert json.loads(done.stdout)[:2] == ["npy", "safe"]


@pytest.mark.parametrize("unit", [b"(", b"N0", b"I1\n0", b"(1", b"2", b"]a", b"Np1\n0"])
def test_the_time_grows_with_the_file_and_not_faster(unit: bytes) -> None:
    def seconds(count: int) -> float:
        begin = process_time()
        judge(b"\x80\x04N" + unit * (count // len(unit)) + b".")
        return process_time() - begin

    seconds(1000)
    assert seconds(800_000) < 60 * max(seconds(80_000), 0.01)


def test_many_names_and_problems_take_no_more_time_each() -> None:
    changes = b"".join(f"cm{n}\nx\nNNs0".encode() for n in range(10_000))
    begin = process_time()

    verdict = judge(b"\x80\x02" + changes + b"N.")

    assert verdict.safety == "unsafe"
    assert process_time() - begin < 3
    assert len(verdict.reasons) <= 30


@pytest.mark.parametrize(
    "content",
    [
        b"9" * 2_000_000,
        b"[" * 2_000_000,
        b'{"a":' * 200_000,
        b"I" + b"9" * 200_000 + b"\np1\n.",
        b"Np" + b"9" * 200_000 + b"\n.",
        b"L" + b"9" * 200_000 + b"L\n.",
        b"\x80\x04\x8e" + b"\xff" * 8 + b"abc.",
        b"\x80\x04)" + b"2\x86" * 200 + b".",
        b"\x93NUMPY\x01\x00" + (9000).to_bytes(2, "little") + b"(" * 9000,
        b"\x93NUMPY\x01\x00" + (9000).to_bytes(2, "little") + b"-" * 9000,
        (1 << 62).to_bytes(8, "little") + b"{}",
        b"<" * 100_000,
        b"<a>" * 100_000,
        b"PK\x05\x06" * 30_000,
        zipped({f"{n}": b"" for n in range(5000)}, zipfile.ZIP_DEFLATED),
        b"{{" * 100_000,
        b"{% if (" * 50_000,
        b"```\n" + b"````x\n" * 20_000,
        b"(" * 100_000 + b"x)",
        b"a: &a [x]\n" + b"b: [*a,*a]\n" * 20_000,
    ],
    ids=range(20),
)
def test_small_files_that_are_costly_to_read_are_judged_at_once(content: bytes) -> None:
    begin = process_time()

    verdict = judge(content)

    assert verdict.safety in ("safe", "unknown", "unsafe")
    assert process_time() - begin < 5
