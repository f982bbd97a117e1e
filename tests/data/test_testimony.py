"""What a store's ledger says of a model goes along with it, and is shown as that store's."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from cairn.core import testimony
from cairn.core.digest import canonical, from_canonical
from cairn.core.errors import NotFound, Refused
from cairn.core.label import Anyone, MoveLabel
from cairn.core.sweep import WhyKept
from cairn.data.remotes.remote import check_remote
from cairn.data.remotes.transfer import pull, push
from cairn.data.said import Said, marks_elsewhere, policy_elsewhere, said_of
from cairn.registry import Registry
from projects.people import FLOOR
from projects.remotes import actions, rewrite, store
from projects.store import MODEL, data, gate, register


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A store whose churn:1 took staging, and was marked bad."""
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    opened = store(tmp_path, "ada")
    version = register(opened, "weights one")
    move(opened, version.name)
    opened.mark_bad(version.name, reason="hurts the south")
    return opened


@pytest.fixture
def there(tmp_path: Path) -> Registry:
    """Another store, which has a version of churn of its own."""
    opened = store(tmp_path, "bob")
    register(opened, "weights of bob")
    return opened


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "remote"


def move(registry: Registry, version: str) -> None:
    registry.engine.send(
        MoveLabel(
            model=MODEL,
            label="staging",
            version=registry.version(version).digest,
            expecting=Anyone(),
            reason="try it",
        )
    )


def files(remote: Path) -> list[Path]:
    return sorted(path for path in (remote / "testimony").rglob("*") if path.is_file())


def said(registry: Registry) -> list[str]:
    """What others say: actions, in their order."""
    return [entry.action for one in said_of(registry, MODEL) for entry in one.entries]


def test_what_happened_goes_along_and_nothing_follows_it(
    here: Registry, there: Registry, remote: Path
) -> None:
    pushed = push(here, str(remote))
    pulled = pull(there, str(remote))

    assert (pushed.entries, pulled.entries) == (2, 2)
    assert said(there) == ["label.move", "version.mark-bad"]
    (found,) = said_of(there, MODEL)
    assert found == Said(origin_of(here), found.entries, found.fetched_at)
    assert there.live("churn@staging") is None
    assert there.version("churn:2").marked_bad is None
    assert there.verify(objects=True).problems == ()


def test_a_mark_is_found_by_the_version_whatever_its_number(
    here: Registry, there: Registry, remote: Path
) -> None:
    push(here, str(remote))
    pull(there, str(remote))

    ((origin, entry),) = marks_elsewhere(there, MODEL, there.version("churn:2").digest)

    assert (origin, entry.reason, entry.actor.id) == (
        origin_of(here),
        "hurts the south",
        "ada",
    )
    assert marks_elsewhere(there, MODEL, there.version("churn:1").digest) == ()


def test_a_policy_can_be_read_where_it_was_not_set(
    here: Registry, there: Registry, remote: Path
) -> None:
    bound = gate(here, FLOOR, on=data(here))
    push(here, str(remote))
    pull(there, str(remote))

    origin, entry, policy = policy_elsewhere(
        there, MODEL, "production", origin=origin_of(here), at=None
    )

    assert (origin, entry.after["digest"]) == (origin_of(here), bound.digest)
    assert policy == bound.policy
    assert there.engine.send(WhyKept(digest=bound.digest)) == f"testimony:{MODEL}"
    with pytest.raises(NotFound, match="nothing is known of a policy"):
        policy_elsewhere(there, MODEL, "canary", origin=origin_of(here), at=None)
    with pytest.raises(NotFound, match="has no policy"):
        there.policy("churn@production")


def test_the_second_time_nothing_is_sent_or_recorded(
    here: Registry, there: Registry, remote: Path
) -> None:
    push(here, str(remote))
    pull(there, str(remote))
    before = files(remote), actions(there)

    again = push(here, str(remote)), pull(there, str(remote))

    assert [done.entries for done in again] == [0, 0]
    assert (files(remote), actions(there)) == before


def test_what_happens_later_goes_along_the_next_time(
    here: Registry, there: Registry, remote: Path
) -> None:
    push(here, str(remote))
    pull(there, str(remote))
    move(here, register(here, "weights two").name)

    push(here, str(remote), ["churn:2"])
    pulled = pull(there, str(remote), ["churn"])

    assert pulled.entries == 1
    assert said(there) == ["label.move", "version.mark-bad", "label.move"]


def test_only_what_is_said_of_the_models_asked_for_goes_along(
    here: Registry, remote: Path
) -> None:
    fraud = register(here, "fraud", model="default/fraud")
    here.mark_bad(fraud.name, reason="a secret of fraud's")

    push(here, str(remote), ["churn"])

    assert [path.parts[-4:-2] for path in files(remote)] == [("default", "churn")]
    assert not any(b"a secret of fraud's" in path.read_bytes() for path in files(remote))


def test_a_dry_run_says_how_much_would_go_along(
    here: Registry, there: Registry, remote: Path
) -> None:
    assert push(here, str(remote), dry_run=True).entries == 2
    assert not remote.exists()
    push(here, str(remote))

    assert pull(there, str(remote), dry_run=True).entries == 2
    assert said(there) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("hurts the south", "hurts the north"), ("staging", "canaryy"), ('"seq":', '"seq":1')],
)
def test_testimony_that_was_changed_is_not_believed(
    here: Registry, there: Registry, remote: Path, old: str, new: str
) -> None:
    push(here, str(remote))
    (file,) = files(remote)
    assert old.encode() in file.read_bytes()
    rewrite(file, file.read_bytes().replace(old.encode(), new.encode()))

    pulled = pull(there, str(remote))

    (failure,) = pulled.failed
    assert re.search(
        r"testimony/\S+ is damaged or forged: .*; it is not believed", failure.reason
    )
    assert (pulled.entries, said(there)) == (0, [])
    assert there.version("churn:2").digest == here.version("churn:1").digest
    found = check_remote(there, str(remote), "quick")
    assert any("damaged or forged" in problem.reason for problem in found.problems)


def test_testimony_in_the_place_of_another_is_not_believed(
    here: Registry, there: Registry, remote: Path
) -> None:
    push(here, str(remote))
    (file,) = files(remote)
    other = remote / "testimony/default/fraud" / file.parent.name / file.name
    other.parent.mkdir(parents=True)
    other.write_bytes(file.read_bytes())
    (file.parent / "1-x").write_bytes(b"{}")

    pulled = pull(there, str(remote))

    assert sorted(failure.reason.partition("testimony/")[0] for failure in pulled.failed)
    assert len(pulled.failed) == 2
    assert said(there) == ["label.move", "version.mark-bad"]


def test_what_somebody_puts_there_in_our_name_hides_nothing(
    here: Registry, remote: Path
) -> None:
    push(here, str(remote), ["snap:train"])
    identity = origin_of(here).rpartition("/")[2]
    trap = remote / "testimony/default/churn" / identity / "0-999999"
    trap.parent.mkdir(parents=True)
    trap.write_bytes(b"{}")

    pushed = push(here, str(remote))

    assert pushed.entries == 2


def test_only_a_ledger_whose_key_is_pinned_is_believed(
    here: Registry, there: Registry, remote: Path
) -> None:
    push(here, str(remote))
    (file,) = files(remote)
    digest = there.objects.put_record(from_canonical(file.read_bytes(), testimony.Testimony))

    with pytest.raises(Refused, match="is not the one that is pinned here"):
        there.engine.send(testimony.RecordTestimony(testimony=digest))
    with pytest.raises(Refused, match="is this very store"):
        here.engine.send(
            testimony.RecordTestimony(
                testimony=here.objects.put_record(
                    from_canonical(file.read_bytes(), testimony.Testimony)
                )
            )
        )


def test_entries_that_were_left_out_of_their_order_are_refused(
    here: Registry, there: Registry, remote: Path
) -> None:
    push(here, str(remote))
    (file,) = files(remote)
    found = from_canonical(file.read_bytes(), testimony.Testimony)
    doubled = replace(found, proofs=(*found.proofs, found.proofs[-1]))
    rewrite(file, canonical(doubled))

    (failure,) = pull(there, str(remote)).failed

    assert "its entries are not in order" in failure.reason


def origin_of(registry: Registry) -> str:
    return registry.engine.store.about.origin  # type: ignore[attr-defined] (only the local engine has it)
