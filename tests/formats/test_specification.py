"""`docs/reference/formats.md` says what the code does: examples, fields, defaults, actions."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cairn.core import ledger, tree
from cairn.core.digest import canonical, digest_bytes
from cairn.core.gate import Finding, GroupFinding
from cairn.core.request import Record
from cairn.core.run import Code, Environment, Gap, Host, Input, Seed
from cairn.core.sidecar import Sidecar
from cairn.core.version import Artifacts, Signature
from cairn.engine.actions import ACTIONS
from cairn.engine.store import StoreFile
from formats.golden_files import RECORDS, golden, one

PAGE = (Path(__file__).parents[2] / "docs/reference/formats.md").read_text("utf-8")
EXAMPLE = re.compile(
    r"^`(\S+)` · `(\S+)`\n\n```(json|text|hex)\n(.*?)```$", re.MULTILINE | re.DOTALL
)
EXAMPLES = [found.groups() for found in EXAMPLE.finditer(PAGE)]
PARTS: dict[str, type[Record]] = {
    "artifacts": Artifacts,
    "code": Code,
    "environment": Environment,
    "host": Host,
    "input": Input,
    "seed": Seed,
    "signature": Signature,
    "gap": Gap,
}
FINDINGS: dict[str, type[Record]] = {"finding": Finding, "group": GroupFinding}
ALWAYS = "—"


def section(title: str) -> str:
    """The text under a heading, up to the next one of its level or above."""
    level, rest = re.findall(
        rf"^(#+) {re.escape(title)}\n(.*)", PAGE, re.MULTILINE | re.DOTALL
    )[0]
    return re.split(rf"^#{{1,{len(level)}}} ", rest, flags=re.MULTILINE)[0]


def rows(text: str, *header: str) -> Iterator[list[str]]:
    """The rows of the table that begins with these columns, cells without their spaces."""
    inside = False
    for line in text.split("\n"):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells[: len(header)] == list(header):
            inside = True
        elif not cells:
            inside = False
        elif inside and not set(line) <= set("|-"):
            yield cells


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def described(fields: Iterator[list[str]]) -> dict[str, str]:
    """Read name and default of every field from rows of name, type, default."""
    return {name: cells[2].strip("`") for cells in fields for name in names(cells[0])}


def defined(kind: type[Record]) -> dict[str, str]:
    """The same from the code."""
    found: dict[str, str] = {}
    for field in msgspec.structs.fields(kind):
        default: Any = field.default
        if field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        if default is msgspec.NODEFAULT:
            found[field.encode_name] = ALWAYS
        else:
            spelled = canonical(default).decode()
            found[field.encode_name] = "absent" if default is None else spelled
    return found


def unquoted(found: dict[str, str]) -> dict[str, str]:
    return {
        name: value.strip('"') if value != '""' else value for name, value in found.items()
    }


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example[0]))
def test_an_example_is_the_golden_file(example: tuple[str, str, str, str]) -> None:
    name, digest, language, shown = example
    content = {
        "text": shown.encode,
        "json": shown.removesuffix("\n").encode,
        "hex": lambda: bytes.fromhex(shown),
    }[language]()

    assert content == one(name)
    assert digest_bytes(content) == digest


def test_every_kind_has_an_example() -> None:
    shown = {name for name, *_ in EXAMPLES}

    assert {file.kind for file in golden() if file.name in shown} == {
        file.kind for file in golden()
    }


@pytest.mark.parametrize("kind", RECORDS)
def test_the_fields_of_a_record_and_their_defaults(kind: str) -> None:
    told = described(rows(section(kind), "field", "type", "default"))

    assert unquoted(told) == unquoted(defined(RECORDS[kind]))


@pytest.mark.parametrize(
    ("title", "parts"),
    [("Parts of runs and manifests", PARTS), ("decision/1", FINDINGS)],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_the_fields_of_parts_and_their_defaults(
    title: str, parts: dict[str, type[Record]]
) -> None:
    told: dict[str, dict[str, str]] = {part: {} for part in parts}
    part = ""
    for cells in rows(section(title), "part", "field", "type", "default"):
        part = cells[0] or part
        told[part] |= described(iter([cells[1:]]))

    assert {part: unquoted(fields) for part, fields in told.items()} == {
        part: unquoted(defined(kind)) for part, kind in parts.items()
    }


@pytest.mark.parametrize(
    ("title", "header", "kind", "tag"),
    [
        ("Entry", "field", ledger.Entry, set[str]()),
        ("store/1", "field", StoreFile, {"cairn"}),
        ("sidecar/1", "key", Sidecar, {"cairn.format"}),
    ],
)
def test_the_fields_of_what_has_no_defaults(
    title: str, header: str, kind: type[Record], tag: set[str]
) -> None:
    told = {name for cells in rows(section(title), header, "type") for name in names(cells[0])}

    fields = msgspec.structs.fields(kind)
    assert told | tag == {field.encode_name for field in fields} | tag
    assert {field.default for field in fields} <= {msgspec.NODEFAULT, ""}


def test_every_action_is_listed() -> None:
    listed = rows(section("Entry"), "`action`", "`subject`")

    assert {name for cells in listed for name in names(cells[0])} == set(ACTIONS)


def test_the_limits_are_those_of_the_code() -> None:
    told = {cells[0]: cells[1] for cells in rows(section("Limits"), "what", "limit")}

    assert told["ledger entry"] == f"{ledger.ENTRY_BYTES - 1:,} bytes"
    assert told["entries in a segment"] == f"{ledger.SEGMENT_ENTRIES:,}"
    assert told["rows in a leaf"] == f"{tree.LEAF_ROWS:,}"


def test_links_within_the_page_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    anchors = {
        re.sub(r"[^a-z0-9 _-]", "", title.lower()).replace(" ", "-") for title in headings
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors
