"""Small files that would take all memory or time: each is answered at once, in a sentence."""

from pathlib import Path

import pytest

from cairn.capture.project.configuration import settings, without_secrets
from cairn.config import load_settings
from cairn.core.errors import Corrupt, Invalid
from cairn.core.secret import Known
from cairn.data.dvc.text import load
from cairn.inventory import FILE
from cairn.inventory.settings import document
from cairn.inventory.walk import Unreadable
from projects.desk import Desk

ALIASES = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
MERGES = (
    ALIASES.replace("[x,x,x,x,x,x,x,x,x,x]", "{x: 1}")
    .replace("[*", "{<<: [*")
    .replace("]\n", "]}\n")
)


@pytest.mark.parametrize("text", [ALIASES, MERGES, "&a [*a]", "a: &a {b: *a}"])
def test_aliases_are_not_written_out(text: str) -> None:
    content, path = text.encode(), Path("config.yaml")

    assert settings(path, content) == {}
    assert without_secrets(path, content, Known()) == content
    with pytest.raises(Corrupt, match="names more by its aliases than anybody writes"):
        load("dvc.yaml", content)
    with pytest.raises(Unreadable, match="names more by its aliases than anybody writes"):
        document("config.yaml", content)


def test_settings_nested_without_end_are_one_sentence(desk: Desk) -> None:
    with (desk.folder / "cairn.toml").open("a") as file:
        file.write("x = " + "[" * 20_000)

    desk.fails("list", code=Invalid.exit_code, says="nested deeper than anybody writes")
    with pytest.raises(Invalid, match="nested deeper"):
        load_settings(desk.folder)


def test_an_inventory_with_aliases_is_one_sentence(desk: Desk) -> None:
    desk.write(FILE, ALIASES)

    text = desk("inventory", expect=Invalid.exit_code)

    assert "names more by its aliases than anybody writes" in text
