"""Running the office: copies that are missed, what the service says of itself, and its own certificate."""

from __future__ import annotations

import json
import logging
import re
import ssl
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from server import backups, inspection
from server.app import create_app
from server.cli.arguments import build
from server.cli.logs import JsonLines
from server.office import Office
from tests.server.conftest import Clock
from tests.server.process import run, starting
from tests.sync.test_http import certificate

WEEK_MS = 7 * 86_400_000


def reminder(office: Office) -> str:
    (check,) = [one for one in inspection.inspect(office) if one.name == "backup"]
    return check.detail


def test_a_copy_that_is_missed_is_asked_for_until_it_is_made(office: Office, clock: Clock, tmp_path: Path) -> None:
    assert reminder(office) == "al día"
    clock.ms += WEEK_MS + 86_400_000
    assert "hace 8 días" in reminder(office)
    backups.backup(office, tmp_path / "copy.db")
    assert reminder(office) == "al día"
    clock.ms += WEEK_MS + 86_400_000
    assert "hace 8 días" in reminder(office)
    backups.note(office)  # made by PostgreSQL's own tools
    assert reminder(office) == "al día"


def test_backup_is_to_a_file_or_was_made_already(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run(home, "init", "--json")
    assert run(home, "backup").code == run(home, "backup", "x.db", "--already").code == 2
    assert run(home, "backup", "--already", "--json").json["ok"]


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What the service's log says in JSON."""
    said: list[str] = []
    handler = logging.Handler()
    handler.setFormatter(JsonLines())
    handler.emit = lambda record: said.append(handler.format(record))  # type: ignore[method-assign] # into the list
    logger = logging.getLogger("itinerant.server")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield said
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_the_log_of_requests_is_json_without_a_person_or_an_address(office: Office, lines: list[str]) -> None:
    client = TestClient(create_app(office), headers={"authorization": "Bearer itn_secreto"})
    client.get("/registro/LOR07-1?quien=rosa", follow_redirects=False)
    client.get("/health")
    told = [json.loads(line) for line in lines]
    assert [(one["method"], one["path"], one["status"]) for one in told] == [("GET", "-", 303), ("GET", "/health", 200)]
    assert set(told[0]) == {"at", "level", "from", "method", "path", "status", "bytes", "ms"}
    assert not [word for word in ("rosa", "secreto", "LOR07", "testclient") if word in "".join(lines)]


def test_an_unforeseen_error_keeps_its_trace_on_one_line() -> None:
    try:
        raise ZeroDivisionError("una\nlínea")
    except ZeroDivisionError:
        record = logging.LogRecord("itinerant.server", logging.ERROR, "x", 1, "algo %s", ("pasó",), sys.exc_info())
    line = JsonLines().format(record)
    assert "\n" not in line and json.loads(line)["text"] == "algo pasó"
    assert "ZeroDivisionError" in json.loads(line)["trace"]


def test_the_office_serves_with_its_own_certificate(tmp_path: Path) -> None:
    home = tmp_path / "home"
    pem: Path = certificate(tmp_path, (-1, 1))  # type: ignore[no-untyped-call] # of tests without types
    run(home, "init", "--json")
    assert run(home, "serve", "--tls-cert", str(pem)).code == 2
    assert run(home, "serve", "--tls-cert", str(tmp_path / "no"), "--tls-key", str(pem)).code == 2
    (tmp_path / "bad.pem").write_text("nada")
    assert run(home, "serve", "--tls-cert", str(pem), "--tls-key", str(tmp_path / "bad.pem")).code == 2
    words = ("serve", "--port", "0", "--json", "--log-json", "--tls-cert", str(pem), "--tls-key", str(pem))
    with starting(home, *words) as service:
        assert service.stdout is not None and service.stderr is not None
        url = json.loads(service.stdout.readline())["url"]
        assert url.startswith("https://")
        trusting = ssl.create_default_context(cafile=str(pem))
        with urllib.request.urlopen(f"{url}/entrar", context=trusting, timeout=20) as answer:
            assert answer.headers["strict-transport-security"]
        service.terminate()
        said = service.stderr.read().splitlines()
    assert {"method": "GET", "status": 200}.items() <= json.loads(said[-1]).items()


def test_units_and_container_run_commands_that_exist() -> None:
    folder = Path(__file__).parents[2] / "ops"
    unit, copy = (folder / f"itinerant-{name}.service" for name in ("server", "backup"))
    asked = [
        re.search(r"bin/itinerant-server (serve .+)", unit.read_text()),
        re.search(r"bin/itinerant-server (backup) ", copy.read_text()),
    ]
    words = [found[1].split() for found in asked if found is not None]
    words.append(json.loads(re.findall(r"^CMD (\[.+\])$", (folder / "Containerfile").read_text(), re.MULTILINE)[0]))
    assert [build().parse_args(each).command for each in words] == ["serve", "backup", "serve"]
