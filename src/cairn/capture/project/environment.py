"""The environment that a script ran in, frozen: every distribution, Python, system, machine.

The script's own interpreter describes itself, for it need not be the one that runs Cairn.
"""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from cairn.capture.hook.cairn_hook import probe
from cairn.core.errors import Unavailable
from cairn.core.run import Environment, Gap, Host
from cairn.core.secret import strip_login
from cairn.objects import ObjectStore

TIMEOUT_SECONDS = 60
# Variables that change what a script computes; all others stay where they are.
VARIABLES = (
    *("PYTHONHASHSEED", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
    *("NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS"),
    *("CUDA_VISIBLE_DEVICES", "CUBLAS_WORKSPACE_CONFIG", "CUDA_LAUNCH_BLOCKING"),
    *("TF_DETERMINISTIC_OPS", "TF_ENABLE_ONEDNN_OPTS", "SKLEARN_ENABLE_ARRAY_API"),
    *("OPENBLAS_CORETYPE", "MKL_CBWR", "MKL_DEBUG_CPU_TYPE", "SOURCE_DATE_EPOCH", "TZ"),
)
# Cairn watches the run; its own source takes no part in what the model becomes.
_WATCHER = "cairn-ml"


class Distribution(msgspec.Struct, frozen=True):
    """One installed distribution; `source` is its `direct_url.json`, if it has one."""

    name: str
    version: str | None
    source: dict[str, object] | None = None


class Probed(msgspec.Struct, frozen=True):
    """What an interpreter says about itself."""

    python: str
    implementation: str
    operating_system: str
    machine: str
    libc: str
    accelerators: tuple[str, ...]
    distributions: tuple[Distribution, ...]
    host: Host


class Described(NamedTuple):
    """An environment, the machine it was on, and what is not known about it."""

    environment: Environment
    host: Host
    gaps: tuple[Gap, ...]


def describe(
    executable: str, path: Sequence[str], *, top: Path | None, objects: ObjectStore
) -> Described:
    """Ask an interpreter that sees `path` what it is made of; the lock is stored.

    `top` is the repository: what is installed from a folder inside it is recorded as code.
    Raises `Unavailable` if the interpreter does not answer.
    """
    probed = _ask(executable, path)
    lock = "".join(f"{lock_line(each)}\n" for each in probed.distributions)
    environment = Environment(
        python=probed.python,
        implementation=probed.implementation,
        operating_system=probed.operating_system,
        machine=probed.machine,
        libc=probed.libc,
        accelerators=probed.accelerators,
        lock=objects.put(lock.encode()),
    )
    outside = (_folder_gap(each, top) for each in probed.distributions)
    return Described(environment, probed.host, tuple(gap for gap in outside if gap))


def lock_line(distribution: Distribution) -> str:
    """Spell a distribution: `name==version`, and where it came from if not from an index.

    No path of this machine gets into the lock: the same environment elsewhere is the same.
    """
    line = f"{distribution.name}=={distribution.version or 'unknown'}"
    source = distribution.source or {}
    url = str(source.get("url", ""))
    match source:
        case {"vcs_info": {"vcs": str(vcs), "commit_id": str(commit)}}:
            return f"{line} @ {vcs}+{strip_login(url)}@{commit}"
        case {"archive_info": {"hash": str(digest)}}:
            return f"{line} @ {digest.replace('=', ':')}"
        case {"dir_info": {"editable": True}}:
            return f"{line} @ editable"
        case {"dir_info": _}:
            return f"{line} @ folder"
        case _:
            return line


def shown_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Pick the variables that change what a script computes."""
    return {name: variables[name] for name in VARIABLES if name in variables}


def _ask(executable: str, path: Sequence[str]) -> Probed:
    if executable == sys.executable:  # this very interpreter need not be started again
        described = {**probe.environment(list(path)), "host": probe.host()}
        return msgspec.convert(described, Probed)
    try:
        done = subprocess.run(  # noqa: S603 (the interpreter that just ran the script)
            [executable, "-I", "-S", probe.__file__],
            input=msgspec.json.encode(path),
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=True,
        )
        return msgspec.json.decode(done.stdout, type=Probed)
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError) as error:
        raise Unavailable(
            f"the script's Python ({Path(executable).name}) did not describe its environment: "
            f"{type(error).__name__}"
        ) from error


def _folder_gap(distribution: Distribution, top: Path | None) -> Gap | None:
    match distribution.source:
        case {"dir_info": _, "url": str(url)} if distribution.name != _WATCHER:
            folder = Path(url.removeprefix("file://"))
        case _:
            return None
    if top is not None and folder.is_relative_to(top):
        return None
    return Gap(
        field="environment",
        reason=f"{distribution.name} is installed from a folder outside the repository, "
        "so its code is not recorded",
        fix="install it from a package index or a git commit",
    )
