"""Names that git or Cairn would take for their own are known in every spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import Refused
from cairn.core.reserved import any_suspect, check_free, is_reserved

SPELLINGS = [
    *(".git", ".GIT", ".gIt", ".cairn", ".Cairn", "git~1", "GIT~1"),
    *(".git ", ".git.", ".git. .", ".git::$INDEX_ALLOCATION", ".git:stream"),
    *(
        "\uff0egit",
        ".\uff47\uff49\uff54",
        ".g\u200cit",
        "\ufeff.git",
        ".gi\u2060t",
        ".\u00adgit",
    ),
    *("a\\.git\\hooks", "\u202e.git"),
]
FREE = [
    *(".gitignore", ".gitattributes", ".github/x", "git", "a.git", ".cairnignore", "git~2"),
    *("..git", "digit", ".gi", "gİt", "\u00fc/.x", "data/git~1x", "cairn"),
]


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("place", ["{}", "{}/config", "sub/{}/hooks/pre-commit", "a/b/{}"])
def test_a_name_of_git_or_cairn_is_not_for_data(name: str, place: str) -> None:
    path = place.format(name).encode()

    with pytest.raises(Refused, match="would become part of git's own folder or Cairn's"):
        check_free(path)
    assert any_suspect([b"plain", path])


@pytest.mark.parametrize("name", FREE)
def test_other_names_are_free(name: str) -> None:
    check_free(name.encode())
    check_free(f"a/{name}/b".encode())


@given(st.sampled_from(SPELLINGS), st.binary(max_size=8), st.binary(max_size=8))
def test_what_is_around_a_name_does_not_hide_it(
    name: str, before: bytes, after: bytes
) -> None:
    assert is_reserved(before + b"/" + name.encode() + b"/" + after)
