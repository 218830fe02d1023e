"""The office opens what a laptop sealed about a fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from itinerant.sync import fault_report
from server.home import OfficeKeys, Settings
from server.main import main
from server.office import Office


def test_a_report_is_opened_with_the_office_s_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = OfficeKeys.generate()
    Office.create(tmp_path / "office", Settings("Oficina", "oficina.example"), keys).close()
    report = {"faults": [{"type": "ZeroDivisionError", "places": ["visit.py:3 load"]}], "device": "LOR07"}
    path = tmp_path / "falla.ifr"
    path.write_bytes(fault_report.seal(report, keys.seal_public))
    assert main(["fault-report", str(path), "--home", str(tmp_path / "office")]) == 0
    assert json.loads(capsys.readouterr().out) == report
    assert main(["fault-report", str(tmp_path / "none"), "--home", str(tmp_path / "office")]) == 2
    path.write_bytes(b"otra cosa")
    assert main(["fault-report", str(path), "--home", str(tmp_path / "office")]) == 1
