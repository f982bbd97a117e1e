"""Check `required_artifacts`: the artifact tree holds a file for every pattern."""

from fnmatch import fnmatchcase

from cairn.core.check import RequiredArtifacts
from cairn.core.gate import Finding
from cairn.stats.checks.evidence import Evidence


def judge_required_artifacts(check: RequiredArtifacts, evidence: Evidence) -> Finding:
    """Pass if each pattern matches the path of a file in the tree, or its name."""
    missing = [name for name in check.files if not _holds(evidence.files, name)]
    if not missing:
        return Finding(
            check=check.id,
            type="required_artifacts",
            outcome="pass",
            code="ok",
            reason=f"{evidence.version} holds {', '.join(check.files)}",
        )
    return Finding(
        check=check.id,
        type="required_artifacts",
        outcome="fail",
        code="missing-artifacts",
        reason=f"{evidence.version} has no {', no '.join(missing)} "
        f"among its {len(evidence.files)} files",
        fix="save the missing files beside the model and register the version again",
    )


def _holds(files: frozenset[str], pattern: str) -> bool:
    """`*` crosses folders; a pattern without `/` is matched against names alone as well."""
    if "/" in pattern:
        return any(fnmatchcase(path, pattern) for path in files)
    return any(fnmatchcase(path.rpartition("/")[2], pattern) for path in files)
