"""The environment is the script's, whole, and without paths of this machine."""

import ast
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from cairn.capture import hook
from cairn.capture.hook.cairn_hook import probe
from cairn.capture.project.environment import (
    Distribution,
    describe,
    lock_line,
    shown_variables,
)
from cairn.core.errors import Unavailable
from cairn.objects import in_memory

HERE = [entry for entry in sys.path if entry]


@pytest.fixture(name="foreign", scope="module")
def _foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an environment of its own that holds one distribution and no Cairn."""
    folder = tmp_path_factory.mktemp("foreign") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python3*/site-packages")
    info = site / "Odd_Name-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Odd_Name\nVersion: 2.0\n")
    return folder


def test_every_distribution_is_in_the_lock_with_its_exact_version() -> None:
    objects = in_memory()

    found = describe(sys.executable, HERE, top=None, objects=objects)

    lines = objects.get(found.environment.lock).decode().splitlines()
    names = [line.partition("==")[0] for line in lines]
    assert names == sorted(names)
    assert {"numpy", "scikit-learn", "pytest"} <= set(names)
    assert f"numpy=={metadata.version('numpy')}" in lines


def test_python_system_and_machine_are_named() -> None:
    found = describe(sys.executable, HERE, top=None, objects=in_memory())

    assert found.environment.python == ".".join(map(str, sys.version_info[:3]))
    assert found.environment.implementation == "CPython"
    assert found.environment.operating_system
    assert found.environment.machine
    assert found.host.cores > 0
    assert int(found.host.memory_bytes) > 0


def test_it_is_the_environment_of_the_script_and_not_of_cairn(foreign: Path) -> None:
    objects = in_memory()
    python = foreign / "bin" / "python"
    (site,) = foreign.glob("lib/python3*/site-packages")

    found = describe(str(python), [str(site)], top=None, objects=objects)

    assert objects.get(found.environment.lock) == b"odd-name==2.0\n"


def test_modules_beside_the_script_are_not_run_to_describe_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "odd-2.dist-info").mkdir()
    (tmp_path / "odd-2.dist-info" / "METADATA").write_text("Name: odd\nVersion: 2\n")
    for name in ("json", "email", "csv", "zipfile", "platform", "subprocess", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    objects = in_memory()

    found = describe(sys.executable, [str(tmp_path)], top=None, objects=objects)

    assert objects.get(found.environment.lock) == b"odd==2\n"
    assert not (tmp_path / "ran").exists()


def test_an_interpreter_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="did not describe its environment"):
        describe(str(tmp_path / "python"), [], top=None, objects=in_memory())


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (None, "x==1"),
        (
            {
                "url": "https://me:pw@example.org/x.git",
                "vcs_info": {"vcs": "git", "commit_id": "abc"},
            },
            "x==1 @ git+https://example.org/x.git@abc",
        ),
        ({"url": "file:///srv/x", "dir_info": {"editable": True}}, "x==1 @ editable"),
        ({"url": "file:///srv/x", "dir_info": {}}, "x==1 @ folder"),
        ({"url": "file:///x.whl", "archive_info": {"hash": "sha256=ab"}}, "x==1 @ sha256:ab"),
    ],
)
def test_a_lock_line_says_where_it_came_from_without_a_path(
    source: dict[str, object] | None, line: str
) -> None:
    assert lock_line(Distribution(name="x", version="1", source=source)) == line


def test_code_installed_from_a_folder_elsewhere_is_a_gap(tmp_path: Path) -> None:
    for name in ("inside", "outside"):
        info = tmp_path / "site" / f"{name}-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        url = tmp_path / ("work" if name == "inside" else "other") / name
        (info / "direct_url.json").write_text(
            f'{{"url": "file://{url}", "dir_info": {{"editable": true}}}}'
        )

    found = describe(
        sys.executable, [str(tmp_path / "site")], top=tmp_path / "work", objects=in_memory()
    )

    (gap,) = found.gaps
    assert gap.reason.startswith("outside is installed from a folder outside the repository")


def test_gpus_and_their_driver_are_named_as_the_driver_reports_them(tmp_path: Path) -> None:
    gpu = tmp_path / "gpus" / "0000:17:00.0"
    gpu.mkdir(parents=True)
    (gpu / "information").write_text("Model: \t NVIDIA H100 80GB HBM3\nIRQ: 18\n")
    (tmp_path / "version").write_text(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release\n"
    )

    assert probe.accelerators(str(tmp_path)) == ["NVIDIA H100 80GB HBM3"]
    assert probe.drivers(str(tmp_path)) == ["nvidia 570.86.15"]


def test_without_a_driver_that_reports_the_tool_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text('#!/bin/sh\ncase "$1" in *name) echo "A"; echo "B";; *) echo 1.2;; esac\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")

    assert probe.accelerators(str(tmp_path)) == ["A", "B"]
    assert probe.drivers(str(tmp_path)) == ["nvidia 1.2"]


def test_only_variables_that_change_results_are_recorded() -> None:
    variables = {"OMP_NUM_THREADS": "1", "AWS_SECRET_ACCESS_KEY": "x", "HOME": "/root"}

    assert shown_variables(variables) == {"OMP_NUM_THREADS": "1"}


def test_what_runs_in_the_script_is_understood_by_older_pythons() -> None:
    sources = sorted(Path(hook.__file__).parent.rglob("*.py"))

    assert sources
    for source in sources:
        ast.parse(source.read_text(), feature_version=(3, 8))
