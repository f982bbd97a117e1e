"""Scripts that fail, hang up, are killed or write two models; code without a usable git."""

import signal
import sys
from typing import Any

import pytest

from cairn.core.errors import Invalid, Refused
from projects.desk import Desk
from projects.repositories import git, repository
from projects.shell import Shell

ENDS = {
    "fails": ("raise SystemExit(3)", 3, "failed", "ended with exit code 3"),
    "gives up": ("raise SystemExit('no luck')", 1, "failed", "ended with exit code 1"),
    "hangs up": ("os.kill(os.getpid(), signal.SIGHUP)", 129, "interrupted", "SIGHUP"),
    "is killed": ("os.kill(os.getpid(), signal.SIGKILL)", 137, "interrupted", "SIGKILL"),
    "crashes": ("os.kill(os.getpid(), signal.SIGSEGV)", 139, "failed", "SIGSEGV"),
}
TRAIN = "import joblib\nfrom sklearn.dummy import DummyClassifier\n"
FIT = """
model = DummyClassifier(strategy="constant", constant={c}).fit([[0], [1]], [0, 1])
joblib.dump(model, "{n}")
"""


def run(desk: Desk, script: str, *, expect: int) -> str:
    """Run a script under capture."""
    desk.write("script.py", f"import os, signal, time\n{script}\n")
    return desk("run", "--model", "other", "--", sys.executable, "script.py", expect=expect)


def last_run(desk: Desk) -> Any:
    """Show the newest run and its facts."""
    return desk.json("show", f"run:{desk.json('runs')[0]['id']}")


@pytest.mark.parametrize("what", ENDS)
def test_a_script_that_ends_badly_is_recorded_and_nothing_is_registered(
    desk: Desk, what: str
) -> None:
    script, code, status, reason = ENDS[what]

    text = run(desk, script, expect=code)

    (row,) = desk.json("runs")
    assert (row["status"], reason in row["reason"]) == (status, True)
    assert "it is recorded, nothing is registered" in text
    assert desk.json("list", "other") == []
    words = ("register", f"run:{row['id']}", "--model", "other")
    assert f"is {status}: nothing can be registered" in desk(*words, expect=Refused.exit_code)
    assert "no problem found" in desk("verify", "--all")
    assert list((desk.folder / ".cairn" / "runs").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_to_the_watcher_ends_both_and_is_recorded(
    desk: Desk, number: signal.Signals
) -> None:
    desk.write(
        "script.py", f"import os, time\nos.kill(os.getppid(), {number})\ntime.sleep(60)\n"
    )

    done = Shell.run(desk, *_real("script.py"))

    (row,) = desk.json("runs")
    assert done.returncode == 128 + number
    assert (row["status"], row["reason"]) == ("interrupted", f"stopped by {number.name}")


def test_a_watcher_that_is_killed_leaves_a_run_that_the_next_command_marks(desk: Desk) -> None:
    desk.write("script.py", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n")

    done = Shell.run(desk, *_real("script.py"))

    (row,) = desk.json("runs")
    assert done.returncode == -signal.SIGKILL
    assert row["status"] == "interrupted"
    assert "ended without a word" in row["reason"]
    assert list((desk.folder / ".cairn" / "runs").iterdir()) == []
    assert "no problem found" in desk("verify", "--all")


def test_a_script_that_writes_two_models_says_what_to_type(desk: Desk) -> None:
    script = TRAIN + FIT.format(c=0, n="a.joblib") + FIT.format(c=1, n="b.joblib")

    text = run(desk, script, expect=0)
    run_id = desk.json("runs")[0]["id"][:8]

    typed = f"cairn register run:{run_id} --model other --artifact a.joblib"
    assert f"the run saved 2 models (a.joblib, b.joblib); choose one: `{typed}`" in text
    desk.fails(
        *("register", f"run:{run_id}"), code=Invalid.exit_code, says="wrote a.joblib, b.joblib"
    )
    desk.fails(
        *("register", f"run:{run_id}", "--artifact", "../c"),
        code=Invalid.exit_code,
        says=r"did not write \.\./c: it wrote a.joblib, b.joblib",
    )
    made = desk.json(*typed.split()[1:], "--retroactive")
    assert made["name"] == "other:1"


def test_a_script_that_takes_the_data_away_is_a_run_all_the_same(desk: Desk) -> None:
    script = "open('data/test.csv').read()\nos.unlink('data/test.csv')"

    run(desk, script, expect=0)

    gaps = last_run(desk)["facts"]
    assert "data/test.csv" in str(gaps)
    assert "no problem found" in desk("verify", "--all")


def test_odd_output_passes_and_is_kept(desk: Desk) -> None:
    desk.write("script.py", "import sys\nsys.stdout.buffer.write(b'\\xff\\x1b[31m' * 10)\n")

    done = Shell.run(desk, "sh", "-c", f"{' '.join(_real('script.py'))} | head -c 60 | od -c")

    assert "377 033" in done.stdout
    assert last_run(desk)["run"]["status"] == "succeeded"


def no_git(desk: Desk) -> None:
    (desk.folder / ".git").rename(desk.folder.parent / "aside")


def no_commit(desk: Desk) -> None:
    no_git(desk)
    git(desk.folder, "init", "--quiet")


def broken(desk: Desk) -> None:
    (desk.folder / ".git" / "HEAD").write_text("ref: refs/heads/nowhere\n")
    (desk.folder / ".git" / "index").write_bytes(b"garbage")


def dirty_submodule(desk: Desk) -> None:
    library = repository(desk.folder.parent / "library")
    git(
        desk.folder,
        *(
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "--quiet",
            "add",
            str(library),
            "lib",
        ),
    )
    git(desk.folder, "commit", "--quiet", "-m", "library")
    (desk.folder / "lib" / "train.py").write_text("print(2)\n")


CODE = {
    "no repository": (no_git, "is not inside a git repository"),
    "no commit": (no_commit, "the repository has no commit yet"),
    "a broken repository": (broken, "git status failed|no commit yet"),
    "a dirty submodule": (dirty_submodule, "submodule lib is not at the commit"),
}


@pytest.mark.parametrize("what", CODE)
def test_code_that_git_cannot_vouch_for_is_a_gap_with_its_reason(
    desk: Desk, what: str
) -> None:
    change, says = CODE[what]
    change(desk)

    run(desk, "pass", expect=0)

    facts = last_run(desk)["facts"]
    reasons = [gap["reason"] for gap in facts["gaps"] if gap["field"] == "code"]
    assert any(word in reason for reason in reasons for word in says.split("|")), reasons
    assert "no problem found" in desk("verify", "--all")


def test_a_detached_head_is_a_commit_like_any_other(desk: Desk) -> None:
    git(desk.folder, "checkout", "--quiet", "--detach")

    run(desk, "pass", expect=0)

    facts = last_run(desk)["facts"]
    assert facts["code"]["commit"] == git(desk.folder, "rev-parse", "HEAD")
    assert "branch" not in facts


def test_without_git_commands_do_what_they_can(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk("promote", "churn:1")
    monkeypatch.setenv("PATH", str(desk.folder / "nowhere"))

    run(desk, "pass", expect=0)

    assert "git is not installed" in str(last_run(desk)["facts"])
    assert "no git tag: git is not installed" in desk("release", "churn:1")
    assert desk.json("show", "churn:0.1.0")["number"] == 1


def _real(script: str) -> list[str]:
    """A run in a process of its own."""
    return [
        *(sys.executable, "-m", "cairn", "run", "--model", "other", "--"),
        sys.executable,
        script,
    ]
