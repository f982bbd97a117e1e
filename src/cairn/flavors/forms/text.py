"""Text: `safe` where it is known to be harmless, which being text does not make it."""

import re

from cairn.flavors.content import Content
from cairn.flavors.forms import code, names
from cairn.flavors.forms.markup import judge_markup
from cairn.flavors.forms.records import judge_json, judge_lines, keys_of_yaml
from cairn.flavors.forms.templates import has_template, judge_template
from cairn.flavors.limits import MAX_TEXT, OverLimit
from cairn.flavors.verdict import Verdict, safe, unknown, unsafe, worse

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_FILLED = re.compile(r"\{\{[^{}]*\}\}")
_PYTHON_TAG = re.compile(r"!!(?:python|ruby|java|js)|tag:yaml\.org,2002:(?:python|ruby|js)")
_TAG = re.compile(
    r"^%TAG\b|![!<][\w%<]"
    r"|^(?:[ \t-]*[\w.\"'-]+:[ \t]+|[ \t]*(?:-[ \t]+)+|---[ \t]+|[ \t]*)![\w%]",
    re.MULTILINE,
)


def judge_text(content: Content, name: str = "") -> Verdict | None:
    """Judge the content as text; None if it is none."""
    if content.find(b"\0", 0, 1 << 16) >= 0:
        return None
    if len(content) > MAX_TEXT:
        raise OverLimit(f"it may be text, and Cairn reads {MAX_TEXT} bytes of it at most")
    try:
        text = content[:].decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if _CONTROLS.search(text):
        return None
    verdict = judge_json(text) or judge_lines(text)
    if verdict is None:
        verdict = judge_markup(text) if text.lstrip()[:1] == "<" else _judge_plain(text, name)
    if verdict.safety == "safe" and not names.reads_as_text(name):
        return unknown(verdict.format, "nothing says what reads a text of this name")
    return verdict


def _judge_plain(text: str, name: str) -> Verdict:
    verdict = safe("text")
    if text.startswith("#!"):
        return unknown("script", "it is a program")
    if _PYTHON_TAG.search(text):
        return unsafe("text", "it has a tag of YAML that makes an object")
    if _TAG.search(text):
        verdict = worse(
            verdict, unknown("text", "it has a tag of YAML, which a loader may act on")
        )
    for sign in (*keys_of_yaml(text), *code.signs(text, prose=names.is_prose(name))):
        verdict = worse(verdict, unknown("text", sign))
    return worse(verdict, _judge_templates(text, prose=names.is_prose(name)))


def _judge_templates(text: str, *, prose: bool) -> Verdict:
    """Judge what a template engine would carry out; BibTeX in prose has double braces too."""
    if prose and "{%" not in text:
        text = " ".join(_FILLED.findall(text))
    return judge_template(text) if has_template(text) else safe("template")
