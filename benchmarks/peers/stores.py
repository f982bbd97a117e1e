"""The same steps for every tool that keeps data: store, restore, push, pull."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from peers import HOME, python_with
from peers.disk import Held, Taken, held, remove, timed

DVC = "dvc==3.67.1"
_CAIRN = Path(sys.executable).with_name("cairn")


class Tool:
    """One tool in a folder of its own; `data` is what it stores."""

    name = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.out = folder / "out"
        (folder / "home").mkdir(parents=True)

    def run(self, *command: str | Path, cwd: Path | None = None) -> Taken:
        """Time one command of the tool."""
        return timed(command, cwd=cwd or self.folder, env=self.environment())

    def environment(self) -> Mapping[str, str]:
        """Return what keeps the tool within its folder."""
        return {"HOME": str(self.folder / "home"), "CAIRN_HOME": str(self.folder / "home")}

    def begin(self) -> None:
        """Make an empty store."""

    def store(self) -> Taken:
        """Store the data, or what changed of it."""
        raise NotImplementedError

    def restore(self) -> Taken:
        """Write it all where nothing is."""
        raise NotImplementedError

    def kept(self) -> Held:
        """Count what is in the store."""
        raise NotImplementedError

    def push(self) -> Taken:
        """Copy it all to a folder elsewhere."""
        raise NotImplementedError

    def pull(self) -> Taken:
        """Bring it all from there to where nothing is."""
        raise NotImplementedError


class Cairn(Tool):
    """Ours: durable, verified, and recorded in a signed ledger."""

    name = "cairn"

    def begin(self) -> None:
        """Make an empty store."""
        self.run(_CAIRN, "init")

    def store(self) -> Taken:
        """Store the data, or what changed of it."""
        return self.run(_CAIRN, "snapshot", "add", "data", "--name", "data")

    def restore(self) -> Taken:
        """Write it all where nothing is."""
        remove(self.out)
        return self.run(_CAIRN, "snapshot", "restore", "data", "out")

    def kept(self) -> Held:
        """Count what is in the store."""
        return held(self.folder / ".cairn" / "objects" / "packs")

    def push(self) -> Taken:
        """Copy it all to a folder elsewhere."""
        return self.run(_CAIRN, "push", self.folder / "remote", "snap:data")

    def pull(self) -> Taken:
        """Bring everything into a new project, and write the files."""
        other = self.folder / "other"
        other.mkdir()
        self.run(_CAIRN, "init", ".", cwd=other)
        pulled = self.run(_CAIRN, "pull", self.folder / "remote", cwd=other)
        written = self.run(_CAIRN, "snapshot", "restore", "data", "out", cwd=other)
        return Taken(
            pulled.seconds + written.seconds,
            pulled.processor + written.processor,
            max(pulled.memory_mib, written.memory_mib),
        )


class Dvc(Tool):
    """DVC as it comes: copies, or reflinks where the disk has them; never synced."""

    name = "dvc"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._dvc = Path(python_with(DVC)).with_name("dvc")

    def environment(self) -> Mapping[str, str]:
        """Return what keeps the tool within its folder."""
        named = {
            f"DVC_{kind}_DIR": str(self.folder / "home" / kind)
            for kind in ("SITE_CACHE", "GLOBAL_CONFIG", "SYSTEM_CONFIG")
        }
        return {**super().environment(), **named, "DVC_NO_ANALYTICS": "1"}

    def begin(self) -> None:
        """Make an empty store."""
        self.run("git", "init", "-q")
        self.run(self._dvc, "init", "-q")
        self.run(self._dvc, "config", "core.check_update", "false")
        self.run(self._dvc, "remote", "add", "-d", "there", self.folder / "remote")

    def store(self) -> Taken:
        """Store the data, or what changed of it."""
        return self.run(self._dvc, "add", "-q", "data")

    def restore(self) -> Taken:
        """Write it all where nothing is."""
        remove(self.data)
        return self.run(self._dvc, "checkout", "-q")

    def kept(self) -> Held:
        """Count what is in the store."""
        return held(self.folder / ".dvc" / "cache")

    def push(self) -> Taken:
        """Copy it all to a folder elsewhere."""
        return self.run(self._dvc, "push", "-q")

    def pull(self) -> Taken:
        """Bring everything where nothing is."""
        remove(self.data, self.folder / ".dvc" / "cache")
        return self.run(self._dvc, "pull", "-q")


class Restic(Tool):
    """Debian's restic: encrypts, and compresses what can be."""

    name = "restic"

    def environment(self) -> Mapping[str, str]:
        """Return what keeps the tool within its folder."""
        return {**super().environment(), "RESTIC_PASSWORD": "x"}

    def begin(self) -> None:
        """Make an empty store."""
        self.run(_restic(), "init", "-q", "-r", "store", "--repository-version", "2")

    def store(self) -> Taken:
        """Store the data, or what changed of it."""
        return self.run(_restic(), "backup", "-q", "-r", "store", "data")

    def restore(self) -> Taken:
        """Write it all where nothing is."""
        remove(self.out)
        return self.run(_restic(), "restore", "-q", "-r", "store", "latest", "--target", "out")

    def kept(self) -> Held:
        """Count what is in the store."""
        return held(self.folder / "store")


class Tar(Tool):
    """One file with everything in it, synced."""

    name = "tar"

    def store(self) -> Taken:
        """Store the data, or what changed of it."""
        return self.run("sh", "-c", "tar cf data.tar data && sync data.tar")


class Cp(Tool):
    """A copy, synced; after `restore` as ours is: all of the disk at once."""

    name = "cp"

    def store(self) -> Taken:
        """Store the data, or what changed of it."""
        return self.run("sh", "-c", "cp -r data copy && sync copy/* copy")

    def restore(self) -> Taken:
        """Write it all where nothing is."""
        remove(self.out)
        return self.run("sh", "-c", "cp -r data out && sync -f out")


def _restic() -> Path:
    """Return Debian's restic, unpacked and not installed."""
    folder = HOME / "restic"
    if not (folder / "usr/bin/restic").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "restic"], cwd=folder, check=True)
        (package,) = folder.glob("*.deb")
        subprocess.run(["dpkg", "-x", package, folder], check=True)
    return folder / "usr/bin/restic"
