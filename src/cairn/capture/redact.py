"""Secrets are taken out before anything is hashed: a digest would keep them for ever.

1. A value is a secret by its name (`password`, `api_key`, `GITHUB_TOKEN`), or by its looks
   (`AKIA...`, `ghp_...`, a private key, `user:pass@host`).
2. Names that end in `key` are common in machine learning: there the value must look random.
3. What is written instead is `<redacted>`, whatever stood there: its length says nothing.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

REDACTED = "<redacted>"

_SECRET_WORDS = frozenset(
    {
        *("password", "passwords", "passwd", "pwd", "passphrase", "secret", "secrets"),
        *("credential", "credentials", "apikey", "authtoken"),
    }
)
_SECRET_ENDS = frozenset({"token", "auth", "authorization", "dsn"})
_SECRET_KEYS = frozenset(
    {"api", "access", "secret", "private", "account", "signing", "encryption", "auth"}
)
# Special tokens of a vocabulary are hyperparameters: `pad_token = "[PAD]"`.
_VOCABULARY = frozenset(
    {"pad", "unk", "unknown", "cls", "sep", "mask", "bos", "eos", "stop", "start", "special"}
)

_LOOKS = re.compile(
    r"""
      -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----(?:[^-]*-----END\ [A-Z ]*PRIVATE\ KEY-----)?
    | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b                          # Amazon
    | \bgh[pousr]_[A-Za-z0-9]{20,}\b | \bgithub_pat_\w{20,}  # GitHub
    | \bglpat-[\w-]{16,} | \bhf_[A-Za-z0-9]{20,}\b           # GitLab, Hugging Face
    | \bxox[abeprs]-[\w-]{10,} | \bAIza[\w-]{30,}            # Slack, Google
    | \bsk-[A-Za-z0-9_-]{20,} | \bsk_live_\w{16,}            # OpenAI and others, Stripe
    | \b(?:npm|pypi)[_-][A-Za-z0-9_-]{30,}                   # package registries
    | \beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+                 # a signed web token
    """,
    re.VERBOSE,
)
_USERINFO = re.compile(r"(?P<head>\b[a-z][a-z0-9+.-]*://)(?P<who>[^\s/@:\"']*):[^\s/@\"']+@")
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:(?P<who>[^/@]*)@)?(?P<rest>.*)", re.DOTALL
)
_OPTION = re.compile(r"-{0,2}[\w.-]+")
_BEARER = re.compile(r"(?i)\b(?P<head>bearer|basic)\s+[A-Za-z0-9+/=._~-]{16,}")
_ASSIGNED = re.compile(
    r"""(?P<head>["']?\b(?P<name>[A-Za-z_][\w.-]*)["']?\s*[:=]\s*)"""
    r"""(?P<value>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[^\s"'#,;&}\])]+)"""
)
_PLACEHOLDER = re.compile(
    r"""(?ix) ^(?: <.*> | \$\{?\w.*  | \{\{.*\}\} | %\(.*\)s | x+ | \*+ | \.+
        | none | null | true | false | todo | change[-_]?me | your[-_ ].*
        | example.* | dummy.* )$"""
)
_ENTROPY_BITS, _RANDOM_LENGTH, _LITERAL_LENGTH, _KNOWN_LENGTH = 3.0, 16, 6, 8


def redact_command(command: Sequence[str]) -> tuple[str, ...]:
    """Take the secrets out of a command line: `--password X`, `--token=X`, `user:pw@host`."""
    shown: list[str] = []
    secret_follows = False
    for word in map(_as_text, command):
        option = word.startswith("-")
        if secret_follows and not option:
            shown.append(REDACTED)
            secret_follows = False
            continue
        name, equals, value = word.partition("=")
        named = _OPTION.fullmatch(name) is not None and is_secret_name(name)
        secret_follows = option and named and not equals
        shown.append(f"{name}={REDACTED}" if named and value else redact_text(word))
    return tuple(shown)


def redact_value(name: str, value: str) -> str:
    """Take the secret out of one named setting."""
    if value and (is_secret_name(name) or (_is_key(name) and _looks_random(value))):
        return REDACTED
    return redact_text(value)


def secrets_in(command: Sequence[str], variables: Mapping[str, str]) -> tuple[str, ...]:
    """List the secrets of a command line and an environment, to be found in other texts.

    Short ones are left out: they are words that stand everywhere.
    """
    named = [value for name, value in variables.items() if is_secret_name(name)]
    given = [part for word in command for part in (word, word.partition("=")[2])]
    shown = " ".join(redact_command(command))
    hidden = {word for word in given if word not in shown} | set(named)
    long = [secret for secret in hidden if len(secret) >= _KNOWN_LENGTH]
    return tuple(sorted(long, key=len, reverse=True))


def redact_text(text: str, *, known: Iterable[str] = ()) -> str:
    """Take out of a text what is a secret by its looks, or assigned to a secret's name.

    `known` secrets are taken out wherever they stand. Text without secrets is returned as it
    was; redacting twice changes nothing.
    """
    for secret in known:
        text = text.replace(secret, REDACTED)
    text = _LOOKS.sub(REDACTED, text)
    text = _USERINFO.sub(rf"\g<head>{REDACTED}@", text)
    text = _BEARER.sub(rf"\g<head> {REDACTED}", text)
    return _ASSIGNED.sub(_redact_assigned, text)


def strip_credentials(url: str) -> str:
    """Return a repository's URL without user and password; a login name for SSH stays."""
    found = re.match(
        r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:(?P<who>[^/@]*)@)?(?P<rest>.*)", url
    )
    if found is None:
        return redact_text(url)
    login = (found["who"] or "").partition(":")[0]
    who = f"{login}@" if login and found["scheme"].lower().endswith("ssh") else ""
    return redact_text(f"{found['scheme']}://{who}{found['rest']}")


def find_secret(text: str) -> str | None:
    """Say what kind of secret a source file seems to hold; None if it holds none.

    Stricter than `redact_text`: only literals count, as code that uses a secret names it too.
    """
    if found := _LOOKS.search(text):
        return "a private key" if found[0].startswith("-----") else "an access token"
    if _USERINFO.search(text):
        return "a password in an address"
    for found in _ASSIGNED.finditer(text):
        name, value = found["name"], found["value"]
        if value[0] in "\"'" and _is_literal(value[1:-1]) and _hides(name, value[1:-1]):
            return f"a value for {name!r}"
    return None


def is_secret_name(name: str) -> bool:
    """Tell whether what is called so is a secret, whatever its value."""
    words = _words(name)
    if _SECRET_WORDS.intersection(words):
        return True
    if not words or _VOCABULARY.intersection(words[:-1]):
        return False
    if words[-1] in _SECRET_ENDS:
        return True
    return len(words) > 1 and words[-1] == "key" and words[-2] in _SECRET_KEYS


def _as_text(word: str) -> str:
    """Spell bytes of a command line that are no UTF-8."""
    return word.encode("utf-8", "backslashreplace").decode()


def _redact_assigned(found: re.Match[str]) -> str:
    value = found["value"]
    literal = value.strip("\"'")
    if not literal or literal == REDACTED:
        return found[0]
    if not _hides(found["name"], literal):
        return found["head"] + _ASSIGNED.sub(_redact_assigned, value)
    quote = value[0] if value[0] in "\"'" else ""
    return f"{found['head']}{quote}{REDACTED}{quote}"


def _hides(name: str, value: str) -> bool:
    last = name.rpartition(".")[2]
    return is_secret_name(last) or (_is_key(last) and _looks_random(value))


def _is_literal(value: str) -> bool:
    """Tell a value that somebody wrote down from a placeholder or a sentence."""
    return (
        len(value) >= _LITERAL_LENGTH
        and not any(char.isspace() for char in value)
        and _PLACEHOLDER.match(value) is None
    )


def _is_key(name: str) -> bool:
    words = _words(name)
    return bool(words) and words[-1] in ("key", "keys")


def _words(name: str) -> list[str]:
    """Split `dbPassword`, `db-password` and `DB_PASSWORD` alike."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.findall(r"[a-z0-9]+", spaced.lower())


def _looks_random(value: str) -> bool:
    """Tell a random string from a word: long, unbroken, letters and digits, high entropy."""
    if len(value) < _RANDOM_LENGTH or re.search(r"[\s/\\.]", value):
        return False
    if not (re.search(r"[0-9]", value) and re.search(r"[A-Za-z]", value)):
        return False
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares) >= _ENTROPY_BITS
