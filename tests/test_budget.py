"""A run that costs too much is refused, with what to do about it."""

from suite.budget import Cost, by_folder, refusals


def test_the_folders_add_up() -> None:
    costs = [
        Cost("tests/core/test_a.py::test_one", 1.0, ""),
        Cost("tests/core/test_b.py::test_two[x::y]", 2.5, ""),
        Cost("tests/test_c.py::test_three", 0.5, ""),
    ]

    assert by_folder(costs) == [
        "     3.5      2  tests/core",
        "     0.5      1  tests/test_c.py",
        "     4.0      3  in all",
    ]


def test_a_cheap_suite_is_not_refused() -> None:
    assert refusals([Cost("tests/test_a.py::test", 4.9, "")] * 10, budget=50) == []


def test_a_dear_test_needs_a_reason() -> None:
    without, dearest, reasoned = (
        Cost("tests/test_a.py::test_dear", 11.0, ""),
        Cost("tests/test_a.py::test_dearest", 41.0, ""),
        Cost("tests/test_a.py::test_reasoned", 40.0, "types the whole guide"),
    )

    found = refusals([without, dearest, reasoned], budget=100)

    assert [line.partition(":")[0] for line in found] == ["tests/test_a.py"] * 2
    assert "test_dear takes 11 s of CPU: make it cheaper, or say why" in found[0]
    assert "test_dearest takes 41 s of CPU: move it to `make faults`" in found[1]


def test_a_suite_over_its_budget_is_refused() -> None:
    (found,) = refusals([Cost("tests/test_a.py::test", 3.0, "")] * 4, budget=10)

    assert found.startswith("the tests take 12 s of CPU and may take 10")
