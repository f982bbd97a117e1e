"""`cairn rollback --drill`: rehearse, and show the proof."""

from cairn.cli.app import Shown
from cairn.cli.progress import working
from cairn.cli.text import short, table
from cairn.core.name import shown as model_shown
from cairn.registry import Registry


def rehearse(registry: Registry, label: str) -> Shown:
    """Run the drill and say what the process saw."""
    with working(f"rehearsing a rollback of {label}"):
        info = registry.drill(label)
    proof = info.drill
    rows = [
        (s.step, short(s.expected), short(s.loaded), f"{1000 * s.seconds:.0f} ms")
        for s in proof.switches
    ]
    name = f"{model_shown(proof.model)}@{proof.label}"
    text = (
        f"rollback drill of {name}: passed, "
        f"{1000 * proof.rollback_seconds:.0f} ms from the command to the loaded model\n\n"
        + table(("step", "label holds", "process loaded", "took"), rows)
        + f"\n\n{name} itself did not move; the proof is {short(info.digest)} in the ledger."
    )
    return Shown(info, text)
