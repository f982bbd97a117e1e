"""SQL as text: does it look like a query, and which tables and files does it read?"""

import re

MOST_CHARACTERS = 20_000

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_STRING = re.compile(r"'((?:[^']|'')*)'")
_QUERY = r"\s*(?:SELECT\b.*?\bFROM\b|WITH\b.*?\bAS\b.*?\bSELECT\b)"
_UPPER = re.compile(_QUERY, re.DOTALL)
_ANY_CASE = re.compile(_QUERY, re.DOTALL | re.IGNORECASE)
_PROSE = re.compile(r"\s*(?:Select|With)\b")

# `FROM` that reads no table: EXTRACT(YEAR FROM day), IS DISTINCT FROM, DELETE FROM.
_OTHER_FROM = re.compile(
    r"\b(?:EXTRACT|TRIM|SUBSTRING|OVERLAY)\s*\([^()]*\)|\b(?:DISTINCT|DELETE)\s+FROM\b",
    re.IGNORECASE,
)
_PART = r"(?:[\w$\-{}]+|\"[^\"]+\"|`[^`]+`|\[[^\]]+\])"
_NAME = rf"{_PART}(?:\s*\.\s*{_PART}){{0,3}}"
_TABLE = rf"(?>{_NAME})(?!\s*\()"
_TABLES = re.compile(
    rf"\b(?:FROM|JOIN)\s+({_TABLE}(?:(?:\s+AS)?(?:\s+\w+)?\s*,\s*{_TABLE})*)", re.IGNORECASE
)
_READS = re.compile(r"\b(?:FROM|JOIN)\b", re.IGNORECASE)
_DEFINED = re.compile(
    r"(?:\bWITH\s+(?:RECURSIVE\s+)?|,\s*)(\w+)\s*(?:\([^)]*\))?\s+AS\s*(?:\w+\s*)?\(",
    re.IGNORECASE,
)
_KEYWORDS = {"select", "lateral", "unnest", "values", "only"}
_FILE = re.compile(r".+\.(?:parquet|csv|tsv|json|jsonl|ndjson|arrow|feather|gz)", re.DOTALL)


def is_query(text: str) -> bool:
    """Tell a query from prose that happens to say "select ... from"."""
    start = plain(text)
    if _PROSE.match(start):
        return False
    return bool(
        _UPPER.match(start) or (_ANY_CASE.match(start) and re.search(r"[*,=(_]", start))
    )


def reads(statement: str) -> bool:
    """Tell a statement that reads tables from one that does not, quickly."""
    return bool(_READS.search(statement)) and bool(tables(statement))


def tables(text: str) -> tuple[str, ...]:
    """List the tables that SQL reads, each once, in order of appearance."""
    bare = _OTHER_FROM.sub(" ", _STRING.sub("''", plain(text)))
    known = {name.lower() for name in _DEFINED.findall(bare)} | _KEYWORDS
    listed = [part.strip() for found in _TABLES.findall(bare) for part in found.split(",")]
    names = [match[0] for part in listed if (match := re.match(_NAME, part))]
    wanted = [re.sub(r"\s|[\"`\[\]]", "", name) for name in names if name.lower() not in known]
    return tuple(dict.fromkeys(wanted))


def plain(text: str) -> str:
    """Leave out the comments."""
    return _COMMENT.sub(" ", text[:MOST_CHARACTERS])


def files(text: str) -> tuple[str, ...]:
    """List the files that SQL names between quotes: `FROM 'flights.parquet'`."""
    quoted = _STRING.findall(text[:MOST_CHARACTERS])
    return tuple(dict.fromkeys(name for name in quoted if _FILE.fullmatch(name)))
