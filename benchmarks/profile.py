"""Where the time goes: `make profile WHAT=intake` (or `python -m benchmarks.profile intake`).

Runs one of the works below under the standard library's profiler, prints the functions that took most of the time by
themselves and with all they call, and keeps the whole in `build/profile-WHAT.pstats` for a viewer (`python -m pstats
FILE`, snakeviz, gprof2dot …). The profiler itself makes small functions look dearer than they are: look for what to
remove, then measure with `make bench`.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from benchmarks import _senders, wire
from benchmarks.save import PASSPHRASE, session
from itinerant.log.change import Draft
from itinerant.store.laptop import Laptop
from itinerant.sync import columns
from itinerant.sync.engine import sync
from server.exchange.handling import handle
from server.queries import state

TOP = 25

Work = Callable[[], object]


@contextmanager
def _intake(folder: Path) -> Iterator[Work]:
    """The office takes in ten parcels of a thousand sessions."""
    with _senders.offices(folder, postgresql=False) as (_name, new_office):
        office = new_office()
        senders = [_senders.enrolled(office, number) for number in range(4)]
        parcels = [senders[turn % 4].next(turn) for turn in range(14)]
        for data in parcels[:4]:
            handle(office, data)
        yield lambda: [handle(office, data) for data in parcels[4:]]


@contextmanager
def _idle(folder: Path) -> Iterator[Work]:
    """The office answers a hundred laptops that have nothing to say."""
    with _senders.offices(folder, postgresql=False) as (_name, new_office):
        office = new_office()
        sender = _senders.enrolled(office, 0)
        handle(office, sender.next(0))
        with office.database.reader() as connection:
            end = state.summary(connection)["ledger_size"]
        asks = [sender.asks(end) for _time in range(100)]
        yield lambda: [handle(office, data) for data in asks]


@contextmanager
def _sync(folder: Path) -> Iterator[Work]:
    """A laptop sends two thousand sessions over loopback (the office answers in another thread)."""
    with wire.office_and_laptop(folder) as (day, transport):
        day.record(2_000, seed=1)
        yield lambda: sync(day.laptop, transport)


@contextmanager
def _laptop(folder: Path) -> Iterator[Laptop]:
    with wire.office_and_laptop(folder) as (day, _transport):
        day.laptop.write([Draft("session", session(number, day.visit)) for number in range(10_000)])
        yield day.laptop


@contextmanager
def _save(folder: Path) -> Iterator[Work]:
    """A laptop with ten thousand sessions saves two hundred more, one by one."""
    with _laptop(folder) as laptop:
        now = laptop.current_visit()
        assert now is not None
        yield lambda: [laptop.add("session", session(number, now.record)) for number in range(200)]


@contextmanager
def _unlock(folder: Path) -> Iterator[Work]:
    """A laptop with ten thousand sessions is unlocked and shows its day."""
    with _laptop(folder) as laptop:
        home = laptop.home.root
        laptop.close()

        def day() -> None:
            with Laptop.unlock(home, PASSPHRASE) as again:
                now = again.current_visit()
                assert now is not None
                again.counters(now.record)
                again.list("session", where={"visit": now.record}, limit=100)

        yield day


@contextmanager
def _columns(_folder: Path) -> Iterator[Work]:
    """The columns of a thousand sessions are made and read ten times."""
    changes = wire._log(1_000)
    yield lambda: [columns.decode(columns.encode(changes)) for _time in range(10)]


WORKS: Mapping[str, Callable[[Path], AbstractContextManager[Work]]] = {
    "intake": _intake,
    "idle": _idle,
    "sync": _sync,
    "save": _save,
    "unlock": _unlock,
    "columns": _columns,
}


def main(words: list[str]) -> int:
    """Profile the work named; without a name, say which there are."""
    make = WORKS.get(words[0]) if words else None
    if make is None:
        for name, work in WORKS.items():
            print(f"{name:9}{(work.__doc__ or '').splitlines()[0]}")
        return 2
    build = Path("build")
    build.mkdir(exist_ok=True)
    profile = cProfile.Profile()
    with tempfile.TemporaryDirectory(dir=build) as folder, make(Path(folder)) as work:
        profile.runcall(work)
    kept = build / f"profile-{words[0]}.pstats"
    stats = pstats.Stats(profile)
    stats.dump_stats(kept)
    for order in ("tottime", "cumulative"):
        stats.sort_stats(order).print_stats(TOP)
    print(f"Whole profile: {kept}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
