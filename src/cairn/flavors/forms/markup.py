"""SVG, the one kind of markup that holds data only; and only if it stays with drawing."""

import re
from typing import Any

from cairn.core.errors import Corrupt
from cairn.flavors.forms.names import words
from cairn.flavors.verdict import Verdict, safe, unknown, unsafe

_ELEMENTS = words(
    "svg g defs symbol use path rect circle ellipse line polyline polygon text tspan",
    "title desc metadata style clipPath mask pattern linearGradient radialGradient stop",
    "marker image filter feGaussianBlur feOffset feBlend feColorMatrix feFlood",
    "feComposite feMerge feMergeNode RDF Work Agent creator format date type rights",
    "publisher language",
)
_SVG = "http://www.w3.org/2000/svg"
_STYLE = re.compile(r"(?i)url\(\s*['\"]?(?!#)|@import|expression\(|javascript|behavior\s*:")
_HERE = re.compile(r"#|data:image/(?:png|jpeg|gif);base64,")
_IN_NAMES = "}"


class _Drawing:
    """What one reading of a document has met."""

    def __init__(self) -> None:
        self.first = ""
        self.script = ""
        self.odd = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(_IN_NAMES)
        if not self.first:
            self.first = f"{space}}}{local}"
        if local == "script" or any(_local(key).startswith("on") for key in attributes):
            self.script = self.script or local
        elif local not in _ELEMENTS:
            self.odd = self.odd or f"it has the element {local}"
        for key, value in attributes.items():
            self.attribute(_local(key), value)

    def attribute(self, key: str, value: str) -> None:
        if key in ("href", "src", "action") and not _HERE.match(value.strip()):
            self.odd = self.odd or f"it leads to {value[:80]}"
        elif _STYLE.search(value):
            self.odd = self.odd or "it has a style that leads elsewhere"

    def text(self, words: str) -> None:
        if _STYLE.search(words):
            self.odd = self.odd or "it has a style that leads elsewhere"


def judge_markup(text: str) -> Verdict:
    """Judge a text that begins as markup does."""
    drawing = _Drawing()
    try:
        _read(text, drawing)
    except Corrupt as error:
        return unknown("markup", str(error))
    if drawing.script:
        return unsafe("markup", f"it has a script, in the element {drawing.script}")
    if drawing.first not in (f"{_SVG}}}svg", "}svg"):
        return unknown("markup", "it is markup, which can lead to other files and to scripts")
    return unknown("svg", drawing.odd) if drawing.odd else safe("svg")


def _read(text: str, drawing: _Drawing) -> None:
    from xml.parsers import expat

    parser = expat.ParserCreate(namespace_separator=_IN_NAMES)
    handlers = {
        "StartElement": drawing.start,
        "CharacterData": drawing.text,
        "StartDoctypeDecl": _check_doctype,
        "ProcessingInstruction": _no_instruction,
    }
    for name, handler in handlers.items():
        setattr(parser, f"{name}Handler", handler)
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise Corrupt(f"it is markup that cannot be read to its end: {error}") from error


def _check_doctype(_name: str, _system: Any, _public: Any, has_internal_subset: int) -> None:
    if has_internal_subset:
        raise Corrupt("it is markup that declares entities of its own")


def _no_instruction(target: str, _data: str) -> None:
    raise Corrupt(f"it is markup with an instruction for {target}")


def _local(key: str) -> str:
    return key.rpartition(_IN_NAMES)[2].lower()
