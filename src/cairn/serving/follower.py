"""A process that loads whatever a label holds and reports the digest that it really loaded.

Started with a project and MODEL@LABEL: for every line on its
standard input it resolves the label afresh, loads the model, and answers one line of JSON.
"""

import json
import sys

import cairn
from cairn.core.errors import CairnError


def main() -> None:
    """Answer every line on standard input until it ends."""
    _, project, label = sys.argv
    for _ in sys.stdin:
        try:
            answer = {"loaded": cairn.open(project).load(label, files=True).digest}
        except CairnError as error:
            answer = {"error": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
