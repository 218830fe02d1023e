"""`itinerant demo`: the whole road in one command, and nothing left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from itinerant.demo.check import Failed, Summary, _compare
from itinerant.demo.days import Clock
from itinerant.demo.office import DemoOffice
from itinerant.demo.stage import Stage

ITINERANT = Path(sys.executable).parent / "itinerant"


def start(*arguments: str, tmp: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [ITINERANT, "demo", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "TMPDIR": str(tmp)},
    )


def test_the_check_walks_the_whole_road_and_leaves_nothing(tmp_path: Path) -> None:
    with start("--check", "--sessions", "25", "--json", tmp=tmp_path) as demo:
        out, err = demo.communicate(timeout=280)
    assert demo.returncode == 0, err
    summary = json.loads(out)
    assert summary.keys() == Summary().__dict__.keys()
    assert (summary["recorded"], summary["received"], summary["conflicts"]) == (25, 25, 1)
    assert (summary["quarantined"], summary["export_ok"]) == (0, True)
    assert summary["ledger_size"] > 25 + 200, "sessions, and the catalogue"
    assert 0 < summary["bytes_up"] < 6_000
    assert "Registradas sin conexión: 25 de 25" in err
    assert list(tmp_path.iterdir()) == []


def test_a_demonstration_that_is_stopped_takes_its_office_along(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    with start("--check", "--sessions", "5", "--home", str(home), tmp=tmp_path) as demo:
        assert demo.stderr is not None
        for line in demo.stderr:
            if "Envío lo registrado" in line:  # the office answers now
                demo.send_signal(signal.SIGTERM)
                break
        demo.communicate(timeout=120)
    assert demo.returncode == 128 + signal.SIGTERM
    port = json.loads((home / "demo.json").read_text(encoding="utf-8"))["port"]
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=5):
        pass


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tesis.odt").write_text("no me borren", encoding="utf-8")
    with start("--check", "--home", str(tmp_path), tmp=Path(tempfile.gettempdir())) as demo:
        _out, err = demo.communicate(timeout=60)
    assert demo.returncode == 2
    assert "no está vacía" in err
    assert [path.name for path in tmp_path.iterdir()] == ["tesis.odt"]


def test_the_screen_needs_a_terminal(tmp_path: Path) -> None:
    with start(tmp=tmp_path) as demo:
        _out, err = demo.communicate(timeout=60)
    assert demo.returncode == 2
    assert "--check" in err


class Office(DemoOffice):
    """An office that answers what a test says."""

    def __init__(self, sessions: list[dict[str, object]], quarantined: int = 0) -> None:
        super().__init__(Path("nowhere"), 0)
        self._answers = {"records": sessions, "quarantine": [{}] * quarantined}

    def command(self, *arguments: str, lines: object = ()) -> list[dict[str, object]]:
        return self._answers[arguments[1]]


SAVED = {"LOR07-2": {"record": "LOR07-2", "note": "a"}, "LOR07-3": {"record": "LOR07-3", "note": None}}


@pytest.mark.parametrize(
    ("at_office", "quarantined", "says"),
    [
        ([{"record": "LOR07-2", "note": "a"}], 0, "mismas atenciones"),
        ([{"record": "LOR07-2", "note": "b"}, {"record": "LOR07-3", "note": None}], 0, "LOR07-2 no es igual"),
        ([{"record": "LOR07-2", "note": "a"}, {"record": "LOR07-3"}, {"record": "LOR07-9"}], 0, "mismas atenciones"),
        ([{"record": "LOR07-2", "note": "a"}, {"record": "LOR07-3"}], 1, "apartó"),
    ],
)
def test_an_office_that_lost_or_altered_something_fails_the_check(
    at_office: list[dict[str, object]], quarantined: int, says: str
) -> None:
    stage = Stage(Path("nowhere"), Office(at_office, quarantined), "", Clock(), fresh=True)
    with pytest.raises(Failed, match=says):
        _compare(stage, SAVED, Summary())
