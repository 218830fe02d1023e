"""The acta: what it says, in three forms of one content, and the code that ties it to the log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from itinerant.domain import acta
from itinerant.domain.acta import Acta
from itinerant.domain.fields import Value
from itinerant.domain.summary import rank, summarise

HEAD = "9f2c8a1104bd" + "0" * 52
OPENED = 1_795_440_120_000


def a_session(**others: Value) -> tuple[Mapping[str, Value], bool]:
    values: dict[str, Value] = {"service": "RENIEC-01", "outcome": "resolved", "segment": "citizen"}
    return {**values, "started_at": OPENED, "duration_s": 300, "fee_cents": 1000, **others}, False


def an_acta(**others: Any) -> Acta:
    rows = [a_session(), a_session(outcome="partial", cause="no_card", duration_s=600), (a_session()[0], True)]
    values: dict[str, Value] = {"brigade": "B01", "place": "Nauta", "ubigeo": "160301", "opened_at": OPENED}
    values |= {"closed_at": OPENED + 3_600_000, "present": ["P014", "P015"]}
    named = {"RENIEC-01": "RENIEC · Duplicado de DNI", "160301": "Nauta, Loreto, Loreto"}
    given: dict[str, Any] = {"visit": "LOR07-1", "values": values, "summary": summarise(rows), "readiness": {}}
    given |= {"device": "LOR07", "seq": 123, "head": HEAD, "named": lambda _name, code: named.get(code, code)}
    return Acta(**{**given, **others})


def test_it_counts_attentions_and_leaves_annulled_ones_out() -> None:
    said = acta.text(an_acta())
    assert re.search(r"^Atenciones \.+ 2$", said, re.M)
    assert re.search(r"^Anuladas \.+ 1$", said, re.M)
    assert re.search(r"^Tiempo de atención \.+ 15 min$", said, re.M)
    assert re.search(r"^Pagado por servicios \.+ S/ 20.00$", said, re.M)
    assert re.search(r"^RENIEC · Duplicado de DNI \.+ 2$", said, re.M)
    assert re.search(r"^Resuelta en parte \.+ 1$", said, re.M)
    assert re.search(r"^Ciudadano \.+ 2$", said, re.M)


def test_its_code_is_the_head_of_the_log() -> None:
    one = an_acta()
    assert one.code == "9F2C-8A11-04BD"
    assert HEAD in acta.text(one).replace("\n", "").replace(" ", "")
    assert one.qr_text == f"ITINERANT ACTA LOR07-1 LOR07 123 {HEAD[:32].upper()}"
    assert an_acta(head="a" * 64).modules != one.modules


def test_an_open_visit_says_that_it_is_not_closed() -> None:
    values = {name: value for name, value in an_acta().values.items() if name != "closed_at"}
    assert "sigue abierta" in " ".join(acta.text(an_acta(values=values)).split())


def test_what_was_missing_before_opening_stands_in_it() -> None:
    said = acta.text(an_acta(readiness={"verdict": "with_gaps", "checked_at": OPENED, "note": "sin lector"}))
    assert "Atiende con faltas anotadas" in said
    assert "sin lector" in said
    assert "No se hizo." in acta.text(an_acta())


def test_lines_fit_the_paper_and_the_files_are_the_same_each_time() -> None:
    one = acta.files(an_acta())
    assert list(one) == ["acta-LOR07-1-123.txt", "acta-LOR07-1-123.pdf"]
    assert one == acta.files(an_acta())
    assert max(map(len, one["acta-LOR07-1-123.txt"].decode().splitlines())) <= 76
    document = one["acta-LOR07-1-123.pdf"]
    assert document.startswith(b"%PDF-1.4")
    assert document.count(b" re\n") > 100, "the QR code is drawn"


def test_the_percentile_is_a_duration_that_some_attention_had() -> None:
    assert rank([], 50) is None
    assert [rank([10], percent) for percent in (1, 50, 90, 100)] == [10] * 4
    assert rank([1, 2, 3, 4], 50) == 2
    assert rank(list(range(1, 11)), 90) == 9


def test_hours_are_those_of_peru() -> None:
    assert summarise([a_session()]).by_hour == {8: 1}


def test_the_lines_of_the_pdf_leave_the_qr_code_room() -> None:
    document = acta.document(an_acta(values={**an_acta().values, "place": "Un lugar de nombre bastante largo, " * 2}))
    courier_width = 0.6 * 8.5
    written = re.findall(rb"/F3 8\.5 Tf \((.*)\) Tj", document)
    left_of_the_qr = min(float(found) for found in re.findall(rb"^([\d.]+) [\d.]+ [\d.]+ [\d.]+ re$", document, re.M))
    assert 50 + courier_width * max(map(len, written)) < left_of_the_qr - 5
