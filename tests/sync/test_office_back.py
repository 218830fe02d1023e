"""The office is put back to a copy of before: laptops notice, send again what it lost, and no number is used twice."""

import pytest

from itinerant.audit.verify import verify
from itinerant.errors import Refused
from itinerant.sync import enrol
from itinerant.sync.engine import read_receipt
from server import backups, central, conflicts, inspection, restores
from server.exports.export import write_export
from server.restores import STEP
from tests.properties import template
from tests.sync.field import Field

HISTORY = "ledger"
"""What `doctor` looks at: whether the office's ledger only grew. It did not."""


@pytest.fixture(scope="module", autouse=True)
def cheap():
    with template.eased():
        yield


@pytest.fixture
def field(tmp_path):
    field = Field(tmp_path)
    yield field
    wrong = {check.name for check in inspection.inspect(field.office) if not check.ok}
    assert wrong <= {"witnesses"}, "laptops vouched for the ledger that was, and the office must explain it"
    field.office.close()


def service(field, code):
    with field.office.database.writer() as connection:
        values = {"code": code, "entity": "RENIEC", "name": code, "access": "procedure"}
        return central.create(connection, field.office, "service", [values], by="admin")[0]


def copy_of(field, name="copia.db"):
    file = field.folder / name
    backups.backup(field.office, file)
    return file


def services(field, home):
    with field.open(home) as laptop:
        return {row.record: row.values["code"] for row in laptop.list("service")}


def test_nothing_that_laptops_sent_is_lost_and_they_notice(field):
    home = field.enrolled()
    field.add(home, 1)
    field.sync(home)
    file = copy_of(field)
    field.add(home, 2, 3)
    field.sync(home)
    field.add(home, 4)
    backups.restore(field.office, file)
    assert field.durations() == [1]
    field.sync(home)
    assert field.durations() == [1, 2, 3, 4]
    with field.open(home) as laptop:
        assert laptop.status()["pending"] == 0
        assert laptop.sync_state.office_back_at == field.now()
        assert [one.what.value for one in laptop.notices.take()] == ["office_back"]
        assert laptop.get("") is None, "what the list of notices asks when one is opened"
    field.agrees(home, besides=HISTORY)


def test_numbers_of_the_office_never_clash(field):
    home = field.enrolled()
    file = copy_of(field)
    lost = service(field, "RENIEC-01")
    field.sync(home)
    assert services(field, home) == {lost: "RENIEC-01"}
    backups.restore(field.office, file)
    fresh = service(field, "RENIEC-02")
    assert fresh == f"CENTRAL-{2 * STEP + 2}", "the first one after the leap says that there was one"
    field.sync(home)
    assert services(field, home) == {fresh: "RENIEC-02"}, "what the office lost is no longer so for anybody"
    with field.open(home) as laptop:
        assert laptop.get(lost) is None
        assert [each.code for each in laptop.services.all] == ["RENIEC-02"]


def test_the_same_copy_put_back_twice_leaps_twice(field):
    file = copy_of(field)
    first = restores.resume(field.office)
    backups.restore(field.office, file)
    second = restores.resume(field.office)
    assert second.upto > first.upto + 1
    with field.office.database.reader() as connection:
        told = restores.withdrawn(connection)
    assert [run.upto for run in told][-1] == second.upto


def test_a_folder_that_forgot_still_leaps_over_what_the_database_says(field):
    file = copy_of(field)
    restores.resume(field.office)
    (field.folder / "office" / "epoch.json").unlink()
    reached = int(service(field, "RENIEC-01").partition("-")[2])
    _size, leap = backups.restore(field.office, file)
    assert leap.upto > reached


def test_an_old_receipt_does_not_bring_back_what_was_withdrawn(field):
    home = field.enrolled()
    field.sync(home)
    file = copy_of(field)
    lost = service(field, "RENIEC-01")
    kept = []
    field.sync_road.take, take = (lambda data: kept.append(take(data)) or kept[-1]), field.sync_road.take
    field.sync(home)
    backups.restore(field.office, file)
    field.sync(home)
    with field.open(home) as laptop:
        laptop.apply_receipt(read_receipt(laptop, kept[0]))
        assert laptop.get(lost) is None


def test_a_decision_that_was_lost_is_a_conflict_again_on_the_laptop(field):
    home = field.enrolled()
    (ref,) = field.add(home, 1)
    field.sync(home)
    with field.office.database.writer() as connection:
        central.amend(connection, field.office, ref, {"duration_s": 5}, by="rev1", why="acta")
    with field.open(home) as laptop:
        laptop.amend(ref, {"duration_s": 9}, "acta")
    field.sync(home)
    file = copy_of(field)
    conflicts.resolve(field.office, ref, "duration_s", 5, "acta", by="rev1")
    field.sync(home)
    with field.open(home) as laptop:
        assert not laptop.conflicts()
    backups.restore(field.office, file)
    field.sync(home)
    with field.open(home) as laptop:
        assert [one.field for one in laptop.conflicts()] == ["duration_s"]


def test_a_laptop_that_the_copy_does_not_know_enrols_again(field):
    file = copy_of(field)
    home = field.enrolled()
    field.add(home, 1)
    field.sync(home)
    backups.restore(field.office, file)
    with pytest.raises(Refused) as caught:
        field.sync(home)
    assert caught.value.code == "unknown_device"
    invitation = field.invite("LOR07")
    with enrol.make_home(home, invitation, "P014", "caballo batería grapa correcto", field.now, again=True) as laptop:
        enrol.by_network(laptop, invitation, field.enrol_road, field.now())
    field.sync(home)
    assert field.durations() == [1]
    field.agrees(home, besides=HISTORY)


def test_an_export_passes_after_it_and_says_so(field):
    home = field.enrolled()
    file = copy_of(field)
    service(field, "RENIEC-01")
    backups.restore(field.office, file)
    field.add(home, 1)
    field.sync(home)
    out = field.folder / "mayo.zip"
    write_export(field.office, out)
    report = verify(out, field.office.verifier.vkey, None)
    assert report.ok, report.findings
    assert any("copia anterior" in fact for fact in report.facts)
