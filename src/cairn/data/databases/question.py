"""A question to a database, taken apart from its URI: what is asked, in which order, of whom.

`postgresql://user@host/shop?query=SELECT ...&order_by=id&param.since=2026-01-01`: the part
before `?` and whatever Cairn does not know goes to the database's own library. Credentials go
there as well, and nowhere else: what is recorded has none.
"""

import json
import re
from collections.abc import Mapping
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from cairn.core.errors import Invalid, Refused
from cairn.core.run import Scalar

EngineName = Literal["postgresql", "sqlite", "duckdb"]
ENGINES: Mapping[str, EngineName] = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "sqlite": "sqlite",
    "duckdb": "duckdb",
}
ANY_ORDER = "*"
PARAMETER = "param."
ROWS = "cairn_rows"

# What is text to SQL is skipped: strings, names in quotes, comments, dollar quotes, casts.
_TOKENS = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|::"
    r"|:(?P<name>[A-Za-z_]\w*)",
    re.DOTALL,
)
_SECRET = re.compile(
    r"\w+://[^/\s:@']*:[^/\s@']+@|\b(?:password|passwd|pwd|secret|token)\s*=\s*[^\s'\"$:)]",
    re.IGNORECASE,
)


class Question(NamedTuple):
    """What is asked: `order` are the columns that tell rows apart, none of them for any order.

    `place` is the URI without credentials and without the question, for people; `target` what
    the engine's own library connects to.
    """

    engine: EngineName
    target: str
    place: str
    query: str
    order: tuple[str, ...]
    parameters: Mapping[str, Scalar]


def read_question(
    uri: str, *, order: tuple[str, ...] | None = None, parameters: Mapping[str, Scalar]
) -> Question:
    """Read a URI; `order` and `parameters` may be given beside it.

    Raises `Invalid` for what cannot be understood, with an example, and `Refused` for a
    question with a secret in it.
    """
    scheme, _, rest = uri.partition("://")
    engine = ENGINES[scheme.lower()]
    rest, _, query_string = rest.partition("?")
    ours, theirs = _sorted_out(query_string)
    query = ours.pop("query", "").strip().rstrip(";").strip()
    given = order if order is not None else _columns(ours.pop("order_by", None))
    if not query:
        raise Invalid(f"{engine}: no query is given; {_example(engine)}")
    if _SECRET.search(query):
        raise Refused(
            "the query has a password or a token in it, and queries are recorded",
            fix="keep it in ~/.pgpass, in the environment, or give it as a parameter",
        )
    if given is None:
        raise Invalid(
            "a snapshot of a query needs an order that is the same every time: "
            "--order-by COLUMN (the columns that tell rows apart), or --any-order to sort by "
            "all columns; in a URI &order_by=id, or &order_by=*"
        )
    found = {name.removeprefix(PARAMETER): scalar(text) for name, text in ours.items()}
    target = f"{scheme}://{rest}" + (f"?{urlencode(theirs)}" if theirs else "")
    place = f"{engine}://{_without_login(rest)}"
    return Question(engine, target, place, query, given, {**found, **parameters})


def scalar(text: str) -> Scalar:
    """Read a parameter as it is typed: a number, `true`, `false`, `null`, or else a text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    is_scalar = value is None or isinstance(value, bool | int | float)
    return value if is_scalar else text


def file_of(question: Question) -> str:
    """Return the path in `sqlite:///shop.db`; one of four slashes is absolute.

    Raises `Invalid` for a host, which a file does not have.
    """
    parts = urlsplit(question.target)
    if parts.netloc or parts.query:
        raise Invalid(
            f"{question.target!r} is not a file: write {question.engine}:///relative/path or "
            f"{question.engine}:////absolute/path"
        )
    return unquote(parts.path.removeprefix("/"))


def bound(question: Question, *, mark: str) -> str:
    """Spell the query's parameters as an engine has them: `:name` becomes `mark` and `name`.

    Raises `Invalid` for a parameter that was not given, or is not in the query.
    """
    used: set[str] = set()

    def spell(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return found[0]
        if name not in question.parameters:
            raise Invalid(
                f"the query needs a value for :{name}; give it as --param {name}=..."
            )
        used.add(name)
        return mark.format(name)

    text = _TOKENS.sub(spell, question.query)
    unused = sorted(question.parameters.keys() - used)
    if unused:
        raise Invalid(f"the query has no parameter :{unused[0]}; leave it out or write it")
    return text


def wrapped(query: str, columns: str = "*") -> str:
    """Select from a query; a comment at its end does not swallow what follows."""
    return f"SELECT {columns} FROM (\n{query}\n) AS {ROWS}"  # noqa: S608  # the query is theirs


def quoted(name: str) -> str:
    """Quote a column's name."""
    return '"' + name.replace('"', '""') + '"'


def _sorted_out(query_string: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Split what follows `?` into what Cairn knows and what is the library's."""
    ours: dict[str, str] = {}
    theirs: list[tuple[str, str]] = []
    for name, value in parse_qsl(query_string, keep_blank_values=True):
        if name in {"query", "order_by"} or name.startswith(PARAMETER):
            ours[name] = value
        else:
            theirs.append((name, value))
    return ours, theirs


def _columns(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    if text == ANY_ORDER:
        return ()
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _without_login(rest: str) -> str:
    host, slash, path = rest.partition("/")
    return host.rpartition("@")[2] + slash + path


def _example(engine: EngineName) -> str:
    where = "user@host/database" if engine == "postgresql" else "/shop.db"
    return f"write --query SQL, or {engine}://{where}?query=SELECT ...&order_by=id"
