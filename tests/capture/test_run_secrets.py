"""Secrets stand in many places of a project: after a run, none is in any byte of the store."""

import json
import re
import sys
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest

from cairn.capture.run import RunOutcome
from cairn.core.ledger import ReadLedger
from cairn.core.run import RunFacts
from cairn.registry import Registry
from cairn.registry.session import Session
from projects.repositories import write
from projects.training import project, train

SETTINGS = """
lr: 0.1
solver: lbfgs
db: {url: "postgresql://bob:S3CRETurlpw@db.example.com/x", password: S3CRETyamlpw}
auth: [bob, S3CRETinalist]
wandb_api_key: 0123456789abcdef0123456789abS3CRETwb
mlflow: {tracking_uri: "https://u:S3CRETmlf@mlflow.example.com"}
slack_webhook: "https://hooks.slack.com/services/T000/B000/S3CREThookXXXXXXXX"
connection_string: "AccountName=x;AccountKey=S3CRETazureKEY1234567890abcdefgh==;Suffix=y"
sas: "https://acct.blob.example.com/c/d.csv?sv=2022&sig=S3CRETsas%2Babcdef1234567890"
pass: S3CRETpass
pw: S3CRETpw
pin_code: 47114711
"""
CREDENTIALS = (
    '{"lr": 1, "aws": {"aws_secret_access_key": "S3CRETaws"}, "passcode": "S3CRETcode"}'
)
SCRIPT = """
import base64, json, os, sys, urllib.parse
import yaml
found = yaml.safe_load(open("conf/train.yaml")); json.load(open("conf/creds.json"))
open(".env").read(); open("data/notes.txt").read()
token, pin = os.environ["API_TOKEN"], os.environ["MYSERVICE_PAT"]
print("connecting with", found["db"]["url"], found["wandb_api_key"], "as", found["auth"])
print("token is " + token, "pin", pin, "argv", sys.argv, found["slack_webhook"], found["sas"])
print("header", base64.b64encode(b"joe:" + token.encode()).decode(), urllib.parse.quote(pin))
print("of .env", open(".env").read().partition("=")[2], json.dumps({"t": [token]}))
open("out.txt", "w").write("url=%s tok=%s" % (found["db"]["url"], token))
open("out.bin", "wb").write(b"\\0\\1" + token.encode())
open("my.key", "w").write("S3CRETkeyfile")
open("plain.txt", "w").write("accuracy 0.9")
"""
NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "source": ["print(1)"],
            "outputs": [{"text": ["password: S3CRETnbout99\n"]}],
        }
    ]
}
ARGUMENTS = [
    *("--token", "S3CRETargv1", "--password=S3CRETargv2", "-p", "S3CRETargvshort"),
    *("--db", "postgresql://joe:S3CRETargv3@h/db", "--pat", "S3CRETargvpat9"),
    *("--license-key", "S3CRETlic", "--db-pass=S3CRETdbp", "-u", "me:S3CRETuser1"),
    *("--note", "Zebra9unnamed", "--lr", "0.1", "--solver", "lbfgs"),
]
ENVIRONMENT = {"API_TOKEN": "S3CRETenv+tok/99", "MYSERVICE_PAT": "S3CRETenvpat 9999"}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Registry, RunOutcome]:
    """Run a script in a project that has secrets in every place where people keep them."""
    top = tmp_path_factory.mktemp("secrets") / "work"
    files: dict[str, str | bytes] = {
        "conf/train.yaml": SETTINGS,
        "conf/creds.json": CREDENTIALS,
        "data/notes.txt": f"asked with {ENVIRONMENT['API_TOKEN']}\n",
        ".gitignore": ".cairn/\n.env\nout.*\n",
    }
    registry = project(top, SCRIPT, files=files)
    write(top / ".env", "DB_PASSWORD=S3CRETdotenv\n")
    write(top / "new.py", 'PAT = "S3CRETuncommittedPAT99aa"\ndb_password = "S3CRETuncommit"\n')
    write(top / "more.py", f"URL = 'https://h/?x={quote(ENVIRONMENT['API_TOKEN'])}'\n")
    write(top / "train.py", SCRIPT + 'CONN="S3CRETpatchconn77zz"\n')
    write(top / "nb.ipynb", json.dumps(NOTEBOOK))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(Path.cwd())
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        return registry, train(registry, sys.executable, "train.py", *ARGUMENTS, model="sec")


def stored(registry: Registry) -> dict[str, bytes]:
    """Everything that a store holds: each object unpacked, and each file as it lies."""
    store = registry.settings.store
    files = {str(path): path.read_bytes() for path in store.rglob("*") if path.is_file()}
    objects = registry.objects
    return files | {str(digest): objects.get(digest) for digest in objects.digests()}


def test_no_secret_is_in_any_byte_of_the_store(ran: tuple[Registry, RunOutcome]) -> None:
    registry, outcome = ran
    spelled = [b64encode(value.encode()) for value in ENVIRONMENT.values()]
    spelled += [quote(value).encode() for value in ENVIRONMENT.values()]
    spelled += [b64encode(b"joe:" + ENVIRONMENT["API_TOKEN"].encode()), b"47114711"]

    found = {
        (secret, place)
        for place, content in stored(registry).items()
        for secret in (*re.findall(rb"S3CRET\w+", content), *spelled)
        if secret in content
    }

    assert outcome.exit_code == 0
    assert found == set()


def test_what_nobody_knows_to_be_a_secret_is_at_least_not_in_the_ledger(
    ran: tuple[Registry, RunOutcome],
) -> None:
    store = ran[0].settings.store
    files = [store / "cairn.db", *(store / "ledger").iterdir()]

    assert not any(b"Zebra9unnamed" in file.read_bytes() for file in files)


def test_the_ledger_has_of_a_command_what_it_may_keep_for_ever(
    ran: tuple[Registry, RunOutcome],
) -> None:
    registry, _ = ran

    (begun,) = registry.engine.send(ReadLedger(action="run.start"))

    assert begun.after["command"][1:] == [
        *("train.py", "--token", "<redacted>", "--password=<redacted>", "-p", "<redacted>"),
        *("--db", "<withheld>", "--pat", "<redacted>", "--license-key", "<redacted>"),
        *("--db-pass=<redacted>", "-u", "<withheld>", "--note", "<withheld>"),
        *("--lr", "0.1", "--solver", "<withheld>"),
    ]


def test_what_is_no_secret_is_kept_and_what_was_changed_is_said(
    ran: tuple[Registry, RunOutcome],
) -> None:
    registry, outcome = ran
    facts = outcome.facts
    said = {(gap.field, gap.reason) for gap in facts.gaps}

    assert facts.parameters["conf/train.yaml:lr"] == 0.1
    assert facts.parameters["conf/train.yaml:solver"] == "lbfgs"
    assert facts.parameters["args.lr"] == 0.1
    assert facts.command[-4:] == ("--lr", "0.1", "--solver", "lbfgs")
    assert registry.objects.get(facts.outputs["plain.txt"]) == b"accuracy 0.9"
    assert not {"out.bin", "my.key"} & facts.outputs.keys()
    printed = "seems to hold a value for 'password' in what a cell printed"
    environment = "a secret that is also in API_TOKEN in the environment, so it is not"
    assert said >= {
        (
            "outputs",
            "the output out.txt holds a secret, which is taken out of the copy that is kept",
        ),
        ("outputs", f"the output out.bin holds {environment} kept"),
        ("code", f"nb.ipynb is uncommitted and {printed}, so it is not recorded"),
        ("code", f"more.py is uncommitted and holds {environment} recorded"),
    }


def test_a_script_that_captures_itself_keeps_no_secret_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = project(tmp_path / "work", "")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("API_TOKEN", ENVIRONMENT["API_TOKEN"])

    def script() -> None:
        with Session(registry, "sec") as run:
            run.log_params({"password": "S3CRETparam", "note": ENVIRONMENT["API_TOKEN"]})
            run.log_field("ticket", "https://u:S3CRETfield@h/x")
            raise ValueError(f"no answer with {ENVIRONMENT['API_TOKEN']}")

    with pytest.raises(ValueError, match="S3CRET"):
        script()

    (found,) = registry.runs("sec")
    facts = registry.objects.get_record(str(found.facts), RunFacts)
    assert not any(b"S3CRET" in content for content in stored(registry).values())
    assert facts.parameters["note"] == "<redacted>"
