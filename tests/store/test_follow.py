"""Whatever is written or received, in whatever order: the tables say what the merge of the log says."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from itinerant.errors import UserError
from itinerant.log.change import GENESIS, Change, Draft
from itinerant.log.merge import merge
from itinerant.store import views
from itinerant.store.access.slots import DatabaseKey
from itinerant.store.disk.database import Database
from itinerant.store.disk.migrations import migrate
from itinerant.store.journal import Journal
from itinerant.store.reading import records

DEVICES = ("LOR08", "CENTRAL")
MADE = {"code": "T-1", "category": "hardware", "state": "good"}

# What others may do to the first records of everybody, in any order and with holes.
theirs = st.builds(
    lambda device, seq, record, base, values: (device, seq, record, base, values),
    st.sampled_from(DEVICES),
    st.integers(1, 6),
    st.sampled_from(["LOR07-1", "LOR07-2", "LOR08-1", "LOR08-2"]),
    st.lists(
        st.sampled_from(["LOR07-1", "LOR07-2", "LOR07-3", "LOR08-1", "LOR08-2", "CENTRAL-1"]), max_size=2, unique=True
    ),
    st.fixed_dictionaries({}, optional={"state": st.sampled_from(["good", "degraded"]), "void": st.booleans()}),
)
mine = st.one_of(
    st.just(Draft("resource", MADE)),
    st.builds(
        lambda record, state: Draft("", {"state": state}, record=record),
        st.sampled_from(["LOR07-1", "LOR07-2", "LOR08-1"]),
        st.sampled_from(["good", "degraded", "retired"]),
    ),
)


def as_change(device: str, seq: int, record: str, base: list[str], values: dict[str, object]) -> Change:
    own = f"{device}-{seq}"
    if record == own:
        return Change(device, seq, 5, "P020", "resource", own, (), {**MADE, **values}, GENESIS)
    base = sorted(ref for ref in base if ref != own)
    return Change(device, seq, 5, "P020", "resource", record, tuple(base), values, GENESIS)  # type: ignore[arg-type]


@contextmanager
def journal() -> Iterator[Journal]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "log.db", DatabaseKey.generate())
        migrate(database, now_ms=0, new=True)
        with database.writer() as connection:
            views.adapt(connection)
        yield Journal(database, "LOR07")
        database.close()


@settings(max_examples=25)
@given(st.lists(st.one_of(mine, st.lists(theirs, min_size=1, max_size=4)), min_size=1, max_size=10))
def test_tables_follow_the_log(steps: list[Draft | list[tuple[str, int, str, list[str], dict[str, object]]]]) -> None:
    with journal() as log:
        kept: dict[str, Change] = {}
        for step in steps:
            if isinstance(step, Draft):
                try:
                    (link,) = log.append([step], by="P014", at=5)
                except UserError:
                    continue  # nothing there to amend, or nothing that would change
                kept[link.change.ref] = link.change
            else:
                received = [as_change(*change) for change in step]
                with log.database.writer() as connection:
                    fresh = log.receive(connection, received)
                assert {change.ref for change in fresh} == {change.ref for change in received} - kept.keys()
                for change in fresh:
                    kept[change.ref] = change
        log.verify()
        with log.database.reader() as connection:
            assert views.differing(connection) == []
            by_record: dict[str, list[Change]] = {}
            for change in kept.values():
                by_record.setdefault(change.record, []).append(change)
            conflicts = set()
            for ref, of_record in by_record.items():
                expected, found = merge(of_record), records.get(connection, ref)
                assert found is not None
                present = {name: value for name, value in found.values.items() if name in expected.values}
                assert (present, found.void, found.heads) == (dict(expected.values), expected.void, expected.heads)
                conflicts |= {(one.record, one.field) for one in expected.conflicts}
            assert {(one.record, one.field) for one in records.conflicts(connection)} == conflicts
