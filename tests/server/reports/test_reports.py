"""Reports against a slow recomputation from the records, on both databases; and what they may not hide."""

from __future__ import annotations

import io
import random
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from itinerant.demo.sample import SampleService, sessions
from itinerant.domain.rules import terminals_required
from itinerant.log.change import Draft
from server import central
from server.home import OfficeKeys, Settings
from server.laptops import fleet
from server.office import Office
from server.pages import charts
from server.queries import state, totals
from server.queries.totals import Scope
from server.reports import formats, kinds, times
from server.reports.costs import Cost, spread, within
from server.reports.period import PERU, Period
from server.reports.table import Table
from tests.server.conftest import KINDS
from tests.server.laptop import START_MS, enrolled
from tests.server.pages.conftest import browser, eased, entered  # noqa: F401 - fixtures

SEED = 11
DAYS = 75
COUNT = 600

SERVICES = [
    ("RENIEC-01", "RENIEC", "Duplicado de DNI", "procedure", "transactional"),
    ("SUNAT-01", "SUNAT", "Consulta RUC", "consultation", "interactive"),
    ("SIS-02", "SIS", "=Afiliación", "procedure", "informative"),
]


@pytest.fixture(scope="module", params=KINDS)
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Read only: one for all tests of this module."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("cluster").new_database()
    settings = Settings("Oficina", "test.example/ledger", database_url=url)
    folder = tmp_path_factory.mktemp("reports") / "office"
    made = Office.create(folder, settings, OfficeKeys.generate(), now_ms=lambda: START_MS + 10**10)
    fill(made)
    yield made
    made.close()


def fill(office: Office) -> None:
    """Two brigades, visits in districts of a campaign and outside, sessions of 75 days, some annulled or corrected."""
    for brigade in ("B01", "B02"):
        fleet.add_brigade(office, brigade, f"Brigada {brigade}", by="admin")
    with office.database.writer() as connection:
        rows = [
            {"code": code, "entity": entity, "name": name, "access": access, "stage": stage}
            for code, entity, name, access, stage in SERVICES
        ]
        central.create(connection, office, "service", rows, by="admin")
        campaign = {"code": "C1", "name": "Napo 2025", "brigade": "B01"}
        ref = central.create(connection, office, "campaign", [campaign], by="admin")[0]
        stop = {"campaign": ref, "brigade": "B01", "ubigeo": "160105", "place": "Mazán", "starts_on": "2025-11-20"}
        stop_ref = central.create(connection, office, "stop", [stop], by="admin")[0]
        central.create(connection, office, "cost", COSTS, by="admin")
    chance = random.Random(SEED)
    services = [SampleService(code, access) for code, _e, _n, access, _s in SERVICES] + [
        SampleService("OTRO-9", "other")
    ]
    routes = (
        ("LOR07", "B01", [{"stop": stop_ref}, {"ubigeo": "160101", "place": "Iquitos"}]),
        ("CUS01", "B02", [{"ubigeo": "080801", "place": "Espinar", "capacity": 130}]),
    )
    for device, brigade, places in routes:
        laptop = enrolled(office, device, brigade=brigade)
        visits = [
            laptop.write("visit", {"brigade": brigade, "opened_at": START_MS - n * 86_400_000, **place}).ref
            for n, place in enumerate(places)
        ]
        made = sessions(COUNT // 2, SEED + len(places), START_MS - DAYS * 86_400_000, services, visit=visits[0])
        for values in made:
            day = chance.randrange(DAYS) * 86_400_000
            values = {**values, "started_at": int(str(values["started_at"])) % 86_400_000 + START_MS - day}
            change = laptop.write(values={**values, "visit": chance.choice(visits)})
            if chance.random() < 0.05:
                laptop.write(values={"void": True}, record=change.ref, base=[change.ref], why="error")
            elif chance.random() < 0.1:
                fix = {"duration_s": chance.randrange(5_000), "service": "SUNAT-01"}
                laptop.write(values=fix, record=change.ref, base=[change.ref], why="corregida")
        laptop.sync()


COSTS: Sequence[dict[str, Any]] = [
    {"nature": "fixed", "category": "salary", "amount_cents": 310_000, "spent_on": "2025-10-01",
     "until": "2025-10-31"},
    {"nature": "fixed", "category": "licences", "amount_cents": 90_001, "spent_on": "2025-11-01",
     "until": "2025-12-31"},
    {"nature": "variable", "category": "transport", "amount_cents": 45_500, "spent_on": "2025-11-10"},
    {"nature": "variable", "category": "supplies", "amount_cents": 7_777, "spent_on": "2025-11-11",
     "service": "SIS-02"},
]  # fmt: skip

PERIODS = [
    Period(date(2025, 9, 1), date(2025, 11, 30)),
    Period(date(2025, 10, 3), date(2025, 11, 17)),
    Period(date(2025, 11, 10), date(2025, 11, 10)),
    Period(date(2020, 1, 1), date(2020, 12, 31)),
]


def slow(office: Office, scope: Scope) -> list[dict[str, Any]]:
    """The sessions that count, found one by one."""
    with office.database.reader() as connection:
        found = list(state.records(connection, "session"))
        visits = {row["record"]: row for row in state.records(connection, "visit")}
        stops = {row["record"]: row for row in state.records(connection, "stop")}
    kept = []
    for row in found:
        visit = visits[str(row["visit"])]
        stop = stops.get(str(visit["stop"]), {})
        row = {**row, "ubigeo": visit["ubigeo"] or stop.get("ubigeo"), "campaign": stop.get("campaign"),
               "brigade": visit["brigade"]}  # fmt: skip
        day = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(str(row["started_at"])))).astimezone(PERU)
        inside = scope.period.first <= day.date() <= scope.period.last
        mine = scope.brigade in ("", row["brigade"]) and str(row["ubigeo"] or "").startswith(scope.ubigeo)
        if inside and mine and not row["void"] and scope.campaign in ("", row["campaign"]):
            kept.append(row)
    return kept


def made(office: Office, name: str, scope: Scope) -> list[Table]:
    with office.database.reader() as connection:
        return list(kinds.make(connection, name, scope)[1])


def counted(table: Table) -> dict[Any, Any]:
    return {row[0]: row[table.column("sessions")] for row in table.rows}


def scopes(office: Office) -> Iterator[Scope]:
    with office.database.reader() as connection:
        (campaign,) = (str(row["record"]) for row in state.records(connection, "campaign"))
    for period in PERIODS:
        yield Scope(period)
        yield Scope(period, brigade="B02")
        yield Scope(period, ubigeo="1601")
        yield Scope(period, campaign=campaign)


def test_reports_equal_a_slow_recomputation(office: Office) -> None:
    for scope in scopes(office):
        rows = slow(office, scope)
        for name in ("outcome", "language", "segment", "access", "cause", "age_band"):
            expected = Counter(str(row[name] or "") for row in rows)
            assert counted(made(office, name, scope)[0]) == expected, (SEED, name, scope)
        (table,) = made(office, "services", scope)
        assert counted(table) == Counter(row["service"] for row in rows), (SEED, scope)
        for line in table.rows:
            mine = [row for row in rows if row["service"] == line[0]]
            lasted = [row["duration_s"] for row in mine if row["duration_s"] is not None]
            assert line[table.column("mean_s")] == (round(sum(lasted) / len(lasted)) if lasted else None)
            assert line[table.column("fees_cents")] == sum(row["fee_cents"] or 0 for row in mine)
        assert counted(made(office, "brigades", scope)[0]) == Counter(row["brigade"] for row in rows)
        assert counted(made(office, "districts", scope)[0]) == Counter(row["ubigeo"] for row in rows)
        assert counted(made(office, "campaigns", scope)[0]) == Counter(row["campaign"] or "" for row in rows)
        assert sum(counted(made(office, "months", scope)[0]).values()) == len(rows)


def test_times_are_right_to_their_class(office: Office) -> None:
    scope = Scope(PERIODS[0])
    rows = slow(office, scope)
    table = made(office, "times", scope)[0]
    for line in table.rows:
        mine = sorted(
            row["duration_s"] for row in rows if line[0] in ("", row["service"]) and row["duration_s"] is not None
        )
        median, p90 = line[table.column("median_s")], line[table.column("p90_s")]
        assert abs(median - statistics.median(mine)) <= 300
        assert abs(p90 - mine[int(len(mine) * 0.9)]) <= 300
        assert line[table.column("timed")] == len(mine)


def test_costs_add_up_and_follow_the_written_method(office: Office) -> None:
    scope = Scope(Period(date(2025, 11, 1), date(2025, 11, 30)))
    (table,) = made(office, "costs", scope)
    head, *services = table.rows
    fixed, variable, each = (table.column(name) for name in ("fixed_cents", "variable_cents", "per_transaction_cents"))
    assert head[fixed] == round(90_001 * 30 / 61) and head[variable] == 45_500 + 7_777
    assert sum(int(row[fixed] or 0) for row in services) == head[fixed]
    assert sum(int(row[variable] or 0) for row in services) == head[variable]
    whole = head[table.column("sessions")]
    assert head[each] == round((head[fixed] + head[variable]) / whole)


def test_every_report_has_every_format_and_an_empty_period(office: Office) -> None:
    for name in kinds.REPORTS:
        for period in (PERIODS[0], PERIODS[3]):
            scope = Scope(period)
            with office.database.reader() as connection:
                report, tables = kinds.make(connection, name, scope)
            for write in (writer for _media, writer in formats.FORMATS.values()):
                assert write((report, scope, tables))
            assert all(len(row) == len(table.columns) for table in tables for row in table.rows)


def test_no_text_becomes_a_formula_in_a_spreadsheet(office: Office) -> None:
    scope = Scope(PERIODS[0])
    with office.database.reader() as connection:
        report, tables = kinds.make(connection, "services", scope)
    assert ",'=Afiliación," in formats.as_csv((report, scope, tables)).decode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(formats.as_xlsx((report, scope, tables))))
    cells = [cell for row in book["services"].iter_rows() for cell in row if cell.value == "=Afiliación"]
    assert cells and all(cell.data_type in ("s", "inlineStr") for cell in cells)


def test_the_page_shows_the_figures_and_leads_to_the_rows(office: Office, entered: Callable[[str], TestClient]) -> None:  # noqa: F811 - a fixture
    client = entered("auditor")
    page = client.get("/informes/outcome?desde=2025-10-01&hasta=2025-10-31").text
    assert 'class="bars"' in page and "Resuelta" in page
    link = re.search(r'href="(/registros/session\?[^"]*outcome=referred[^"]*)"', page)
    assert link is not None
    behind = client.get(link[1].replace("&amp;", "&"))
    scope = Scope(Period(date(2025, 10, 1), date(2025, 10, 31)))
    expected = [row for row in slow(office, scope) if row["outcome"] == "referred"]
    assert behind.text.count('<td><a class="ref"') == min(len(expected), 50)
    for kind, (media, _write) in formats.FORMATS.items():
        answer = client.get(f"/informes/costs.{kind}")
        assert answer.headers["content-type"] == media and "attachment" in answer.headers["content-disposition"]
    assert client.get("/informes/nada").status_code == 404
    for path in (
        "/informes/costs.exe",
        "/informes/costs?desde=ayer",
        "/informes/costs?desde=2026-01-01&hasta=2025-01-01",
    ):
        assert client.get(path).status_code == 400
    assert client.get("/informes").status_code == 200


def test_services_that_the_catalogue_lacks_are_told_apart(office: Office) -> None:
    scope = Scope(PERIODS[0])
    with office.database.reader() as connection:
        for name in ("services", "times", "costs"):
            _report, (table, *_rest) = kinds.make(connection, name, scope)
            named = {row[0]: row[table.column("name")] for row in table.rows}
            assert named["OTRO-9"] == "fuera del catálogo: OTRO-9", name
            assert named["RENIEC-01"] == "Duplicado de DNI", name


def test_a_chart_says_what_it_leaves_to_the_table() -> None:
    rows = [(f"Servicio {n}", float(n), str(n)) for n in range(charts.MOST_BARS + 5, 0, -1)]
    drawn = str(charts.bars(rows, "Servicios"))
    assert drawn.count("<svg") == charts.MOST_BARS and "Servicio 30" in drawn and "Servicio 5<" not in drawn
    assert "Y 5 más" in drawn
    assert "más" not in str(charts.bars(rows[: charts.MOST_BARS], "Servicios"))


def test_the_json_names_its_unit(office: Office) -> None:
    scope = Scope(PERIODS[0], brigade="B01")
    with office.database.reader() as connection:
        report, tables = kinds.make(connection, "ongei", scope)
    document = orjson.loads(formats.as_json((report, scope, tables)))
    assert (document["unit"], document["from"], document["brigade"]) == ("attention", "2025-09-01", "B01")
    assert [table["name"] for table in document["tables"]][:2] == ["caps", "services"]


@given(st.dates(date(2024, 1, 1), date(2026, 12, 31)), st.integers(0, 800))
def test_a_period_is_its_whole_months_and_its_edges(first: date, length: int) -> None:
    period = Period(first, first + timedelta(days=length))
    days = [first + timedelta(days=n) for n in range(length + 1)]
    seen: list[date] = []
    for month in period.months():
        seen += [day for day in days if day.year * 100 + day.month == month]
    for low, high in period.edges():
        seen += [day for day in days if low <= int(day.strftime("%Y%m%d")) <= high]
    assert sorted(seen) == days


@given(
    st.lists(st.tuples(st.sampled_from(["fixed", "variable"]), st.integers(0, 10**6), st.integers(0, 60),
                       st.sampled_from(["", "A", "B", "Z"]), st.sampled_from(["", "C1"])), max_size=8),
    st.dictionaries(st.sampled_from(["A", "B", "C"]), st.integers(1, 500), min_size=1),
)  # fmt: skip
def test_shares_of_costs_add_up_to_the_costs(costs: list[tuple[Any, ...]], of: dict[str, int]) -> None:
    period = Period(date(2025, 11, 1), date(2025, 11, 30))
    start = date(2025, 10, 20)
    spent = [
        Cost(nature, cents, start, start + timedelta(days=length), service, campaign)
        for nature, cents, length, service, campaign in costs
    ]
    shares = spread(spent, period, of, {"C1": {"A": 3}} if "A" in of else {})
    assert shares.fixed == sum(within(cost, period) for cost in spent if cost.nature == "fixed")
    for place, whole in enumerate((shares.fixed, shares.variable)):
        assert sum(parts[place] for parts in shares.by_service.values()) == whole


@given(st.lists(st.integers(0, 86_400), min_size=1, max_size=200), st.sampled_from([0.5, 0.9]))
def test_a_percentile_is_within_its_class(values: list[int], share: float) -> None:
    from server.rollups import bin_of

    counts = Counter(map(bin_of, values))
    found = times.percentile(counts, share)
    ranked = sorted(values)
    true = ranked[min(len(ranked) - 1, max(0, -(-int(share * len(ranked) * 1000) // 1000) - 1))]
    width = 60 if true < 3_600 else 300 if true < 14_400 else 3_600
    assert (found is not None and bin_of(true) <= found <= bin_of(true) + width) or abs(found - true) <= 3_600


def test_visits_with_too_few_terminals_are_those_of_the_rule(office: Office) -> None:
    chance = random.Random(SEED)
    cases = [(chance.choice([None, chance.randrange(300)]), chance.choice([None, *range(7)])) for _case in range(60)]
    day = datetime(2019, 3, 5, 12, tzinfo=PERU)
    opened = int(day.timestamp() * 1_000)
    visits: list[dict[str, Any]] = [
        {
            "brigade": "B01",
            "opened_at": opened + n,
            "place": f"P{n}",
            "ubigeo": "160101",
            "capacity": room,
            "terminals": has,
        }
        for n, (room, has) in enumerate(cases)
    ]
    with office.database.writer() as connection:
        drafts = [Draft("visit", {k: v for k, v in each.items() if v is not None}) for each in visits]
        central.write(connection, office, drafts, by="admin")
    scope = Scope(Period(day.date(), day.date()))
    (table,) = made(office, "terminals", scope)
    expected = [
        (f"P{n}", terminals_required(room, itinerant=True))
        for n, (room, has) in enumerate(cases)
        if (has or 0) < terminals_required(room, itinerant=True)
    ]
    place, needed = table.column("place"), table.column("needed")
    assert [(row[place], row[needed]) for row in reversed(table.rows)] == expected, SEED
    with office.database.reader() as connection:
        count, rows = totals.few_terminals(connection, scope, 3)
    assert (count, len(rows)) == (len(expected), 3)
