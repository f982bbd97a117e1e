"""Adopting a DVC project of many files, beside `dvc checkout` of them on the same disk.

python benchmarks/adopt_dvc.py [FILES]      100,000 files of 5 to 15 kB unless told otherwise
"""

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from peers import machine, show

FILES = 100_000
FOLDERS = 200


def main(files: int) -> None:
    """Make a project, then time adopting it both ways, and DVC's checkout."""
    print(f"{files:,} files; {machine()}")
    with tempfile.TemporaryDirectory(prefix="cairn-adopt-", dir=Path.cwd()) as room:
        project = Path(room) / "project"
        size = make(project, files)
        print(f"{size / 1e6:,.0f} MB in DVC's cache; each command is a process, once")
        environment = quiet(Path(room))
        taken = {
            "cairn adopt dvc (pin, every byte verified)": adopted(Path(room), environment),
            "cairn adopt dvc --copy": adopted(Path(room), environment, "--copy"),
            "dvc checkout (nothing verified)": checked_out(project, environment),
        }
        show("adopt, and check out", taken, unit="s ", scale=1)


def make(project: Path, files: int) -> int:
    """Write a project as `dvc add` leaves it, its cache full and its working folder empty."""
    project.mkdir()
    for words in (["git", "init", "--quiet"], ["dvc", "init", "--quiet"]):
        run(words, project, quiet(project.parent))
    cache, chance = project / ".dvc" / "cache" / "files" / "md5", random.Random(7)  # noqa: S311 (not for secrets)
    rows, total = list[dict[str, str]](), 0
    for prefix in range(256):
        (cache / f"{prefix:02x}").mkdir(parents=True)
    for at in range(files):
        content = chance.randbytes(chance.randrange(5_000, 15_000))
        rows.append({"md5": kept(cache, content), "relpath": f"{at % FOLDERS:03}/{at:06}"})
        total += len(content)
    listing = json.dumps(sorted(rows, key=lambda r: r["relpath"]), sort_keys=True).encode()
    md5 = kept(cache, listing, ".dir")
    facts = f"  size: {total}\n  nfiles: {files}\n  hash: md5\n  path: data\n"
    (project / "data.dvc").write_text(f"outs:\n- md5: {md5}\n{facts}")
    os.sync()
    return total


def kept(cache: Path, content: bytes, suffix: str = "") -> str:
    """Write an object of the cache, read-only as DVC has them; returns its name."""
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest() + suffix
    path = cache / md5[:2] / md5[2:]
    path.write_bytes(content)
    path.chmod(0o444)
    return md5


def adopted(room: Path, environment: dict[str, str], *options: str) -> float:
    """Time an adoption into an empty store."""
    registry = room / "registry"
    run([sys.executable, "-m", "cairn", "init", str(registry)], room, environment)
    adopt = [sys.executable, "-m", "cairn", "adopt", "dvc", "../project", *options]
    seconds = timed(lambda: run(adopt, registry, environment))
    shutil.rmtree(registry)
    return seconds


def checked_out(project: Path, environment: dict[str, str]) -> float:
    """Time a checkout into an empty folder; files are copied, as without reflinks."""
    run(["dvc", "config", "cache.type", "copy"], project, environment)
    return timed(lambda: run(["dvc", "checkout", "--quiet"], project, environment))


def quiet(room: Path) -> dict[str, str]:
    """Give variables that keep keys, settings and DVC's notes to the folder."""
    places = {"HOME": room, "CAIRN_HOME": room / "home", "DVC_SITE_CACHE_DIR": room / "site"}
    told = {name: str(place) for name, place in places.items()}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, **told, "PATH": path, "DVC_NO_ANALYTICS": "1"}


def run(words: Sequence[str], folder: Path, environment: dict[str, str]) -> None:
    """Run a command and let it say why it failed."""
    subprocess.run(words, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


def timed(work: Callable[[], None]) -> float:
    """Time a piece of work in seconds."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else FILES)
