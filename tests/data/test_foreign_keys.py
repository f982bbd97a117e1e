"""The key of a foreign ledger is pinned when it is first met, and a changed one is refused."""

import re
from pathlib import Path
from uuid import UUID

import pytest

from cairn.core.errors import Conflict, Corrupt, Invalid, NotFound, Refused
from cairn.core.ledger import ReadLedger
from cairn.core.remote import GetTrusted, TrustLedger
from cairn.data.remotes.foreign_keys import key_there, new_keys, pin
from cairn.data.remotes.refs import open_remote
from cairn.data.remotes.transfer import pull, push
from cairn.engine import store as stores
from cairn.registry import Registry
from cairn.signing import note
from projects.desk import Desk
from projects.remotes import actions, store
from projects.store import register


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))


@pytest.fixture
def here(tmp_path: Path) -> Registry:
    """A store that pulls."""
    return store(tmp_path, "ada")


@pytest.fixture
def there(tmp_path: Path) -> Registry:
    """A store that pushed a version to `remote`."""
    opened = store(tmp_path, "bob")
    register(opened, "weights one")
    push(opened, str(tmp_path / "remote"))
    return opened


@pytest.fixture
def remote(tmp_path: Path) -> str:
    return str(tmp_path / "remote")


def log_of(registry: Registry) -> str:
    return stores.read_about(registry.settings.store).log


def impostor(
    of: Registry, folder: Path, monkeypatch: pytest.MonkeyPatch, *, weights: str = "other"
) -> str:
    """Push from a store that took the id of another; returns the remote."""
    identity = stores.read_about(of.settings.store).id
    with monkeypatch.context() as patch:
        patch.setenv("CAIRN_HOME", str(folder / "elsewhere"))
        patch.setattr(stores, "uuid4", lambda: UUID(identity))
        opened = store(folder, "mallory")
        register(opened, weights)
        push(opened, str(folder / "forged"))
    return str(folder / "forged")


def test_the_first_pull_pins_the_key_and_the_next_says_nothing(
    here: Registry, there: Registry, remote: str
) -> None:
    first = pull(here, remote)
    register(there, "weights two", auc=0.9)
    push(there, remote)
    second = pull(here, remote)

    assert (first.trusted, second.trusted) == ((log_of(there),), ())
    origin = log_of(there).partition("+")[0]
    pinned = here.engine.send(GetTrusted(origin=origin))
    assert pinned is not None
    assert (pinned.log, pinned.origin, pinned.by) == (log_of(there), origin, "ada")
    assert here.engine.send(GetTrusted(origin="cairn.local/" + "0" * 32)) is None


def test_a_look_pins_nothing(here: Registry, there: Registry, remote: str) -> None:
    assert pull(here, remote, dry_run=True).trusted == (log_of(there),)
    assert actions(here) == []


def test_another_key_of_the_same_ledger_is_refused_until_a_person_trusts_it(
    here: Registry,
    there: Registry,
    remote: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pull(here, remote)
    forged = impostor(there, tmp_path, monkeypatch)
    before = actions(here)

    with pytest.raises(
        Refused, match=r"signed with another key .*nothing was fetched"
    ) as said:
        pull(here, forged)

    assert actions(here) == before
    typed = re.search(r"cairn remote trust (\S+) --key '(.+)'", str(said.value.fix))
    assert typed is not None
    pin(here, typed[2])
    assert [item.name for item in pull(here, forged).items] == ["churn:2"]
    with pytest.raises(Refused, match="signed with another key"):
        new_keys(here, [log_of(there)], met=())


def test_a_key_that_was_met_before_keys_were_pinned_counts(
    here: Registry,
    there: Registry,
    remote: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pull(here, remote)
    registered = here.engine.send(ReadLedger(action="version.register"))
    other = store(tmp_path, "carol")

    with pytest.raises(Refused, match="signed with another key"):
        new_keys(other, [_key(impostor(there, tmp_path, monkeypatch), there)], met=registered)


def test_nobody_else_speaks_for_this_store(
    here: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = impostor(here, tmp_path, monkeypatch)

    with pytest.raises(
        Refused, match="this very store, signed with a key that is not its own"
    ):
        pull(here, forged)
    with pytest.raises(Invalid, match="is this very store: no other key is trusted"):
        pin(here, _key(forged, here))
    assert actions(here) == []


def test_two_keys_of_one_ledger_are_not_both_believed(
    here: Registry, there: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = [log_of(there), _key(impostor(there, tmp_path, monkeypatch), there)]

    with pytest.raises(Refused, match="signed with another key"):
        new_keys(here, logs, met=())


def test_a_pinned_key_gives_way_only_by_name(
    here: Registry, there: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = _key(impostor(there, tmp_path, monkeypatch), there)
    pin(here, log_of(there))

    with pytest.raises(Conflict, match="say that this one goes"):
        here.engine.send(TrustLedger(log=other))
    forged = open_remote(here.settings, str(tmp_path / "forged"), to_write=False)
    with pytest.raises(NotFound, match=r"nothing in .* is of the ledger cairn\.local/x"):
        key_there(forged, "cairn.local/x")


@pytest.mark.parametrize("change", [" ", "\\n", "';rm~#"])
def test_a_ledger_that_is_not_named_as_ours_are_is_refused(
    here: Registry, there: Registry, remote: str, change: str
) -> None:
    identity = stores.read_about(there.settings.store).id
    for ref in (Path(remote) / "refs").rglob("*"):
        if ref.is_file():
            ref.chmod(0o644)
            text = ref.read_text()
            ref.write_text(text.replace(identity + "+", f"{identity}{change}+", 1))

    with pytest.raises(Corrupt, match="damaged or forged"):
        pull(here, remote)
    with pytest.raises(Invalid, match="log"):
        pin(here, note.generate(f"cairn.local/{change.strip()}").verifier)


def test_the_command_shows_and_pins_keys(desk: Desk, there: Registry, remote: str) -> None:
    told = desk("pull", remote)

    assert f"believed by this key from now on: {log_of(there)}" in told
    shown = desk.json("remote", "keys")
    assert shown["pinned"] == [log_of(there)]
    assert shown["own"] in desk("remote", "keys")
    origin = log_of(there).partition("+")[0]
    assert log_of(there) in desk("remote", "trust", origin, "--from", remote)
    desk.fails(
        "remote", "trust", "cairn.local/y", "--key", log_of(there), code=3, says="key of"
    )


def _key(remote: str, of: Registry) -> str:
    origin = log_of(of).partition("+")[0]
    return key_there(open_remote(of.settings, remote, to_write=False), origin)
