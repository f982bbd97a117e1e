"""What another store says: where it lies, and which marks stand there."""

from typing import Any

import pytest

from cairn.core import testimony
from cairn.core.digest import digest_bytes
from cairn.core.errors import Corrupt
from cairn.core.ledger import Actor, Entry
from cairn.core.testimony import Place, read_key, standing_marks

MODEL = "default/churn"
DECISION = digest_bytes(b"decision")


def entry(seq: int, action: str, number: int, **facts: Any) -> Entry:
    """An entry about a version of churn."""
    return Entry(
        v=1,
        seq=seq,
        time=f"2026-03-01T09:30:00.{seq:06d}Z",
        actor=Actor(id="ada", assurance="os-user"),
        team="default",
        action=action,
        change_id=f"{seq:032x}",
        request=DECISION,
        subject=MODEL,
        before={},
        after={"model": MODEL, "number": number, **facts},
        evidence=(),
        reason="",
        salt=f"{seq:032x}",
    )


MARK = entry(1, "version.mark-bad", 2)


@pytest.mark.parametrize(
    ("action", "number", "facts", "stands"),
    [
        ("label.move", 2, {"decision": DECISION}, False),
        ("label.move", 2, {"decision": DECISION, "mark": "kept"}, True),
        ("label.move", 2, {"decision": None}, True),
        ("label.move", 1, {"decision": DECISION}, True),
        ("label.override", 2, {"decision": DECISION}, True),
        ("label.rollback", 2, {"decision": None}, True),
    ],
)
def test_a_mark_stands_until_a_gate_cleared_it_there(
    action: str, number: int, facts: dict[str, Any], *, stands: bool
) -> None:
    after = entry(2, action, number, **facts)

    assert standing_marks([MARK, after]) == ({2: MARK} if stands else {})
    again = entry(3, "version.mark-bad", 2)
    assert standing_marks([MARK, after, again])[2] == again


def test_a_place_is_read_back_from_its_key() -> None:
    place = Place(MODEL, "5f" * 16, 3, 17)

    assert place.key == f"testimony/default/churn/{'5f' * 16}/3-17"
    assert read_key(place.key) == place


@pytest.mark.parametrize(
    "key",
    [
        "testimony/x",
        f"testimony/default/churn/{'5f' * 16}/17-3",
        f"testimony/default/churn/{'5f' * 16}/03-17",
        f"testimony/default/churn/{'5f' * 16}/3",
        f"testimony/default/churn/{'5f' * 16}/3-x",
        f"testimony/default/Churn/{'5f' * 16}/3-17",
        "testimony/default/churn/5f/3-17",
    ],
)
def test_a_key_that_nobody_wrote_is_no_testimony(key: str) -> None:
    with pytest.raises(Corrupt, match="is not a testimony"):
        read_key(key)


def test_each_action_that_is_told_names_its_model() -> None:
    for action, kind in testimony.TOLD.items():
        assert "model" in kind.__struct_fields__, action
    assert testimony.about(MARK) == MODEL
    assert testimony.about(entry(4, "snapshot.add", 1)) is None
