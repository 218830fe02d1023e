"""The screens ask the real store for what the tests' fake answers: every kind, the day, the reports, the acta."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from itinerant.cli.desk import Desk
from itinerant.config import Config
from itinerant.domain import acta
from itinerant.domain.kinds import KINDS
from itinerant.store.laptop import Laptop
from itinerant.tui import day, papers, sources, undo
from itinerant.tui.screens import new_record, readiness
from tests.cli.conftest import PASSPHRASE, make_laptop

NOW = 1_795_440_120_000


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    home = tmp_path_factory.mktemp("real") / "laptop"
    make_laptop(home)
    with Laptop.unlock(home, PASSPHRASE) as unlocked:
        visit = unlocked.open_visit({"ubigeo": "160107", "place": "Negro Urco", "terminals": 2, "present": ["P014"]})
        values = {"access": "procedure", "mode": "assisted", "channel": "cabin", "segment": "citizen"}
        for seconds in (200, 300, 900):
            one = {**values, "service": "RENIEC-01", "outcome": "resolved", "duration_s": seconds, "started_at": NOW}
            unlocked.add("session", {**one, "visit": visit})
        yield unlocked


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_form_and_names_for_what_it_points_to(laptop: Laptop, kind: str) -> None:
    prepared = new_record.prepare(laptop, KINDS[kind], NOW)
    assert not KINDS[kind].problems(prepared.values, partial=True)
    for row in laptop.list(kind):
        for item in KINDS[kind].fields:
            assert isinstance(prepared.sources.shown(item, row.values.get(item.name)), str)


def test_references_read_as_what_they_point_to(laptop: Laptop) -> None:
    found = sources.load(laptop, KINDS["session"])
    row = laptop.list("session", limit=1)[0]
    shown = {item.name: found.shown(item, row.values.get(item.name)) for item in KINDS["session"].fields}
    assert shown["service"] == "RENIEC · Duplicado"
    assert shown["visit"].startswith("Negro Urco · ")


def test_the_day_its_reports_and_its_acta(laptop: Laptop, tmp_path: Path) -> None:
    assert day.load(laptop).check is None
    desk = Desk(tmp_path)
    prepared = readiness.prepare(laptop, desk, None)
    checked = {**prepared.values, "visit": prepared.visit, "checked_at": NOW, "verdict": "with_gaps"}
    assert laptop.add("readiness", checked)
    assert day.load(laptop).check is not None
    own, everything = papers.reports(laptop)
    assert (own.summary.total, everything.summary.median_s, everything.summary.p90_s) == (3, 300, 900)
    made = papers.acta_of(laptop, prepared.visit)
    paths = desk.put(tmp_path / "actas", acta.files(made))
    assert made.head == laptop.head.hash
    assert "RENIEC · Duplicado" in paths[0].read_text(encoding="utf-8")


def test_undoing_gives_back_what_was_there(laptop: Laptop) -> None:
    ref = laptop.add(
        "incident", {"found_at": NOW, "category": "power", "severity": "low", "state": "open", "description": "x"}
    )
    change = laptop.amend(ref, {"severity": "high"}, "peor")
    undo.undo(laptop, undo.Saved(ref, change))
    row = laptop.get(ref)
    assert row is not None
    assert row.values["severity"] == "low"


def test_preferences_are_kept_for_the_next_start(tmp_path: Path) -> None:
    Desk(tmp_path).keep(Config(idle_lock_s=60, theme="oscuro"))
    assert Desk(tmp_path).preferences == Config(idle_lock_s=60, theme="oscuro")


def test_a_fault_s_report_is_sealed_to_the_office(laptop: Laptop, tmp_path: Path) -> None:
    sealed = Desk(tmp_path).seal_report(laptop, ZeroDivisionError("secreto"), {"screen": "VisitScreen"})
    assert sealed.startswith(b"IFR1")
    assert b"VisitScreen" not in sealed
