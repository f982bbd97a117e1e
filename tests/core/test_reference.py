"""References: every form resolves to one value, and back to one spelling."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import Invalid
from cairn.core.reference import (
    ByCommit,
    ByDigest,
    ByLabel,
    ByNumber,
    ByRelease,
    ByTag,
    Reference,
    label_name,
    model_and_label,
    model_name,
    model_with_label,
    parse,
    version_and_label,
)

CHURN, RISK = "default/churn", "risk/churn"
FORMS: dict[str, Reference] = {
    "churn:3": ByNumber(CHURN, 3),
    "churn:v3": ByNumber(CHURN, 3),
    "risk/churn:3": ByNumber(RISK, 3),
    "churn/versions/3": ByNumber(CHURN, 3),
    "risk/churn/versions/3": ByNumber(RISK, 3),
    "registry:models/churn:2": ByNumber(CHURN, 2),
    "models:/churn/versions/2": ByNumber(CHURN, 2),
    "churn:1.4.0": ByRelease(CHURN, "1.4.0"),
    "churn:v1.4.0": ByRelease(CHURN, "1.4.0"),
    "churn/versions/1.4.0": ByRelease(CHURN, "1.4.0"),
    "risk/churn/versions/v1.4.0": ByRelease(RISK, "1.4.0"),
    "churn:v1.2.0-canary": ByRelease(CHURN, "1.2.0", "canary"),
    "churn:1.2.0-canary-eu": ByRelease(CHURN, "1.2.0", "canary-eu"),
    "churn@production": ByLabel(CHURN, "production"),
    "risk/churn@canary-eu": ByLabel(RISK, "canary-eu"),
    "churn@production~1": ByLabel(CHURN, "production", 1),
    "churn@production~0": ByLabel(CHURN, "production"),
    "sha256:9f2c01ab": ByDigest("9f2c01ab"),
    "sha256:" + "0" * 64: ByDigest("0" * 64),
    "sha256:12345678": ByDigest("12345678"),
    "commit:abc123": ByCommit("abc123"),
    "tag:v2.1.0": ByTag("v2.1.0"),
    "tag:churn-v2.1.0": ByTag("churn-v2.1.0"),
    "  churn:3\n": ByNumber(CHURN, 3),
    "a.b-c_d:1": ByNumber("default/a.b-c_d", 1),
    "3:3": ByNumber("default/3", 3),
}

WORDS = st.from_regex(r"[a-z0-9]([a-z0-9._-]{0,10}[a-z0-9])?", fullmatch=True)
MODELS = st.builds("{}/{}".format, WORDS, WORDS)
LABELS = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
PARTS = st.integers(0, 999_999_999)
RELEASES = st.builds("{}.{}.{}".format, PARTS, PARTS, PARTS)
REFERENCES = st.one_of(
    st.builds(ByNumber, MODELS, st.integers(1, 999_999_999)),
    st.builds(ByRelease, MODELS, RELEASES, st.none() | LABELS),
    st.builds(ByLabel, MODELS, LABELS, st.integers(0, 9999)),
    st.builds(ByDigest, st.from_regex(r"[0-9a-f]{8,64}", fullmatch=True)),
    st.builds(ByCommit, st.from_regex(r"[0-9a-f]{6,64}", fullmatch=True)),
    st.builds(ByTag, st.from_regex(r"[A-Za-z0-9._/-]{1,20}", fullmatch=True)),
)


@pytest.mark.parametrize(("text", "meant"), FORMS.items())
def test_a_form_is_read(text: str, meant: Reference) -> None:
    assert parse(text) == meant


@given(REFERENCES)
def test_a_reference_is_read_back_from_its_spelling(reference: Reference) -> None:
    assert parse(str(reference)) == reference


@pytest.mark.parametrize("text", FORMS)
def test_the_full_spelling_does_not_depend_on_the_team(text: str) -> None:
    meant = parse(text, team="default")

    assert parse(str(meant), team="other") == meant


def test_the_team_is_meant_where_none_is_written() -> None:
    assert parse("churn:3", team="risk") == ByNumber(RISK, 3)
    assert parse("default/churn:3", team="risk") == ByNumber(CHURN, 3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "churn",
        "risk/churn",
        "churn:",
        "churn:0",
        "churn:03",
        "churn:-1",
        "churn:3.1",
        "churn:1.4",
        "churn:01.4.0",
        "churn:1.4.0-",
        "churn:1.4.0-Canary",
        "churn:1234567890",
        "churn:\u0663",
        "churn:1\u0663",
        "churn@",
        "churn@Production",
        "churn@production~",
        "churn@production~-1",
        "churn@production~12345",
        "Churn:3",
        "a/b/c:3",
        "/churn:3",
        "-churn:3",
        "churn-:3",
        "../churn:3",
        "churn%2f:3",
        "churn :3",
        "churn:3 4",
        "churn:3\nchurn:4",
        "a" * 101 + ":3",
        "sha256:9f2c",
        "sha256:9F2C01AB",
        "sha256:" + "0" * 65,
        "sha512:" + "0" * 64,
        "commit:abc12",
        "commit:xyz123",
        "tag:",
        "tag:a b",
        "file:///etc/passwd",
        "s3://bucket/churn",
    ],
)
def test_what_names_no_version_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(Invalid, match=r"names no version; the forms are churn:3, "):
        parse(text)


@given(st.text(max_size=30) | st.text("churn:@~v/.-013sha256", max_size=12))
def test_any_text_is_read_or_invalid(text: str) -> None:
    try:
        found = parse(text)
    except Invalid:
        return
    assert parse(str(found)) == found


def test_a_model_has_its_team_in_front() -> None:
    assert model_name("churn") == CHURN
    assert model_name("churn", team="risk") == RISK
    assert model_name("risk/churn", team="other") == RISK


@pytest.mark.parametrize(
    "text", ["", "Churn", "a/b/c", "churn/", "/churn", ".churn", "churn\n", "é", "a" * 101]
)
def test_what_is_no_model_is_refused_with_the_rule(text: str) -> None:
    with pytest.raises(
        Invalid, match=f"^{re.escape(repr(text))} is not a model name: lower-case"
    ):
        model_name(text)


def test_the_label_is_production_where_none_is_written() -> None:
    assert model_and_label("churn") == (CHURN, "production")
    assert model_and_label("risk/churn@canary") == (RISK, "canary")
    assert model_and_label("churn@", team="risk") == (RISK, "production")


def test_a_label_may_be_said_apart_from_its_model() -> None:
    assert model_with_label("churn", None) == "churn"
    assert model_with_label("churn", "staging") == "churn@staging"
    assert model_with_label("churn@staging", "staging") == "churn@staging"
    with pytest.raises(Invalid, match="names the label canary, and staging is another"):
        model_with_label("churn@canary", "staging")


@pytest.mark.parametrize(
    ("said", "version", "label"),
    [
        (("churn:2", None), "churn:2", "production"),
        (("churn:2", "staging"), "churn:2", "staging"),
        (("churn:2@staging", None), "churn:2", "staging"),
        (("churn:2@staging", "staging"), "churn:2", "staging"),
        (("risk/churn:1.4.0@canary", None), "risk/churn:1.4.0", "canary"),
        (("risk/churn/versions/3@canary", None), "risk/churn/versions/3", "canary"),
        (("sha256:9f2c01ab@canary", None), "sha256:9f2c01ab", "canary"),
        (("churn@staging", None), "churn@staging", "production"),
        (("churn@staging~1", "canary"), "churn@staging~1", "canary"),
    ],
)
def test_what_is_promoted_may_name_where_to(
    said: tuple[str, str | None], version: str, label: str
) -> None:
    assert version_and_label(*said) == (version, label)


def test_two_labels_and_a_version_for_a_label_are_refused() -> None:
    with pytest.raises(Invalid, match="names the label staging, and canary is another"):
        version_and_label("churn:2@staging", "canary")
    with pytest.raises(Invalid, match="'Prod' is not a label"):
        version_and_label("churn:2@Prod")
    for text in ("churn:2", "churn:2@production", "churn/versions/2"):
        with pytest.raises(Invalid, match="is a version: name a label, such as churn@"):
            model_and_label(text)


@pytest.mark.parametrize("text", ["", "Prod", "1a", "a_b", "a-", "a\n", "a" * 51, "é", "@a"])
def test_what_is_no_label_is_refused_with_the_rule(text: str) -> None:
    with pytest.raises(Invalid, match=f"^{re.escape(repr(text))} is not a label: "):
        label_name(text)
