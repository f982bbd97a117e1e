"""The folder of the demo: what somebody had on a laptop, and what is added to it."""

import shutil
from pathlib import Path

from cairn.core.errors import Invalid, Unavailable

HERE = Path(__file__).parent
BASELINE, TREES = "train_baseline.py", "train_trees.py"
WEATHER, ENSEMBLE = "train_weather.py", "train_ensemble.py"
SCRIPTS = (BASELINE, TREES, WEATHER, ENSEMBLE)
NOT_IN_GIT = ("data/", "*.joblib")


def fresh(folder: Path) -> Path:
    """Make the folder, which may be there if it is empty; `Invalid` otherwise."""
    if shutil.which("git") is None:
        raise Unavailable("the demo keeps its code in git, and git is not installed")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        occupied = any(folder.iterdir())
    except OSError as error:
        raise Unavailable(f"{folder} cannot be used: {error.strerror}") from error
    if occupied:
        raise Invalid(f"{folder} is not empty: name a folder that is, or leave it to the demo")
    return folder.resolve()


def write_scripts(folder: Path) -> None:
    """Write the training scripts: plain scikit-learn, which knows nothing of Cairn."""
    for name in SCRIPTS:
        shutil.copyfile(HERE / "scripts" / name, folder / name)


def write_settings(folder: Path) -> str:
    """Say in `cairn.toml` how versions are scored; returns what was added."""
    added = (HERE / "evaluation.toml").read_text("utf-8")
    with (folder / "cairn.toml").open("a", encoding="utf-8") as file:
        file.write(added)
    with (folder / ".gitignore").open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in NOT_IN_GIT)
    return added


def write_policy(folder: Path) -> str:
    """Write the policy, instead of the one that `cairn init` proposes; returns it."""
    for proposed in (folder / "gates").glob("*.yaml"):
        proposed.unlink()
    shutil.copyfile(HERE / "delays.yaml", folder / "gates" / "delays.yaml")
    return (folder / "gates" / "delays.yaml").read_text("utf-8")
