"""Hints about labels: their gates, their order, the way back; and all cases of the others."""

from hinted.hint_cases import CASES, QUOTED, follow, types
from projects.desk import Desk

__all__ = ["CASES"]


@types("cli/label.py", "cairn gate set {}@{} {}", "cairn gate new {}")
def a_label_without_a_gate(desk: Desk) -> None:
    (desk.folder / "gates/churn.yaml").rename(desk.folder / "gates/other.yaml")
    first = next(c for c in QUOTED.findall(desk("promote", "churn:1", "dev")))
    desk(*first.split()[1:])
    command = next(c for c in QUOTED.findall(desk("promote", "churn:1", "staging")))
    desk(*command.split()[1:])
    assert "no gate" not in desk("promote", "churn:2", "staging")


@types(
    "core/known_good.py",
    "cairn rollback {} --to {} --reason WHY",
    "cairn rollback {}@{} --to {} --reason WHY",
)
def no_known_good_version(desk: Desk) -> None:
    for version in ("churn:1", "churn:2"):
        desk("promote", version, "canary")
    desk("gate", "set", "churn@canary", "gates/churn.yaml")
    words = ("rollback", "churn@canary")

    follow(desk, *words, code=6, hint="cairn rollback", again=False, WHY="it-was-good")

    assert desk.json("show", "churn@canary")["number"] == 1


@types("stats/checks/label_order.py", "cairn promote {} {}")
@types("stats/checks/soak_time.py", "cairn promote {} {}")
def an_order_of_labels(desk: Desk) -> None:
    more = "  - {id: order, type: label_order, after: [dev]}\n"
    more += "  - {id: soak, type: soak_time, label: staging, min_hours: 0.0000001}\n"
    desk.write("gates/order.yaml", (desk.folder / "gates/churn.yaml").read_text() + more)
    desk("gate", "set", "churn@canary", "gates/order.yaml")
    words = ("gate", "check", "churn:1@canary")
    follow(desk, *words, code=6, hint="cairn promote churn:1 dev", again=False)
    follow(desk, *words, code=6, hint="cairn promote churn:1 staging", again=False)
    assert "order" in desk(*words)


@types("stats/checks/rollback_drill.py", "cairn rollback {} {} --drill")
@types("inventory/status.py", "cairn rollback {} --drill")
@types("inventory/steps.py", "cairn rollback {} --drill")
def a_rollback_never_drilled(desk: Desk) -> None:
    desk("promote", "churn:1")
    assert "--drill" not in desk("status"), "there is nothing to go back to"
    desk("promote", "churn:2")
    policy = (
        desk.folder / "gates/churn.yaml"
    ).read_text() + "  - {id: drill, type: rollback_drill}\n"
    desk.write("gates/drill.yaml", policy)
    desk("gate", "set", "churn@production", "gates/drill.yaml")
    assert "cairn rollback churn@production --drill" in desk("status")
    assert "cairn rollback churn --drill" in desk("steps")
    words = ("gate", "check", "churn:1")
    told = desk(*words, expect=6)
    assert "no rollback of churn@production" in told
    hint = "cairn rollback churn production --drill"
    done = follow(desk, *words, code=6, hint=hint, again=False)
    assert "rollback drill of churn@production: passed" in done
    assert "no rollback of" not in desk(*words)
