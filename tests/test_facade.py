"""What somebody meets in Python: public names, short words, a table, a notebook's page."""

from importlib import resources
from pathlib import Path

import pytest

import cairn
from cairn.core.errors import Invalid
from cairn.registry import Registry
from projects.desk import Desk

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def registry(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry with two versions and a gate."""
    monkeypatch.setenv("CAIRN_HOME", str(desk.home))
    monkeypatch.chdir(desk.folder)
    return Registry.open(desk.folder)


def test_dir_lists_public_names_alone() -> None:
    assert sorted(dir(cairn)) == sorted([*cairn.__all__, "__version__"])
    assert all(getattr(cairn, name) is not None for name in dir(cairn))


def test_types_are_shipped() -> None:
    assert resources.files("cairn").joinpath("py.typed").is_file()


def test_versions_become_a_data_frame(registry: Registry) -> None:
    versions = registry.versions("churn")
    frame = versions.to_frame()

    assert [version.name for version in versions] == ["churn:2", "churn:1"]
    assert list(frame["name"]) == ["churn:2", "churn:1"]
    assert list(frame["metrics.roc_auc"]) == [0.7, 0.7]
    assert registry.versions("nobody").to_frame().empty


def test_versions_are_compared_and_their_differences_listed(registry: Registry) -> None:
    compared = registry.compare("churn:2", "churn:1", on="snap:test")
    differing = registry.diff("churn:1", "churn:2")

    assert compared.rows == 400
    assert repr(compared).startswith("<churn:2 and churn:1: ")
    assert {one.part for one in differing.differences} >= {"artifacts"}
    assert (
        repr(differing) == f"<churn:1 and churn:2: {len(differing.differences)} differences>"
    )


def test_a_policy_is_set_from_its_file(registry: Registry) -> None:
    before = registry.policy("churn@production")

    assert registry.set_policy("churn@production", "gates/churn.yaml") == before
    assert (
        registry.set_policy("churn@canary", Path("gates/churn.yaml")).digest == before.digest
    )


def test_versions_go_out_and_come_back(registry: Registry, tmp_path: Path) -> None:
    exported = registry.export("churn:1", tmp_path / "out")
    pushed = registry.push(str(tmp_path / "far"), "churn:1")
    pulled = registry.pull(str(tmp_path / "far"))

    assert (Path(exported.place) / "SHA256SUMS").is_file()
    assert "churn:1" in {item.name for item in pushed.items}
    assert pulled.items == ()
    assert pulled.already >= 1


def test_an_override_is_the_same_as_the_command_s(registry: Registry) -> None:
    with pytest.raises(Invalid, match="an override needs a reason"):
        registry.override("churn:1", reason="")
    with pytest.raises(cairn.Forbidden, match="lets nobody override"):
        registry.override("churn:1@production", reason="the site is down")


def test_values_are_short_in_words_and_escaped_in_a_notebook(registry: Registry) -> None:
    registry.promote("churn:1@staging")
    registry.mark_bad("churn:2", reason=HOSTILE)
    version, bad = registry.version("churn:1"), registry.version("churn:2")
    shown = (version, bad, registry.find_snapshot("test"), registry.versions("churn"))
    decision = registry.check_gate("churn:1")
    values = (*shown, decision, registry.diff("churn:1", "churn:2"))

    assert repr(version) == f"<churn:1 {version.digest[:19]}, staging, complete>"
    assert "marked bad" in repr(bad)
    assert repr(registry) == f"<cairn.Registry of {registry.settings.folder}>"
    assert repr(decision).startswith(f"<decision:{decision.digest[7:19]} The ")
    assert all(len(repr(value)) < 200 for value in values if value is not shown[3])
    for value in values:
        page = value._repr_html_()
        assert page.startswith("<div><strong>")
        assert "<script>" not in page


def test_what_comes_from_people_is_escaped() -> None:
    from cairn.core.card import card

    page = card(HOSTILE, [(HOSTILE, HOSTILE)])

    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 3
