"""The listener that the reference shows: a package of its own, told of what was committed."""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.core.errors import Refused
from cairn.engine import listener
from cairn.engine.local import LocalEngine
from cairn.registry import Registry
from projects.store import Clock, open_registry, register

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "plugins.md"


@pytest.fixture
def news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file that the package on the page writes, which is not installed yet."""
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NEWS", str(tmp_path / "news.txt"))
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(sys.modules, "news", raising=False)
    listener.installed.cache_clear()
    yield tmp_path / "news.txt"
    listener.installed.cache_clear()


@pytest.fixture
def registry(tmp_path: Path, news: Path) -> Iterator[Registry]:
    del news
    (tmp_path / "project").mkdir()
    opened = open_registry(tmp_path / "project", clock=Clock())
    register(opened)
    yield opened
    assert isinstance(opened.engine, LocalEngine)
    opened.engine.store.database.close()


def install(site: Path, name: str = "news") -> None:
    """Install the package as the page shows it."""
    page = PAGE.read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (points,) = re.findall(
        r"```toml\n\[project\.entry-points\.\"(.*?)\"\]\n(.*?)```", page, re.DOTALL
    )
    about = site / f"{name}-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "news.py").write_text(code)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{points[0]}]\n{points[1].replace(chr(34), '')}")
    importlib.invalidate_caches()
    listener.installed.cache_clear()


def test_a_listener_is_told_of_each_change_from_when_it_was_installed(
    registry: Registry, news: Path, tmp_path: Path
) -> None:
    registry.promote("churn:1", "dev")
    install(tmp_path / "site")

    registry.promote("churn:1", "staging")
    registry.promote(register(registry, "b").name, "staging")
    registry.rollback("churn@staging")

    assert [line.partition(" ada: default/")[2] for line in news.read_text().splitlines()] == [
        "churn@staging is 1",
        "churn@staging is 2",
        "churn@staging is 1",
    ]


def test_one_that_fails_is_told_again_after_the_next_change(
    registry: Registry,
    news: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    install(tmp_path / "site")
    monkeypatch.delenv("NEWS")

    registry.promote("churn:1", "dev")
    registry.promote("churn:1", "staging")
    monkeypatch.setenv("NEWS", str(news))
    register(registry, "b")

    assert [line.split(" ", 1)[1] for line in news.read_text().splitlines()] == [
        "ada: default/churn@dev is 1",
        "ada: default/churn@staging is 1",
    ]
    assert "recorded, but the listener news failed (KeyError: 'NEWS')" in caplog.text
    assert registry.verify().problems == ()


def test_one_that_cannot_be_loaded_changes_nothing_for_the_others(
    registry: Registry, news: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    install(tmp_path / "site")
    about = tmp_path / "site" / "gone-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: gone\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[cairn.notifiers]\ngone = nowhere:tell\n")

    assert registry.promote("churn:1", "dev").after == registry.version("churn:1").digest

    assert len(news.read_text().splitlines()) == 1
    assert "the listener gone failed (ModuleNotFoundError" in caplog.text


def test_a_refusal_is_raised_whatever_a_listener_does(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site")
    monkeypatch.delenv("NEWS")

    with pytest.raises(Refused):
        registry.promote("churn:1", "production")
