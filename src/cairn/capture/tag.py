"""Tag the commit of a release: `churn-v1.4.0`, annotated with the version's digest."""

from cairn.core.errors import CairnError
from cairn.core.name import shown
from cairn.core.version import Version
from cairn.data.git import run_git
from cairn.registry import Registry


def tag_release(registry: Registry, version: Version) -> str:
    """Write an annotated git tag at the version's commit; say what was done, or why not.

    The release stands in the ledger already: a tag that cannot be written is told, not raised.
    """
    code = version.manifest.code
    name = f"{shown(version.model)}-v{version.release}"
    if code is None:
        return f"no git tag: nobody knows the commit of {version.name}"
    message = f"{version.name} {version.digest}"
    try:
        run_git(("tag", "-a", name, "-m", message, code.commit), registry.settings.folder)
    except CairnError as error:
        return f"no git tag: {error}"
    return f"git tag {name} at {code.commit[:12]}; publish it with `git push origin {name}`"
