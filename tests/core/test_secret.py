"""Secrets are taken out, and hyperparameters that look like them stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.capture.project.sources import find_secrets
from cairn.core.secret import (
    REDACTED,
    is_secret_name,
    redact,
    redact_command,
    redact_value,
    strip_login,
)

RANDOM = "k3Jx9QpLmZ27vTbYwE5s"  # what a generated key looks like
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
PRIVATE = "-----BEGIN " + "PRIVATE KEY-----\nMIIEvQ\n-----END " + "PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["train.py", "--password", "hunter2"], ["train.py", "--password", REDACTED]),
        (["--token=abc", "--lr=0.1"], [f"--token={REDACTED}", "--lr=0.1"]),
        (["--db-password", "x", "y"], ["--db-password", REDACTED, "y"]),
        (["--password", "--verbose", "x"], ["--password", "--verbose", "x"]),
        (["API_KEY=abc", "python"], [f"API_KEY={REDACTED}", "python"]),
        (["--url", "https://me:pw@host/x"], ["--url", f"https://{REDACTED}@host/x"]),
        (["--key", "month"], ["--key", "month"]),
        ([f"--key={RANDOM}"], [f"--key={REDACTED}"]),
        (["-c", f"connect(password='{RANDOM}')"], ["-c", f"connect(password='{REDACTED}')"]),
        (["--id", AWS], ["--id", REDACTED]),
    ],
)
def test_a_command_line_loses_its_secrets_and_nothing_else(
    command: list[str], shown: list[str]
) -> None:
    assert redact_command(command) == tuple(shown)


@pytest.mark.parametrize(
    "name",
    [
        *("password", "db_password", "dbPassword", "AWS_SECRET_ACCESS_KEY", "api-key"),
        *(
            "GITHUB_TOKEN",
            "token",
            "client_secret",
            "private_key",
            "passphrase",
            "accessToken",
        ),
    ],
)
def test_a_secret_is_known_by_its_name(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("max_tokens", "token_pattern", "tokenizer", "pad_token", "eos_token", "n_tokens"),
        *("key", "sort_key", "monkey", "keys", "author", "learning_rate", "secretary_id", ""),
    ],
)
def test_hyperparameters_are_not_secrets(name: str) -> None:
    assert not is_secret_name(name)


def test_a_value_named_key_is_a_secret_only_if_it_looks_random() -> None:
    assert redact_value("partition_key", "customer_id") == "customer_id"
    assert redact_value("partition_key", RANDOM) == REDACTED
    assert redact_value("key", "data/2026/january/part-0001.parquet").startswith("data/")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"key id {AWS} used", f"key id {REDACTED} used"),
        (PRIVATE, REDACTED),
        ('{"password": "a b\\"c", "lr": 0.1}', f'{{"password": "{REDACTED}", "lr": 0.1}}'),
        ("password: hunter2\nlr: 0.1\n", f"password: {REDACTED}\nlr: 0.1\n"),
        (
            "Authorization: Bearer abcdefghijklmnopqrst",
            f"Authorization: {REDACTED} {REDACTED}",
        ),
        ("postgresql://app:pw@db/x?a=1", f"postgresql://{REDACTED}@db/x?a=1"),
        ("https://host/x?access_token=abc&n=1", f"https://host/x?access_token={REDACTED}&n=1"),
        ("epoch 3: loss=0.25", "epoch 3: loss=0.25"),
    ],
)
def test_a_text_loses_its_secrets_and_nothing_else(text: str, shown: str) -> None:
    assert redact(text) == shown


@given(st.text(alphabet=st.sampled_from("abkey_passwordtoken=:\"' \n-@/<>1"), max_size=60))
def test_redacting_twice_changes_nothing(text: str) -> None:
    once = redact(text)

    assert redact(once) == once


@pytest.mark.parametrize(
    ("url", "stripped"),
    [
        ("https://user:token@github.com/a/b.git", "https://github.com/a/b.git"),
        ("https://token@github.com/a/b.git", "https://github.com/a/b.git"),
        ("ssh://git:pw@host:22/a.git", "ssh://git@host:22/a.git"),
        ("git@github.com:a/b.git", "git@github.com:a/b.git"),
        ("https://host/a.git?token=abc", f"https://host/a.git?token={REDACTED}"),
    ],
)
def test_a_repository_url_keeps_what_finds_it_and_no_credentials(
    url: str, stripped: str
) -> None:
    assert strip_login(url) == stripped


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (PRIVATE, "a private key"),
        (f'client = connect("{AWS}")', "an access token"),
        ('URL = "postgres://me:pw@db/x"', "a password in an address"),
        ('db_password = "hunter22"', "a value for 'db_password'"),
        ('password = os.environ["DB_PASSWORD"]', None),
        ('password: str = "<your password>"', None),
        ('parser.add_argument("--token", help="the token to use")', None),
        ("password: ${DB_PASSWORD}", None),
        ('token_pattern = r"(?u)\\b\\w\\w+\\b"', None),
    ],
)
def test_a_source_file_with_a_secret_is_told_from_one_that_uses_one(
    text: str, kind: str | None
) -> None:
    found = find_secrets("a.py", text)

    assert (found and found.kind) == kind
