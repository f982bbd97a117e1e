"""The inventory as one page of YAML that people read, edit, commit and compare.

Everything is written anew by each scan, in a fixed order and without times, so an unchanged
project gives the same bytes; only `asserted_by_human` belongs to people and is kept.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import msgspec

from cairn.core.errors import Invalid, NotFound, Unavailable
from cairn.core.request import convert
from cairn.core.unfolded import is_bounded
from cairn.inventory.findings import INGREDIENTS, Assertions, Ingredient, Inventory
from cairn.inventory.gaps import gaps

HEADER = """\
# What this project's models are made of, as `cairn inventory` found it; nothing was run.
# Commit this file. Each scan writes it anew, except for what people say, `asserted_by_human`,
# such as  weights: ["s3://models/churn.onnx"]  or  metrics: ["auc = 0.81"]; edit that freely.
"""
ENDLESS = 2**31 - 1
MOST_BYTES = 64_000_000


def write(inventory: Inventory, path: Path) -> None:
    """Write the file, whole or not at all; raises `Unavailable`."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("wb") as file:
            file.write(spell(inventory))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise Unavailable(f"{path} cannot be written: {error.strerror or error}") from error


def read(path: Path) -> Inventory:
    """Read the file as written or as edited since; raises `NotFound` and `Invalid`."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFound(f"there is no {path}: run `cairn inventory` first") from error
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        return convert(_plain(content), Inventory)
    except Invalid as error:
        fix = "correct it, or move it away and run `cairn inventory` again"
        raise Invalid(f"{path}: {error}; {fix}") from error


def record(inventory: Inventory, ingredient: str, answer: str) -> Inventory:
    """Add what a person says about an ingredient, a place or a number; once is enough."""
    text = " ".join(answer.split())
    name: Ingredient | None = next((i for i in INGREDIENTS if ingredient == i), None)
    if name is None:
        raise Invalid(
            f"{ingredient!r} is not an ingredient: they are {', '.join(INGREDIENTS)}"
        )
    if not text:
        raise Invalid(
            f"the answer for {ingredient} is empty: say what is known, or `don't know`"
        )
    known = inventory.asserted_by_human.get(name, ())
    if text in known:
        return inventory
    said: Assertions = {**inventory.asserted_by_human, name: (*known, text)}
    changed = msgspec.structs.replace(inventory, asserted_by_human=said)
    return convert(msgspec.to_builtins(changed), Inventory)


def spell(inventory: Inventory) -> bytes:
    """Write an inventory as text: one finding a line."""
    values = msgspec.to_builtins(inventory)
    said = values.pop("asserted_by_human", {})
    parts = [
        f"{HEADER}\ncairn: {values.pop('cairn')}\n",
        _section("asserted_by_human", {name: said.get(name, []) for name in INGREDIENTS}),
        _section("gaps", msgspec.to_builtins(gaps(inventory))),
    ]
    rest = [n for n in Inventory.__struct_fields__[1:] if n != "captured" or n in values]
    parts += [_section(name, values.get(name, [])) for name in rest]
    return "\n".join(parts).encode()


def _section(name: str, value: Any) -> str:
    """Write one section: what it contains one a line, and each of these in one line."""
    import yaml

    library: Any = yaml
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    node = library.SafeDumper(None, sort_keys=False).represent_data({name: value})
    node.flow_style = False
    _, section = node.value[0]
    section.flow_style = not value
    for part in section.value:
        (part[1] if isinstance(part, tuple) else part).flow_style = True
    return library.serialize(node, Dumper=dumper, allow_unicode=True, width=ENDLESS)


def _plain(content: bytes) -> dict[str, Any]:
    import yaml

    library: Any = yaml  # it has no types
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if len(content) > MOST_BYTES:
        raise Invalid(f"is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        if not is_bounded(library.compose(content, Loader=loader)):
            raise Invalid("names more by its aliases than anybody writes")
        found: Any = yaml.load(content, Loader=loader)  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise Invalid(f"is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict):
        raise Invalid("is not an inventory")
    values = cast("dict[str, Any]", found)
    values.pop("gaps", None)  # follow from the rest
    values["asserted_by_human"] = _answers(values.get("asserted_by_human") or {})
    return values


def _answers(asserted: Any) -> Any:
    """Take what people write by hand: one answer or several, numbers unquoted."""
    if not isinstance(asserted, dict):
        return asserted
    written = cast("dict[str, Any]", asserted)
    return {name: _texts(value) for name, value in written.items() if value}


def _texts(value: Any) -> list[Any]:
    values = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [str(v) if isinstance(v, int | float) else v for v in values]
