"""Filter text to SQL: `metrics.roc_auc > 0.7 and stage = "staging"`.

The only SQL that is put together at run time. Names and values become parameters; from the
text itself only known words and operators reach the statement.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cairn.core.errors import Invalid
from cairn.core.version import Manifest

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
      | "(?P<double>[^"]*)"
      | '(?P<single>[^']*)'
      | (?P<operator><=|>=|!=|=|<|>)
      | (?P<word>[A-Za-z_][\w.@/-]*)
    )""",
    re.VERBOSE,
)
_COLUMNS = {
    "model": "version.model",
    "number": "version.number",
    "digest": "version.digest",
}
_SELECT = """
SELECT model, number, digest, run, registered, released, release, marked, deleted, archived
  FROM version
 WHERE (CAST(:model AS TEXT) IS NULL OR model = :model)
   AND (CAST(:before AS BIGINT) IS NULL OR registered < :before)"""
_VALUE = """
   AND EXISTS (SELECT 1 FROM version_value
                WHERE version_value.model = version.model
                  AND version_value.version = version.number
                  AND version_value.name IN ({names})
                  AND version_value.{column} {operator} :{value})"""
_LABEL = """
   AND {exists} (SELECT 1 FROM label_move AS moved
                WHERE moved.model = version.model AND moved.version = version.number
                  AND moved.label = :{value}
                  AND (moved.label <> 'archived' OR version.archived = 1)
                  AND version.deleted IS NULL
                  AND moved.seq = (SELECT MAX(seq) FROM label_move
                                    WHERE model = moved.model AND label = moved.label))"""
_RUN = """
   AND {exists} (SELECT 1 FROM run
                 WHERE run.id LIKE :{value}
                   AND (run.id = version.run
                     OR EXISTS (SELECT 1 FROM version_remake AS again
                                 WHERE again.model = version.model
                                   AND again.number = version.number
                                   AND again.run = run.id)))"""
_COMMIT = """
   AND version.commit_id {like} :{value}"""
_EXAMPLE = 'metrics.roc_auc > 0.7 and params.max_depth = 4 and stage = "production"'


TAGS = ("stage", "experiment", "snapshot", "approved")
"""What Cairn itself says of a version: nobody sets these, everybody can search by them."""
_LEFT = ("snapshot", "approved")
_ALL = (1 << 63) - 1


class Search(NamedTuple):
    """A statement with its parameters, and the terms that no table answers.

    Each of `rest` is a tag, a value, and whether a version must have it or must not. `keys`
    are the names such as `metrics.roc_auc` that some version must have.
    """

    text: str
    parameters: dict[str, Any]
    rest: tuple[tuple[str, str, bool], ...]
    keys: tuple[str, ...]


class _Term(NamedTuple):
    name: str
    operator: str
    value: str | float


def values(manifest: Manifest) -> Iterator[tuple[str, str | float]]:
    """List what can be searched of a manifest: `metrics.X`, `params.X`, `fields.X`."""
    for name, metric in manifest.metrics.items():
        yield f"metrics.{name}", metric
    for prefix, scalars in (("params", manifest.parameters), ("fields", manifest.fields)):
        for name, value in scalars.items():
            yield f"{prefix}.{name}", value if isinstance(value, str) else _number(value)


def spelled_as(key: str) -> tuple[str, ...]:
    """List the names that a key may have: a metric is found under any of its names."""
    part, _, metric = key.partition(".")
    if part != "metrics":
        return (key,)
    from cairn.stats.metrics import spellings  # reads all that is known of metrics

    return tuple(f"metrics.{one}" for one in spellings(metric))


def versions(where: str, *, model: str | None, before: int | None, limit: int) -> Search:
    """Return the search for matching versions, newest first, `before` a ledger entry.

    Terms that no table answers leave out some of what it finds: then it finds all. Raises
    `Invalid` with an example for text that is not a filter.
    """
    terms = tuple(_terms(where))
    rest = tuple(
        (term.name, str(term.value), _equals(term) == "EXISTS")
        for term in terms
        if term.name in _LEFT
    )
    text = _SELECT
    parameters = dict[str, Any](model=model, before=before, limit=_ALL if rest else limit)
    for index, term in enumerate(term for term in terms if term.name not in _LEFT):
        name, value = f"name{index}", f"value{index}"
        parameters[value] = term.value
        keys = {f"{name}_{at}": key for at, key in enumerate(spelled_as(term.name))}
        text += _condition(term, keys, value)
        if "." in term.name:
            parameters |= keys
        if term.name == "experiment":
            parameters[value] = f"{_run(term)}%"
        if term.name == "commit":
            parameters[value] = f"{_commit(term)}%"
    text += "\n ORDER BY registered DESC LIMIT :limit"
    return Search(
        text, parameters, rest, tuple(term.name for term in terms if "." in term.name)
    )


def _condition(term: _Term, keys: Iterable[str], value: str) -> str:
    if "." in term.name:
        column = "word" if isinstance(term.value, str) else "amount"
        names = ", ".join(f":{key}" for key in keys)
        return _VALUE.format(names=names, value=value, column=column, operator=term.operator)
    if term.name in ("stage", "label"):
        return _LABEL.format(value=value, exists=_equals(term))
    if term.name == "experiment":
        return _RUN.format(value=value, exists=_equals(term))
    if term.name == "commit":
        like = "LIKE" if _equals(term) == "EXISTS" else "NOT LIKE"
        return _COMMIT.format(value=value, like=like)
    if term.name not in _COLUMNS:
        known = ", ".join(
            [*_COLUMNS, "commit", *TAGS, "metrics.NAME", "params.NAME", "fields.NAME"]
        )
        raise Invalid(f"cannot filter by {term.name!r}; there are {known}")
    return f"\n   AND {_COLUMNS[term.name]} {term.operator} :{value}"


def _equals(term: _Term) -> str:
    if term.operator not in ("=", "!="):
        raise Invalid(f"{term.name} can be compared with = and != only: {_EXAMPLE}")
    return "EXISTS" if term.operator == "=" else "NOT EXISTS"


def _run(term: _Term) -> str:
    digits = str(term.value).removeprefix("run:")
    if re.fullmatch(r"[0-9a-f]{4,32}", digits) is None:
        raise Invalid(f'experiment is a run such as "run:3f2a90c1", not {term.value!r}')
    return digits


def _commit(term: _Term) -> str:
    digits = str(term.value).lower()
    if re.fullmatch(r"[0-9a-f]{4,64}", digits) is None:
        raise Invalid(
            f'commit is 4 to 64 hexadecimal digits in quotes, such as commit = "3f2a90c1", '
            f"not {term.value!r}"
        )
    return digits


def _terms(where: str) -> Iterator[_Term]:
    """Split `a > 1 and b = "x"` into its comparisons."""
    tokens = list(_tokens(where))
    while tokens:
        match tokens[:3]:
            case [("word", name), ("operator", operator), (kind, value)] if kind != "operator":
                yield _Term(name, operator, float(value) if kind == "number" else value)
            case _:
                raise Invalid(f"cannot read the filter {where!r}; write it like: {_EXAMPLE}")
        tokens = tokens[3:]
        if tokens and tokens.pop(0)[1].lower() != "and":
            raise Invalid(f"filters are joined by 'and': {_EXAMPLE}")
        if where.rstrip().lower().endswith(" and"):
            raise Invalid(f"the filter {where!r} ends in the middle: {_EXAMPLE}")


def _tokens(where: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(where.rstrip()):
        found = _TOKEN.match(where, place)
        if found is None or found.lastgroup is None:
            raise Invalid(
                f"cannot read the filter at {where[place:]!r}; write it like: {_EXAMPLE}"
            )
        yield found.lastgroup, found[found.lastgroup]
        place = found.end()


def _number(value: float | None) -> str | float:
    return "none" if value is None else float(value)
