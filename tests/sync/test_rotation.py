"""The office changes its keys: laptops follow by themselves, whenever they come back, and nobody else can lead them."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from itinerant.errors import Damaged, StoreProblem, UserError
from itinerant.log.change import Draft
from itinerant.log.notes import Checkpoint, Verifier, read
from itinerant.sync import courier, engine, enrolment, parcel
from itinerant.sync.rotation import KIND, Rotation
from server import backups, central, home, inspection, ledger
from server.exchange import handling, stick
from server.keys import rotation
from server.office import Office
from tests.properties import template
from tests.sync.field import Field

WHY = "cambio anual"


@pytest.fixture(scope="module", autouse=True)
def cheap():
    with template.eased():
        yield


@pytest.fixture
def field(tmp_path):
    field = Field(tmp_path)
    yield field
    assert [check for check in inspection.inspect(field.office) if not check.ok] == []
    field.office.close()


def rotate(field, which="sign"):
    return rotation.rotate(field.office, which, WHY, by="ana")


def knows(field, home):
    with field.open(home) as laptop:
        return laptop.identity.office


@pytest.mark.parametrize("which", ["sign", "seal"])
def test_a_laptop_learns_the_new_key_with_its_next_sync_and_uses_it(field, which):
    home = field.enrolled()
    before = knows(field, home)
    rotate(field, which)
    field.add(home, 1)
    field.sync(home)
    after = knows(field, home)
    assert after == field.office.identity
    assert (after.sign_key != before.sign_key) == (which == "sign")
    assert (after.seal_key != before.seal_key) == (which == "seal")
    field.add(home, 2)
    field.sync(home)
    with field.office.database.reader() as connection:
        assert rotation.knowing(connection, field.office) == {2: 1}
    field.agrees(home)


def test_one_that_was_silent_through_several_changes_still_syncs(field):
    home, other = field.enrolled(), field.enrolled("LOR08")
    field.add(home, 1)
    field.sync(home)
    for which in ("sign", "seal", "sign"):
        field.moved += 90 * 86_400_000
        rotate(field, which)
        field.sync(other)
    field.add(home, 2, 3)
    field.sync(home)
    assert field.durations() == [1, 2, 3]
    assert knows(field, home) == knows(field, other) == field.office.identity
    assert knows(field, home).number == 4


def test_a_stick_that_was_under_way_is_read_and_answered_so_that_the_laptop_understands(field, tmp_path):
    home = field.enrolled()
    field.add(home, 1)
    with field.open(home) as laptop:
        courier.write_parcels(laptop, tmp_path / "usb", field.now())
    rotate(field, "seal")
    rotate(field, "sign")
    assert not stick.read(field.office, tmp_path / "usb").problems
    stick.write(field.office, tmp_path / "usb")
    with field.open(home) as laptop:
        assert not courier.read_stick(laptop, tmp_path / "usb").damaged
        assert laptop.status()["pending"] == 0
        assert laptop.identity.office == field.office.identity
        assert not courier.read_stick(laptop, tmp_path / "usb").damaged, "the same stick again brings nothing"


def test_an_answer_under_the_former_key_that_comes_late_is_named_and_changes_nothing(field, tmp_path):
    home = field.enrolled()
    field.add(home, 1)
    with field.open(home) as laptop:
        courier.write_parcels(laptop, tmp_path / "usb", field.now())
    stick.read(field.office, tmp_path / "usb")
    stick.write(field.office, tmp_path / "usb")
    rotate(field)
    with field.open(home) as laptop:
        learnt = laptop.identity.office.after(field.office.keys.rotations)
        laptop.identity = replace(laptop.identity, office=learnt)
        (damaged,) = courier.read_stick(laptop, tmp_path / "usb").damaged
        assert damaged.code == "former_key"
        assert laptop.status()["pending"] == 2
    field.sync(home)
    with field.open(home) as laptop:
        assert not courier.read_stick(laptop, tmp_path / "usb").damaged


def test_the_witness_goes_on_and_raises_no_alarm(field):
    home = field.enrolled()
    field.add(home, 1)
    field.sync(home)
    rotate(field)
    for second in (2, 3):
        field.add(home, second)
        field.sync(home)
    with field.open(home) as laptop:
        assert laptop.witness.alarm is None
        with field.office.database.reader() as connection:
            assert laptop.witness.checkpoint.size == ledger.size(connection)


def test_a_code_from_before_the_change_still_enrols_and_one_from_after_knows_the_new_keys(field):
    early = field.invite("LOR07")
    rotate(field, "seal")
    rotate(field, "sign")
    field.invite, invite = (lambda device: early), field.invite
    home = field.enrolled("LOR07")
    field.invite = invite
    other = field.enrolled("LOR08")
    assert knows(field, home) == knows(field, other) == field.office.identity


def test_a_program_that_does_not_say_which_keys_it_knows_is_answered_with_those_of_its_code(field):
    rotate(field)
    home = field.enrolled()
    with field.open(home) as laptop:
        sent = engine.make_parcel(laptop, 0, [], field.now())
        header, _sealed = parcel.peek(sent)
        silent = parcel.pack(replace(header, keys=0), [], laptop.identity.keys.sign, laptop.identity.office.seal_key)
        assert header.keys == 2
        assert engine.read_answer(laptop, silent, handling.handle(field.office, silent))


def test_a_copied_laptop_takes_a_new_code_after_the_change_without_having_synced(field):
    home = field.enrolled()
    field.add(home, 1)
    field.sync(home)
    rotate(field)
    rotate(field, "seal")
    plain = field.invite("LOR09", "LOR07")
    with field.open(home) as laptop, pytest.raises(UserError):
        laptop.rejoining.check(plain)
    file = replace(plain, rotations=field.office.keys.rotations).to_json()
    with field.open(home) as laptop:
        laptop.rejoining.check(enrolment.Invitation.from_json(file))


def test_only_the_key_before_leads_to_the_next(field):
    home = field.enrolled()
    thief = Ed25519PrivateKey.generate()
    origin, public = field.office.settings.origin, thief.public_key().public_bytes_raw()
    forged = Rotation.make(origin, 2, 3, thief, public, thief)
    with field.office.database.writer() as connection:
        central.write(connection, field.office, [Draft(KIND, forged.values)], by="admin")
    field.add(home, 1)
    field.sync(home)
    assert knows(field, home).number == 1
    honest = Rotation.make(origin, 2, 3, thief, public, field.office.keys.sign)
    for wrong in (
        replace(honest, number=3),
        replace(honest, size=4),
        replace(honest, seal_key=bytes(32)),
        replace(honest, origin="otra.example/registro"),
        replace(honest, by_own=bytes(64)),
    ):
        assert not wrong.follows(1, field.office.keys.sign_public)
    assert honest.follows(1, field.office.keys.sign_public)


def test_the_step_is_a_signed_note_of_both_keys(field):
    former = field.office.keys.sign_public
    step = rotate(field)
    note = step.note(former)
    origin = field.office.settings.origin
    text, signatures = read(note, [Verifier(origin, former), Verifier(origin, step.sign_key)])
    assert text.startswith(f"itinerant-keys/v1\n{origin}\n2 ")
    assert len(signatures) == 2


def test_a_serving_process_notices_the_keys_that_another_one_made(field):
    other = Office.open(field.folder / "office", now_ms=field.now)
    home = field.enrolled()
    rotation.rotate(other, "sign", WHY, by="ana")
    field.add(home, 1)
    field.sync(home)
    assert field.office.keys.number == 2
    assert knows(field, home).number == 2
    other.close()


def test_what_a_cut_left_out_of_the_ledger_is_stated_when_the_office_serves_again(field, monkeypatch):
    home = field.enrolled()
    with monkeypatch.context() as cut:
        cut.setattr(rotation, "restate", lambda *_args, **_more: (_ for _ in ()).throw(StoreProblem("lleno")))
        with pytest.raises(StoreProblem):
            rotate(field)
    assert field.office.keys.number == 2
    field.add(home, 1)
    field.sync(home)
    assert knows(field, home).number == 1
    assert [check.name for check in inspection.inspect(field.office) if not check.ok] == ["keys"]
    assert rotation.restate_if_needed(field.office) == 1
    assert rotation.restate_if_needed(field.office) == 0
    field.sync(home)
    assert knows(field, home).number == 2


def test_the_former_key_signs_no_longer_ledger(field):
    home = field.enrolled()
    former = field.office.keys.sign
    step = rotate(field)
    field.add(home, 1)
    field.sync(home)
    with field.office.database.reader() as connection:
        end = ledger.read(connection)
    forged = replace(end, checkpoint=field_note(field, end, former))
    assert end.size > step.size
    assert not ledger.is_signed(forged, field.office.verifiers(end.size))
    assert ledger.is_signed(end, field.office.verifiers(end.size))


def field_note(field, end, key):
    return Checkpoint(field.office.settings.origin, end.size, end.frontier.root()).sign(key)


def test_a_ruined_or_open_file_of_keys_is_named(field):
    rotate(field)
    path = home.rotated_file(field.folder / "office")
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"number": 2', b'"number": 3'))
    with pytest.raises(Damaged):
        home.read_keys(field.folder / "office")
    path.write_bytes(whole)
    path.chmod(0o644)
    with pytest.raises(Damaged, match="chmod"):
        home.read_keys(field.folder / "office")
    path.chmod(0o600)


def test_a_copy_from_before_the_change_goes_on_with_the_new_keys(tmp_path):
    field = Field(tmp_path)
    home = field.enrolled()
    field.add(home, 1)
    field.sync(home)
    copy = tmp_path / "copia.db"
    backups.backup(field.office, copy)
    rotate(field)
    field.add(home, 2)
    field.sync(home)
    backups.restore(field.office, copy)
    field.add(home, 3)
    field.sync(home)
    assert field.durations() == [1, 2, 3]
    assert knows(field, home) == field.office.identity
    wrong = {check.name for check in inspection.inspect(field.office) if not check.ok}
    assert wrong <= {"witnesses"}
    field.office.close()
