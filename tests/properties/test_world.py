"""Histories: two to five laptops, an office, sticks, and everything that happens on the road, in any order.

* After every step all of `invariants.check` holds; at the end everybody syncs until nobody has anything to say, and all
  agree. A failing history is shrunk by Hypothesis to the shortest one and printed as a program.
* `make test` runs 300 histories, `make soak` at least 20,000, of up to 60 steps; both print their seed.
"""

import itertools
import os
import secrets
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from itinerant.errors import UserError
from server import central, conflicts, fleet
from tests.properties import invariants
from tests.properties.world import World

YEAR_MS = 365 * 86_400_000
MOST_SEATS = 6

some = st.integers(0, 7)
"""Which of several things: taken modulo how many there are."""

KEPT = st.sampled_from([0, 0.3, 0.99, 1])
AMENDMENTS = st.sampled_from(
    [
        {"note": "a"},
        {"note": "b"},
        {"note": None},
        {"duration_s": 1},
        {"duration_s": 2, "note": "a"},
        {"outcome": "partial", "cause": "left"},
        {"outcome": "resolved", "cause": None},
    ]
)
ALLY = st.sampled_from(
    [{"lends": ["internet"]}, {"lends": ["internet", "premises"]}, {"active": True}, {"active": False}]
)


def of(items, which):
    return items[which % len(items)]


class Histories(RuleBasedStateMachine):
    """The rules; each one is something that happens to a brigade."""

    scene: Path
    numbers = itertools.count()

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=self.scene.parent))
        self.world = None
        self.backups = []
        self.sticks = []

    @initialize(laptops=st.integers(2, 5))
    def begin(self, laptops):
        self.world = World(self.scene, self.folder / "world", laptops)
        first = self.world.seats[0]
        self.world.saves(first, lambda laptop: laptop.open_visit({"ubigeo": "160301", "place": "Nauta"}))
        self.world.saves(first, lambda laptop: laptop.add("session", session(laptop)))
        self.world.saves(first, lambda laptop: laptop.add("ally", {"name": "Municipalidad", "sector": "public"}))
        for seat in self.world.seats:
            self.world.syncs(seat)

    def teardown(self):
        try:
            if self.world and sys.exc_info()[0] is None:
                self.everybody_syncs()
                invariants.check(self.world)
        finally:
            if self.world:
                self.world.close()
            shutil.rmtree(self.folder)

    @invariant()
    def everything_holds(self):
        if self.world:
            invariants.check(self.world)

    def seat(self, which):
        return of(self.world.seats, which)

    # -- at the table

    @rule(who=some, times=st.integers(1, 3))
    def notes_sessions(self, who, times):
        seat = self.seat(who)
        for _time in range(times):
            self.world.saves(seat, lambda laptop: laptop.add("session", session(laptop)))

    @rule(who=some, which=some, values=AMENDMENTS)
    def amends_a_session(self, who, which, values):
        self.amends(self.seat(who), "session", which, values)

    @rule(who=some, which=some, values=ALLY)
    def amends_an_ally(self, who, which, values):
        self.amends(self.seat(who), "ally", which, values)

    def amends(self, seat, kind, which, values):
        records = seat.laptop.list(kind)
        if records:
            ref = of(records, which).record
            self.may(seat, lambda laptop: laptop.amend(ref, values, "corrección"))

    @rule(who=some, which=some, void=st.booleans())
    def voids_or_brings_back(self, who, which, void):
        seat = self.seat(who)
        records = seat.laptop.list("session", where={"void": not void})
        if records:
            ref = of(records, which).record
            if void:
                self.may(seat, lambda laptop: laptop.void(ref, "repetida"))
            else:
                self.may(seat, lambda laptop: laptop.amend(ref, {"void": False}, "no era repetida"))

    @rule(who=some, which=some, value=some)
    def resolves(self, who, which, value):
        """Take one of the values in conflict, on a laptop, with a reason. Later rules may take another: a reversal."""
        seat = self.seat(who)
        found = seat.laptop.conflicts()
        if found:
            conflict = of(found, which)
            choice = of(conflict.candidates, value).value
            self.may(seat, lambda laptop: laptop.resolve(conflict.record, conflict.field, choice, "visto en el acta"))

    def may(self, seat, act):
        """Save something that the laptop may refuse in words, such as a change that changes nothing."""
        before = seat.laptop.head
        try:
            self.world.saves(seat, act)
        except UserError as error:
            assert error.code in {"unchanged", "together"}
            assert seat.laptop.head == before

    @rule(who=some, kept=KEPT)
    def dies_while_saving(self, who, kept):
        self.world.dies_saving(self.seat(who), lambda laptop: laptop.add("session", session(laptop)), kept)

    @rule(who=some)
    def hands_over(self, who):
        seat = self.seat(who)
        self.world.touched.add(seat)
        seat.hand_over()

    @rule(who=some, years=st.sampled_from([-20, 0, 20]))
    def clock_jumps(self, who, years):
        self.seat(who).moved = years * YEAR_MS

    # -- on the road

    @rule(who=some)
    def syncs(self, who):
        self.world.syncs(self.seat(who))

    @rule(who=some, rounds=st.integers(0, 2), cut=st.sampled_from(["request", "response"]))
    def syncs_over_a_bad_link(self, who, rounds, cut):
        self.world.syncs(self.seat(who), rounds=rounds, cut=cut)

    @rule(who=some, kept=KEPT)
    def dies_while_syncing(self, who, kept):
        seat = self.seat(who)
        with seat.dying(kept):
            self.world.syncs(seat)

    @rule(who=some, which=st.integers(0, 2))
    def puts_parcels_on_a_stick(self, who, which):
        self.world.writes_stick(self.seat(who), self.stick(which))

    @rule(which=st.integers(0, 2))
    def office_reads_a_stick(self, which):
        self.world.office_reads_stick(self.stick(which))

    @rule(who=some, which=st.integers(0, 2))
    def reads_receipts_from_a_stick(self, who, which):
        self.world.reads_stick(self.seat(who), self.stick(which))

    def stick(self, which):
        path = self.folder / f"stick{which}"
        path.mkdir(exist_ok=True)
        return path

    # -- what should not happen

    @rule(who=some)
    def copies_the_home(self, who):
        seat = self.seat(who)
        self.backups.append((seat, seat.files(), list(seat.own)))

    @precondition(lambda self: self.backups)
    @rule(which=some, witness=st.booleans(), same_file=st.booleans())
    def restores_a_copy(self, which, witness, same_file):
        seat, files, own = of(self.backups, which)
        self.world.touched.add(seat)
        seat.restore(files, own, witness=witness, same_file=same_file)

    @precondition(lambda self: self.world and len(self.world.seats) < MOST_SEATS)
    @rule(who=some)
    def clones_the_home(self, who):
        self.world.place(self.seat(who).clone(self.folder / f"clone{len(self.world.seats)}"))

    # -- at the office

    @rule(who=some)
    def office_revokes(self, who):
        code = self.seat(who).code
        with self.at_office():
            fleet.revoke(self.world.office, code, "robada", by="admin")
        self.world.model.revoke(code)

    @rule(which=some, value=some)
    def office_resolves(self, which, value):
        found = sorted(self.world.office_conflicts())
        if found:
            record, name, candidates = of(found, which)
            with self.at_office():
                conflicts.resolve(
                    self.world.office, record, name, of(candidates, value), "visto en el acta", by="admin"
                )

    @rule(which=some, values=AMENDMENTS)
    def office_amends(self, which, values):
        ref = of(self.world.office_sessions(), which)
        office = self.world.office
        with self.at_office(), office.database.writer() as connection:
            central.amend(connection, office, ref, values, by="admin", why="según el acta")

    @rule(name=st.sampled_from(["Duplicado de DNI", "Copia de DNI"]))
    def office_renames_a_service(self, name):
        office = self.world.office
        with self.at_office(), office.database.writer() as connection:
            ref = central.by_code(connection, "service")["RENIEC-01"]
            central.amend(connection, office, ref, {"name": name}, by="admin")

    @rule(years=st.sampled_from([-20, 0, 20]))
    def office_clock_jumps(self, years):
        self.world.moved = years * YEAR_MS

    @contextmanager
    def at_office(self):
        known = len(self.world.model.ledger)
        yield
        self.world.hear_office(known)

    # -- at last

    @rule()
    def everybody_syncs(self):
        """Until nobody has anything to say: then all agree."""
        while waiting := [seat for seat in self.world.seats if self.world.has_news(seat)]:
            for seat in waiting:
                self.world.syncs(seat)
        invariants.agreement(self.world)


def session(laptop):
    visits = laptop.list("visit")
    return {
        "visit": visits[0].record if visits else "LOR01-1",
        "service": "RENIEC-01",
        "access": "procedure",
        "mode": "assisted",
        "channel": "cabin",
        "segment": "citizen",
        "outcome": "resolved",
        "started_at": laptop._now_ms(),
        "duration_s": 3,
    }


@pytest.fixture
def machine(scene):
    """The machine over a copy of the template."""
    return type("Histories", (Histories,), {"scene": scene})


def run(machine, examples, capsys):
    number = int(os.environ.get("SEED") or secrets.randbits(32))
    with capsys.disabled():
        print(f"\nhistories: SEED={number}")
    chosen = settings(max_examples=examples, stateful_step_count=60)
    run_state_machine_as_test(seed(number)(machine), settings=chosen)


def test_histories(machine, capsys):
    run(machine, 300, capsys)


@pytest.mark.soak
def test_many_histories(machine, capsys):
    run(machine, 20_000, capsys)
