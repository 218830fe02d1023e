"""The check before opening, the acta and the report of a visit, as commands."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Itinerant


def test_the_acta_and_the_report_of_a_visit(laptop: Itinerant, tmp_path: Path) -> None:
    assert laptop("visit", "report").code == 2, "there is no visit yet"
    laptop("visit", "open", "--stop", "LOR07-3", "--capacity", "60")
    sessions = [
        {"service": "RENIEC-01", "outcome": "resolved", "duration_s": 300},
        {"service": "RENIEC-01", "outcome": "referred", "cause": "no_card", "duration_s": 700},
        {"service": "SIS-09", "outcome": "resolved", "duration_s": 200},
    ]
    common = {"mode": "assisted", "channel": "cabin", "segment": "citizen"}
    given = "\n".join(json.dumps({**common, **one}) for one in sessions)
    assert laptop("session", "add", stdin=given).code == 0
    assert laptop("session", "void", "LOR07-7", "--why", "repetida").code == 0
    laptop("visit", "close")

    report = laptop("visit", "report").json
    assert (report["visit"], report["total"], report["void"]) == ("LOR07-4", 2, 1)
    assert report["by_service"] == {"RENIEC-01": 2}
    assert (report["median_s"], report["p90_s"]) == (300, 700)
    assert report["by_cause"] == {"no_card": 1}

    done = laptop("visit", "acta", "LOR07-4", "--out", str(tmp_path / "actas")).json
    text, document = (Path(path) for path in done["files"])
    said = text.read_text(encoding="utf-8")
    assert "RENIEC · Duplicado" in said
    assert done["code"] in said
    assert "Negro Urco" in said
    assert document.read_bytes().startswith(b"%PDF")
    assert laptop("visit", "acta", "LOR07-3", "--out", str(tmp_path)).code == 2, "a stop is no visit"


def test_what_can_be_measured_before_opening(laptop: Itinerant) -> None:
    done = laptop("visit", "check", "--capacity", "200", "--terminals", "1", "--json")
    found = json.loads(done.out)
    assert done.code == 1, "200 people ask for 4 terminals"
    assert found["measured"]["privacy"] == "yes"
    assert found["measured"]["disk_free_mb"] > 0
    assert found["measured"]["catalogue_age_d"] == 0
    met = {one["code"]: one["met"] for one in found["requirements"]}
    assert met["terminals"] is False
    assert met["signing"] is None, "no one can tell but a person"
    assert found["verdict"] == "with_gaps"
    assert "La norma pide 4 terminales" in laptop("visit", "check", "--capacity", "200").out
