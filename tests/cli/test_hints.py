"""Every hint is a command that there is, takes what it shows, and leads out of its error.

The hints are read from the source (`hints.py`). Each kind must be typed by a case
(`hint_cases.py`) or by another test that is named here, so that a new one without fails.
"""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from hinted.hint_cases_beyond import BEYOND, TYPED, UNTYPABLE
from hinted.hint_cases_labels import CASES
from hinted.hints import Hint, beyond, hints, refusal
from projects.desk import Desk

TESTS = Path(__file__).parents[1]
HINTS = hints()
ELSEWHERE = {
    "show": "cli/test_wiring.py::test_a_version_is_shown_explained_compared_and_verified",
    "adopt dvc --copy": "../docs/guide/adopt-dvc.md",
    "approve": "stories/test_an_officer_on_holiday.py::test_a_deputy_and_one_more_agree",
    "backup": "cli/test_backup.py::test_a_dead_laptop",
    "delete": "cli/test_wiring.py::test_a_version_is_released_marked_and_deleted",
    "diff": "cli/test_wiring.py::test_a_version_is_shown_explained_compared_and_verified",
    "erase --row": "cli/test_erase.py"
    "::test_a_row_is_gone_from_every_byte_and_what_is_left_has_a_name",
    "forget-secret": "cli/test_forget_secret.py::forget",
    "forget-secret --erase": "cli/test_forget_secret.py",
    "fsck": "cli/test_fsck.py::test_a_cut_pack_is_seen_at_a_glance",
    "fsck --from --full --repair": "cli/test_fsck.py"
    "::test_repair_brings_back_what_a_backup_has_and_keeps_the_damaged_pack",
    "fsck --full": "cli/test_fsck.py::test_a_changed_byte_is_named_and_nothing_is_changed",
    "fsck --full --repair": "cli/test_fsck.py"
    "::test_repair_without_a_copy_saves_the_rest_and_says_what_is_lost",
    "gate replay": "cli/test_wiring.py"
    "::test_a_gate_is_bound_shown_asked_explained_and_replayed",
    "guard": "hinted/hint_cases_beyond.py::weights_on_their_way_into_git",
    "gate show": "cli/test_starter.py"
    "::test_it_is_bound_with_the_first_snapshot_that_it_can_pin",
    "history": "cli/test_wiring.py::test_a_label_moves_and_remembers",
    "inventory record": "cli/test_wiring.py"
    "::test_inventory_finds_and_keeps_what_a_person_adds",
    "ledger log": "cli/test_why.py::test_the_ledger_is_listed_by_what_is_meant",
    "ledger rekey": "cli/test_backup.py::test_a_lost_key_is_replaced",
    "move-objects": "cli/test_move_objects.py::test_bytes_move_and_come_back",
    "move-objects --from": "cli/test_move_objects.py"
    "::test_what_others_wrote_to_the_old_place_is_taken_along",
    "pull": "cli/test_backup.py::test_two_copies_of_a_project_part_ways_and_meet_again",
    "push --plain": "conformance/test_remotes_in_clouds.py",
    "rebuild": "faults/test_bad_stores.py"
    "::test_a_damaged_database_is_rebuilt_as_the_message_says",
    "rebuild --yes": "faults/test_bad_stores.py::test_a_changed_row_is_named_and_rebuilt",
    "register": "cli/test_places.py"
    "::test_a_run_without_a_commit_says_so_first_and_is_registered_after_it",
    "remote keys": "data/test_foreign_keys.py",
    "remote trust --key": "data/test_foreign_keys.py",
    "restore-store": "cli/test_backup.py::test_what_was_interrupted_is_finished",
    "reproduce": "capture/test_reproduce.py",
    "reproduce --trust": "capture/test_reproduce.py",
    "rollback": "cli/test_status.py::test_undo_names_the_way_back_and_it_works",
    "snapshot rebuild": "faults/test_foreign_commands.py",
    "snapshot restore": "cli/test_wiring.py"
    "::test_a_snapshot_is_added_shown_compared_restored_and_verified",
    "snapshot show": "cli/test_wiring.py"
    "::test_a_snapshot_is_added_shown_compared_restored_and_verified",
    "snapshot verify": "integrations/test_commands.py"
    "::test_a_pinned_table_is_verified_again_and_again",
    "snapshot verify --pinned": "integrations/test_commands.py"
    "::test_a_pinned_table_is_verified_again_and_again",
    "sweep": "cli/test_sweep.py",
    "verify": "cli/test_fsck.py::test_verify_names_what_it_did_not_look_at",
    "verify --accept": "contract/test_known.py::test_verify_says_it_until_a_person_accepts_it",
    "verify --all": "cli/test_fsck.py::test_verify_finds_a_flipped_bit_where_no_object_lies",
    "verify --predictions": "cli/test_bytes_elsewhere.py",
    "whoami": "cli/test_audit.py",
    "why": "cli/test_why.py::test_a_move_without_a_gate_and_its_review_are_told",
}
"""Tests in other places that type a command of this shape."""
TOLD = {"run", "run --data", "snapshot add"}
"""How to train and to freeze: what is trained, and what is frozen, the reader knows alone."""
FRAGMENTS = {"cairn {}", "cairn register run:{} --model {} --artifact"}
"""The rest of the command is added at run time."""


def test_every_kind_of_hint_is_typed() -> None:
    typed = {Hint(*hint).shape for hint in CASES} | ELSEWHERE.keys() | TOLD
    shapes = {hint.shape: hint for hint in HINTS if hint.command not in FRAGMENTS}

    assert {shape: hint for shape, hint in shapes.items() if shape not in typed} == {}
    assert ELSEWHERE.keys() <= shapes.keys(), "nothing hints at it any more"
    assert {Hint(*hint) for hint in CASES} <= set(HINTS), "nothing hints at it any more"


def test_every_hint_at_something_else_is_typed_or_says_why_not() -> None:
    known = BEYOND.keys() | TYPED.keys()
    found = {hint for hint in beyond() if not any(map(hint[1].startswith, UNTYPABLE))}

    assert found - known == set()
    assert known - found == set(), "nothing hints at it any more"


@pytest.mark.parametrize(("shape", "place"), ELSEWHERE.items())
def test_a_test_that_is_named_types_the_command(shape: str, place: str) -> None:
    file, _, name = place.partition("::")
    content = (TESTS / file).read_text()
    if file.endswith(".md"):  # the guide, which is typed as it stands
        assert re.search(rf"^cairn {shape}\b", content, re.MULTILINE)
        return
    tree = ast.parse(content)
    asked = (
        node
        for node in ast.walk(tree)
        if not name or (isinstance(node, ast.FunctionDef) and node.name == name)
    )
    texts = (
        node for each in asked for node in ast.walk(each) if isinstance(node, ast.Constant)
    )
    typed = {word for text in texts for word in str(text.value).split()}

    assert typed, "there is no such test"
    assert set(shape.split()) <= typed


@pytest.mark.parametrize("place", sorted(set(TYPED.values())))
def test_a_file_of_tests_that_is_named_has_the_hint(place: str) -> None:
    named = [hint for (_, hint), file in TYPED.items() if file == place]
    text = (TESTS / place).read_text()

    for hint in named:
        first = hint.split(" = ")[0].split()[0].partition("{")[0].lstrip("-")
        assert first in text, hint


@pytest.mark.parametrize("hint", HINTS, ids=lambda hint: f"{hint.module}-{hint.command}")
def test_a_hint_is_a_command_that_cairn_takes(hint: Hint) -> None:
    told = hint.shape in TOLD or hint.command in FRAGMENTS

    assert told or not refusal(hint.words)


def _named(case: Callable[[Desk], None]) -> str:
    return getattr(case, "__name__", "")


EVERY = tuple(dict.fromkeys((*CASES.values(), *BEYOND.values())))


@pytest.mark.parametrize("case", EVERY, ids=_named)
def test_a_hint_ends_the_error(desk: Desk, case: Callable[[Desk], None]) -> None:
    case(desk)
