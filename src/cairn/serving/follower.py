"""A process that loads whatever a label holds and reports the digest that it really loaded.

Started as `python -m cairn.serving.follower PROJECT MODEL@LABEL`: for every line on its
standard input it resolves the label afresh, loads the model, and answers one line of JSON.
"""

import json
import sys

import cairn
from cairn.core.errors import CairnError


def follow(project: str, label: str) -> None:
    """Answer every line on standard input until it ends."""
    for _ in sys.stdin:
        try:
            answer = {"loaded": cairn.open(project).load(label).digest}
        except CairnError as error:
            answer = {"error": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    follow(sys.argv[1], sys.argv[2])
