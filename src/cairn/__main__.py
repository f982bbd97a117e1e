"""`python -m cairn` is the `cairn` command."""

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    del sys.path[0]  # the working folder: nothing in it is ours to import

from cairn.cli import main

if __name__ == "__main__":
    main()
