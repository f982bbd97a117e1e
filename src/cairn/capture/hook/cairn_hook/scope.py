"""Which files are of interest: the project's, declared ones, and data that lies elsewhere.

Data elsewhere was there before the run. System files, libraries, source files and what tools
keep below the home (settings, fonts) are nobody's data; a data set in a cache is.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

COMPILED = (".pyc", ".pyo", ".so", ".pyd")
SOURCE = (".py", ".pyi", ".pyw", ".ipynb")
_WITHIN = ("/__pycache__/", "/.git/", "/.ipynb_checkpoints/", "/site-packages/", "/.venv/")
_SYSTEM = (
    *("/proc/", "/sys/", "/dev/", "/run/", "/etc/", "/usr/", "/lib/", "/lib64/", "/bin/"),
    *("/sbin/", "/boot/", "/var/lib/", "/var/cache/", "/var/log/"),
)
_SHARED_MEMORY = "/dev/shm/"  # noqa: S108 (looked at, not used)
_TOOLS = (
    *("matplotlib", "fontconfig", "pip", "uv", "pypoetry", "mesa_shader_cache", "nvidia"),
    *("conda", "black", "ruff", "mypy", "pre-commit", "thumbnails", "go-build", "numba"),
)
_DATA = frozenset(
    {
        *("csv", "tsv", "parquet", "feather", "arrow", "ipc", "orc", "avro", "json", "jsonl"),
        *("npy", "npz", "pkl", "pickle", "joblib", "h5", "hdf5", "nc", "mat", "sqlite", "db"),
        *("duckdb", "xls", "xlsx", "txt", "gz", "bz2", "xz", "zst", "zip", "tar", "tgz"),
        *("safetensors", "pt", "pth", "bin", "onnx", "tfrecord", "lmdb", "libsvm", "arff"),
        *("png", "jpg", "jpeg", "tif", "tiff", "wav", "flac", "mp3", "data", "model"),
    }
)


class Scope:
    """Which paths are of interest; every prefix ends in a slash."""

    def __init__(
        self,
        root: str,
        *,
        data: "Sequence[str]" = (),
        skipped: "Sequence[str]" = (),
        libraries: "Sequence[str]" = (),
        installed: "Sequence[str]" = (),
        started: int = 0,
    ) -> None:
        home = prefix(os.path.expanduser("~"))
        self.inside = tuple(prefix(folder) for folder in (root, *data))
        self.skipped = tuple(prefix(folder) for folder in skipped)
        self.libraries = tuple(sorted({prefix(folder) for folder in libraries}))
        self._system = (*_SYSTEM, *map(prefix, installed))
        self._hidden = home + "."
        self._tools = tuple(
            home + where + tool + "/" for where in (".cache/", ".config/") for tool in _TOOLS
        )
        self._cache = home + ".cache/"
        self._started = started

    def is_inside(self, place: str) -> bool:
        """Tell whether a path belongs to the project, or to a declared folder."""
        return place.startswith(self.inside)

    def is_skipped(self, place: str) -> bool:
        """Tell what lies inside and is not the project's: the store, git's files, caches."""
        if place.startswith((*self.skipped, *self.libraries)):
            return True
        return any(part in place for part in _WITHIN)

    def is_data_elsewhere(self, place: str) -> bool:
        """Tell whether a file that lies elsewhere may be data that the run did not make."""
        if place.startswith(self._system) and not place.startswith(_SHARED_MEMORY):
            return False
        if place.endswith((*SOURCE, *COMPILED)) or self.is_skipped(place):
            return False
        return not self._is_of_a_tool(place) and self._was_there(place)

    def _is_of_a_tool(self, place: str) -> bool:
        if not place.startswith(self._hidden):
            return False
        if place.startswith(self._cache):
            return place.startswith(self._tools)
        below = place[len(self._hidden) :]
        return "/" not in below or below.rpartition(".")[2].lower() not in _DATA

    def _was_there(self, place: str) -> bool:
        """Tell whether a file is older than the run: what a run makes is not its input."""
        try:
            return not self._started or os.stat(place).st_ctime_ns <= self._started
        except OSError:
            return False


def prefix(folder: str) -> str:
    """Spell a folder as the beginning of the paths in it."""
    return os.path.join(os.path.abspath(folder), "")
