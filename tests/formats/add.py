"""Add golden files for new examples in `samples.py`; files that exist are never touched.

python tests/formats/add.py
"""

import hashlib
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from formats.samples import samples  # the line above makes it importable

GOLDEN = Path(__file__).parent / "golden"
INDEX = GOLDEN / "index.json"


def main() -> None:
    """Write what is missing and list it in the index."""
    index = json.loads(INDEX.read_text("utf-8")) if INDEX.exists() else {}
    for name, sample in samples().items():
        if name in index:
            continue
        path = GOLDEN / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as golden:
            golden.write(sample.content)
        digest = "sha256:" + hashlib.sha256(sample.content).hexdigest()
        index[name] = {"kind": sample.kind, "digest": digest}
        sys.stdout.write(f"{digest}  {name}\n")
    INDEX.write_text(json.dumps(index, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
