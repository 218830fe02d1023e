"""What the doctor says of clock, disk and the past; damage is in tests/faults."""

from types import SimpleNamespace

import pytest

from itinerant.store import doctor
from itinerant.store.disk.epoch import Past
from itinerant.store.disk.meta import SyncState
from itinerant.store.doctor import examine
from itinerant.store.laptop import Laptop

MINUTE_MS = 60_000


def said(laptop: Laptop, past: Past = Past.SAME, skew_ms: int | None = None) -> dict[str, doctor.Check]:
    laptop.sync_state = SyncState(clock_skew_ms=skew_ms)
    checks = examine(laptop.home, laptop._database, laptop._journal, past)
    assert all(check.well or check.next_step for check in checks), "what is not well says what to do"
    return {check.code: check for check in checks}


def test_a_laptop_in_order_is_well(laptop: Laptop) -> None:
    checks = {check.code: check for check in laptop.examine()}
    assert set(checks) == {"pages", "chain", "tables", "witness", "ledger", "clock", "disk"}
    assert all(check.well for check in checks.values())
    assert "0 cambios" in checks["chain"].sentence


@pytest.mark.parametrize(("minutes", "well"), [(0, True), (5, True), (-5, True), (6, False), (-10_512_000, False)])
def test_a_clock_that_is_off_is_told_by_how_much(laptop: Laptop, minutes: int, well: bool) -> None:
    check = said(laptop, skew_ms=minutes * MINUTE_MS)["clock"]
    assert check.well is well
    assert str(minutes) in check.sentence


@pytest.mark.parametrize("past", Past)
def test_only_a_restored_log_is_a_reason_to_stop(laptop: Laptop, past: Past) -> None:
    assert said(laptop, past)["witness"].well is (past is not Past.RESTORED)


def test_a_disk_that_is_nearly_full_is_told_before_the_road(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path: SimpleNamespace(free=150_000_000))
    check = said(laptop)["disk"]
    assert not check.well
    assert "150 MB" in check.sentence
