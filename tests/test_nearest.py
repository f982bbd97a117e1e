"""Which tests `make test-fast` runs, and in what order."""

from suite.nearest import ROOT, carriers, fitting, graph, nearest

IMPORTS = {
    "src/a.py": set[str](),
    "src/b.py": {"src/a.py"},
    "tests/build.py": {"src/b.py"},
    "tests/test_a.py": {"src/a.py"},
    "tests/test_b.py": {"tests/build.py"},
    "tests/test_c.py": set[str](),
}
TESTS = [file for file in IMPORTS if "test_" in file]


def test_a_change_reaches_tests_over_packages_and_builders() -> None:
    assert nearest({"src/a.py"}, IMPORTS, TESTS) == {
        "tests/test_a.py": 1,
        "tests/test_b.py": 3,
    }
    assert nearest({"tests/test_c.py"}, IMPORTS, TESTS) == {"tests/test_c.py": 0}


def test_the_nearest_are_run_and_the_rest_is_named() -> None:
    steps = {"far": 3, "near": 1, "near and dear": 1}
    costs = {"far": 30.0, "near": 10.0, "near and dear": 60.0}

    chosen, rest = fitting(steps, costs, seconds=80)

    assert chosen == ["near", "near and dear"]
    assert rest == ["far"]


def test_a_page_is_carried_by_what_types_it_and_a_query_by_its_package() -> None:
    files = graph(ROOT)

    assert "tests/examples/test_guide.py" in carriers("docs/guide/runs.md", files)
    assert "src/cairn/sql/database.py" in carriers("src/cairn/sql/queries/label.sql", files)
    assert "tests/core/test_label.py" in carriers("pyproject.toml", files)


def test_the_imports_of_this_project_are_found() -> None:
    files = graph(ROOT)

    assert "src/cairn/core/label.py" in files["src/cairn/engine/label.py"]
    assert "tests/projects/shell.py" in files["tests/projects/desk.py"]
    assert "tests/capture/conftest.py" in files["tests/capture/test_run.py"]
