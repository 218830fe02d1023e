"""Histories: two to five laptops, an office, sticks, and everything that happens on the road, in any order.

After every step all of `invariants.check` holds; at the end everybody syncs until nobody has anything to say, and all
agree. A failing history is shrunk by Hypothesis to the shortest one and printed as a program.
"""

import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from itinerant.domain import guard
from itinerant.errors import UserError
from itinerant.sync import pace
from server import central, conflicts, duplicates
from server.exchange import quarantine
from server.laptops import fleet
from tests.properties import invariants
from tests.properties.world import World, session

DAY_MS = 86_400_000
YEAR_MS = 365 * DAY_MS

some, few = st.integers(0, 6), st.integers(0, 2)
"""Which of several things: taken modulo how many there are."""

KEPT = st.sampled_from([0, 0.3, 0.99, 1])
"""Which part of an interrupted write reached the disk."""

RIVALS = st.sampled_from(
    [
        ({"note": "a"}, {"note": "b"}),
        ({"note": "c", "duration_s": 1}, {"duration_s": 2}),
        ({"void": True}, {"note": "d"}),
        ({"void": False}, {"void": True}),
        ({"note": "e"}, {"note": "e"}),
    ]
)
VALUES = st.sampled_from(
    [
        {"note": "a"},
        {"note": "b"},
        {"note": None, "duration_s": 1},
        {"note": "a", "duration_s": 2},
        {"note": "b", "outcome": "partial", "cause": "left"},
        {"note": "a", "outcome": "resolved", "cause": None},
        {"lends": ["internet"]},
        {"lends": ["premises", "internet"], "active": False},
        {"active": True},
    ]
)
NOTES = st.sampled_from(["DNI 45678912", "llamar al 987654321", ""])
LEGS = st.sampled_from(["out", "office", "back", "out office", "office back", "out office back"])


def of(items, which):
    return items[which % len(items)]


class Histories(RuleBasedStateMachine):
    """The rules; each one is something that happens to a brigade."""

    scene: Path

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=self.scene.parent))
        self.world = None
        self.backups = []
        self.steps = 0
        """Since all were at rest."""

    @initialize(laptops=st.integers(2, 5))
    def begin(self, laptops):
        self.world = World.copy(self.scene, self.folder, laptops)

    def teardown(self):
        try:
            if self.world and sys.exc_info()[0] is None:
                self.everybody_syncs()
        finally:
            if self.world:
                self.world.close()
            shutil.rmtree(self.folder)

    @invariant()
    def everything_holds(self):
        self.steps += 1
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

    @rule(who=some, which=few, values=VALUES, then_syncs=st.booleans())
    def corrects(self, who, which, values, then_syncs):
        seat = self.seat(who)
        self.amends(seat, self.record(seat, "session" if "note" in values else "ally", which), values)
        if then_syncs:
            self.world.syncs(seat)

    @rule(who=some, other=some, which=few, values=RIVALS)
    def two_correct_the_same(self, who, other, which, values):
        """Neither has seen what the other did; both sync. From time to time they say the same."""
        first, second = self.seat(who), self.seat(other)
        ref = self.record(first, "session", which)
        self.amends(first, ref, values[0])
        self.amends(second, ref, values[1])
        self.world.syncs(first)
        self.world.syncs(second)

    def record(self, seat, kind, which):
        """One of the first records of a kind: the same for all who know them, so that their corrections meet."""
        records = sorted(one.record for one in seat.laptop.list(kind))
        return of(records[:3], which) if records else ""

    def amends(self, seat, ref, values):
        if seat.laptop.get(ref):
            self.may(seat, lambda laptop: laptop.amend(ref, values, "corrección"))

    @rule(who=some, which=few, void=st.booleans())
    def voids_or_brings_back(self, who, which, void):
        seat = self.seat(who)
        ref = self.record(seat, "session", which)
        if void and ref:
            self.may(seat, lambda laptop: laptop.void(ref, "repetida"))
        else:
            self.amends(seat, ref, {"void": False})

    @rule(who=some)
    def closes_or_opens_the_visit(self, who):
        seat = self.seat(who)
        if seat.laptop.current_visit():
            self.world.saves(seat, lambda laptop: laptop.close_visit())
        else:
            self.world.saves(seat, lambda laptop: laptop.open_visit({"ubigeo": "160301", "place": "Nauta"}))

    @rule(who=some, which=few, value=few)
    def resolves(self, who, which, value):
        """Take one of the values in conflict, on a laptop, with a reason. Later rules may take another: a reversal."""
        seat = self.seat(who)
        found = seat.laptop.conflicts()
        if found:
            conflict = of(found, which)
            choice = of(conflict.candidates, value).value
            self.may(seat, lambda laptop: laptop.resolve(conflict.record, conflict.field, choice, "visto en el acta"))

    @rule(who=some, which=few)
    def undoes(self, who, which):
        """Take back a decision that stands."""
        seat = self.seat(who)
        found = seat.laptop.disputes.decided()
        if found:
            was = of(found, which).conflict
            self.may(seat, lambda laptop: laptop.disputes.undo(was.record, was.field, "era otra acta"))

    @rule(who=some, which=few, answer=st.sampled_from(["first", "second", "two"]))
    def settles_a_duplicate(self, who, which, answer):
        """Sessions that two laptops noted in one visit within two minutes are proposed: one of them goes, or they are
        two."""
        seat = self.seat(who)
        found = seat.laptop.duplicates.list()
        if found:
            pair = of(found, which)
            one, other = pair.first.record, pair.second.record
            if answer == "two":
                self.may(seat, lambda laptop: laptop.duplicates.dismiss(one, other, "son dos"))
            else:
                gone, kept = (one, other) if answer == "first" else (other, one)
                self.may(seat, lambda laptop: laptop.duplicates.confirm(gone, kept, "es la misma"))

    def may(self, seat, act):
        """Save something that the laptop may refuse in words, such as a change that changes nothing."""
        before = seat.laptop.head
        try:
            self.world.saves(seat, act)
        except UserError as error:
            assert error.code in {"unchanged", "together"}, error
            assert seat.laptop.head == before, "refused, and written all the same"

    @rule(who=some, note=NOTES)
    def saves_what_the_office_puts_aside(self, who, note):
        """Personal data, by an older program that lets it pass; or, without a note, what only the office may write."""
        seat = self.seat(who)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(guard, "clean", lambda _text: True)
            if note:
                values = session(seat.laptop) | {"note": note}
                self.world.saves(seat, lambda laptop: laptop.add("session", values), unfit=True)
            else:
                (service,) = seat.laptop.list("service")
                self.may(seat, lambda laptop: laptop.void(service.record, "ya no existe"))

    @rule(who=some, kept=KEPT, syncing=st.booleans())
    def dies(self, who, kept, syncing):
        """While it saves, or while it syncs."""
        seat = self.seat(who)
        if syncing:
            with seat.dying(kept):
                self.world.syncs(seat)
        else:
            self.world.dies_saving(seat, lambda laptop: laptop.add("session", session(laptop)), kept)

    @rule(who=some)
    def hands_over(self, who):
        seat = self.seat(who)
        self.world.touched.add(seat)
        seat.hand_over()

    @rule(days=st.integers(1, 10))
    def days_pass(self, days):
        """For all: what is closed and received may be forgotten after seven of them."""
        for place in (self.world, *self.world.seats):
            place.moved += days * DAY_MS

    @rule(who=some, years=st.sampled_from([-20, 0, 20]))
    def clock_jumps(self, who, years):
        """A laptop's clock, or the office's."""
        of([self.world, *self.world.seats], who).moved = years * YEAR_MS

    # -- on the road

    @rule(who=some, rounds=st.just(100) | few, cut=st.sampled_from(["request", "response"]))
    def syncs(self, who, rounds, cut):
        self.world.syncs(self.seat(who), rounds=rounds, cut=cut)

    @rule(who=some, which=few, legs=LEGS, lost=st.none() | some)
    def carries_a_stick(self, who, which, legs, lost):
        """Some legs of its way: out of a laptop, into the office, back; old files again and again, one may be lost."""
        place, seat = self.stick(which), self.seat(who)
        for leg in legs.split():
            if leg == "out":
                self.world.writes_stick(seat, place)
            elif leg == "office":
                self.world.office_reads_stick(place)
            else:
                self.world.reads_stick(seat, place)
            files = sorted(place.iterdir())
            if files and lost is not None:
                of(files, lost).unlink()

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

    @precondition(lambda self: self.world and not self.world.clones)
    @rule(who=some)
    def clones_the_home(self, who):
        self.world.clones += 1
        self.world.place(self.seat(who).clone(self.folder / "clone"))

    @precondition(lambda self: self.world and self.world.model.all_believed())
    @rule(who=some)
    def office_revokes(self, who):
        code = self.seat(who).code
        with self.at_office():
            fleet.revoke(self.world.office, code, "robada", by="admin")
        self.world.model.revoke(code)

    # -- at the office

    @rule(which=few, value=few, values=VALUES)
    def office_decides(self, which, value, values):
        """Resolve a conflict if there is one, else correct a session or rename a service."""
        found, decided = self.world.office_conflicts(), self.world.office_decisions()
        if decided and value == 2:
            record, name = of(decided, which)
            with self.at_office():
                conflicts.undo(self.world.office, record, name, "era otra acta", by="admin")
        elif found:
            record, name, candidates = of(found, which)
            choice = of(candidates, value)
            with self.at_office():
                conflicts.resolve(self.world.office, record, name, choice, "visto en el acta", by="admin")
        elif "note" in values:
            self.office_amends(of(self.world.office_records("session"), which), values)
        else:
            (service,) = self.world.office_records("service")
            self.office_amends(service, {"name": f"Duplicado {value}"})

    @rule(which=few, release=st.booleans())
    def office_judges_what_waits(self, which, release):
        """Let in, or leave out for good, what may be personal data."""
        found = self.world.office_waiting()
        if not found:
            return
        item, hashed = of(found, which)
        self.world.office_touched = True
        if release:
            try:
                quarantine.release(self.world.office, item, "no lo es", by="admin")
            except UserError as error:
                assert error.code == quarantine.TAKEN, "only what another change's number stands in the way of"
            else:
                self.world.model.release(hashed)
        else:
            quarantine.discard(self.world.office, item, "lo es", by="admin")

    @rule(which=few, confirm=st.booleans())
    def office_settles_a_duplicate(self, which, confirm):
        office = self.world.office
        found = duplicates.listed(office)
        if found:
            pair = of(found, which)
            decide = duplicates.confirm if confirm else duplicates.dismiss
            with self.at_office():
                decide(office, pair["first"], pair["second"], "visto en el acta", by="admin")

    def office_amends(self, ref, values):
        office = self.world.office
        with self.at_office(), office.database.writer() as connection:
            central.amend(connection, office, ref, values, by="admin", why="según el acta")

    @contextmanager
    def at_office(self):
        known = len(self.world.model.ledger)
        yield
        self.world.hear_office(known)

    # -- at last

    @precondition(lambda self: self.steps > 20)
    @rule()
    def everybody_syncs(self):
        """Until nobody has anything to say: then all agree. Parcels are large here: small ones are what `syncs` is
        for."""
        self.steps = 0
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pace, "MAX_CHANGES", 100)
            patch.setattr(pace, "FIRST", 100_000)
            for _round in range(8):
                waiting = [seat for seat in self.world.seats if self.world.has_news(seat)]
                for seat in waiting:
                    self.world.syncs(seat)
                if not waiting:
                    break
        invariants.agreement(self.world)


class Plain(HypothesisProvider):
    """Hypothesis's own drawing, every history afresh.

    By default five of six examples are copies of the one before with some steps repeated in the place of others: good
    for finding equal values by chance, bad for histories, which end up as one event thirty times.
    """


AVAILABLE_PROVIDERS["plain"] = f"{__name__}.Plain"
