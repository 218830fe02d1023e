"""Honest oddities: what looks strange and is not wrong passes, and is told in words."""

import pytest

from itinerant.audit.verify import main, verify
from server.exchange import quarantine
from server.exports.export import write_export
from server.exports.source import Asked
from server.laptops import fleet
from server.tables import QuarantineRow, table
from tests.audit.builder import World, ordinary

_quarantine = table(QuarantineRow)


def exported(world, folder, **options):
    path = folder / "export.zip"
    write_export(world.office, path, **options)
    report = verify(path, world.vkey)
    world.office.close()
    return path, report


def test_a_ledger_without_changes_proves_nothing_and_is_not_green(tmp_path):
    from server.home import Settings
    from server.office import Office
    from tests.audit.builder import ORIGIN, office_keys

    office = Office.create(tmp_path / "office", Settings("Oficina", ORIGIN), office_keys())
    path = tmp_path / "export.zip"
    write_export(office, path)
    report = verify(path, office.verifier.vkey)
    office.close()
    assert report.verdict == "nothing_checked"
    assert not report.ok
    assert "NADA QUE COMPROBAR" in report.to_text()
    assert main([str(path), "--key", office.verifier.vkey]) == 1


def test_a_day_on_which_nothing_arrived_is_not_green_either(tmp_path):
    from datetime import date

    _path, report = exported(ordinary(tmp_path / "office", sessions=10), tmp_path, asked=Asked(date(2026, 1, 1)))
    assert report.counts["changes"] == 0
    assert report.verdict == "nothing_checked", report.to_text()


def test_an_empty_day_passes(tmp_path):
    world = World(tmp_path / "office")
    world.laptop().open_visit()
    world.laptop().send()
    _path, report = exported(world, tmp_path)
    assert report.verdict == "authentic", report.to_text()


def test_one_change_passes(tmp_path):
    from server import ledger
    from server.home import Settings
    from server.office import Office
    from tests.audit.builder import ORIGIN, office_keys

    office = Office.create(tmp_path / "office", Settings("Oficina", ORIGIN), office_keys())
    fleet.add_brigade(office, "B01", "Brigada", by="admin")
    with office.database.reader() as connection:
        assert ledger.size(connection) == 1
    path = tmp_path / "export.zip"
    write_export(office, path)
    report = verify(path, office.verifier.vkey)
    office.close()
    assert report.verdict == "authentic", report.to_text()
    assert report.checked == 1


def test_open_conflicts_pass_and_are_told(tmp_path):
    _path, report = exported(ordinary(tmp_path / "office", sessions=10), tmp_path)
    assert report.verdict == "authentic", report.to_text()
    assert any("Conflictos abiertos: 2" in fact for fact in report.facts)


def test_a_revoked_device_passes_and_is_told(tmp_path):
    world = ordinary(tmp_path / "office", sessions=10)
    fleet.revoke(world.office, "LOR07", "se perdió en el río", by="admin")
    late = world.laptop()
    late.session()
    late.send()
    _path, report = exported(world, tmp_path)
    assert report.verdict == "authentic", report.to_text()
    assert any("LOR07" in fact and "revocado" in fact for fact in report.facts), report.to_text()
    assert any("«revoked»: 1" in fact for fact in report.facts)


def test_known_gaps_pass_and_are_told(tmp_path):
    world = World(tmp_path / "office")
    laptop = world.laptop()
    laptop.open_visit()
    for number in range(9):
        laptop.session(note="llamar al 987654321" if number in {2, 3, 7} else None)
    laptop.send()
    _path, report = exported(world, tmp_path)
    assert report.verdict == "authentic", report.to_text()
    assert any("«personal_data»: 3" in fact for fact in report.facts)


def _items(world):
    with world.office.database.reader() as connection:
        return list(connection.scalars(_quarantine.select().with_only_columns(_quarantine.c.id)))


def test_a_change_released_later_stands_out_of_order_and_passes(tmp_path):
    world = World(tmp_path / "office")
    laptop = world.laptop()
    laptop.open_visit()
    laptop.session(note="llamar al 987654321")
    made = laptop.session(note="expediente 20241234567")
    laptop.write("session", {"duration_s": 5}, record=made, base=[made])
    laptop.session()
    laptop.send()
    for item in _items(world):
        quarantine.release(world.office, item, "no es de una persona", by="admin")
    laptop.session()
    laptop.send()
    _path, report = exported(world, tmp_path)
    assert report.verdict == "authentic", report.to_text()


def test_a_discarded_change_passes(tmp_path):
    world = ordinary(tmp_path / "office", sessions=10)
    quarantine.discard(world.office, _items(world)[0], "es de una persona", by="admin")
    _path, report = exported(world, tmp_path)
    assert report.verdict == "authentic", report.to_text()


@pytest.fixture
def forked(tmp_path):
    """A laptop that was copied: the copy went on by itself, and the original sent first."""
    world = ordinary(tmp_path / "office", sessions=10)
    laptop = world.laptop()
    links, sent = list(laptop.links), laptop.sent
    for number in range(3):
        laptop.session(duration_s=number)
    laptop.send()
    laptop.links, laptop.sent = links, sent
    for number in range(5):
        laptop.session(duration_s=100 + number)
    laptop.send()
    return world


def test_a_copied_laptop_passes_and_is_told(forked, tmp_path):
    _path, report = exported(forked, tmp_path)
    assert report.verdict == "authentic", report.to_text()
    assert any("«fork»: 5" in fact for fact in report.facts), report.to_text()


def test_what_a_copy_wrote_and_a_person_released_passes(forked, tmp_path):
    with forked.office.database.reader() as connection:
        rows = connection.execute(_quarantine.select().where(_quarantine.c.reason == "fork")).all()
    last = max(rows, key=lambda row: row.seq)
    quarantine.release(forked.office, last.id, "la atención existió", by="admin")
    _path, report = exported(forked, tmp_path)
    assert report.verdict == "authentic", report.to_text()


def test_without_a_key_it_is_coherent_and_not_more(world, export):
    report = verify(export)
    assert report.verdict == "coherent"
    assert report.ok
    assert "SIN AUTENTICAR" in report.to_text()


def test_exit_codes_and_words(world, export, tmp_path, capsys):
    assert main([str(export), "--key", world.vkey]) == 0
    assert "CONFORME" in capsys.readouterr().out
    assert main([str(export), "--key", world.vkey, "--json"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("{")
    assert '"verdict": "authentic"' in out
    assert main([str(export), "--key", world.vkey[:-3] + "AAA"]) == 2
    assert "llave" in capsys.readouterr().err
    assert main([str(tmp_path / "nothing.zip")]) == 2
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(export.read_bytes()[:-1])
    assert main([str(damaged), "--key", world.vkey]) == 1
    assert "NO CONFORME" in capsys.readouterr().out
