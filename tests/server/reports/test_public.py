"""Reports for publication say what the public edition says, in every format, and nothing besides."""

import csv
import io
import json
import zipfile

import openpyxl
import pytest
from starlette.testclient import TestClient

from itinerant.errors import UserError
from server.access import accounts, tokens
from server.access.permissions import Right
from server.app import create_app
from server.exports.public import write_public
from server.main import main
from server.reports import formats, kinds, public
from tests.audit.builder import DAY_MS, World
from tests.server.pages.conftest import PHRASE

MONTH = "2025-11"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A month with common and rare services, in two districts, that is over."""
    world = World(tmp_path_factory.mktemp("public") / "office")
    laptop = world.laptop("LOR07")
    for place, ubigeo, number in (("Parinari", "160302", 23), ("Nauta", "160301", 9)):
        laptop.open_visit(place=place, ubigeo=ubigeo)
        for n in range(number):
            rare = n % 11 == 10
            laptop.session(
                service="SIS-02" if rare else "RENIEC-01", language="quz" if rare else "spa", duration_s=60 + n,
                satisfaction=1 + n % 5, sex=("f", "m")[n % 2], age_band="60+" if n == 3 else "18-29",
            )  # fmt: skip
    laptop.send()
    world.clock.ms += 40 * DAY_MS
    yield world
    world.office.close()


@pytest.fixture(scope="module")
def edition(world, tmp_path_factory):
    """The rows of the public edition's files."""
    path = tmp_path_factory.mktemp("edition") / "e.zip"
    write_public(world.office, path, MONTH)
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".csv")]
        return {name: list(csv.reader(io.StringIO(archive.read(name).decode())))[1:] for name in names}


def rows(made):
    (table,) = made[2]
    return [tuple(map(str, row)) for row in table.rows]


def test_each_says_what_the_edition_says(world, edition):
    places = rows(public.make(world.office, "districts", MONTH))
    assert places == [tuple(row[1:]) for row in edition["sessions.csv"]]
    for name in public.NAMES[1:]:
        made = rows(public.make(world.office, name, MONTH))
        assert [(code, count) for code, _label, count in made] == [
            tuple(row[1:]) for row in edition[f"by-{name}.csv"]
        ], name


@pytest.mark.parametrize("name", public.NAMES)
def test_no_cell_of_any_format_counts_fewer(world, name):
    made = public.make(world.office, name, MONTH)
    (table,) = made[2]
    counts = [row[table.column("sessions")] for row in table.rows]
    assert min(counts) >= 5
    assert sum(counts) == 32, "every attention is in one row"
    document = json.loads(formats.as_json(made))
    assert [row["sessions"] for row in document["tables"][0]["rows"]] == counts
    lines = list(csv.reader(io.StringIO(formats.as_csv(made).decode("utf-8-sig"))))
    assert [int(line[table.column("sessions")]) for line in lines[2:]] == counts
    sheet = openpyxl.load_workbook(io.BytesIO(formats.as_xlsx(made))).active
    assert [row[table.column("sessions")] for row in sheet.iter_rows(min_row=2, values_only=True)] == counts
    assert formats.as_pdf(made).startswith(b"%PDF")


def test_a_rare_value_has_no_row_and_takes_a_neighbour_along(world):
    languages = {code: int(count) for code, _label, count in rows(public.make(world.office, "language", MONTH))}
    assert "quz" not in languages, "two attentions"
    assert "spa" not in languages, "or it would tell how many the others are not"
    ages = rows(public.make(world.office, "age_band", MONTH))
    assert [code for code, _label, _count in ages] == ["(otros)"]


def test_another_threshold_is_obeyed(world):
    (table,) = public.make(world.office, "satisfaction", MONTH, 9)[2]
    assert min(row[2] for row in table.rows) >= 9


@pytest.mark.parametrize("name", sorted(set(kinds.REPORTS) - set(public.NAMES)))
def test_what_would_give_small_ones_away_is_not_published(world, name):
    with pytest.raises(UserError) as caught:
        public.make(world.office, name, MONTH)
    assert caught.value.code == "not_public"


@pytest.mark.parametrize("month", ["2026-01", "2025-13", "noviembre", ""])
def test_only_a_month_that_is_over(world, month):
    with pytest.raises(UserError):
        public.make(world.office, "sex", month)


def test_the_command_takes_a_month_and_no_filter(world, tmp_path, capsys):
    home, out = ["--home", str(world.office.folder)], tmp_path / "x.xlsx"
    assert (
        main([*home, "report", "districts", "--public", "--month", MONTH, "--format", "xlsx", "--out", str(out)]) == 0
    )
    assert out.read_bytes().startswith(b"PK")
    for more in (["--brigade", "B01"], ["--from", "2025-11-02"], ["--ubigeo", "16"]):
        assert main([*home, "report", "sex", "--public", "--month", MONTH, *more]) == 2
    assert main([*home, "report", "sex", "--month", MONTH]) == 2
    assert main([*home, "report", "costs", "--public", "--month", MONTH]) == 2
    assert "no se publica" in capsys.readouterr().err


def test_page_and_api_give_the_same(world, monkeypatch):
    monkeypatch.setattr(accounts, "_MEMORY_KIB", 64)
    office = world.office
    client = TestClient(create_app(office), base_url="http://oficina.test", headers={"sec-fetch-site": "same-origin"})
    code = accounts.invite(office, "ana", "auditor", "http://oficina.test", by="admin").partition("#")[2]
    client.post("/activar", data={"codigo": code, "frase": PHRASE, "otra": PHRASE})
    page = client.get("/informes/language")
    assert "/informes/language/publico" in page.text
    assert MONTH in page.text
    assert "/publico" not in client.get("/informes/costs").text
    file = client.get("/informes/language/publico", params={"mes": MONTH, "formato": "csv"})
    assert file.status_code == 200
    assert "publico-language-20251101-20251130.csv" in file.headers["content-disposition"]
    assert "quz" not in file.text
    token = tokens.add(office, "ana", "", [Right.READ], 1, by="admin")
    asked = {"Authorization": f"Bearer {token}"}
    document = client.get("/api/v1/reports/language", params={"month": MONTH}, headers=asked).json()
    assert (
        document["tables"][0]["rows"]
        == json.loads(formats.as_json(public.make(office, "language", MONTH)))["tables"][0]["rows"]
    )
    assert (
        client.get("/api/v1/reports/sex", params={"month": MONTH, "brigade": "B01"}, headers=asked).status_code >= 400
    )
