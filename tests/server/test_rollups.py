"""The totals that reports are read from: kept up with every parcel, and the same bytes when made anew."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from server import folding, rollups
from server.exchange import quarantine
from server.office import Office
from server.queries import totals
from server.queries.totals import Scope
from server.reports.period import Period
from server.tables import RollupRow, RollupVisitRow, table
from tests.server import looking
from tests.server.conftest import Clock
from tests.server.laptop import SESSION, START_MS, FakeLaptop, enrolled

MONTH = 202511


def everything(office: Office) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    with office.database.reader() as connection:
        for each in (table(RollupRow), table(RollupVisitRow)):
            found += [tuple(row) for row in connection.execute(select(each).order_by(*each.primary_key.columns))]
    return found


def counted(office: Office, dim: str, month: int = MONTH, brigade: str = "B01") -> dict[str, int]:
    row = table(RollupRow)
    here = (row.c.dim == dim) & (row.c.month == month) & (row.c.brigade == brigade)
    with office.database.reader() as connection:
        content = connection.scalar(select(row.c.content).where(here))
    return json.loads(content) if content else {}


def rebuilt(office: Office) -> list[tuple[Any, ...]]:
    with office.database.writer() as connection:
        rollups.rebuild(connection, office.database, rows_at_once=7)
    return everything(office)


def test_a_session_counts_on_its_day_in_its_month_and_in_its_visit(office: Office, laptop: FakeLaptop) -> None:
    laptop.write()
    laptop.write(values={**SESSION, "outcome": "referred", "cause": "no_card", "waiting_s": 61})
    laptop.sync()
    assert counted(office, "outcome") == {"resolved": 1, "referred": 1}
    assert counted(office, rollups.SECONDS) == {"RENIEC-01": 840}
    assert counted(office, rollups.DURATION_BIN) == {"RENIEC-01 420": 2}
    assert counted(office, rollups.WAITED) == {"RENIEC-01": 1}
    assert counted(office, "sex") == {"": 2}
    visit, day, brigade, sessions, content = everything(office)[-1]
    assert (visit, day, brigade, sessions) == ("LOR07-1", 20251123, "B01", 2)
    assert json.loads(content)["outcome"] == {"resolved": 1, "referred": 1}


def test_an_annulled_session_counts_no_more_and_a_corrected_one_once(office: Office, laptop: FakeLaptop) -> None:
    first, second = laptop.write(), laptop.write()
    laptop.sync()
    laptop.write(values={"void": True}, record=first.ref, base=[first.ref], why="dos veces")
    laptop.write(values={"service": "SUNAT-01"}, record=second.ref, base=[second.ref], why="era otro")
    laptop.sync()
    assert counted(office, "service") == {"SUNAT-01": 1}
    laptop.write(values={"void": True}, record=second.ref, base=["LOR07-4"], why="error")
    laptop.sync()
    assert everything(office) == []


def test_what_waits_in_quarantine_counts_when_it_is_released(office: Office, laptop: FakeLaptop) -> None:
    laptop.write(values={**SESSION, "note": "DNI 45678912"})
    laptop.sync()
    assert everything(office) == []
    (item,) = looking.quarantine(office)
    quarantine.release(office, item["item"], "es un expediente", by="rev1")
    assert counted(office, "service") == {"RENIEC-01": 1}


def test_a_correction_that_comes_before_its_session_counts_once_both_are_here(office: Office) -> None:
    author, peer = enrolled(office), enrolled(office, "LOR08")
    made = author.write()
    peer.write(values={"outcome": "partial", "cause": "left"}, record=made.ref, base=[made.ref], why="quedó a medias")
    peer.sync()
    assert everything(office) == []
    author.sync()
    assert counted(office, "outcome") == {"partial": 1}


@pytest.mark.parametrize("seed", range(4))
def test_totals_made_anew_are_the_same_bytes(office: Office, laptop: FakeLaptop, seed: int) -> None:
    chance = random.Random(seed)
    peer = enrolled(office, "LOR08")
    made: list[str] = []
    for _step in range(40):
        author = chance.choice([laptop, peer])
        if made and chance.random() < 0.4:
            ref = chance.choice(made)
            values = chance.choice(
                [{"duration_s": chance.randrange(9_000)}, {"void": chance.random() < 0.7}, {"service": "SIS-02"},
                 {"started_at": START_MS - chance.randrange(10**11)}, {"visit": f"LOR08-{chance.randrange(1, 4)}"}]
            )  # fmt: skip
            author.write(values=values, record=ref, base=[ref], why="se corrigió")
        else:
            extra = {"waiting_s": chance.randrange(400), "started_at": START_MS + chance.randrange(10**10)}
            made.append(author.write(values={**SESSION, **extra}).ref)
        if chance.random() < 0.5:
            author.sync()
    laptop.sync()
    peer.sync()
    assert everything(office) == rebuilt(office), f"seed {seed}"
    months: Counter[int] = Counter()
    for row in everything(office):
        if row[0] == "outcome":
            months[row[1]] += sum(json.loads(row[3]).values())
        elif len(row) == 5:
            months[row[1] // 100] -= row[3]
    assert not any(months.values()), "the visits of a month add up to the month"


def test_a_clock_that_says_anything_breaks_nothing(office: Office, laptop: FakeLaptop) -> None:
    for at in (0, 2**53 - 1, START_MS - 20 * 31_557_600_000):
        laptop.write(values={**SESSION, "started_at": at})
    laptop.sync()
    assert counted(office, "service", 999912) == {"RENIEC-01": 1}
    assert counted(office, "service", 196912) == {"RENIEC-01": 1}
    assert everything(office) == rebuilt(office)


def test_the_classes_of_time_are_narrow_where_it_matters() -> None:
    assert [rollups.bin_of(s) for s in (0, 59, 60, 3_599, 3_600, 3_899, 14_399, 14_400, 86_400)] == [
        0, 0, 60, 3_540, 3_600, 3_600, 14_100, 14_400, 86_400,
    ]  # fmt: skip


def test_months_that_are_over_are_added_up_once_and_again_when_something_late_arrives(
    office: Office, laptop: FakeLaptop, clock: Clock
) -> None:
    for seconds in (60, 90):
        laptop.write(values={**SESSION, "duration_s": seconds})
    laptop.sync()
    everything = Scope(Period(date(2025, 1, 1), date(2026, 12, 31)))
    before = whole(office, everything)
    assert folding.fold_if_due(office) == 0, "this month is not over"
    clock.ms += 40 * 86_400_000
    assert folding.fold_if_due(office) == 1
    assert folding.fold_if_due(office) == 0
    assert folded(office) == 1
    assert whole(office, everything) == before
    laptop.write(values={**SESSION, "duration_s": 120})
    laptop.sync()
    assert folded(office) == 0, "what arrived late is not forgotten"
    late = whole(office, everything)
    assert late[rollups.SECONDS] == {"RENIEC-01": 270}
    assert folding.fold_if_due(office) == 1
    assert whole(office, everything) == late
    with office.database.writer() as connection:
        rollups.rebuild(connection, office.database)
    assert folded(office) == 0
    assert whole(office, everything) == late


def whole(office: Office, scope: Scope) -> totals.Totals:
    with office.database.reader() as connection:
        return totals.totals(connection, scope, [*rollups.DIMENSIONS, rollups.SECONDS, rollups.DURATION_BIN])


def folded(office: Office) -> int:
    with office.database.reader() as connection:
        return int(connection.exec_driver_sql("SELECT count(DISTINCT month) FROM rollup_month").scalar_one())
