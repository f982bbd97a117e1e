"""Databases that tests make, and questions to them as URIs."""

import sqlite3
from contextlib import closing
from urllib.parse import quote

import duckdb
import psycopg


def run(uri: str, *statements: str) -> None:
    """Run statements as somebody else would."""
    path = uri.partition("///")[2]
    if uri.startswith("sqlite"):
        with closing(sqlite3.connect(path)) as connection, connection:
            for statement in statements:
                connection.execute(statement)
    elif uri.startswith("duckdb"):
        with duckdb.connect(path) as connection:
            for statement in statements:
                connection.execute(statement)
    else:
        with psycopg.connect(uri) as connection:
            for statement in statements:
                connection.execute(statement)  # pyright: ignore[reportCallIssue, reportArgumentType] (a text of our own)


def asking(uri: str, query: str, order_by: str = "id") -> str:
    """Write a question as a URI."""
    joined = "&" if "?" in uri else "?"
    return f"{uri}{joined}query={quote(query)}&order_by={quote(order_by)}"
