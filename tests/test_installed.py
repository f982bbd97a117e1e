"""What is missing is installed the way Cairn was, by an extra that there is."""

import ast
import importlib.metadata
import json
import shlex
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import cairn
from cairn import installed
from cairn.flavors.packages import EXTRAS
from cairn.inventory.doctor import EXTRAS as LOOKED_FOR

HOME = Path(cairn.__file__).parent
PROJECT = tomllib.loads((HOME.parents[1] / "pyproject.toml").read_text())["project"]
THERE = PROJECT["optional-dependencies"].keys()


class Distribution:
    """What an installer wrote about an installation."""

    def __init__(self, installer: str, origin: dict[str, Any] | None = None) -> None:
        self._files = {"INSTALLER": installer}
        if origin is not None:
            self._files["direct_url.json"] = json.dumps(origin)

    def read_text(self, name: str) -> str | None:
        """Read one of its files, as `importlib.metadata` does."""
        return self._files.get(name)


def typed(
    patch: pytest.MonkeyPatch, made: Distribution, prefix: Path, extra: str = "cloud"
) -> list[str]:
    def found(_name: str) -> Distribution:
        return made

    patch.setattr(importlib.metadata, "distribution", found)
    patch.setattr(sys, "prefix", str(prefix))
    patch.setattr(sys, "executable", "/opt/my env/bin/python")
    return shlex.split(installed.installs(extra))


def test_pip_is_the_pip_of_this_python(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    words = typed(monkeypatch, Distribution("pip\n"), tmp_path)

    assert words == ["/opt/my env/bin/python", "-m", "pip", "install", "cairn-ml[cloud]"]


def test_uv_is_told_which_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    words = typed(monkeypatch, Distribution("uv"), tmp_path)

    python = ["--python", "/opt/my env/bin/python"]
    assert words == ["uv", "pip", "install", *python, "cairn-ml[cloud]"]


@pytest.mark.parametrize(
    ("marker", "command"),
    [
        ("uv-receipt.toml", ["uv", "tool", "install", "--force"]),
        ("pipx_metadata.json", ["pipx", "install", "--force"]),
    ],
)
def test_a_tool_is_installed_as_a_tool(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, marker: str, command: list[str]
) -> None:
    (tmp_path / marker).write_text("")

    assert typed(monkeypatch, Distribution("uv"), tmp_path) == [*command, "cairn-ml[cloud]"]


@pytest.mark.parametrize(
    ("origin", "wanted"),
    [
        ({"url": "file:///src/my%20cairn", "dir_info": {}}, ["/src/my cairn[cloud]"]),
        (
            {"url": "file:///src/cairn", "dir_info": {"editable": True}},
            ["-e", "/src/cairn[cloud]"],
        ),
        (
            {"url": "https://example.org/c.git", "vcs_info": {"vcs": "git"}},
            ["cairn-ml[cloud] @ git+https://example.org/c.git"],
        ),
        (
            {"url": "https://example.org/c.whl", "archive_info": {}},
            ["cairn-ml[cloud] @ https://example.org/c.whl"],
        ),
    ],
)
def test_what_came_from_a_place_comes_from_there_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, origin: dict[str, Any], wanted: list[str]
) -> None:
    words = typed(monkeypatch, Distribution("pip", origin), tmp_path)

    assert words[4:] == wanted


def test_only_extras_that_there_are_are_named() -> None:
    named = {
        argument.value
        for file in HOME.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "installs"
        for argument in node.args
        if isinstance(argument, ast.Constant)
    }

    assert len(named) > 5
    assert named | set(EXTRAS.values()) | LOOKED_FOR.keys() <= THERE


def test_no_message_installs_in_another_way() -> None:
    others = [
        file.name
        for file in HOME.rglob("*.py")
        if "pip install" in file.read_text() and file.name != "installed.py"
    ]

    assert others == []
