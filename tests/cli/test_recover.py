"""A laptop that nobody can open comes back through the commands of both ends, by stick; people come and go."""

import json
from pathlib import Path

import pytest

from itinerant.sync import wrapping
from server.main import main as server_main
from tests.argon2 import instead
from tests.cli.conftest import Done, Itinerant

STAFF = (("P014", "Rosa Tapullima"), ("P015", "Julio Mamani"))
ORDINARY = json.dumps({"service": "RENIEC-01", "duration_s": 300, "outcome": "resolved", "access": "procedure"})


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two dozen commands: the vault's own tests pay for Argon2id."""
    monkeypatch.setattr(wrapping, "stretch", instead)


class Ends:
    """A laptop and an office whose commands run in this process; a stick between them."""

    def __init__(self, root: Path, command: Itinerant, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.stick = root / "stick"
        self._command = command
        self._capsys = capsys

    def words(self, name: str, text: str = "") -> str:
        """The file of a passphrase."""
        path = self.root / f"{name}.txt"
        path.write_text((text or f"la frase larga de {name}") + "\n", encoding="utf-8")
        return str(path)

    def laptop(self, *arguments: str, who: str, stdin: str = "") -> Done:
        where = ("--home", str(self.root / "laptop"), "--passphrase-file", self.words(who), "--json")
        return self._command(*arguments, *where, stdin=stdin)

    def office(self, *arguments: str, code: int = 0) -> list[dict[str, object]]:
        self._capsys.readouterr()
        found = server_main([*arguments, "--json", "--home", str(self.root / "office")])
        said = self._capsys.readouterr()
        assert found == code, said.err
        return [json.loads(line) for line in said.out.splitlines()]

    def enrol(self) -> None:
        self.office("init")
        self.office("brigade", "add", "B01", "--name", "Napo")
        for code, name in STAFF:
            self.office("staff", "add", code, "--brigade", "B01", "--role", "orientador", "--name", name)
        file = str(self.root / "LOR07.json")
        device = ("--device", "LOR07", "--brigade", "B01", "--url", "http://127.0.0.1:1", "--out", file)
        self.office("enrol-code", *device)
        person = ("enrol", file, "--person", "P014")
        self.laptop(*person, "--out", str(self.stick), who="P014")
        for verb in ("read", "write"):
            self.office("parcel", verb, str(self.stick))
        assert self.laptop(*person, "--in", str(self.stick), who="P014").json["enrolled"] is True

    def approve(self, file: str, who: str, code: str, *, words: str = "", expect: int = 0) -> list[dict[str, object]]:
        passphrase = ("--passphrase-file", self.words(words or who))
        return self.office("recovery", "approve", file, "--as", who, "--code", code, *passphrase, code=expect)


@pytest.fixture
def ends(tmp_path: Path, command: Itinerant, capsys: pytest.CaptureFixture[str]) -> Ends:
    made = Ends(tmp_path, command, capsys)
    made.enrol()
    return made


def test_a_forgotten_passphrase_and_a_departed_person(ends: Ends) -> None:
    assert ends.laptop("visit", "open", "--ubigeo", "160107", "--place", "Negro Urco", who="P014").code == 0
    assert ends.laptop("session", "add", who="P014", stdin=ORDINARY).code == 0
    for who in ("jefa", "ti1"):
        ends.office("account", "add", who, "--role", "manager")
        (named,) = ends.office("recovery", "holder", "add", who, "--passphrase-file", ends.words(who))
    assert named == {"ok": True, "holders": ["jefa", "ti1"], "ready": True}
    assert ends.office("recovery", "holder", "list") == [{"holders": ["jefa", "ti1"], "ready": True}]
    assert {one["account"] for one in ends.office("account", "list")} == {"admin", "jefa", "ti1"}

    asked = ends.laptop("recover", "request", str(ends.stick), "--person", "P015", who="nobody").json
    (shown,) = ends.office("recovery", "show", str(asked["file"]))
    assert (shown["code"], shown["device"], shown["person"]) == (asked["code"], "LOR07", "P015")
    early = ends.laptop("recover", "finish", str(ends.stick), "--person", "P015", who="P015")
    assert early.code == 2
    file, code = str(asked["file"]), str(asked["code"])
    ends.approve(file, "jefa", code, words="ti1", expect=5)
    ends.approve(file, "jefa", "AAAA-BBBB-CCCC", expect=2)
    (first,) = ends.approve(file, "jefa", code)
    assert (first["approved_by"], first["given"], first["file"]) == (["jefa"], False, "")
    ends.approve(file, "jefa", code, expect=2)
    ends.approve(str(shown["request"]), "ti1", code, expect=2)  # says where to with --out
    (second,) = ends.approve(file, "ti1", code)
    assert (second["approved_by"], second["given"]) == (["jefa", "ti1"], True)
    assert [(one["request"], one["given"]) for one in ends.office("recovery", "list")] == [(shown["request"], True)]
    (incident,) = ends.office("show", "incidents")
    assert "P015" in str(incident["description"])

    done = ends.laptop("recover", "finish", str(ends.stick), "--person", "P015", who="P015")
    assert done.json == {"ok": True, "person": "P015", "people": ["P014", "P015"]}
    assert ends.laptop("session", "list", who="P015").json["record"] == "LOR07-2"
    replayed = ends.laptop("recover", "finish", str(ends.stick), "--person", "P015", who="otro")
    assert replayed.code == 2
    removed = ends.laptop("person", "remove", "P014", who="P015")
    assert removed.json == {"ok": True, "person": "P014", "people": ["P015"]}
    assert ends.laptop("session", "list", who="P014").code == 5
    assert ends.laptop("person", "remove", "P015", who="P015").code == 2


def test_people_come_and_go_and_change_their_passphrase(ends: Ends) -> None:
    added = ends.laptop("person", "add", "P015", "--new-passphrase-file", ends.words("P015"), who="P014")
    assert added.json["people"] == ["P014", "P015"]
    listed = ends.laptop("person", "list", who="P015").lines
    assert [(one["person"], one["name"], one["departed"], one["me"]) for one in listed] == [
        ("P014", "Rosa Tapullima", False, False),
        ("P015", "Julio Mamani", False, True),
    ]
    changed = ends.laptop("person", "passphrase", "--new-passphrase-file", ends.words("nueva"), who="P015")
    assert changed.json == {"ok": True, "person": "P015"}
    assert ends.laptop("status", who="P015").code == 5
    assert ends.laptop("status", who="nueva").code == 0
    short = ends.laptop("person", "passphrase", "--new-passphrase-file", ends.words("corta", "ab"), who="nueva")
    assert short.code == 2
