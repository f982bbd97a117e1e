"""Stretches of a text that are secrets: in addresses, headers, options and assignments."""

import re
from collections.abc import Callable, Iterable, Iterator

from cairn.core.secret.form import Found
from cairn.core.secret.name import (
    hides,
    is_placeholder,
    is_reference,
    looks_random,
    may_hide,
)
from cairn.core.secret.pattern import Pattern

REDACTED = "<redacted>"
IN_ADDRESS, WEBHOOK, HEADER = "a password in an address", "a webhook", "an access token"

Judge = Callable[[str, str], bool]
"""Tells whether a value under a name is a secret."""

_ADDRESS = Pattern(
    r"\b(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30})://(?P<rest>[^\s\"'<>\\]{1,4000})"
)
_HOST_AND_PORT = Pattern(r"[^@]*:\d{1,5}")
_LATER = Pattern(r"(?P<login>[^\s?#]{1,500}[^\s?#/])@")
_LOGIN_ALONE = frozenset({"http", "https", "ws", "wss", "ftp", "ftps", "git+https"})
_QUERY = Pattern(
    r"(?<=[?&;#])(?P<name>[A-Za-z][\w.%-]{0,60})=(?P<value>[^\s&;#\"'<>,)\]}]{1,4000})"
)
_QUERY_NAMES = frozenset(
    {
        *("sig", "signature", "key", "code", "x-amz-signature", "x-amz-credential"),
        *("x-amz-security-token", "x-goog-signature", "x-goog-credential", "awsaccesskeyid"),
        *("x-ms-signature", "googleaccessid", "ticket", "hapikey", "appid"),
    }
)
_WEBHOOK = Pattern(
    r"""(?x) \b https?://
    (?: hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/
      | (?:canary\.|ptb\.)? discord(?:app)?\.com/api/(?:v\d+/)?webhooks/
      | [\w.-]{1,80} webhook\.office(?:365)?\.com/
      | outlook\.office(?:365)?\.com/webhook/
      | chat\.googleapis\.com/v1/spaces/
      | api\.telegram\.org/bot
      | hooks\.zapier\.com/hooks/ | maker\.ifttt\.com/trigger/ | hc-ping\.com/
      | [\w.:-]{1,120} / (?:[\w-]{1,60}/){0,6} (?:web)?hooks? /
    ) (?P<value>[^\s"'<>)\]}]{6,1000})"""
)
_SCHEME = Pattern(
    r"\b(?i:bearer|basic)\s+(?=[^\s]{0,200}[0-9A-Z=])(?P<value>[A-Za-z0-9+/=._~-]{16,4000})"
    r"|\b(?i:authorization)[\"']?\s{0,5}[:=]\s{0,5}[\"']?"
    r"(?:(?i:bearer|basic|token|digest|apikey)\s+)?(?P<other>[^\s\"',;&}\])]{1,4000})"
)
_ASSIGNED = Pattern(
    r"""(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{0,100})(?:\\{0,3}["'])?(?:\])?"""
    r"""[ \t]{0,20}(?::=|=>|[:=])[ \t]{0,20}"""
)
_OPTION = Pattern(
    r"(?<![\w-])--?(?P<name>[A-Za-z][\w.-]{0,100})(?:[ \t]{1,5}|[\"'],[ \t]{0,5})(?![ \t-])"
)
_VALUE = Pattern(
    r"""\$\{[^}\n]{1,200}\}|\{\{[^}\n]{1,200}\}\}|(?P<quoted>"(?:[^"\\\n]|\\.){0,9999}"|'(?:[^'\\\n]|\\.){0,9999}'"""
    r"""|\\{1,3}"[^"\\\n]{0,9999}\\{1,3}")|<[\w .-]{1,40}>|[^\s"'#,;&}\])<]{1,9999}"""
)
_LOGIN_OPTION = Pattern(
    r"(?<![\w-])(?:-u|--user|--userpwd|--proxy-user|--auth)(?:[ =]|[\"'],\s[\"'])"
    r"(?P<who>[^\s:\"']{1,200}):(?P<value>[^\s\"']{1,1000})"
)
_IDENTIFIED = Pattern(
    r"(?i)\b(?:identified\s+by|password)\s+(?P<value>'[^'\n]{1,999}'|\"[^\"\n]{1,999}\")"
)
_QUOTES = "\"'\\"


def addresses(text: str) -> Iterator[Found]:
    """Yield logins, signatures and webhooks in addresses."""
    if "://" in text:
        for found in _ADDRESS.finditer(text):
            start, size = found.start("rest"), _login(found["scheme"], found["rest"])
            if size:
                yield Found(start, start + size, IN_ADDRESS)
        for found in _WEBHOOK.finditer(text):
            yield Found(found.start("value"), found.end("value"), WEBHOOK)
    for found in _QUERY.finditer(text) if "=" in text else ():
        name, value = found["name"], found["value"]
        if name.lower() in _QUERY_NAMES or (may_hide(name) and hides(name, value)):
            yield Found(found.start("value"), found.end("value"), IN_ADDRESS)


def _login(scheme: str, rest: str) -> int:
    """Return how many characters behind `://` are a login that is secret.

    Of `ssh://git@host` and `postgresql://bob@db` the name alone is none. In passwords people
    forget to escape `@` and `/`.
    """
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    login = host.rpartition("@")[0]
    if ":" in host and not _HOST_AND_PORT.fullmatch(host):
        later = _LATER.match(rest)
        login = later["login"] if later else login
    is_name = ":" not in login and scheme.lower() not in _LOGIN_ALONE
    return 0 if is_reference(login) or (is_name and not looks_random(login)) else len(login)


def headers(text: str) -> Iterator[Found]:
    """Yield what stands behind `Bearer`, `Basic` and `Authorization`."""
    for found in _SCHEME.finditer(text):
        group = "value" if found["value"] else "other"
        if not is_reference(found[group]):
            yield Found(found.start(group), found.end(group), HEADER)


def assignments(text: str, judge: Judge = hides, *, quoted: bool = False) -> Iterator[Found]:
    """Yield values that are assigned to names which make them secrets, or follow an option.

    With `quoted` only what stands in quotes counts: code that uses a secret names it, too.
    """
    heads = [_ASSIGNED] if quoted else [_ASSIGNED, _OPTION]
    for head in heads:
        after = 0
        for found in head.finditer(text):
            if found.start() < after:
                continue
            name = _last(found["name"])
            value = _VALUE.match(text, found.end()) if may_hide(name) else None
            if value is None or (quoted and not value["quoted"]):
                continue
            start, end = _inside(text, value.start(), value.end())
            if judge(name, text[start:end]):
                after = end
                yield Found(start, end, f"a value for {found['name']!r}")
    for pattern in () if quoted else (_LOGIN_OPTION, _IDENTIFIED):
        for found in pattern.finditer(text):
            start, end = _inside(text, found.start("value"), found.end("value"))
            if not text[start:end].isdigit() and not is_placeholder(text[start:end]):
                yield Found(start, end, "a password")


def replaced(text: str, found: Iterable[Found]) -> str:
    """Write `<redacted>` instead of secrets; where they overlap, once for all of them."""
    parts: list[str] = []
    place = 0
    for start, end in _merged(found):
        parts += [text[place:start], REDACTED]
        place = end
    return "".join([*parts, text[place:]]) if parts else text


def _merged(found: Iterable[Found]) -> Iterator[tuple[int, int]]:
    last: tuple[int, int] | None = None
    for start, end, _ in sorted(found):
        if last is None:
            last = (start, end)
        elif start < last[1]:
            last = (last[0], max(end, last[1]))
        else:
            yield last
            last = (start, end)
    if last is not None:
        yield last


def _inside(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave the quotes around a value alone, and backslashes in front of them."""
    while start < end and text[start] in _QUOTES:
        start += 1
    while end > start and text[end - 1] in _QUOTES:
        end -= 1
    return start, end


def _last(name: str) -> str:
    return name.rpartition(".")[2]
