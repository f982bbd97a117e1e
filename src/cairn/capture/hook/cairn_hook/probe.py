"""Describe the environment of the Python that runs this file, as one JSON object.

Run by the script's own interpreter, with the script's `sys.path` as JSON on standard input:
what is installed there is what the model was made with.
"""

import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

DRIVER = "/proc/driver/nvidia"
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def main() -> None:
    """Write the description to standard output."""
    path = json.load(sys.stdin)
    sys.stdout.write(json.dumps({**environment(path), "host": host()}))


def environment(path: "list[str]") -> "dict[str, Any]":
    """Describe the software: interpreter, operating system, every distribution on `path`."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "operating_system": _operating_system(),
        "machine": platform.machine(),
        "libc": " ".join(platform.libc_ver()).strip(),
        "accelerators": accelerators(),
        "distributions": _distributions(path),
    }


def host() -> "dict[str, Any]":
    """Describe the machine: facts of one run, not of a model."""
    return {
        "name": platform.node(),
        "kernel": "%s %s" % (platform.system(), platform.release()),
        "cpu": _first(r"(?m)^model name\s*:\s*(.+)$", _text("/proc/cpuinfo")),
        "cores": os.cpu_count() or 0,
        "memory_bytes": _memory(),
        "drivers": drivers(),
    }


def _distributions(path: "list[str]") -> "list[dict[str, Any]]":
    """List what can be imported from `path`: of two with one name, the first counts.

    The path is looked at and never becomes `sys.path`: a module there is not ours to run.
    """
    found: dict[str, dict[str, Any]] = {}
    for entry in path:
        for name, version, source in _installed_in(entry):
            key = re.sub(r"[-_.]+", "-", name).lower()
            found.setdefault(key, {"name": key, "version": version, "source": source})
    return [found[key] for key in sorted(found)]


def _installed_in(entry: str) -> "Iterator[tuple[str, str | None, dict[str, Any] | None]]":
    """List the distributions of one entry of a path: name, version, where it came from.

    A folder's are read by their headers alone: parsing them whole takes longer than all else.
    """
    if os.path.isfile(entry):  # an archive
        yield from _installed_in_archive(entry)
        return
    try:
        names = sorted(os.listdir(entry or os.curdir))
    except OSError:
        return
    for name in names:
        if name.endswith((".dist-info", ".egg-info", "EGG-INFO")):
            place = os.path.join(entry, name)
            files = ("METADATA", "PKG-INFO") if os.path.isdir(place) else ("",)
            text = next(filter(None, (_text(os.path.join(place, each)) for each in files)), "")
            head = text.partition("\n\n")[0]
            named = _first(r"(?m)^Name:\s*(.+)$", head)
            if named:
                source = _source(_text(os.path.join(place, "direct_url.json")))
                yield named, _first(r"(?m)^Version:\s*(.+)$", head) or None, source


def _installed_in_archive(
    entry: str,
) -> "Iterator[tuple[str, str | None, dict[str, Any] | None]]":
    from importlib import metadata

    for each in metadata.distributions(path=[entry]):
        if each.metadata["Name"]:
            source = _source(each.read_text("direct_url.json") or "")
            yield each.metadata["Name"], each.version, source


def _source(text: str) -> "dict[str, Any] | None":
    """Read where a distribution came from if that was not a package index (PEP 610)."""
    try:
        return json.loads(text or "null")
    except ValueError:
        return None


def _operating_system() -> str:
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        found = _first(r"(?m)^PRETTY_NAME=[\"']?([^\"'\n]*)", _text(path))
        if found:
            return found
    return "%s %s" % (platform.system(), platform.release())


def accelerators(driver: str = DRIVER) -> "list[str]":
    """Name the NVIDIA GPUs that the driver, or else its tool, reports."""
    names = [
        _first(r"(?m)^Model:\s*(.+)$", _text(str(gpu)))
        for gpu in sorted(Path(driver).glob("gpus/*/information"))
    ]
    return sorted(filter(None, names)) or sorted(_ask_tool("name"))


def drivers(driver: str = DRIVER) -> "list[str]":
    """Name the NVIDIA driver and its version."""
    version = _first(r"Kernel Module\s+(?:for \S+\s+)?([\d.]+)", _text(driver + "/version"))
    found = [version] if version else _ask_tool("driver_version")[:1]
    return ["nvidia " + version for version in found]


def _ask_tool(field: str) -> "list[str]":
    command = ["nvidia-smi", "--query-gpu=" + field, "--format=csv,noheader"]
    try:
        output = subprocess.run(  # noqa: S603 (a fixed command)
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [
        line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()
    ]


def _memory() -> str:
    try:
        return str(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (OSError, ValueError):
        return ""


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found.group(1).strip() if found else ""


if __name__ == "__main__":
    main()
