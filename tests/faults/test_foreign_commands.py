"""Every command, in a project that is full of foreign modules: none of them is imported.

Each is typed at least once, so that what it needs is imported and the processes that it starts
are started. A new command has no line here, and the last test says so.
"""

import io
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from unittest import mock

import click
import pytest

from cairn.cli.app import app
from cairn.core.errors import Inconclusive, Invalid, NotFound, Refused
from cairn.flavors import loadback
from cairn.flavors.judging import judging
from cairn.objects.folders import workers
from cairn.objects.folders.tree import restore_tree
from cairn.registry import Registry
from harm.foreign import plant, traces, watched
from projects.desk import Desk

CHECKED = """\
cairn: policy/1
evaluation: snap:test
bootstrap: floors_only
checks:
  - {id: mine, type: own, run: "python checks/look.py"}
  - {id: floor, type: floor, metric: roc_auc, value: 0.1}
  - {id: speed, type: latency, percentile: 99, max_ms: 4000}
"""
AGREED = """\
cairn: policy/1
evaluation: snap:test
bootstrap: floors_only
checks: [{id: floor, type: floor, metric: roc_auc, value: 0.1}]
approvals: {people: [bo], covers: [promotion]}
"""
FILES = {
    "checks/look.py": "import colorsys, beside\nprint(beside.WORD, colorsys.ONE_THIRD)\n",
    "checks/beside.py": "WORD = 'seen'\n",
    "scripts/empty.py": "import colorsys\n",
    "gates/own.yaml": CHECKED,
    "gates/people.yaml": AGREED,
    "weights.json": '{"weights": [1, 2]}',
    ".dvc/config": "",
    "pair/a.txt": "of more than one file",
    "pair/b.txt": "workers write",
}
TYPED = (
    *("help promote", "completion bash", "doctor", "config", "init new"),
    *("whoami", "whoami --new ../bo.key --name bo", "status", "steps", "guard"),
    *("inventory", "inventory scan", "inventory record weights s3://bucket/model"),
    *("inventory gaps", "snapshot add data --name again", "snapshot list"),
    *("snapshot show test", "snapshot log test"),
    "snapshot diff snap:test snap:again --key customer",
    *("snapshot overlap snap:test snap:again --key customer", "snapshot verify snap:again"),
    *("snapshot restore snap:again back", "snapshot add pair --name pair"),
    "snapshot restore snap:pair both",
    "snapshot recipe --name made --code weights.json -- cp weights.json output/w.json",
    *("snapshot rebuild snap:made remade", "run --model bare -- PYTHON scripts/empty.py"),
    *(
        "runs",
        "reproduce churn:2 --history",
        "register weights.json --model other --retroactive",
    ),
    *("export churn:2 ../out", "register model --model again --retroactive"),
    "gate new again",
    *("evaluate churn:2 --on snap:test", "compare churn:1 churn:2"),
    *("features check churn:2 --rows data/test.csv", "list", "show churn:2", "check churn:2"),
    *("why churn:2", "diff churn:1 churn:2"),
    "gate set churn@staging gates/own.yaml",
    *("gate show churn@staging", "gate check churn:2 staging", "promote churn:1"),
    *("promote churn:2", "gate history churn@production", "gate explain DECISION"),
    *("gate replay DECISION", "gate review", "rollback churn --drill", "rollback churn"),
    *("history churn@production", "audit show --model churn", "undo"),
    *("gate set churn@canary gates/people.yaml", "promote churn:2 canary", "approvals"),
    "LOGNAME=bo CAIRN_KEY=../bo.key $ approve ASKED -m seen",
    *("release churn:2 --no-tag", "mark-bad churn:2 -m slow"),
    *("delete other:1 -m unused", "push ../remote", "pull ../remote", "remote keys"),
    *("remote trust ORIGIN --key KEY", "verify --all", "verify churn:1 --predictions"),
    *("log", "ledger log", "ledger verify", "ledger checkpoint", "ledger prove 0"),
    *(
        "sweep --apply",
        "forget-secret",
        "erase --row who=c00001",
        "fsck --full",
        "backup ../copy --without-keys",
    ),
    *("move-objects PLACE", "move-objects store"),
    *("rebuild --yes", "ledger rekey -m lost", "restore-store -m moved", "adopt dvc"),
    "demo data",  # in an empty folder it types, in two minutes, what stands above
)
ENDS = {
    "snapshot overlap snap:test snap:again --key customer": Refused.exit_code,
    "features check churn:2 --rows data/test.csv": Refused.exit_code,
    "verify churn:1 --predictions": NotFound.exit_code,
    "inventory gaps": Refused.exit_code,
    "promote churn:2 canary": Inconclusive.exit_code,
    "demo data": Invalid.exit_code,
}


@pytest.fixture(scope="module")
def desk(furnished: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project with a module of every name, and what the commands are typed about."""
    made = plant(furnished, tmp_path_factory.mktemp("planted") / "project")
    for name, content in FILES.items():
        made.write(name, content)
    with mock.patch.dict(os.environ, made.environment()):
        registry = Registry.open(made.folder)
        artifacts = registry.version("churn:2").manifest.artifacts
    assert artifacts is not None
    restore_tree(registry.objects, artifacts.tree, made.folder / "model")
    return made


def paths(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield every command that can be typed, sub-commands included."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        words = (*above, name)
        if isinstance(command, click.Group):
            yield from paths(command, words)
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield words


def words_of(desk: Desk, line: str) -> list[str]:
    """Split a line, with what stands in it for something that is known only now."""
    return [WORDS[word](desk) if word in WORDS else word for word in shlex.split(line)]


def _decision(desk: Desk) -> str:
    listed = desk.json("gate", "history", "churn@production")["decisions"]
    return f"decision:{listed[0]['digest'].removeprefix('sha256:')}"


def _asked(desk: Desk) -> str:
    return desk.json("approvals")[0]["subject"]


def _key(desk: Desk) -> str:
    other = Desk(desk.folder / "new")
    other.home = desk.home
    return other.json("remote", "keys")["own"]


WORDS: Mapping[str, Callable[[Desk], str]] = {
    "PYTHON": lambda _: sys.executable,
    "DECISION": _decision,
    "ASKED": _asked,
    "KEY": _key,
    "PLACE": lambda desk: f"file://{desk.folder.parent / 'place'}",
    "ORIGIN": lambda desk: _key(desk).partition("+")[0],
}


@pytest.mark.costly("every command, with a run, a drill and loads in processes of their own")
def test_no_command_imports_what_lies_in_the_project(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "MANY_FILES", 0)  # so that few files have workers, too
    monkeypatch.setattr(loadback, "judging", judging)
    monkeypatch.setattr("sys.stdin", io.StringIO("k3Jx9QpLmZ27vTbY"))

    with watched(desk.folder) as seen:
        for line in TYPED:
            who, _, rest = line.rpartition(" $ ")
            words = words_of(desk, rest)
            with pytest.MonkeyPatch.context() as as_another:
                for each in who.split():
                    as_another.setenv(*each.split("="))
                desk(*words, expect=ENDS.get(line, 0))
            assert (line, traces(desk), seen.executed, seen.led_in) == (line, [], [], set())


def test_every_command_is_typed() -> None:
    every = set(paths(app))

    typed = {
        max((path for path in every if tuple(words[: len(path)]) == path), key=len)
        for words in (shlex.split(line.rpartition(" $ ")[2]) for line in TYPED)
    }

    assert every - typed == set(), "type it above, in a project full of foreign modules"
