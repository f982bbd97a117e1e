"""Requests: checked before anything else, with the field in the message."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cairn.core
from cairn.core.digest import canonical, digest_bytes, digest_of
from cairn.core.errors import Invalid
from cairn.core.label import Anyone, Holder, MoveLabel, Nobody, Rollback
from cairn.core.ledger import ReadLedger
from cairn.core.name import ChangeId, LabelName, MetricName, ModelName, RunId, Team, Text
from cairn.core.request import Change, Record, Request, checked, convert
from cairn.core.snapshot import AddSnapshot
from cairn.core.version import Number, RegisterVersion, Release

X = digest_bytes(b"x")
MODEL: Any = ModelName
MOVE = MoveLabel(model="default/churn", label="production", version=X, expecting=Nobody())


def records(kind: type[Record] = Record) -> Iterator[type[Record]]:
    """Every record of the core."""
    for module in pkgutil.iter_modules(cairn.core.__path__, "cairn.core."):
        importlib.import_module(module.name)
    for child in kind.__subclasses__():
        if child.__module__.startswith("cairn.core."):
            yield child
            yield from records(child)


def move(**changed: Any) -> MoveLabel:
    return msgspec.structs.replace(MOVE, **changed)


def test_a_request_in_order_comes_back_equal() -> None:
    assert checked(MOVE) == MOVE


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": "churn"}, "^model: "),
        ({"model": "default/churn\n"}, "^model: "),
        ({"model": "default/../churn"}, "^model: "),
        ({"label": "Production"}, "^label: "),
        ({"version": "sha256:12"}, "^version: "),
        ({"version": None}, "^version: Expected `str`, got `null`"),
        ({"reason": "x" * 2001}, "^reason: Expected `str` of length <= 2000"),
        ({"reason": 7}, "^reason: Expected `str`, got `int`"),
        ({"expecting": Holder(version="")}, r"^expecting\.version: "),
        ({"change_id": "7"}, "^change_id: "),
    ],
)
def test_a_wrong_field_is_refused_and_named(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        checked(move(**changed))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(Invalid, match=r"'x\\udcff' is not valid Unicode text"):
        checked(ReadLedger(subject="x\udcff"))


def test_a_list_is_as_good_as_a_tuple() -> None:
    asked: Any = RegisterVersion(model="default/churn", manifest=X, required=("owner",))
    listed = msgspec.structs.replace(asked, required=["owner"])

    assert checked(listed) == asked
    assert digest_of(listed) == digest_of(asked)


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(Invalid, match="unknown field `colour`"):
        convert({"name": "test", "snapshot": X, "origin": "", "colour": "red"}, AddSnapshot)


def test_a_request_of_another_name_is_refused() -> None:
    with pytest.raises(Invalid, match=r"^type: Invalid value 'label\.rollback'"):
        convert(msgspec.to_builtins(Rollback(model="a/b", label="c")), MoveLabel)


@pytest.mark.parametrize("limit", [0, 10_001, 2.5, "9", True])
def test_a_number_out_of_range_or_of_another_type_is_refused(limit: Any) -> None:
    with pytest.raises(Invalid, match=r"^limit: "):
        checked(ReadLedger(limit=limit))


WORDS = {
    Team: (
        ["a", "0", "a.b-c_d", "a" * 100],
        ["", "A", "-a", "a-", ".a", "a/b", "é", "a" * 101],
    ),
    ModelName: (["a/b", "a.b/c-d"], ["a", "/b", "a/", "a/b/c", "a//b", "../b", "a/.."]),
    LabelName: (["a", "canary-eu", "a" * 50], ["", "1a", "a_b", "a-", "A", "a.b", "a" * 51]),
    RunId: (["0" * 32], ["", "0" * 31, "0" * 33, "A" * 32, "g" * 32]),
    ChangeId: (["f" * 32], ["F" * 32, "f" * 31]),
    MetricName: (
        ["roc_auc", "f1@0.5", "mean error", "_", "a" * 100],
        ["", "0a", "a" * 101, "é"],
    ),
    Release: (["0.0.0", "1.10.0", "999999999.0.0"], ["1.0", "01.0.0", "v1.0.0", "1.0.0-a"]),
    Text: (["", "é" * 2000, "\n"], ["é" * 2001]),
    Number: ([1, 2**53], [0, -1, 1.5]),
}
GOOD = [(kind, value) for kind, (good, _) in WORDS.items() for value in good]
WRONG = [(kind, value) for kind, (_, wrong) in WORDS.items() for value in wrong]


@pytest.mark.parametrize(("kind", "value"), GOOD)
def test_a_name_in_order_is_taken(kind: Any, value: object) -> None:
    assert convert(value, kind) == value


@pytest.mark.parametrize(("kind", "value"), WRONG)
def test_a_name_out_of_order_is_refused(kind: Any, value: object) -> None:
    with pytest.raises(Invalid):
        convert(value, kind)


@pytest.mark.parametrize(("kind", "value"), [pair for pair in GOOD if pair[0] is not Text])
def test_no_name_ends_in_a_line_end_or_has_foreign_digits(kind: Any, value: object) -> None:
    for changed in (f"{value}\n", f"{value}\u0663", f"{value}\0", f" {value}"):
        with pytest.raises(Invalid):
            convert(changed, kind)


@given(st.text(max_size=8))
def test_a_model_name_is_safe_in_a_url_a_path_and_a_shell(text: str) -> None:
    try:
        name = convert(f"default/{text}", MODEL).removeprefix("default/")
    except Invalid:
        return
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    assert name[0] not in "._-"
    assert name[-1] not in "._-"


def test_a_value_equal_to_its_default_is_left_out() -> None:
    spelled = Rollback(
        model="default/churn",
        label="production",
        expecting=Holder(version=X),
        reason="".join([]),
    )
    plain = Rollback(model="default/churn", label="production", expecting=Holder(version=X))

    assert canonical(spelled) == canonical(plain)
    assert b"reason" not in canonical(spelled)
    assert b"expecting" not in canonical(
        Rollback(model="default/churn", label="production", expecting=Anyone())
    )


def test_a_value_like_its_default_but_of_another_kind_is_written() -> None:
    class Pair(Record, frozen=True):
        first: float = 1.0
        second: tuple[str, ...] = ()
        third: dict[str, int] = {}

    assert canonical(Pair(first=1, second=(), third={})) == b"{}"
    assert canonical(Pair(first=1.5, second=("",), third={"": 0})) == (
        b'{"first":1.5,"second":[""],"third":{"":0}}'
    )


def test_a_change_id_makes_another_request() -> None:
    named = move(change_id="0" * 32)

    assert digest_of(named) != digest_of(MOVE)
    assert digest_of(named) == digest_of(checked(move(change_id="0" * 32)))


EVERY = sorted(records(), key=lambda kind: (kind.__module__, kind.__name__))


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_a_record_is_frozen_closed_and_leaves_defaults_out(kind: type[Record]) -> None:
    how = kind.__struct_config__

    assert (how.frozen, how.forbid_unknown_fields, how.omit_defaults) == (True, True, True)


def test_every_request_has_a_name_of_its_own() -> None:
    names = [kind.__struct_config__.tag for kind in records(Request) if kind is not Change]

    assert len(names) == len(set(names)) > 30
    assert all(str(name).count(".") == 1 for name in names)
