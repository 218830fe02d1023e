"""The same link under TLS: cut, held and cancelled in the middle of what is encrypted."""

import threading
from collections.abc import Iterator

import pytest

from itinerant.errors import ItinerantError
from itinerant.store.laptop import Laptop
from itinerant.sync import engine
from itinerant.sync.http import HttpTransport
from tests.faults.proxy import FaultProxy, Plan
from tests.faults.scene import AT_ONCE, Scene, Watched, record_day, scene, sync
from tests.sync.test_http import certificate


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("tls")
    path = certificate(folder, (-1, 1))
    with pytest.MonkeyPatch.context() as patch, scene(folder, path) as place:
        patch.setenv("SSL_CERT_FILE", str(path))
        yield place


@pytest.fixture(scope="module")
def laptop(place: Scene) -> Iterator[Laptop]:
    with place.enrolled("LOR07") as laptop:
        yield laptop


@pytest.mark.parametrize(
    "plan",
    [
        Plan(cut_up=300),
        Plan(cut_up=1_500, reset=True),
        Plan(cut_down=700),
        Plan(cut_down=2_000),
        Plan(corrupt_down=1_500),
    ],
    ids=["hello", "parcel", "handshake", "receipt", "flipped"],
)
def test_a_link_that_breaks_inside_tls_costs_a_repetition(place: Scene, laptop: Laptop, plan: Plan) -> None:
    record_day(laptop, 3, seed=1)
    with FaultProxy(place.port, plan, Plan()) as proxy, HttpTransport(place.url(proxy.port)) as transport:
        watched = Watched(transport)
        try:
            sync(laptop, watched)
        except ItinerantError:  # what is not the office is not tried again by itself
            sync(laptop, watched)
    place.has_exactly(laptop)
    assert all(error.safe and error.next_step for error in watched.failures)


@pytest.mark.parametrize("plan", [Plan(stall_up=100), Plan(stall_down=100), Plan(stall_up=1_500)])
def test_a_sync_that_hangs_inside_tls_stops_when_it_is_told(place: Scene, laptop: Laptop, plan: Plan) -> None:
    record_day(laptop, 3, seed=2)
    stop = threading.Event()
    reports = []
    with FaultProxy(place.port, plan) as proxy:
        with HttpTransport(place.url(proxy.port), cancelled=stop.is_set) as transport:

            def work() -> None:
                reports.append(engine.sync(laptop, transport, cancelled=stop.is_set, clock=AT_ONCE))

            thread = threading.Thread(target=work)
            thread.start()
            assert proxy.stalled.wait(30)
            stop.set()
            thread.join(5)  # connecting and reading wait for 20 and 30 seconds
            assert not thread.is_alive()
        proxy.release()
    assert reports[0].stopped
    with HttpTransport(place.url(place.port)) as transport:
        sync(laptop, transport)
    place.has_exactly(laptop)
