"""Commands against a real office in a process of its own: enrolment, sync, stick, conflicts, export."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from itinerant.demo.office import DemoOffice, free_port
from server.main import main as server_main
from tests.cli.conftest import Done, Itinerant

CATALOGUE = """code,entity,entity_name,name,access
RENIEC-01,RENIEC,Registro Nacional de Identificación,Duplicado de DNI,procedure
SIS-01,SIS,Seguro Integral de Salud,Consulta de afiliación,consultation
"""
ORDINARY = {"service": "RENIEC-01", "duration_s": 300}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoOffice]:
    """An office with a catalogue, a brigade and one person in it."""
    root = tmp_path_factory.mktemp("office")
    with DemoOffice(root / "office", free_port()) as made:
        made.command("init")
        catalogue = root / "catalogue.csv"
        catalogue.write_text(CATALOGUE, encoding="utf-8")
        made.command("catalogue", "import", str(catalogue))
        brigades = [{"code": f"B{number:02}", "name": f"Brigada {number}"} for number in range(1, 20)]
        made.command("record", "brigade", "add", lines=brigades)
        made.command("staff", "add", "P014", "--brigade", "B07", "--role", "orientador", "--name", "Rosa Tapullima")
        made.start()
        yield made


class Laptops:
    """`itinerant` on several laptops of one office."""

    def __init__(
        self,
        command: Itinerant,
        capsys: pytest.CaptureFixture[str],
        office: DemoOffice,
        root: Path,
        passphrase_file: Path,
    ) -> None:
        self.url = office.url
        self.root = root
        self._command = command
        self._capsys = capsys
        self._office = office
        self._passphrase_file = passphrase_file

    def __call__(self, device: str, *arguments: str, stdin: str = "") -> Done:
        where = ("--home", str(self.root / device), "--passphrase-file", str(self._passphrase_file), "--json")
        return self._command(*arguments, *where, stdin=stdin)

    def office(self, *arguments: str) -> list[dict[str, Any]]:
        """Run `itinerant-server` in this process, beside the one that serves."""
        self._capsys.readouterr()
        code = server_main([*arguments, "--json", "--home", str(self._office.home)])
        said = self._capsys.readouterr()
        assert code == 0, said.err
        return [json.loads(line) for line in said.out.splitlines()]

    def invite(self, device: str, *, url: str = "", brigade: str = "") -> Path:
        """A laptop's one-time file; its brigade is its own unless it is named, for a brigade shares its visits."""
        file = self.root / f"{device}.json"
        words = (
            "--device",
            device,
            "--brigade",
            brigade or f"B{device[-2:]}",
            "--url",
            url or self.url,
            "--out",
            str(file),
        )
        self.office("enrol-code", *words)
        return file

    def enrol(self, device: str, *, brigade: str = "") -> None:
        assert (
            self(device, "enrol", str(self.invite(device, brigade=brigade)), "--person", "P014").json["enrolled"]
            is True
        )

    def take_stick(self, folder: Path) -> None:
        """Take what laptops wrote, and leave the receipts."""
        for verb in ("read", "write"):
            self.office("parcel", verb, str(folder))

    def at_office(self, *words: str) -> list[dict[str, Any]]:
        return self.office("show", *words)


@pytest.fixture
def laptops(
    command: Itinerant,
    capsys: pytest.CaptureFixture[str],
    office: DemoOffice,
    tmp_path: Path,
    passphrase_file: Path,
) -> Laptops:
    return Laptops(command, capsys, office, tmp_path, passphrase_file)


def record_day(laptops: Laptops, device: str, *sessions: dict[str, Any]) -> str:
    visit: str = laptops(device, "visit", "open", "--ubigeo", "160107", "--place", "Negro Urco").json["record"]
    done = laptops(device, "session", "add", stdin="".join(json.dumps(session) + "\n" for session in sessions))
    assert done.code == 0, done.err
    return visit


def test_a_day_reaches_the_office_once(laptops: Laptops) -> None:
    enrolled = laptops("LOR07", "enrol", str(laptops.invite("LOR07")), "--person", "P014")
    assert enrolled.json == {
        "ok": True,
        "device": "LOR07",
        "brigade": "B07",
        "person": "P014",
        "enrolled": True,
        "services": 2,
    }
    record_day(laptops, "LOR07", ORDINARY, {**ORDINARY, "service": "SIS-01", "note": "volverá mañana"}, ORDINARY)
    would = laptops("LOR07", "sync", "--dry-run").json
    assert (would["changes"], would["sessions"], would["bytes"] > 100) == (4, 3, True)
    assert laptops("LOR07", "status").json["pending"] == 4
    report = laptops("LOR07", "sync").json
    assert (report["sent"], report["pending"], report["rounds"]) == (4, 0, 1)
    again = laptops("LOR07", "sync", "--once").json
    assert (again["sent"], again["received"], again["rounds"]) == (0, 0, 1)
    assert again["bytes_up"] + again["bytes_down"] < 1_024
    latest, *_others = laptops("LOR07", "sync", "--log").lines
    assert (latest["code"], latest["sent"], latest["bytes_up"]) == ("", 0, again["bytes_up"])
    chosen = laptops("LOR07", "sync", "--automatic", "off", "--daily-cap", "2.5").json
    assert chosen == {"automatic": False, "daily_cap": 2_500_000}
    assert laptops("LOR07", "sync", "--daily-cap", "mucho").code == 2
    status = laptops("LOR07", "status").json
    assert (status["received_upto"], status["quarantined"], status["last_error"]) == (4, 0, None)
    assert abs(status["clock_skew_ms"]) < 60_000
    mine = {session["record"]: session for session in laptops("LOR07", "session", "list").lines}
    theirs = {session["record"]: session for session in laptops.at_office("records", "--kind", "session")}
    assert mine.keys() == theirs.keys()
    for number, session in mine.items():
        assert {name: theirs[number][name] for name in ("service", "note", "visit", "outcome", "void")} == {
            name: session[name] for name in ("service", "note", "visit", "outcome", "void")
        }


def test_an_invitation_works_once_and_a_home_holds_one_laptop(laptops: Laptops) -> None:
    file = laptops.invite("LOR11")
    assert laptops("LOR11", "enrol", str(file), "--person", "P014").code == 0
    stolen = laptops("LOR10", "enrol", str(file), "--person", "P014")
    assert stolen.code == 3, stolen.err
    assert laptops("LOR11", "enrol", str(file), "--person", "P014").code == 2
    assert laptops("LOR12", "enrol", str(laptops.root / "none.json"), "--person", "P014").code == 2
    other = laptops.root / "other.json"
    other.write_text("[]", encoding="utf-8")
    assert laptops("LOR12", "enrol", str(other), "--person", "P014").code == 2


def test_without_the_office_everything_waits(laptops: Laptops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    file = laptops.invite("LOR13", url=f"http://127.0.0.1:{free_port()}")
    away = laptops("LOR13", "enrol", str(file), "--person", "P014")
    assert away.code == 4
    assert "Sin conexión" in away.err
    assert laptops("LOR13", "enrol", str(file), "--person", "P014").code == 4, "the same file may be tried again"


def test_enrolment_and_sync_by_stick(laptops: Laptops) -> None:
    stick = laptops.root / "stick"
    file = laptops.invite("LOR14", url=f"http://127.0.0.1:{free_port()}")
    asked = laptops("LOR14", "enrol", str(file), "--person", "P014", "--out", str(stick)).json
    assert asked["enrolled"] is False
    too_early = laptops("LOR14", "enrol", str(file), "--person", "P014", "--in", str(stick))
    assert too_early.code == 2
    laptops.take_stick(stick)
    assert laptops("LOR14", "enrol", str(file), "--person", "P014", "--in", str(stick)).json["services"] == 2
    record_day(laptops, "LOR14", ORDINARY, ORDINARY)
    written = laptops("LOR14", "parcel", "write", str(stick)).json
    assert (written["changes"], len(written["files"])) == (3, 1)
    assert laptops("LOR14", "status").json["pending"] == 3, "sent is what a receipt covers"
    laptops.take_stick(stick)
    read = laptops("LOR14", "parcel", "read", str(stick)).json
    assert (read["sent"], read["damaged"]) == (3, [])
    assert laptops("LOR14", "status").json["pending"] == 0


def test_a_damaged_receipt_is_named_and_hides_nothing(laptops: Laptops) -> None:
    laptops.enrol("LOR15")
    record_day(laptops, "LOR15", ORDINARY)
    stick = laptops.root / "stick"
    laptops("LOR15", "parcel", "write", str(stick))
    laptops.take_stick(stick)
    (stick / "AAAAAAAA.ITR").write_bytes(b"ITR1 and nothing of sense")
    read = laptops("LOR15", "parcel", "read", str(stick))
    assert read.code == 1
    assert "AAAAAAAA.ITR" in read.err
    (document,) = read.lines
    assert (document["sent"], len(document["damaged"])) == (2, 1)


def test_a_conflict_between_two_laptops_is_seen_and_settled(laptops: Laptops) -> None:
    laptops.enrol("LOR16")
    laptops.enrol("LOR17", brigade="B16")
    record_day(laptops, "LOR16", ORDINARY)
    laptops("LOR16", "sync")
    laptops("LOR17", "sync")
    for device, language in (("LOR16", "quz"), ("LOR17", "aym")):
        amendment = json.dumps({"set": {"language": language}, "why": "se preguntó"})
        assert laptops(device, "session", "amend", "LOR16-2", stdin=amendment).code == 0
    for device in ("LOR16", "LOR17", "LOR16"):
        assert laptops(device, "sync").code == 0
    (mine,) = laptops("LOR16", "conflict", "list").lines
    (theirs,) = laptops("LOR17", "conflict", "list").lines
    (office,) = (item for item in laptops.at_office("conflicts") if item["record"] == "LOR16-2")
    assert mine == theirs
    assert {name: office[name] for name in mine} == mine
    assert (mine["record"], mine["kind"], mine["field"], mine["base"]) == ("LOR16-2", "session", "language", "spa")
    assert [one["value"] for one in mine["candidates"]] == ["quz", "aym"]
    assert {"value", "change", "by", "at"} == mine["candidates"][0].keys()
    resolve = ("conflict", "resolve", "LOR16-2", "language", "--why", "se preguntó de nuevo", "--value")
    assert laptops("LOR17", *resolve, '"klingon"').code == 2
    assert laptops("LOR17", *resolve, "aym").code == 2
    assert laptops("LOR17", *resolve, '"aym"').json["ok"] is True
    assert laptops("LOR17", *resolve, '"aym"').code == 2, "there is no conflict any more"
    for device in ("LOR17", "LOR16"):
        assert laptops(device, "sync").code == 0
        assert laptops(device, "conflict", "list").out == ""
    assert laptops("LOR16", "session", "show", "LOR16-2").json["language"] == "aym"
    assert not [item for item in laptops.at_office("conflicts") if item["record"] == "LOR16-2"]


def test_a_revoked_laptop_loses_nothing(laptops: Laptops) -> None:
    laptops.enrol("LOR18")
    record_day(laptops, "LOR18", ORDINARY)
    laptops("LOR18", "sync")
    laptops.office("revoke", "LOR18", "--why", "se cayó al río")
    assert laptops("LOR18", "session", "add", stdin=json.dumps(ORDINARY)).code == 0
    report = laptops("LOR18", "sync")
    assert report.code == 0, report.err
    assert "revocó" in report.err
    assert laptops("LOR18", "status").json["state"] == "revoked"
    assert [item["reason"] for item in laptops.at_office("quarantine") if item.get("device") == "LOR18"] == ["revoked"]


def test_an_export_is_verified_with_the_key_and_an_altered_one_is_not(laptops: Laptops) -> None:
    laptops.enrol("LOR19")
    record_day(laptops, "LOR19", ORDINARY)
    laptops("LOR19", "sync")
    file = laptops.root / "export.zip"
    laptops.office("export", "--out", str(file))
    vkey = json.loads(laptops.root.joinpath("LOR19.json").read_text(encoding="utf-8"))["office"]["vkey"]
    assert laptops("none", "verify", str(file), "--key", vkey).json["verdict"] == "authentic"
    assert laptops("none", "verify", str(file)).json["verdict"] == "coherent"
    assert laptops("none", "verify", str(file), "--key", "nonsense").code == 2
    assert laptops("none", "verify", str(laptops.root / "none.zip")).code == 2
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    altered = laptops("none", "verify", str(file), "--key", vkey)
    assert altered.code == 1
    assert json.loads(altered.out)["verdict"] == "altered"
