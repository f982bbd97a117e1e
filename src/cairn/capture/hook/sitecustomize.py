"""Python imports this by itself when it starts: begin to watch, then step out of the way.

Whatever goes wrong here, the script runs as it would have without.
"""

import os
import sys

_FOLDER = os.path.dirname(os.path.abspath(__file__))

try:
    if sys.version_info >= (3, 8) and "CAIRN_HOOK_EVENTS" in os.environ:
        import cairn_hook

        cairn_hook.start()
except Exception:  # the script comes first; that nothing was observed is a gap of the run
    pass

# Leave `sys.path` as the script would have found it, and let the next sitecustomize run.
sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != _FOLDER]
_own = sys.modules.pop("sitecustomize", None)
try:
    __import__("sitecustomize")  # another one, further down the path
except ImportError as error:
    if error.name != "sitecustomize":
        raise
    if _own is not None:
        sys.modules["sitecustomize"] = _own
