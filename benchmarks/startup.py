"""How long until the library is imported and the command answers, beside MLflow's."""

import sys

from peers import MLFLOW, machine, processes, python_with, show


def main() -> None:
    """Time whole processes in turn."""
    mlflow = python_with(MLFLOW)
    print(machine())
    found = processes(
        {
            "python, nothing imported": [sys.executable, "-c", "pass"],
            "import cairn": [sys.executable, "-c", "import cairn"],
            "import mlflow": [mlflow, "-c", "import mlflow"],
            "cairn --help": [sys.executable, "-m", "cairn", "--help"],
            "mlflow --help": [mlflow, "-m", "mlflow", "--help"],
        },
        runs=9,
    )
    bare = found.pop("python, nothing imported")
    show("median of 9 whole processes, Python itself included", {"python": bare, **found})
    print(f"\n  import cairn adds {(found['import cairn'] - bare) * 1000:.0f} ms to Python")
    print(f"  import: MLflow / Cairn = {found['import mlflow'] / found['import cairn']:.1f}")
    print(f"  --help: MLflow / Cairn = {found['mlflow --help'] / found['cairn --help']:.1f}")


if __name__ == "__main__":
    main()
