"""Random faults for as long as one likes: nothing lost, nothing twice, everybody has everything in the end."""

import contextlib
import os
import random
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from itinerant.errors import ItinerantError, UserError
from itinerant.store.laptop import Laptop
from itinerant.sync import http
from itinerant.sync.http import HttpTransport
from server.api.partial import Partials
from tests.faults.lane import Shape
from tests.faults.proxy import BUSY, HOST, PORTAL, REDIRECT, FaultProxy, Plan
from tests.faults.scene import Scene, own_sessions, record_day, scene, sync

LAPTOPS = ("STORM1", "STORM2", "STORM3")
REACH = 6_000


@contextlib.contextmanager
def impatience() -> Iterator[None]:
    """A stall is given up after a moment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, "_IDLE_S", 0.2)
        yield


def fault(rng: random.Random) -> Plan:
    """Any fault, somewhere in the first bytes."""
    at, reset = rng.randrange(REACH) if rng.random() < 0.8 else rng.randrange(300), rng.random() < 0.5
    return rng.choice(
        [
            Plan(),
            Plan(refuse=True),
            Plan(cut_up=at, reset=reset),
            Plan(cut_down=at, reset=reset),
            Plan(cut_every=at + 700, reset=reset),
            Plan(stall_up=at),
            Plan(stall_down=at),
            Plan(corrupt_up=at),
            Plan(corrupt_down=at),
            Plan(duplicate=True, cut_down=at),
            Plan(lose=True),
            Plan(answer=rng.choice([PORTAL, REDIRECT, BUSY])),
            Plan(shape=Shape(rate=2_000_000, delay=0.002, loss=0.05)),
        ]
    )


def amend(laptop: Laptop, rng: random.Random) -> None:
    """Correct a session, of whoever of the brigade wrote it."""
    known = laptop.list("session", limit=50)
    if known:
        with contextlib.suppress(UserError):  # it had that very value
            laptop.amend(rng.choice(known).record, {"duration_s": rng.randrange(3_600)}, "se corrige")


class Storm:
    """Laptops of one brigade that work and sync through a proxy that hurts every connection."""

    def __init__(self, place: Scene, proxy: FaultProxy, rng: random.Random) -> None:
        self._place = place
        self._proxy = proxy
        self._rng = rng
        self.laptops = [place.enrolled(code, "B09") for code in LAPTOPS]

    def gust(self) -> None:
        """Somebody works, then somebody syncs, and the link does what it likes."""
        rng = self._rng
        laptop = rng.choice(self.laptops)
        record_day(laptop, rng.randrange(1, 60), seed=rng.randrange(2**32))
        amend(laptop, rng)
        self._proxy.use(*(fault(rng) for _connection in range(rng.randrange(1, 6))))
        url = f"http://{HOST}:{self._proxy.port}"
        with contextlib.suppress(ItinerantError), HttpTransport(url) as transport, impatience():
            sync(rng.choice(self.laptops), transport)
        self._proxy.release()
        for request in rng.sample(self._proxy.requests, min(2, len(self._proxy.requests))):
            with contextlib.suppress(ConnectionError):  # it was harmed, and the office hung up
                self._proxy.replay(request)
        del self._proxy.requests[:-20]
        if rng.random() < 0.05:
            self._place.app.state.partials = Partials()  # as a restart would

    def calm(self) -> None:
        """The link is good again: everybody syncs, and has everything."""
        self._proxy.use(Plan())
        for _turn in range(2):
            for laptop in self.laptops:
                with HttpTransport(f"http://{HOST}:{self._proxy.port}") as transport:
                    sync(laptop, transport)
        written = sorted(ref for laptop in self.laptops for ref in own_sessions(laptop))
        first, *others = self.laptops
        for laptop in self.laptops:
            self._place.has_exactly(laptop)
            assert sum(laptop.get(ref) is not None for ref in written) == len(written)
        for laptop in others:
            assert all(laptop.get(ref).values == first.get(ref).values for ref in written)  # type: ignore[union-attr]
            assert laptop.conflicts() == first.conflicts()

    def close(self) -> None:
        for laptop in self.laptops:
            laptop.close()


def weather(folder: Path, seed: int, gusts: Iterator[int], calm_every: int) -> None:
    """A storm of that seed."""
    with scene(folder) as place, FaultProxy(place.port) as proxy:
        storm = Storm(place, proxy, random.Random(seed))
        try:
            for gust in gusts:
                storm.gust()
                if gust % calm_every == calm_every - 1:
                    storm.calm()
            storm.calm()
        finally:
            storm.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_short_storm_loses_nothing(tmp_path: Path, seed: int) -> None:
    weather(tmp_path, seed, iter(range(8)), calm_every=4)


@pytest.mark.soak
def test_an_hour_of_storm_loses_nothing(tmp_path: Path) -> None:
    seconds = float(os.environ.get("STORM_SECONDS", "3600"))
    end = time.monotonic() + seconds
    for seed in count(random.SystemRandom().randrange(2**32)):
        print(f"storm of seed {seed}")  # told by pytest when it fails  # noqa: T201
        weather(tmp_path / str(seed), seed, iter(range(60)), calm_every=20)
        if time.monotonic() > end:
            return
