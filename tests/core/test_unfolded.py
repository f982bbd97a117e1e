"""A document of a few lines that names billions is told from one that people write."""

import pytest
import yaml

from cairn.core.unfolded import is_bounded

LISTS = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
EMPTY = LISTS.replace("x,x,x,x,x,x,x,x,x,x", "")
MERGES = "a0: &a0 {x: 1, y: 2}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12)
)
KEYS = "a: &a [1]\n? *a\n: 2\n"


@pytest.mark.parametrize("text", [LISTS, EMPTY, MERGES, "&a [*a]", "a: &b {c: *b}"])
def test_what_would_take_everything_is_refused(text: str) -> None:
    assert not is_bounded(yaml.compose(text, Loader=yaml.SafeLoader))


@pytest.mark.parametrize(
    "text", ["", "x", KEYS, "a: &a {b: [1, 2]}\nc: *a\nd: *a\n", "[" * 50]
)
def test_what_people_write_is_read(text: str) -> None:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return
    assert is_bounded(node)
    assert not is_bounded(node, most=0) or node is None
