"""`cairn gate explain --html`: a stored decision and its stored predictions as a page."""

from xml.etree import ElementTree as ET

from cairn.core.errors import Unavailable
from projects.desk import Desk


def test_a_stored_decision_is_written_with_its_predictions(desk: Desk) -> None:
    digest = desk.json("gate", "check", "churn:1")["digest"]
    decision = f"decision:{digest[7:19]}"

    text = desk("gate", "explain", decision, "--html", "page.html")

    assert "page: page.html" in text
    said = " ".join(ET.parse(desk.folder / "page.html").getroot().itertext())
    assert "churn:1: area" in said
    assert digest in said
    desk.fails(
        *("gate", "explain", decision, "--html", "no/page.html"),
        code=Unavailable.exit_code,
        says="cannot be written",
    )
