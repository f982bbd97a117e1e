"""The reference of Python's names says what the code says."""

import cairn
from examples.api_page import PAGE, members, text


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == text(), "run: python tests/examples/api_page.py"


def test_every_public_name_is_on_the_page() -> None:
    page = text()

    for name in cairn.__all__:
        assert name in page
    for name, _ in members(cairn.Registry):
        assert f"### {name}\n" in page
