"""An enrolled laptop without an office, and a way to run commands on it in this process."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from itinerant.cli.main import run
from itinerant.store.identity import Identity
from itinerant.store.laptop import Laptop
from itinerant.sync.enrolment import OfficeIdentity
from itinerant.sync.keys import DeviceKeys

PASSPHRASE = "la lancha sale temprano mañana"


@dataclass
class Done:
    """What a command left: exit code, its output, and what it told the person."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


Itinerant = Callable[..., Done]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Itinerant:
    """Run `itinerant` in this process: a process of its own would cost half a second of imports each time."""

    def call(*arguments: str, stdin: str | bytes = "") -> Done:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        capsys.readouterr()
        code = run(list(arguments))
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return call


@pytest.fixture(scope="module")
def passphrase_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("secret") / "frase.txt"
    path.write_text(PASSPHRASE + "\n", encoding="utf-8")
    return path


def identity() -> Identity:
    """Laptop LOR07 of brigade B01, whose office is nowhere."""
    key = DeviceKeys.generate().public.seal
    office = OfficeIdentity("Oficina", sign_key=key, seal_key=key, recovery_key=key, vkey="oficina+00000000+AQ==")
    return Identity("LOR07", "B01", "http://127.0.0.1:9", DeviceKeys.generate(), office)


def make_laptop(home: Path) -> None:
    """A laptop with two services, a stop and no office."""
    with Laptop.create(home, identity=identity(), person="P014", passphrase=PASSPHRASE) as laptop:
        laptop.add("entity", {"code": "RENIEC", "name": "Registro Nacional de Identificación"})
        laptop.add("service", {"code": "RENIEC-01", "entity": "RENIEC", "name": "Duplicado", "access": "procedure"})
        laptop.add("stop", {"brigade": "B01", "ubigeo": "160107", "place": "Negro Urco", "capacity": 60})


@pytest.fixture
def laptop(command: Itinerant, tmp_path: Path, passphrase_file: Path) -> Itinerant:
    """`itinerant` on a fresh laptop."""
    home = tmp_path / "laptop"
    make_laptop(home)

    def call(*arguments: str, stdin: str | bytes = "") -> Done:
        return command("--home", str(home), *arguments, "--passphrase-file", str(passphrase_file), stdin=stdin)

    return call
