"""Every hint is a command that there is, takes what it shows, and leads out of its error.

The hints are read from the source (`hints.py`). Each kind must be typed by a case
(`hint_cases.py`) or by another test that is named here, so that a new one without fails.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from desk import Desk
from hint_cases import CASES
from hints import Hint, hints, refusal

TESTS = Path(__file__).parents[1]
HINTS = hints()
ELSEWHERE = {
    "--help": "cli/test_help.py::test_a_command_that_is_nothing_leads_to_the_help",
    "show": "cli/test_wiring.py::test_a_version_is_shown_explained_compared_and_verified",
    "adopt dvc --copy": "integrations/test_adopt_dvc.py::test_a_copy_outlives_the_project",
    "approve": "cli/test_audit.py::test_an_explained_decision_names_who_approved_it",
    "backup": "cli/test_backup.py::test_a_dead_laptop",
    "delete": "cli/test_wiring.py::test_a_version_is_released_marked_and_deleted",
    "diff": "cli/test_wiring.py::test_a_version_is_shown_explained_compared_and_verified",
    "erase --row": "cli/test_erase.py"
    "::test_a_row_is_gone_from_every_byte_and_what_is_left_has_a_name",
    "evaluate --on --predictions": "cli/test_wiring.py"
    "::test_predictions_are_made_and_compared",
    "forget-secret": "cli/test_forget_secret.py"
    "::test_a_leaked_value_is_found_erased_and_named_by_verify",
    "forget-secret --erase": "cli/test_forget_secret.py"
    "::test_a_leaked_value_is_found_erased_and_named_by_verify",
    "fsck": "cli/test_fsck.py::test_a_cut_pack_is_seen_at_a_glance",
    "fsck --from --full --repair": "cli/test_fsck.py"
    "::test_repair_brings_back_what_a_backup_has_and_keeps_the_damaged_pack",
    "fsck --full": "cli/test_fsck.py::test_a_changed_byte_is_named_and_nothing_is_changed",
    "fsck --full --repair": "cli/test_fsck.py"
    "::test_repair_without_a_copy_saves_the_rest_and_says_what_is_lost",
    "gate replay": "cli/test_wiring.py"
    "::test_a_gate_is_bound_shown_asked_explained_and_replayed",
    "guard": "inventory/test_guard.py::test_a_hook_that_is_there_stays_as_it_is",
    "gate show": "cli/test_starter.py"
    "::test_it_is_bound_with_the_first_snapshot_that_it_can_pin",
    "history": "cli/test_why.py::test_a_move_without_a_gate_and_its_review_are_told",
    "inventory record": "cli/test_wiring.py"
    "::test_inventory_finds_and_keeps_what_a_person_adds",
    "ledger log": "cli/test_why.py::test_the_ledger_is_listed_by_what_is_meant",
    "ledger rekey": "cli/test_backup.py::test_a_lost_key_is_replaced",
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
    "rollback": "cli/test_status.py::test_undo_names_the_way_back_and_it_works",
    "rollback --to": "contract/test_known_good.py"
    "::test_the_printed_way_back_ends_the_refusal_and_says_that_it_was_chosen",
    "snapshot rebuild": "data/test_recipe.py::test_a_recipe_gives_the_same_bytes_again",
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
    "verify --predictions": "cli/test_wiring.py",
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


@pytest.mark.parametrize("place", sorted(set(ELSEWHERE.values())))
def test_a_test_that_is_named_is_there(place: str) -> None:
    file, _, name = place.partition("::")

    assert f"def {name}" in (TESTS / file).read_text()


@pytest.mark.parametrize("hint", HINTS, ids=lambda hint: f"{hint.module}-{hint.command}")
def test_a_hint_is_a_command_that_cairn_takes(hint: Hint) -> None:
    told = hint.shape in TOLD or hint.command in FRAGMENTS

    assert told or not refusal(hint.words)


def _named(case: Callable[[Desk], None]) -> str:
    return getattr(case, "__name__", "")


@pytest.mark.parametrize("case", tuple(dict.fromkeys(CASES.values())), ids=_named)
def test_a_hint_ends_the_error(desk: Desk, case: Callable[[Desk], None]) -> None:
    case(desk)
