"""Visits, sessions and other records from the command line."""

import json
from typing import Any

from tests.cli.conftest import Itinerant

ORDINARY = {"service": "RENIEC-01", "duration_s": 300}


def lines(*values: Any) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def open_visit(laptop: Itinerant) -> str:
    record: str = laptop("visit", "open", "--stop", "LOR07-3").json["record"]
    return record


def test_a_visit_is_opened_at_a_stop_with_its_place_and_capacity(laptop: Itinerant) -> None:
    record = open_visit(laptop)
    (visit,) = laptop("visit", "list", "--json").lines
    assert visit["record"] == record == "LOR07-4"
    assert (visit["stop"], visit["ubigeo"], visit["place"], visit["capacity"]) == (
        "LOR07-3",
        "160107",
        "Negro Urco",
        60,
    )
    assert (visit["brigade"], visit["closed_at"], visit["void"], visit["by"]) == ("B01", None, False, "P014")


def test_a_visit_is_opened_at_a_place_that_no_campaign_foresaw(laptop: Itinerant) -> None:
    done = laptop("visit", "open", "--ubigeo", "160107", "--place", "Copal Urco", "--capacity", "25")
    assert done.json == {"ok": True, "record": "LOR07-4"}
    (visit,) = laptop("visit", "list", "--json").lines
    assert (visit["place"], visit["capacity"], visit["stop"]) == ("Copal Urco", 25, None)


def test_a_visit_needs_a_stop_or_a_place_and_only_one_is_open(laptop: Itinerant) -> None:
    for wrong in ((), ("--ubigeo", "160107"), ("--stop", "LOR07-3", "--place", "Otra"), ("--stop", "LOR07-1")):
        assert laptop("visit", "open", *wrong).code == 2, wrong
    open_visit(laptop)
    again = laptop("visit", "open", "--stop", "LOR07-3")
    assert again.code == 2
    assert "Ya hay una jornada abierta: LOR07-4" in again.err


def test_a_session_takes_what_is_not_said_from_the_day(laptop: Itinerant) -> None:
    visit = open_visit(laptop)
    done = laptop("session", "add", stdin=lines(ORDINARY))
    assert done.json == {"ok": True, "record": "LOR07-5"}
    shown = laptop("session", "show", "LOR07-5", "--json").json
    assert shown["visit"] == visit
    assert (shown["access"], shown["mode"], shown["channel"]) == ("procedure", "assisted", "cabin")
    assert (shown["segment"], shown["outcome"], shown["language"], shown["card"]) == (
        "citizen",
        "resolved",
        "spa",
        "none",
    )
    assert (shown["age_band"], shown["note"], shown["void"]) == (None, None, False)
    assert 0 <= shown["at"] - shown["started_at"] < 60_000
    assert [change["change"] for change in shown["history"]] == ["LOR07-5"]


def test_an_unknown_service_is_kept(laptop: Itinerant) -> None:
    open_visit(laptop)
    assert laptop("session", "add", stdin=lines({"service": "NUEVO-99", "duration_s": 60})).code == 0
    (session,) = laptop("session", "list", "--json").lines
    assert (session["service"], session["access"]) == ("NUEVO-99", "other")


def test_a_bad_line_is_refused_and_the_others_are_saved(laptop: Itinerant) -> None:
    open_visit(laptop)
    text = (
        lines(ORDINARY)
        + "{not json\n"
        + "\n"
        + lines(
            {**ORDINARY, "note": "su DNI es 45678912"}, {**ORDINARY, "outcome": "referred"}, {**ORDINARY, "colour": 1}
        )
        + lines([1], {"service": "RENIEC-01"}, {**ORDINARY, "duration_s": "300"})
        + '{"service":"RENIEC-01","duration_s":1.5}\n{"service":"A-1","service":"A-2","duration_s":1}\n'
        + lines(ORDINARY)
    )
    done = laptop("session", "add", stdin=text)
    assert done.code == 2
    answers = done.lines
    assert [(item["ok"], item.get("line"), item.get("field")) for item in answers] == [
        (True, None, None),
        (False, 2, ""),
        (False, 4, "note"),
        (False, 5, "cause"),
        (False, 6, "colour"),
        (False, 7, ""),
        (False, 8, "duration_s"),
        (False, 9, "duration_s"),
        (False, 10, ""),
        (False, 11, ""),
        (True, None, None),
    ]
    assert all(item["error"] for item in answers if not item["ok"])
    assert [item["record"] for item in laptop("session", "list", "--json").lines] == ["LOR07-6", "LOR07-5"]


def test_bytes_that_are_no_text_and_endless_lines_are_refused_by_number(laptop: Itinerant) -> None:
    open_visit(laptop)
    good = lines(ORDINARY).encode()
    endless = b'{"note":"' + b"x" * 200_000 + b'"}\n'
    done = laptop("session", "add", stdin=good + b"\xff\xfe\n" + endless + b"[" * 60_000 + b"\n" + good)
    assert [(item["ok"], item.get("line")) for item in done.lines] == [
        (True, None),
        (False, 2),
        (False, 3),
        (False, 4),
        (True, None),
    ]


def test_a_session_needs_an_open_visit(laptop: Itinerant) -> None:
    done = laptop("session", "add", stdin=lines(ORDINARY))
    assert done.code == 2
    assert done.lines[0]["field"] == "visit"
    assert "jornada" in done.lines[0]["error"]


def test_a_session_goes_to_a_visit_that_exists(laptop: Itinerant) -> None:
    visit = open_visit(laptop)
    laptop("visit", "close")
    assert laptop("session", "add", stdin=lines({**ORDINARY, "visit": visit})).code == 0
    for wrong in ("LOR07-1", "LOR07-99", "x", 5):
        done = laptop("session", "add", stdin=lines({**ORDINARY, "visit": wrong}))
        assert (done.code, done.lines[0]["field"]) == (2, "visit"), wrong


def test_sessions_are_listed_by_visit_words_and_number(laptop: Itinerant) -> None:
    open_visit(laptop)
    laptop("session", "add", stdin=lines(*({**ORDINARY, "note": f"vuelta {n}"} for n in ("una", "dos", "tres"))))
    assert [item["record"] for item in laptop("session", "list", "--limit", "2", "--json").lines] == [
        "LOR07-7",
        "LOR07-6",
    ]
    assert [item["note"] for item in laptop("session", "list", "--text", "DÓS", "--json").lines] == ["vuelta dos"]
    assert laptop("session", "list", "--visit", "LOR07-99", "--json").out == ""
    assert len(laptop("session", "list", "--visit", "LOR07-4", "--json").lines) == 3


def test_lists_for_people_are_tables_in_spanish(laptop: Itinerant) -> None:
    assert "No hay atenciones" in laptop("session", "list").err
    open_visit(laptop)
    laptop("session", "add", stdin=lines(ORDINARY))
    heading, row = laptop("session", "list").out.splitlines()
    assert heading.split()[:2] == ["Número", "Servicio"]
    assert row.split()[:2] == ["LOR07-5", "RENIEC-01"]
    assert "Trámite en línea" in laptop("session", "show", "LOR07-5").out


def test_amending_and_voiding_leave_a_history(laptop: Itinerant) -> None:
    open_visit(laptop)
    laptop("session", "add", stdin=lines(ORDINARY))
    amendment = {"set": {"outcome": "partial", "cause": "left", "language": "quz"}, "why": "se fue antes"}
    assert laptop("session", "amend", "LOR07-5", stdin=json.dumps(amendment)).json == {
        "ok": True,
        "record": "LOR07-5",
        "change": "LOR07-6",
    }
    assert laptop("session", "void", "LOR07-5", "--why", "repetida").json["change"] == "LOR07-7"
    shown = laptop("session", "show", "LOR07-5", "--json").json
    assert (shown["outcome"], shown["cause"], shown["language"], shown["void"]) == ("partial", "left", "quz", True)
    assert [(one["change"], one["why"], one["base"]) for one in shown["history"]] == [
        ("LOR07-5", "", []),
        ("LOR07-6", "se fue antes", ["LOR07-5"]),
        ("LOR07-7", "repetida", ["LOR07-6"]),
    ]


def test_an_amendment_says_what_is_wrong(laptop: Itinerant) -> None:
    open_visit(laptop)
    laptop("session", "add", stdin=lines(ORDINARY))
    for given, code in (
        ("", 2),
        ('{"set":{}}', 2),
        ('{"set":{"outcome":"won"},"why":"x"}', 2),
        ('{"set":{"language":"quz"}}', 2),
        ('{"set":{"language":"quz"},"why":"DNI 45678912"}', 2),
        ('{"set":{"language":"quz"},"why":"x","extra":1}', 2),
        ('{"set":{"language":"quz"},"why":"habla quechua"}', 0),
    ):
        assert laptop("session", "amend", "LOR07-5", stdin=given).code == code, given
    assert laptop("session", "amend", "LOR07-4", stdin='{"set":{"note":"x"},"why":"y"}').code == 2
    assert laptop("session", "void", "LOR07-99", "--why", "x").code == 2


def test_closing_prints_the_acta(laptop: Itinerant) -> None:
    visit = open_visit(laptop)
    laptop("session", "add", stdin=lines(*[ORDINARY] * 3, {**ORDINARY, "outcome": "referred", "cause": "no_card"}))
    laptop("session", "void", "LOR07-6", "--why", "repetida")
    acta = laptop("visit", "close", "--json").json
    assert (acta["record"], acta["total"], acta["void"], acta["minutes"]) == (visit, 3, 1, 15)
    assert acta["by_outcome"] == {"resolved": 2, "referred": 1}
    assert acta["by_service"] == {"RENIEC-01": 3}
    status = laptop("status", "--json").json
    assert acta["head"] == status["head"]
    assert acta["code"].replace("-", "").lower() == acta["head"]["hash"][:12]
    assert laptop("visit", "close").code == 2


def test_the_acta_for_people(laptop: Itinerant) -> None:
    open_visit(laptop)
    laptop("session", "add", stdin=lines(ORDINARY))
    acta = laptop("visit", "close").out
    for words in ("Atenciones", "Resuelta", "RENIEC-01", "Ciudadano", "Código del acta"):
        assert words in acta


def test_any_other_kind_has_the_same_shape(laptop: Itinerant) -> None:
    incident = {"found_at": 1_763_971_200_000, "category": "power", "description": "el generador no arranca"}
    assert laptop("record", "incident", "add", stdin=lines(incident, {"category": "power"})).code == 2
    assert laptop("record", "cost", "add", stdin=lines({"amount_cents": 900})).lines[0]["field"]
    (kept,) = laptop("record", "incident", "list", "--json").lines
    assert (kept["record"], kept["state"], kept["severity"]) == ("LOR07-4", "open", "medium")
    assert (
        laptop("record", "incident", "amend", "LOR07-4", stdin='{"set":{"state":"solved"},"why":"arrancó"}').code == 0
    )
    assert laptop("record", "incident", "void", "LOR07-4", "--why", "era de otra jornada").code == 0
    assert laptop("record", "visit", "void", "LOR07-4", "--why", "no es una jornada").code == 2
    assert laptop("record", "incident", "list", "--json").lines[0]["void"] is True
    shown = laptop("record", "incident", "show", "LOR07-4", "--json").json
    assert [change["why"] for change in shown["history"]] == ["", "arrancó", "era de otra jornada"]
    assert "el generador no arranca" in laptop("record", "incident", "show", "LOR07-4").out
    assert laptop("record", "cost", "show", "LOR07-4").code == 2


def test_a_kind_that_says_its_brigade_gets_the_laptops(laptop: Itinerant) -> None:
    laptop("record", "resource", "add", stdin=lines({"code": "T1", "category": "hardware", "type": "terminal"}))
    assert laptop("record", "resource", "list", "--json").lines[0]["brigade"] == "B01"


def test_kinds_of_the_office_are_read_and_not_written(laptop: Itinerant) -> None:
    assert len(laptop("record", "service", "list", "--json").lines) == 1
    refused = laptop("record", "service", "add", stdin=lines({"code": "X-1"}))
    assert refused.code == 2
    assert "oficina" in refused.err
    assert refused.out == ""
