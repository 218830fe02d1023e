"""Every report against a recount that shares nothing with it: plain Python over the tables of the auditor's export.

Sessions are counted one by one, in the words of `docs/informes.md`; `make soak` does so with 100,000 of them.
"""

import csv
import io
import random
import zipfile
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from statistics import median

import pytest

from itinerant.demo.sample import SampleService, sessions
from server import central, folding
from server.exports.export import write_export
from server.home import OfficeKeys, Settings
from server.laptops import fleet
from server.office import Office
from server.queries.totals import Scope
from server.reports import kinds
from server.reports.period import Period
from tests.server.laptop import START_MS, enrolled

SEED = 7
DAY_MS = 86_400_000
LIMA = timedelta(hours=-5)
ROUTES = {
    "LOR07": ("B01", [{"stop": "C1"}, {"ubigeo": "160101", "place": "Iquitos", "capacity": 77, "terminals": 1}]),
    "LOR08": ("B01", [{"stop": "C1"}, {"ubigeo": "160302", "place": "Parinari", "terminals": 2}]),
    "CUS01": ("B02", [{"ubigeo": "080801", "place": "Espinar", "capacity": 130, "terminals": 3}]),
    "PUN01": ("B03", [{"ubigeo": "210101", "place": "Puno", "capacity": 76, "terminals": 1}, {"stop": "C2"}]),
}
SERVICES = [
    ("RENIEC-01", "RENIEC", "procedure", "transactional"), ("RENIEC-02", "RENIEC", "information", "informative"),
    ("SUNAT-01", "SUNAT", "consultation", "interactive"), ("SIS-02", "SIS", "procedure", "connected"),
]  # fmt: skip
COSTS = [
    {"nature": "fixed", "category": "salary", "amount_cents": 310_001, "spent_on": "2025-01-10", "until": "2025-10-31"},
    {"nature": "fixed", "category": "licences", "amount_cents": 90_001, "spent_on": "2025-11-01"},
    {"nature": "variable", "category": "transport", "amount_cents": 45_503, "spent_on": "2025-10-10"},
    {
        "nature": "variable",
        "category": "supplies",
        "amount_cents": 7_777,
        "spent_on": "2025-06-11",
        "service": "SIS-02",
    },
    {"nature": "variable", "category": "transport", "amount_cents": 9_999, "spent_on": "2025-06-12", "campaign": "C1"},
]
PERIODS = [
    (date(2024, 1, 1), date(2025, 12, 31)),
    (date(2025, 2, 3), date(2025, 11, 17)),
    (date(2025, 6, 1), date(2025, 6, 30)),
    (date(2025, 6, 12), date(2025, 6, 12)),
]
FIELDS = (
    "access", "mode", "channel", "segment", "outcome", "cause", "language", "age_band", "sex", "card", "connectivity",
    "satisfaction",
)  # fmt: skip


@pytest.fixture(scope="module", params=[1_500, pytest.param(100_000, marks=pytest.mark.soak)])
def office(request, tmp_path_factory):
    """Three brigades, four laptops, 350 days, some sessions annulled, corrected, or of no known service."""
    folder = tmp_path_factory.mktemp("recount") / "office"
    made = Office.create(folder, Settings("Oficina", "recount/x"), OfficeKeys.generate(), now_ms=lambda: START_MS)
    fill(made, request.param)
    folding.fold_if_due(made)
    yield made
    made.close()


def fill(office, count):
    for brigade in ("B01", "B02", "B03"):
        fleet.add_brigade(office, brigade, f"Brigada {brigade}", by="admin")
    with office.database.writer() as connection:
        rows = [{"code": code, "entity": entity, "name": code, "access": access, "stage": stage}
                for code, entity, access, stage in SERVICES]  # fmt: skip
        central.create(connection, office, "service", rows, by="admin")
        campaigns, stops = {}, {}
        for code, brigade, ubigeo in (("C1", "B01", "160105"), ("C2", "B03", "210201")):
            values = {"code": code, "name": f"Campaña {code}", "brigade": brigade}
            (campaigns[code],) = central.create(connection, office, "campaign", [values], by="admin")
            for starts in ("2025-02-01", "2025-06-05"):
                values = {"campaign": campaigns[code], "brigade": brigade, "ubigeo": ubigeo, "place": "Punto",
                          "starts_on": starts}  # fmt: skip
                (stops[code],) = central.create(connection, office, "stop", [values], by="admin")
        central.create(connection, office, "cost", [
            {**cost, **({"campaign": campaigns[str(cost["campaign"])]} if "campaign" in cost else {})} for cost in COSTS
        ], by="admin")  # fmt: skip
    chance = random.Random(SEED)
    services = [SampleService(code, access) for code, _entity, access, _stage in SERVICES]
    services.append(SampleService("OTRO-9", "other"))
    for device, (brigade, places) in ROUTES.items():
        laptop = enrolled(office, device, brigade=brigade)
        visits = []
        for n in range(40):
            place = dict(places[n % len(places)])
            if "stop" in place:
                place["stop"] = stops[place["stop"]]
            values = {"brigade": brigade, "opened_at": START_MS - chance.randrange(350) * DAY_MS, **place}
            visits.append(laptop.write("visit", values).ref)
        share = count // len(ROUTES)
        for number, values in enumerate(sessions(share, SEED + len(device), START_MS, services, visit=visits[0])):
            started = START_MS - chance.randrange(350 * DAY_MS)
            change = laptop.write(values={**values, "started_at": started, "visit": chance.choice(visits)})
            if chance.random() < 0.04:
                laptop.write(values={"void": True}, record=change.ref, base=[change.ref], why="error")
            elif chance.random() < 0.06:
                fix = {"duration_s": chance.randrange(9_000), "service": "SUNAT-01", "language": "aym"}
                laptop.write(values=fix, record=change.ref, base=[change.ref], why="corregida")
            if number % 1_000 == 999:
                laptop.sync()
        laptop.sync()


class Recount:
    """The exported tables, read as anybody would."""

    def __init__(self, office, path):
        write_export(office, path)
        with zipfile.ZipFile(path) as archive:
            self.tables = {
                name[8:-4]: list(csv.DictReader(io.StringIO(archive.read(name).decode())))
                for name in archive.namelist()
                if name.startswith("records/") and name.endswith(".csv")
            }
        stops = {row["record"]: row for row in self.tables["stop"]}
        self.visits = {}
        for row in self.tables["visit"]:
            stop = stops.get(row["stop"], {})
            self.visits[row["record"]] = {
                **row, "ubigeo": row["ubigeo"] or stop.get("ubigeo", ""), "campaign": stop.get("campaign", ""),
                "room": row["capacity"] or stop.get("capacity", ""),
            }  # fmt: skip
        self.sessions = []
        for row in self.tables["session"]:
            if row["void"] not in ("true", "1", "True"):
                visit = self.visits[row["visit"]]
                day = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(row["started_at"])) + LIMA).date()
                where = {
                    "day": day,
                    "brigade": visit["brigade"],
                    "campaign": visit["campaign"],
                    "ubigeo": visit["ubigeo"],
                }
                self.sessions.append({**row, **where})

    def of(self, first, last, brigade="", ubigeo="", campaign=""):
        return [
            row
            for row in self.sessions
            if first <= row["day"] <= last
            and brigade in ("", row["brigade"])
            and row["ubigeo"].startswith(ubigeo)
            and campaign in ("", row["campaign"])
        ]


@pytest.fixture(scope="module")
def recount(office, tmp_path_factory):
    return Recount(office, tmp_path_factory.mktemp("export") / "todo.zip")


@pytest.fixture(scope="module")
def asked(recount):
    """What is asked of every report: four periods, and in each all, a brigade, a region and a campaign."""
    campaign = next(row["record"] for row in recount.tables["campaign"] if row["code"] == "C1")
    narrow = ({}, {"brigade": "B01"}, {"ubigeo": "16"}, {"campaign": campaign})
    return [
        (Scope(Period(first, last), **one), recount.of(first, last, **one)) for first, last in PERIODS for one in narrow
    ]


def made(office, name, scope):
    with office.database.reader() as connection:
        return list(kinds.make(connection, name, scope)[1])


def columns(table, *names):
    places = [table.column(name) for name in names]
    return [tuple(row[place] for place in places) for row in table.rows]


def part(some, whole):
    return round(100 * some / whole, 1) if whole else None


def mean(numbers):
    return round(sum(numbers) / len(numbers)) if numbers else None


def known(rows, name):
    return [int(row[name]) for row in rows if row[name] != ""]


def by(rows, *names):
    found = defaultdict(list)
    for row in rows:
        found[tuple(row[name] for name in names)].append(row)
    return found


def test_there_is_something_to_count(recount, asked):
    assert len(recount.sessions) > 0.9 * 1_500
    assert all(rows for _scope, rows in asked[:12]), "no question is about nothing"


@pytest.mark.parametrize("name", FIELDS)
def test_each_characteristic(office, asked, name):
    for scope, rows in asked:
        (table,) = made(office, name, scope)
        expected = Counter(row[name] for row in rows)
        told = {code: (n, share) for code, n, share in columns(table, name, "sessions", "share")}
        assert told == {code: (n, part(n, len(rows))) for code, n in expected.items()}, (SEED, scope)


def test_services_entities_and_stages(office, recount, asked):
    listed = {row["code"]: row for row in recount.tables["service"]}
    for scope, rows in asked:
        (table,) = made(office, "services", scope)
        names = ("service", "sessions", "share", "resolved", "mean_s", "fees_cents")
        expected = {
            (service, len(mine), part(len(mine), len(rows)), part(sum(row["outcome"] == "resolved" for row in mine),
             len(mine)), mean(known(mine, "duration_s")), sum(known(mine, "fee_cents")))
            for (service,), mine in by(rows, "service").items()
        }  # fmt: skip
        assert set(columns(table, *names)) == expected, (SEED, scope)
        for name, field in (("entities", "entity"), ("stages", "stage")):
            (table,) = made(office, name, scope)
            counts = Counter(listed[row["service"]][field] if row["service"] in listed else "" for row in rows)
            assert dict(columns(table, table.columns[0].name, "sessions")) == counts, (SEED, name, scope)


def test_places_campaigns_brigades_and_months(office, asked):
    for scope, rows in asked:
        for name, field in (("districts", "ubigeo"), ("campaigns", "campaign")):
            (table,) = made(office, name, scope)
            expected = {
                (key, len(mine), len({row["visit"] for row in mine})) for (key,), mine in by(rows, field).items()
            }
            assert set(columns(table, table.columns[0].name, "sessions", "visits")) == expected, (SEED, name, scope)
        (table,) = made(office, "brigades", scope)
        assert dict(columns(table, "brigades", "sessions")) == Counter(row["brigade"] for row in rows), (SEED, scope)
        (table,) = made(office, "months", scope)
        assert dict(columns(table, "month", "sessions")) == Counter(f"{row['day']:%Y-%m}" for row in rows)


def error(seconds):
    """How far a median may be off, by its size (`docs/informes.md`)."""
    return 60 if seconds < 3_600 else 300 if seconds < 14_400 else 3_600


def test_times(office, asked):
    for scope, rows in asked:
        table, lasting, waiting = made(office, "times", scope)
        groups = {"": rows, **{service: mine for (service,), mine in by(rows, "service").items()}}
        for line in table.rows:
            mine = groups[line[0]]
            for field, names in (
                ("duration_s", ("timed", "mean_s", "median_s", "p90_s")),
                ("waiting_s", ("waited", "wait_mean_s", "wait_median_s", "wait_p90_s")),
            ):
                count, average, middle, high = (line[table.column(name)] for name in names)
                numbers = sorted(known(mine, field))
                assert (count, average) == (len(numbers), mean(numbers)), (SEED, scope, line[0])
                if numbers:
                    ninetieth = numbers[max(0, -(-9 * len(numbers) // 10) - 1)]
                    lower = numbers[(len(numbers) - 1) // 2]
                    assert abs(middle - median(numbers)) <= error(middle) or abs(middle - lower) <= error(middle)
                    assert abs(high - ninetieth) <= error(high), (SEED, scope, line[0], field)
        for steps, field in ((lasting, "duration_s"), (waiting, "waiting_s")):
            edges = (0, 60, 120, 180, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 14_400, 86_401)
            expected = Counter(max(edge for edge in edges if edge <= each) for each in known(rows, field))
            assert [row[1] for row in steps.rows] == [expected[edge] for edge in edges[:-1]], (SEED, scope, field)


def test_costs(office, recount, asked):
    for scope, rows in asked:
        fixed = variable = Fraction(0)
        per_service = defaultdict(lambda: [Fraction(0), Fraction(0)])
        counts = Counter(row["service"] for row in rows)
        period = scope.period
        for cost in recount.tables["cost"]:
            if scope.brigade and cost["brigade"] not in ("", scope.brigade):
                continue
            first = date.fromisoformat(cost["spent_on"])
            last = date.fromisoformat(cost["until"]) if cost["until"] and cost["nature"] == "fixed" else first
            days = [first + timedelta(n) for n in range((last - first).days + 1)]
            inside = sum(period.first <= day <= period.last for day in days)
            cents = round(Fraction(int(cost["amount_cents"]) * inside, len(days)))
            if not cents:
                continue
            mine = counts
            if cost["nature"] == "variable" and cost["service"]:
                mine = Counter({cost["service"]: counts[cost["service"]]})
            elif cost["nature"] == "variable" and cost["campaign"]:
                mine = Counter(row["service"] for row in rows if row["campaign"] == cost["campaign"])
            place = cost["nature"] == "variable"
            fixed, variable = (fixed, variable + cents) if place else (fixed + cents, variable)
            for service, number in mine.items():
                if sum(mine.values()):
                    per_service[service][place] += Fraction(cents * number, sum(mine.values()))
        (table,) = made(office, "costs", scope)
        lines = {row[0]: row[2:5] for row in table.rows}
        assert lines.pop("")[:3] == (len(rows), fixed, variable), (SEED, scope)
        assert set(lines) == set(counts), (SEED, scope)
        for service, (number, its_fixed, its_variable) in lines.items():
            assert number == counts[service]
            assert abs(its_fixed - per_service[service][0]) < len(counts) + 1, (SEED, scope, service)
            assert abs(its_variable - per_service[service][1]) < len(counts) + 1, (SEED, scope, service)


def test_coverage_and_terminals(office, recount, asked):
    for scope, _rows in asked:
        period = scope.period
        visits = [
            row
            for row in recount.visits.values()
            if period.first
            <= (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(row["opened_at"])) + LIMA).date()
            <= period.last
            and scope.brigade in ("", row["brigade"])
            and row["ubigeo"].startswith(scope.ubigeo)
            and scope.campaign in ("", row["campaign"])
        ]
        short = set()
        for row in visits:
            room = int(row["room"] or 0)
            needed = max(1, room // 50 + (room % 50 > 25))
            if int(row["terminals"] or 0) < needed:
                short.add((row["record"], needed, int(row["terminals"] or 0)))
        (table,) = made(office, "terminals", scope)
        assert set(columns(table, "visit", "needed", "present")) == short, (SEED, scope)
        planned = {
            row["ubigeo"]
            for row in recount.tables["stop"]
            if period.first.isoformat() <= row["starts_on"] <= period.last.isoformat()
            and scope.brigade in ("", row["brigade"])
        }
        reached = {row["ubigeo"] for row in visits}
        table = made(office, "coverage", scope)[0]
        for line, digits in zip(table.rows, (6, 4, 2), strict=True):
            wanted, got = ({code[:digits] for code in some} for some in (planned, reached))
            assert line[1:] == (len(wanted), len(wanted & got), len(got - wanted)), (SEED, scope, digits)
