"""How Cairn was installed, so that what it lacks is added the same way."""

import json
import shlex
import sys
from pathlib import Path
from typing import Any

PROJECT = "cairn-ml"


def installs(extra: str) -> str:
    """Write the command that adds an extra to this very installation of Cairn."""
    from importlib import metadata  # reads much, for a sentence that few are told

    try:
        about = metadata.distribution(PROJECT)
    except metadata.PackageNotFoundError:
        return _command("", f"{PROJECT}[{extra}]")
    installer = (about.read_text("INSTALLER") or "").strip()
    origin: dict[str, Any] = json.loads(about.read_text("direct_url.json") or "{}")
    return _command(installer, _wanted(extra, origin), editable=_is_editable(origin))


def _command(installer: str, wanted: str, *, editable: bool = False) -> str:
    what = f"-e {shlex.quote(wanted)}" if editable else f"'{wanted}'"
    if (Path(sys.prefix) / "uv-receipt.toml").is_file():
        return f"uv tool install --force {what}"
    if (Path(sys.prefix) / "pipx_metadata.json").is_file():
        return f"pipx install --force {what}"
    python = shlex.quote(sys.executable)
    if installer == "uv":
        return f"uv pip install --python {python} {what}"
    return f"{python} -m pip install {what}"


def _is_editable(origin: dict[str, Any]) -> bool:
    return bool(origin.get("dir_info", {}).get("editable"))


def _wanted(extra: str, origin: dict[str, Any]) -> str:
    """Name what to install: the project by name, or from where it came."""
    named, url = f"{PROJECT}[{extra}]", str(origin.get("url", ""))
    if "vcs_info" in origin:
        return f"{named} @ {origin['vcs_info']['vcs']}+{url}"
    if "dir_info" in origin:
        from urllib.parse import urlsplit
        from urllib.request import url2pathname  # and with it half of the standard library

        return f"{url2pathname(urlsplit(url).path)}[{extra}]"
    return f"{named} @ {url}" if url else named
