"""What a secret is called, and what a value looks like that nobody thought up.

1. Some names are those of secrets, whatever the value: `db_password`, `apiKey`, `MY_PAT`.
2. Some are so only with a value that is neither a number nor a switch: `auth: true` and
   `n_pass = 3` are settings.
3. Names like `key`, `conn` and `license` are common: there the value must look random.
"""

import math
import re
from collections import Counter
from functools import lru_cache

from cairn.core.secret.pattern import Pattern

_ANYWHERE = frozenset(
    {
        *("password", "passwords", "passwd", "passwort", "pwd", "passphrase", "passcode"),
        *("secret", "secrets", "credential", "credentials", "creds", "apikey", "authtoken"),
        *("accesskey", "secretkey", "privatekey", "sessionid", "sessiontoken"),
    }
)
_LAST_SURELY = frozenset({"pin", "pincode", "cvv", "pw", "pswd"})
_LAST = frozenset(
    {
        *("token", "auth", "authorization", "dsn", "pat", "pass", "otp", "jwt", "bearer"),
        *("cookie", "cookies", "sas", "webhook", "webhooks"),
    }
)
_BEFORE_KEY = frozenset(
    {
        *("api", "access", "secret", "private", "account", "signing", "encryption", "auth"),
        *("license", "licence", "master", "storage", "subscription", "shared", "service"),
        *("admin", "client", "consumer", "app", "application", "deploy", "ssh", "gpg"),
        *("pgp", "hmac", "jwt", "session", "cookie", "webhook", "wandb", "openai"),
    }
)
_TOGETHER = frozenset(
    {
        *(("pin", "code"), ("security", "code"), ("recovery", "code"), ("session", "id")),
        *(("webhook", "url"), ("hook", "url"), ("sas", "url"), ("auth", "code")),
    }
)
_COMMON = frozenset(
    {
        *("key", "keys", "conn", "connection", "connstr", "license", "licence", "hook"),
        *("cert", "sid", "dsnurl", "pem"),
    }
)
# Special tokens of a vocabulary are hyperparameters: `pad_token = "[PAD]"`.
_VOCABULARY = frozenset(
    {
        *("pad", "padding", "unk", "unknown", "cls", "sep", "mask", "bos", "eos", "sos"),
        *("stop", "start", "special", "begin", "end", "image", "video", "audio", "vision"),
        *("boi", "eoi", "eot", "prefix", "suffix", "middle", "sentinel", "blank", "word"),
        *("newline", "space", "oov", "additional", "think", "tool", "content", "chunk"),
        *("first", "last", "next", "prev", "separator", "per", "each", "sub", "decoder"),
        *("forward", "backward", "low", "high", "band", "single", "multi", "one", "two"),
    }
)
_NEVER = frozenset({"PWD", "OLDPWD", "pwd"})  # the working folder of a shell
_SWITCH = Pattern(r"(?i)true|false|yes|no|on|off|none|null|~|auto|required|optional")
_NUMBER = Pattern(r"[+-]?(?:\d[\d_]*)?\.?\d+(?:[eE][+-]?\d+)?")
_REFERENCE = Pattern(
    r"""(?x) <[\w\ .-]{1,40}> | \$\{[^}\s]{1,200}\} | \$[A-Z_][A-Z0-9_]* | \{\{.*\}\}
        | %\(\w+\)s | %[A-Z_]+% | \*+ | \.\.\. | \[[A-Z0-9_]+\] | </?\w+> | !\w+ | \{\w*\}"""
)
_PLACEHOLDER = Pattern(
    r"""(?ix) x+ | todo | changeme | change[-_]me | your[-_ ].* | example.* | dummy.*
        | (?:my[-_]?)? (?: password | passwd | secret | token | api[-_]?key )
        | postgres | localhost | disabled | enabled | anonymous | default"""
)
_DIGEST = Pattern(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9A-F]{64}")
_UUID = Pattern(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PART = Pattern(r"[a-z]+\d{0,5}|[A-Z]+\d{0,5}|[A-Z][a-z]+\d{0,5}|\d+|\d+[a-z]{1,2}")
_ENTROPY_BITS, _RANDOM_LENGTH, _ODD_LENGTH, _LONG_LENGTH = 3.0, 16, 5, 8


def is_secret_name(name: str) -> bool:
    """Tell whether what is called so is a secret, if it is neither a number nor a switch."""
    words = words_of(name)
    return name not in _NEVER and (_is_sure(words) or _is_likely(words))


def hides(name: str, value: str) -> bool:
    """Tell whether a value under a name is a secret."""
    if not value or name in _NEVER or is_reference(value) or _SWITCH.fullmatch(value):
        return False
    words = words_of(name)
    if _is_sure(words):
        return True
    if _NUMBER.fullmatch(value):
        return False
    if _is_likely(words):
        return True
    return bool(words) and words[-1] in _COMMON and _is_odd_key(words, value)


@lru_cache(maxsize=4096)
def may_hide(name: str) -> bool:
    """Tell whether any value under a name is a secret: quick, for texts full of names."""
    words = words_of(name)
    return is_secret_name(name) or (bool(words) and words[-1] in _COMMON)


def is_reference(value: str) -> bool:
    """Tell whether a value says where a secret is, or that there is none: `${TOKEN}`."""
    return _REFERENCE.fullmatch(value) is not None


def is_placeholder(value: str) -> bool:
    """Tell whether a value is one that nobody is meant to use."""
    return is_reference(value) or _PLACEHOLDER.fullmatch(value) is not None


def is_tellable(value: str) -> bool:
    """Tell whether a secret is so unlike other words that it can be looked for elsewhere.

    A short word, a number, a switch or a path stands in many places that have nothing to do
    with it.
    """
    if len(value) < _ODD_LENGTH or is_placeholder(value) or _SWITCH.fullmatch(value):
        return False
    if _NUMBER.fullmatch(value) or value.startswith(("/", "./", "../", "~/")):
        return False
    if len(value) >= _LONG_LENGTH:
        return True
    return sum(bool(re.search(part, value)) for part in ("[a-z]", "[A-Z]", r"\d", r"\W")) > 1


def looks_random(value: str) -> bool:
    """Tell a random string from words: long, unbroken, letters and digits, high entropy."""
    if len(value) < _RANDOM_LENGTH or re.search(r"[\s/\\.:,(\[{]", value):
        return False
    if not (re.search(r"\d", value) and re.search(r"[A-Za-z]", value)):
        return False
    if all(_PART.fullmatch(part) for part in re.split(r"[_+=-]", value) if part):
        return False
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares) >= _ENTROPY_BITS


def is_odd(value: str) -> bool:
    """Tell whether a value looks random, and is not a digest or an id that names things."""
    is_name = _DIGEST.fullmatch(value) or _UUID.fullmatch(value)
    return not is_name and looks_random(value)


def words_of(name: str) -> list[str]:
    """Split `dbPassword`, `db-password` and `DB_PASSWORD` alike."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name[-200:])
    return re.findall(r"[a-z0-9]+", spaced.lower())


def _is_sure(words: list[str]) -> bool:
    if not words:
        return False
    if _ANYWHERE.intersection(words) or words[-1] in _LAST_SURELY:
        return True
    return tuple(words[-2:]) in _TOGETHER or words[-3:] == ["access", "key", "id"]


def _is_likely(words: list[str]) -> bool:
    if not words or _VOCABULARY.intersection(words[:-1]):
        return False
    if words[-1] in _LAST:
        return True
    return len(words) > 1 and words[-1] in ("key", "keys") and words[-2] in _BEFORE_KEY


def _is_odd_key(words: list[str], value: str) -> bool:
    """Tell whether a value under a common name is a secret; digests name things as well."""
    if _DIGEST.fullmatch(value) or _UUID.fullmatch(value):
        return words == ["key"]
    return is_odd(value)
