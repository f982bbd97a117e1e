"""The reference of settings says what the types say."""

import re

from cairn import config
from examples.settings_page import PAGE, text

SOURCE = PAGE.parents[2] / "src" / "cairn"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == text(), "run: python tests/examples/settings_page.py"


def test_every_variable_of_the_environment_is_on_the_page() -> None:
    read = set(re.findall(r"CAIRN_[A-Z_]+", (SOURCE / "config.py").read_text()))

    assert read
    assert {name for name in read if f"`{name}`" not in text()} == set()


def test_every_key_is_on_the_page() -> None:
    kinds = (config.File, config.ModelSettings, config.EvaluationSettings)
    keys = {key for kind in kinds for key in kind.__struct_fields__}

    assert {key for key in keys if f"| `{key}` |" not in text()} == set()
