"""Refs that somebody changed, moved or made up: they are not believed, the others are."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cairn.data.remotes.transfer import pull, push
from cairn.registry import Registry
from projects.remotes import leaves_out, recorded, store
from projects.store import register

SMALL = b"weights of the only model here"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A store with one version of churn, whose weights are small."""
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    opened = store(tmp_path, "ada")
    register(opened, SMALL.decode())
    return opened


@pytest.fixture
def there(tmp_path: Path) -> Registry:
    """Another store, empty."""
    return store(tmp_path, "bob")


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "remote"


Edit = Callable[[dict[str, bytes]], None]


def swapped(refs: dict[str, bytes]) -> None:
    first, second = [key for key in refs if "/versions/" in key]
    refs[first], refs[second] = refs[second], refs[first]


def edited(old: str, new: str) -> Edit:
    def edit(refs: dict[str, bytes]) -> None:
        for key, content in refs.items():
            assert old.encode() in content
            refs[key] = content.replace(old.encode(), new.encode())

    return edit


def replaced_by(content: bytes) -> Edit:
    return lambda refs: refs.update(dict.fromkeys(refs, content))


def signed_by_another(refs: dict[str, bytes]) -> None:
    for key, content in refs.items():
        found = json.loads(content)
        found["log"] = found["log"][:-4] + "AAA="
        refs[key] = json.dumps(found, separators=(",", ":"), sort_keys=True).encode()


def in_the_wrong_place(refs: dict[str, bytes]) -> None:
    refs["refs/versions/default/fraud/" + "0" * 64] = next(iter(refs.values()))


def unknown_kind(refs: dict[str, bytes]) -> None:
    refs["refs/labels/production"] = b"{}"


@pytest.mark.parametrize(
    "edit",
    [
        swapped,
        edited('\\"number\\":', '\\"figure\\":'),
        edited("ada", "eve"),
        edited('"seq":', '"seq":1'),
        edited("ref/1", "ref/2"),
        replaced_by(b""),
        replaced_by(b"\xff\xfe{"),
        signed_by_another,
    ],
)
def test_a_ref_that_was_changed_is_not_believed(
    here: Registry, there: Registry, remote: Path, edit: Edit
) -> None:
    register(here, "second weights")
    push(here, str(remote))
    edit_refs(remote, edit)

    leaves_out(there, remote, says="refs/")

    assert recorded(there) == ["snap:train"]


def test_a_ref_of_two_mebibytes_is_refused_by_its_size(
    here: Registry, there: Registry, remote: Path
) -> None:
    push(here, str(remote))
    edit_refs(remote, replaced_by(b" " * (2 << 20)))

    (failure,) = pull(there, str(remote)).failed

    assert re.fullmatch(
        rf"{re.escape(str(remote))}/refs/versions/\S+ has 2097152 bytes, "
        "and no ref has more than 1048576; nothing was recorded here",
        failure.reason,
    )
    assert recorded(there) == ["snap:train"]


@pytest.mark.parametrize("edit", [in_the_wrong_place, unknown_kind])
def test_a_ref_that_is_too_much_is_named_and_the_others_are_pulled(
    here: Registry, there: Registry, remote: Path, edit: Edit
) -> None:
    push(here, str(remote))
    edit_refs(remote, edit)

    pulled = pull(there, str(remote))

    assert len(pulled.failed) == 1
    assert [item.name for item in pulled.items] == ["snap:train", "churn:1"]


def edit_refs(remote: Path, edit: Edit) -> None:
    """Change the refs of versions in a remote, and write what came of it."""
    paths = [path for path in (remote / "refs").rglob("*") if path.is_file()]
    refs = {str(path.relative_to(remote)): path.read_bytes() for path in paths}
    versions = {key: refs[key] for key in refs if "/versions/" in key}
    edit(versions)
    for key, content in versions.items():
        (remote / key).parent.mkdir(parents=True, exist_ok=True)
        (remote / key).unlink(missing_ok=True)
        (remote / key).write_bytes(content)
