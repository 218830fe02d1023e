"""Records on the page: lists, filters, history, forms from the declarations; and no text that becomes markup."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from itinerant.domain.kinds import KINDS
from server import central
from server.office import Office
from server.queries import lists
from tests.server.laptop import SESSION, FakeLaptop

Entered = Callable[[str], TestClient]

COST = {"nature": "fixed", "category": "salary", "amount_cents": "1500.50", "spent_on": "01/11/2025", "brigade": "B01"}


def test_sessions_are_listed_newest_first_with_words_for_codes(entered: Entered, laptop: FakeLaptop) -> None:
    refs = [laptop.write(values={**SESSION, "duration_s": n}).ref for n in (60, 120)]
    laptop.sync()
    page = entered("reviewer").get("/registros/session").text
    assert page.index(refs[1]) < page.index(refs[0])
    assert "Resuelta" in page and "2 min" in page and "fuera del catálogo" in page


def test_filters_leave_only_what_was_asked(entered: Entered, laptop: FakeLaptop) -> None:
    laptop.write("visit", {"brigade": "B01", "opened_at": 1, "ubigeo": "080107", "place": "Ocongate"})
    solved = laptop.write().ref
    referred = laptop.write(values={**SESSION, "outcome": "referred", "cause": "no_connectivity"}).ref
    laptop.sync()
    client = entered("reviewer")
    page = client.get("/registros/session?outcome=referred").text
    assert f"/registro/{referred}" in page and f"/registro/{solved}" not in page
    assert f"/registro/{referred}" not in client.get("/registros/session?scope=B02").text
    assert client.get("/registros/session?desde=x").status_code == 400


def test_a_list_goes_on_page_after_page_and_shows_each_record_once(
    office: Office, laptop: FakeLaptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 3)
    monkeypatch.setattr(lists, "STRETCH", 5)
    written = [laptop.write(values=SESSION | {"duration_s": n}).ref for n in range(10)]
    laptop.sync()
    with office.database.reader() as connection:
        found, after, looked = [], "", 0
        while True:
            page = lists.page(connection, "session", {}, after)
            found += [line.record for line in page.lines]
            looked += page.looked_back
            after = page.after
            if not after:
                break
    assert found == written[::-1] and looked


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"staff"}))
def test_every_kind_has_its_list(entered: Entered, kind: str) -> None:
    assert entered("auditor").get(f"/registros/{kind}").status_code == 200


def test_the_history_tells_every_change_with_its_place(entered: Entered, laptop: FakeLaptop) -> None:
    made = laptop.write()
    laptop.write(values={"duration_s": 600}, record=made.ref, base=[made.ref], why="se contó mal")
    laptop.sync()
    page = entered("auditor").get(f"/registro/{made.ref}").text
    assert "se contó mal" in page and "10 min" in page and "LOR07-2" in page
    assert entered("auditor").get("/registro/LOR07-99").status_code == 404


def test_a_form_makes_and_amends_a_record_with_a_reason(office: Office, entered: Entered) -> None:
    client = entered("manager")
    wrong = client.post("/registros/cost/nuevo", data={**COST, "category": "outreach"})
    assert wrong.status_code == 400 and "no es de esa naturaleza" in wrong.text and "1500.50" in wrong.text
    page = client.post("/registros/cost/nuevo", data=COST)
    ref = page.url.path.rpartition("/")[2]
    assert "S/ 1,500.50" in page.text and "01/11/2025" in page.text
    assert client.post(f"/registro/{ref}/modificar", data={**COST, "amount_cents": "20"}).status_code == 400
    changed = client.post(f"/registro/{ref}/modificar", data={**COST, "amount_cents": "20", "why": "era otra boleta"})
    assert "S/ 20.00" in changed.text and "era otra boleta" in changed.text
    assert "está anulado" in client.post(f"/registro/{ref}/anular", data={"why": "duplicado"}).text
    with office.database.reader() as connection:
        record = central.read(connection, ref)
    assert record.void and record.values["amount_cents"] == 2_000


def test_what_one_may_not_write_is_refused_whatever_is_sent(entered: Entered, laptop: FakeLaptop) -> None:
    made = laptop.write()
    laptop.sync()
    for role in ("auditor", "reviewer", "ti", "administrator"):
        assert entered(role).post("/registros/cost/nuevo", data=COST).status_code == 403
    manager = entered("manager")
    assert manager.post("/registros/session/nuevo", data={}).status_code in (400, 403)
    assert manager.post(f"/registro/{made.ref}/modificar", data={"duration_s": "1", "why": "x"}).status_code == 403
    assert entered("auditor").get("/registros/staff").status_code == 403


def test_no_text_of_anybody_becomes_markup(office: Office, entered: Entered, laptop: FakeLaptop) -> None:
    script = "<script>alert(1)</script>"
    session = laptop.write(values={**SESSION, "note": script})
    laptop.write(values={"note": "otra"}, record=session.ref, base=[session.ref], why=script)
    incident = laptop.write("incident", {"found_at": 1, "category": "other", "severity": "low", "description": script,
                                         "state": "open"})  # fmt: skip
    laptop.sync()
    client = entered("manager")
    for path in ("/registros/session", f"/registro/{session.ref}", "/registros/incident", f"/registro/{incident.ref}",
                 f"/registros/session?outcome={script}", f"/registro/{script}"):  # fmt: skip
        page = client.get(path).text
        assert script not in page, path
    assert "&lt;script&gt;" in client.get(f"/registro/{session.ref}").text


def test_no_page_reads_the_names_of_what_there_are_millions_of(
    laptop: FakeLaptop, entered: Entered, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop.write()
    laptop.sync()
    asked: list[str] = []
    names = lists.names
    monkeypatch.setattr(lists, "names", lambda connection, kind: asked.append(kind) or names(connection, kind))
    client = entered("manager")
    for path in ("/registros/session", "/registro/LOR07-1", "/registros/cost/nuevo"):
        assert client.get(path).status_code == 200
    assert "service" in asked
    assert not {"session", "visit"} & set(asked)


@pytest.mark.parametrize("text", ["' OR 1=1 --", "x') OR ('1'='1", "%", "_", 'x"; DROP TABLE record_session; --', "\\"])
def test_a_filter_is_a_value_and_never_a_query(laptop: FakeLaptop, entered: Entered, office: Office, text: str) -> None:
    ref = laptop.write().ref
    laptop.sync()
    client = entered("reviewer")
    for name in ("service", "outcome", "scope", "language", "visit"):
        page = client.get("/registros/session", params={name: text})
        assert page.status_code < 500
        assert f"/registro/{ref}" not in page.text, (name, text)
    for path in ("/informes/services", "/api/v1/records/session"):
        assert client.get(path, params={"brigada": text, "ubigeo": text, "after": text}).status_code < 500
    with office.database.reader() as connection:
        assert len(lists.page(connection, "session", {}).lines) == 1
