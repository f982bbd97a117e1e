"""Options of `cairn snapshot add`: what a database is asked, and how rows were chosen."""

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import click

from cairn.core.errors import Invalid
from cairn.core.run import Scalar
from cairn.core.snapshot import Sampling

Command = Callable[..., Any]


class Question(NamedTuple):
    """What a database is asked; all of it is empty for files and lakes."""

    query: str
    database: str | None
    order_by: str | tuple[str, ...] | None
    parameters: Mapping[str, Scalar]

    def address(self, source: str | None) -> str:
        """Return what is to be frozen, as one address.

        Raises `Invalid` where it is not said, or said twice.
        """
        found = [each for each in (source, self.database) if each is not None]
        if len(found) != 1:
            raise Invalid(
                "say what to freeze once: a path, an address, or --query with --source URI"
            )
        if not self.query:
            return found[0]
        if "://" not in found[0]:
            raise Invalid(
                "--query asks a database: name it with --source postgresql://... (or "
                "sqlite:///..., duckdb:///...)"
            )
        return f"{found[0]}{'&' if '?' in found[0] else '?'}query={quote(self.query)}"


def with_question(command: Command) -> Command:
    """Add the options of a question, gathered into one argument."""

    @click.option("--query", help="SQL to ask, or a file with it.")
    @click.option("--source", "database", metavar="URI", help="The database to ask.")
    @click.option(
        "--order-by", multiple=True, help="Column that tells rows apart; repeatable."
    )
    @click.option("--any-order", is_flag=True, help="Sort by all columns instead.")
    @click.option("--param", multiple=True, metavar="NAME=VALUE", help="Value of :NAME.")
    @wraps(command)
    def gathered(
        *given: Any,
        query: str | None,
        database: str | None,
        order_by: tuple[str, ...],
        any_order: bool,
        param: tuple[str, ...],
        **others: Any,
    ) -> Any:
        if any_order and order_by:
            raise Invalid("give --order-by or --any-order, not both")
        names = tuple(name for each in order_by for name in each.split(","))
        order = names or ("*" if any_order else None)
        question = Question(_sql(query), database, order, _parameters(param))
        return command(*given, question=question, **others)

    return gathered


def with_sampling(command: Command) -> Command:
    """Add the options that say how rows were chosen, gathered into one argument."""

    @click.option(
        "--sampling", help="How rows were chosen: random, first ..., or all of them."
    )
    @click.option("--fraction", type=float, help="The share that was chosen, up to 1.")
    @click.option("--sampling-seed", help="The seed of the choice.")
    @click.option("--filter", "condition", help="The condition that rows had to meet.")
    @wraps(command)
    def gathered(
        *given: Any,
        sampling: str | None,
        fraction: float | None,
        sampling_seed: str | None,
        condition: str | None,
        **others: Any,
    ) -> Any:
        found = None
        if sampling is not None:
            found = Sampling(
                method=sampling, fraction=fraction, seed=sampling_seed, filter=condition or ""
            )
        elif (fraction, sampling_seed, condition) != (None, None, None):
            raise Invalid("say how rows were chosen as well: --sampling METHOD")
        return command(*given, sampling=found, **others)

    return gathered


def _sql(query: str | None) -> str:
    if query is None:
        return ""
    path = Path(query)
    is_file = len(query) < 4096 and "\n" not in query and path.is_file()  # noqa: PLR2004  # no path is longer
    return path.read_text("utf-8") if is_file else query


def _parameters(given: tuple[str, ...]) -> dict[str, Scalar]:
    if not given:
        return {}
    from cairn.data.databases.question import scalar

    pairs = [each.partition("=") for each in given]
    wrong = next((name for name, separator, _ in pairs if not separator or not name), None)
    if wrong is not None:
        raise Invalid(f"--param {wrong!r} is not NAME=VALUE; write --param since=2026-01-01")
    return {name: scalar(value) for name, _, value in pairs}
