"""What a command imports before it answers: no more than it uses, counted in modules."""

import json
import subprocess
import sys

import pytest

from projects.desk import Desk

# Modules of Cairn that a command may import, and all others, the interpreter's own included.
MOST = {
    "whoami": (32, 175),
    "list": (145, 185),
    "show churn:1": (175, 192),
    "history churn": (165, 188),
}
UNUSED = {"numpy", "pandas", "sklearn", "pyarrow", "email", "zipfile", "statistics", "asyncio"}
COUNT = """
import json, os, sys
for command in json.loads(sys.argv[1]):
    out, into = os.pipe()
    if not os.fork():
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.argv = ["cairn", *command.split()]
        from cairn.cli import main
        try:
            main()
        except SystemExit as done:
            os.write(into, json.dumps([done.code or 0, *sys.modules]).encode())
        os._exit(0)
    os.close(into)
    print(open(out).read())
"""


@pytest.fixture
def imported(desk: Desk) -> dict[str, list[str]]:
    """What each command had imported when it ended, each in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT, json.dumps([*MOST])],
        cwd=desk.folder,
        env=desk.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [code for code, *_ in found] == [0] * len(MOST), done.stderr
    return {command: names for command, (_, *names) in zip(MOST, found, strict=True)}


def test_a_command_imports_what_it_uses(imported: dict[str, list[str]]) -> None:
    counts = {
        command: (
            len(ours := [n for n in names if n.startswith("cairn")]),
            len(names) - len(ours),
        )
        for command, names in imported.items()
    }

    over = {c: n for c, n in counts.items() if n[0] > MOST[c][0] or n[1] > MOST[c][1]}

    assert over == {}
    assert {c: UNUSED & {*names} for c, names in imported.items() if UNUSED & {*names}} == {}
