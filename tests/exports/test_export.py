"""The export itself: same range, same bytes; what is in it, and what never is."""

import csv
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from datetime import date

import pytest

from itinerant.audit.verify import verify
from itinerant.domain import guard
from itinerant.domain.kinds import KINDS
from itinerant.errors import StoreProblem, UserError
from server.exports import dictionary, gather, verifier
from server.exports.export import write_export
from server.exports.source import Asked
from server.main import main
from server.queries import state
from tests.audit.builder import DAY_MS, World, office_keys, ordinary
from tests.audit.surgery import Copy
from tests.audit.test_corpus import FORGERIES


def table(copy, kind):
    return list(csv.DictReader(io.StringIO(copy.members[f"records/{kind}.csv"].decode(), newline="")))


def test_the_same_ledger_gives_the_same_bytes(world, export, tmp_path):
    world.clock.ms += 999_999
    write_export(world.office, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == export.read_bytes()


def test_a_range_that_is_over_gives_the_same_bytes_for_ever(tmp_path):
    from server.exchange import quarantine

    world = ordinary(tmp_path / "office", sessions=20)
    day = Asked(date(2025, 11, 23), date(2025, 11, 23))
    world.clock.ms += DAY_MS // 2
    write_export(world.office, tmp_path / "one.zip", day)
    world.clock.ms += DAY_MS
    world.laptop().session()
    world.laptop().send()
    quarantine.discard(world.office, 1, "es de una persona", by="admin")
    write_export(world.office, tmp_path / "other.zip", day)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()
    assert verify(tmp_path / "other.zip", world.vkey).verdict == "authentic"
    world.office.close()


def test_changes_are_the_very_bytes_that_devices_wrote(world, export):
    lines = set(Copy(export).lines("changes.jsonl"))
    for laptop in world.laptops.values():
        written = {link.data for link in laptop.links}
        kept_aside = {data for data in written if b"987654321" in data}
        assert written - kept_aside <= lines


def test_no_personal_data_leaves_with_it(world, export):
    for name, data in Copy(export).members.items():
        assert b"987654321" not in data, name
        assert b"Quispe" not in data, name
        if name.endswith(("jsonl", "txt")) and name != "heads.jsonl":
            for line in data.decode().splitlines():
                for text in _texts(json.loads(line)) if name.endswith("jsonl") else []:
                    assert guard.clean(text), (name, text)


def _texts(value):
    if isinstance(value, dict):
        for name, item in value.items():
            if name in {"note", "why", "place", "description"} and isinstance(item, str):
                yield item
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def test_records_are_those_that_the_office_shows(world, export):
    copy = Copy(export)
    with world.office.database.reader() as connection:
        for kind in KINDS:
            shown = {item["record"]: item for item in state.records(connection, kind)}
            rows = table(copy, kind)
            assert [row["record"] for row in rows] == sorted(shown, key=[row["record"] for row in rows].index)
            for row in rows:
                item = shown[row["record"]]
                assert row["void"] == str(item["void"]).lower()
                for field in KINDS[kind].fields:
                    value = item.get(field.name)
                    if isinstance(value, bool):
                        value = str(value).lower()
                    if isinstance(value, list):
                        value = " ".join(value)
                    assert row[field.name].removeprefix("'") == ("" if value is None else str(value)), field.name


def test_a_text_that_would_be_a_formula_is_kept_from_being_one(export):
    notes = {row["note"] for row in table(Copy(export), "session")}
    assert "'=cita pendiente" in notes
    assert 'dijo "mañana", y se fue' in notes


def test_columns_are_those_of_dictionary_and_descriptor(export):
    copy = Copy(export)
    package = json.loads(copy.members["datapackage.json"])
    declared = {item["name"]: [field["name"] for field in item["schema"]["fields"]] for item in package["resources"]}
    explained = {}
    for row in csv.DictReader(io.StringIO(copy.members["dictionary.csv"].decode(), newline="")):
        explained.setdefault(row["kind"], []).append(row["field"])
    for kind, declaration in KINDS.items():
        header = copy.members[f"records/{kind}.csv"].decode().split("\r\n")[0].split(",")
        assert header == dictionary.columns(declaration) == declared[kind] == explained["*"] + explained[kind]


def test_the_dictionary_explains_units_codes_and_articles(export):
    rows = csv.DictReader(io.StringIO(Copy(export).members["dictionary.csv"].decode(), newline=""))
    by_field = {(row["kind"], row["field"]): row for row in rows}
    assert by_field["session", "duration_s"]["unit"] == "s"
    assert "resolved=Resuelta" in by_field["session", "outcome"]["choices"]
    assert "art. 53 c" in by_field["session", "note"]["source"]


def test_every_file_is_listed_with_its_digest_and_rows(export):
    copy = Copy(export)
    for item in copy.manifest["files"]:
        data = copy.members[item["name"]]
        assert hashlib.sha256(data).hexdigest() == item["sha256"]
        assert len(data) == item["bytes"]
        if item["name"].endswith(".jsonl"):
            assert data.count(b"\n") == item["rows"]
        if item["name"].startswith("records/") and item["name"].endswith(".csv"):
            assert data.count(b"\r\n") - 1 == item["rows"]
    assert copy.manifest["guard"] == {"found": 0, "set_apart": 1, "version": guard.GUARD_VERSION}


def test_conflicts_and_decisions_are_listed_with_every_version(export):
    items = [json.loads(line) for line in Copy(export).lines("conflicts.jsonl")]
    states = sorted((item["state"], item["field"]) for item in items)
    assert states == [("open", "cause"), ("open", "outcome"), ("resolved", "language")]
    decided = next(item for item in items if item["state"] == "resolved")
    assert {candidate["value"] for candidate in decided["candidates"]} == {"quy", "aym"}
    assert (decided["value"], decided["why"]) == ("quy", "visto en el acta")


def test_the_reader_s_text_names_office_range_and_limits(world, export):
    text = Copy(export).members["LEEME.txt"].decode()
    for words in (world.office.settings.name, "QUÉ NO PRUEBA", "--key", "0 a 56"):
        assert words in text


def test_any_program_can_open_the_zip(export):
    with zipfile.ZipFile(export) as archive:
        assert archive.testzip() is None
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in archive.infolist())


def packed(folder, path, key):
    """What the packed verifier says, with no library to help it, and its exit code."""
    command = [sys.executable, "-I", "-S", "verify.py", str(path), "--key", key, "--json"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return json.loads(ran.stdout), ran.returncode


def test_the_packed_verifier_is_the_installed_one(world, export, tmp_path):
    copy = Copy(export)
    (tmp_path / "verify.py").write_bytes(copy.members["verify.py"])
    assert copy.members["verify.py"].decode() == verifier.pack()
    assert packed(tmp_path, export, world.vkey) == (json.loads(verify(export, world.vkey).to_json()), 0)


@pytest.mark.parametrize(
    "name",
    [
        "change altered",
        "not canonical",
        "name twice",
        "a number of 40 digits",
        "a number of 5,000 digits",
        "nested without end",
        "formula in a cell",
        "head's signature",
        "devices' keys swapped",
    ],
)
def test_the_packed_verifier_says_the_same_of_a_forgery(world, export, tmp_path, name):
    copy = Copy(export)
    (tmp_path / "verify.py").write_bytes(copy.members["verify.py"])
    FORGERIES[name][0](copy)
    copy.reseal(office_keys().sign)
    damaged = copy.write(tmp_path / "damaged.zip")
    assert packed(tmp_path, damaged, world.vkey) == (json.loads(verify(damaged, world.vkey).to_json()), 1)


def test_the_packed_verifier_has_each_name_once():
    import ast

    names = []
    for node in ast.parse(verifier.pack()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.append(node.target.id)
    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)


def test_the_packed_verifier_needs_the_standard_library_alone():
    import ast

    for node in ast.parse(verifier.pack()).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            assert all(name.partition(".")[0] in sys.stdlib_module_names for name in names), names


def test_a_cancelled_export_leaves_nothing(world, tmp_path):
    with pytest.raises(UserError) as stopped:
        write_export(world.office, tmp_path / "x.zip", cancelled=lambda: True)
    assert stopped.value.code == "cancelled"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_export_that_is_stopped_leaves_nothing_and_says_so(tmp_path, monkeypatch, capsys, number):
    ordinary(tmp_path / "office", sessions=5).office.close()
    take = gather.Gathered.take

    def stopped(self, leaf):
        os.kill(os.getpid(), number)
        take(self, leaf)

    monkeypatch.setattr(gather.Gathered, "take", stopped)
    out = tmp_path / "out"
    out.mkdir()
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs the tests may ignore it
    try:
        before = signal.getsignal(number)
        assert main(["--home", str(tmp_path / "office"), "export", "--out", str(out / "x.zip")]) == 130
        assert "no quedó ningún archivo" in capsys.readouterr().err
        assert list(out.iterdir()) == []
        assert signal.getsignal(number) is before
    finally:
        signal.signal(signal.SIGINT, inherited)


def test_progress_tells_how_much_of_how_much(world, tmp_path):
    told = []
    write_export(world.office, tmp_path / "x.zip", progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 56)
    assert told[-1] == (56, 56)


def test_a_period_that_ends_before_it_begins_is_refused(world, tmp_path):
    with pytest.raises(UserError):
        write_export(world.office, tmp_path / "x.zip", Asked(date(2026, 1, 2), date(2026, 1, 1)))


def test_days_are_lima_s(tmp_path):
    """23:30 on the 23rd in Lima is the 24th in Greenwich; it belongs to the 23rd."""
    world = World(tmp_path / "office")
    world.clock.ms = 1_763_958_600_000
    world.laptop().open_visit()
    world.laptop().send()
    write_export(world.office, tmp_path / "x.zip", Asked(last=date(2025, 11, 23)))
    assert b"visit" in Copy(tmp_path / "x.zip").members["changes.jsonl"]
    world.clock.ms += 3_600_000
    world.laptop().session()
    world.laptop().send()
    write_export(world.office, tmp_path / "y.zip", Asked(last=date(2025, 11, 23)))
    assert (tmp_path / "y.zip").read_bytes() == (tmp_path / "x.zip").read_bytes()
    world.office.close()


def test_a_folder_that_does_not_take_it_is_named(world, tmp_path):
    with pytest.raises(StoreProblem) as refused:
        write_export(world.office, tmp_path / "nowhere" / "x.zip")
    assert "nowhere" in refused.value.place
