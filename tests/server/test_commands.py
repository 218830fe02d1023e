"""`itinerant-server` as scripts use it: names, JSON, exit codes, and words in Spanish."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import httpx
import orjson
import pytest

from itinerant.log.notes import Verifier
from itinerant.sync import enrolment, folder
from itinerant.sync.enrolment import Invitation
from itinerant.sync.keys import DeviceKeys
from tests.server import process
from tests.server.laptop import SESSION, START_MS, FakeLaptop
from tests.server.process import run, serving

CATALOGUE = """code;entity;entity_name;name;access;check;fee_cents
RENIEC-01;RENIEC;Reniec;Duplicado de DNI;procedure;por verificar;3000
SIS-02;SIS;Seguro Integral de Salud;Afiliación;consultation;verificado;
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office with two brigades, made by commands alone."""
    home = tmp_path_factory.mktemp("office") / "home"
    made = run(home, "init", "--json", "--name", "Oficina de Loreto").json
    assert Verifier.from_vkey(made["vkey"]).name == made["origin"]
    assert made["link"].startswith("http://127.0.0.1:8440/activar#")
    for code in ("B01", "B02"):
        assert run(home, "--json", "brigade", "add", code, "--name", f"Brigada {code}").json["ok"]
    added = run(home, "staff", "add", "P014", "--brigade", "B01", "--role", "orientador", "--name", "Rosa", "--json")
    assert added.json["record"] == "CENTRAL-3"
    return home


@pytest.fixture(scope="module")
def laptop(home: Path, tmp_path_factory: pytest.TempPathFactory) -> FakeLaptop:
    """Enrolled over the network of a running service."""
    file = tmp_path_factory.mktemp("codes") / "LOR07.json"
    with serving(home) as service:
        code = run(
            home, "enrol-code", "--device", "LOR07", "--brigade", "B01", "--url", service.url, "--out", str(file)
        )
        assert code.code == 0, "it works while the service runs"
        assert file.stat().st_mode & 0o777 == 0o600
        invitation = Invitation.from_json(file.read_text())
        assert (invitation.url, invitation.office.name) == (service.url, "Oficina de Loreto")
        laptop = FakeLaptop(invitation, DeviceKeys.generate(), lambda data: data)
        request = enrolment.pack(invitation, laptop.keys, "P014", START_MS)
        laptop.take(httpx.post(f"{service.url}/v1/enrol", content=request).content)
        laptop.write()
        laptop.write(values={**SESSION, "note": "DNI 45678912"})
        answer = httpx.post(f"{service.url}/v1/sync", content=laptop.parcel())
        assert {"server", "date"}.isdisjoint(answer.headers)
        laptop.take(answer.content)
    assert service.process.returncode == 0, "it ends in order"
    return laptop


def test_show_tells_state_in_json_lines(home: Path, laptop: FakeLaptop) -> None:
    (device,) = run(home, "show", "devices", "--json").lines
    assert (device["device"], device["brigade"], device["state"], device["upto"], device["quarantined"]) == (
        "LOR07",
        "B01",
        "enrolled",
        2,
        1,
    )
    (session,) = run(home, "--json", "show", "records").lines
    assert session.items() >= {"record": "LOR07-1", "void": False, **SESSION}.items()
    assert run(home, "show", "records", "--kind", "brigade", "--json").lines[0]["code"] == "B01"
    (item,) = run(home, "show", "quarantine", "--json").lines
    assert (item["change"], item["reason"], item["field"]) == ("LOR07-2", "personal_data", "note")
    assert run(home, "show", "conflicts", "--json").lines == []
    assert run(home, "show", "incidents", "--json").lines == []
    assert "LOR07" in run(home, "show", "devices").out
    assert run(home, "show", "records", "--kind", "nada").code == 2


def test_the_stick_by_commands(home: Path, laptop: FakeLaptop, tmp_path: Path) -> None:
    laptop.write(
        "incident", {"found_at": 5, "category": "power", "severity": "low", "description": "apagón", "state": "open"}
    )
    folder.write(tmp_path, laptop.parcel(), folder.PARCELS)
    done = run(home, "parcel", "read", str(tmp_path), "--json").json
    assert (done["parcels"], done["accepted"], done["problems"]) == (1, 1, [])
    assert run(home, "parcel", "write", str(tmp_path), "--json").json["receipts"] == {"LOR07": 1}
    (receipt,) = folder.paths(tmp_path, folder.RECEIPTS)
    assert laptop.take(folder.read(receipt)).header.head == laptop.head
    (incident,) = run(home, "show", "incidents", "--json").lines
    assert incident["category"] == "power"
    (tmp_path / "AAAAAAAA.ITP").write_bytes(b"x")
    bad = run(home, "parcel", "read", str(tmp_path))
    assert bad.code == 1
    assert "AAAAAAAA.ITP" in bad.err
    missing = run(home, "parcel", "read", str(tmp_path / "nowhere"))
    assert missing.code == 1
    assert "carpeta" in missing.err


def test_a_catalogue_is_imported_and_corrected(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "servicios.csv"
    file.write_bytes(CATALOGUE.encode("cp1252"))
    assert run(home, "catalogue", "import", str(file), "--json").json.items() >= {"services": 2, "added": 4}.items()
    assert run(home, "catalogue", "import", str(file), "--json").json.items() >= {"added": 0, "amended": 0}.items()
    file.write_text(CATALOGUE.replace("3000", ""))
    assert run(home, "catalogue", "import", str(file), "--json").json.items() >= {"added": 0, "amended": 1}.items()
    services = {row["code"]: row for row in run(home, "show", "records", "--kind", "service", "--json").lines}
    assert services["RENIEC-01"]["fee_cents"] is None
    assert services["SIS-02"]["name"] == "Afiliación"
    assert (services["RENIEC-01"]["checked"], services["SIS-02"]["checked"]) == (False, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code,entity\nX,Y\n", "access, name"),
        ("code,entity,name,access\nX-1,X,Algo,hechizo\n", "línea 2"),
        ("code,entity,name,access\nX-1,X,Algo,payment\nX-1,X,Otro,payment\n", "línea 3"),
    ],
)
def test_a_bad_catalogue_brings_nothing(home: Path, tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)
    before = run(home, "doctor", "--json").json
    done = run(home, "catalogue", "import", str(file))
    assert done.code == 2
    assert words in done.err
    assert run(home, "doctor", "--json").json == before


def test_records_of_the_office_from_json_lines(home: Path) -> None:
    lines = [{"code": "C1", "name": "Napo", "brigade": "B01"}, {"code": "C2"}, "no", {"code": "C3", "name": 5}]
    text = "\n".join(json.dumps(line) for line in lines) + "\n{\n"
    done = run(home, "record", "campaign", "add", stdin=text)
    assert done.code == 2
    assert [line["ok"] for line in done.lines] == [True, False, False, False, False]
    assert [line.get("field") for line in done.lines[1:]] == ["name", "", "name", ""]
    record = done.lines[0]["record"]
    change = json.dumps({"set": {"name": "Napo alto"}, "why": "nombre completo"})
    assert run(home, "record", "campaign", "amend", record, "--json", stdin=change).json["changed"] is True
    assert run(home, "record", "campaign", "amend", record, "--json", stdin=change).json["changed"] is False
    shown = {row["record"]: row for row in run(home, "show", "records", "--kind", "campaign", "--json").lines}
    assert shown[record]["name"] == "Napo alto"


@pytest.mark.parametrize("kind", ["device", "staff", "nada"])
def test_kinds_with_commands_of_their_own_are_not_written_as_records(home: Path, kind: str) -> None:
    done = run(home, "record", kind, "add", stdin="{}")
    assert (done.code, done.out) == (2, "")


def test_an_account_is_a_code(home: Path) -> None:
    done = run(home, "brigade", "add", "B55", "--name", "X", "--as", "una persona")
    assert done.code == 2
    assert "B55" not in run(home, "show", "records", "--kind", "brigade", "--json").out


def test_decisions_by_commands(home: Path, laptop: FakeLaptop) -> None:
    wrong = run(home, "conflict", "resolve", "LOR07-1", "duration_s", "--value", "5", "--why", "x", "--as", "rev1")
    assert wrong.code == 2
    assert "no está en conflicto" in wrong.err
    assert run(home, "conflict", "resolve", "LOR07-1", "duration_s", "--value", "{", "--why", "x").code == 2
    (item,) = run(home, "show", "quarantine", "--json").lines
    done = run(home, "quarantine", "discard", str(item["item"]), "--why", "dato personal", "--as", "rev1", "--json")
    assert done.json["change"] == "LOR07-2"
    assert run(home, "show", "quarantine", "--json").lines == []


def test_revoking(home: Path, tmp_path: Path) -> None:
    code = ("enrol-code", "--device", "LOR99", "--brigade", "B02", "--url", "http://x", "--out")
    assert run(home, *code, str(tmp_path / "c.json")).code == 0
    assert run(home, *code, str(tmp_path / "c.json")).code == 2, "a code that is there is not written over"
    assert run(home, "revoke", "LOR99", "--why", "nunca salió", "--json").json["revoked_after"] == 0
    assert run(home, "revoke", "NADA1", "--why", "x").code == 2
    assert run(home, *code, str(tmp_path / "d.json")).code == 2


def test_copies(home: Path, laptop: FakeLaptop, tmp_path: Path) -> None:
    copy = tmp_path / "copia.db"
    size = run(home, "backup", str(copy), "--json").json["ledger_size"]
    assert copy.stat().st_mode & 0o777 == 0o600
    assert run(home, "backup", str(copy)).code == 2
    run(home, "brigade", "add", "B77", "--name", "Después de la copia")
    assert run(home, "restore", str(copy), "--json").json["ledger_size"] == size
    assert "B77" not in run(home, "show", "records", "--kind", "brigade", "--json").out
    assert run(home, "doctor", "--json").json["ok"]
    data = bytearray(copy.read_bytes())
    data[5_000:9_000] = bytes(4_000)
    copy.write_bytes(data)
    ruined = run(home, "restore", str(copy))
    assert ruined.code == 1
    assert run(home, "doctor", "--json").json["ok"], "nothing was touched"


def test_an_export_for_the_auditor(home: Path, laptop: FakeLaptop, tmp_path: Path) -> None:
    out = tmp_path / "export.zip"
    done = run(home, "export", "--out", str(out), "--json").json
    assert (done["file"], out.stat().st_size) == (str(out), done["bytes"])
    assert run(home, "export", "--out", str(tmp_path / "x.zip"), "--from", "ayer").code == 2


def test_a_report_is_made_by_command(home: Path, tmp_path: Path) -> None:
    done = run(home, "report", "services", "--from", "2026-01-01", "--to", "2026-02-01")
    document = orjson.loads(done.out)
    assert (document["report"], document["from"], document["unit"]) == ("services", "2026-01-01", "attention")
    for name in ("csv", "xlsx", "pdf"):
        out = tmp_path / f"costos.{name}"
        assert run(home, "report", "costs", "--format", name, "--out", str(out)).code == 0
        assert out.stat().st_size
    assert run(home, "report", "sessions").code == 2
    assert run(home, "report", "costs", "--from", "ayer").code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "falta"),
        (("brigade", "add", "B1"), "--name"),
        (("show", "nada"), "opción"),
        (("show", "devices", "--colour"), "no se reconoce"),
        (("quarantine", "discard", "uno", "--why", "x"), "forma debida"),
    ],
)
def test_wrong_usage_is_explained_in_spanish(home: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run(home, *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert "uso: itinerant-server" in done.err


def test_an_office_that_is_not_there(tmp_path: Path) -> None:
    done = run(tmp_path / "nowhere", "show", "devices", "--json")
    assert (done.code, done.out) == (2, "")
    assert "init" in done.err


def test_a_port_in_use_is_named(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(home, "serve", "--port", str(port))
    assert done.code == 2
    assert str(port) in done.err


def test_the_service_ends_in_order_when_told(home: Path) -> None:
    with serving(home) as service:
        assert httpx.get(f"{service.url}/health").json()["status"] == "ok"
        service.process.send_signal(signal.SIGINT)
        assert service.process.wait() == 0


def test_a_broken_pipe_is_nobodys_fault(home: Path) -> None:
    with process.starting(home, "show", "records", "--kind", "brigade") as showing:
        assert showing.stdout is not None
        showing.stdout.close()
        assert showing.wait() in {0, 1}
        assert showing.stderr is not None
        assert "Traceback" not in showing.stderr.read()
