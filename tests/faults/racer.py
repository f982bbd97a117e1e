"""One of several processes that promote at once: `python racer.py PROJECT`.

For every line `VERSION EXPECTED` on its standard input it promotes and says what came of it.
"""

import sys
from pathlib import Path

from cairn.core.errors import CairnError
from projects.store import open_registry


def main(folder: Path) -> None:
    """Answer `ready`, then one word for every line."""
    registry = open_registry(folder)
    say("ready")
    for line in sys.stdin:
        version, expected = line.split()
        try:
            registry.promote(version, "staging", expecting=expected)
        except CairnError as error:
            say(error.kind)
        else:
            say("moved")


def say(text: str) -> None:
    """Write a line that the test reads at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
