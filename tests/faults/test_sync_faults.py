"""A sync over a link that hurts it: whatever happens, the next clean sync completes, nothing lost, nothing twice."""

import threading
from collections.abc import Iterator

import pytest

from itinerant.errors import ItinerantError, NoConnection
from itinerant.store.laptop import Laptop
from itinerant.sync import http
from itinerant.sync.http import HttpTransport
from tests.faults.proxy import BUSY, PORTAL, REDIRECT, FaultProxy, Plan
from tests.faults.scene import HOST, Counted, Scene, record_day, scene, sync

KIB = 1024


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("faults")) as place:
        yield place


@pytest.fixture(scope="module")
def laptop(place: Scene) -> Iterator[Laptop]:
    with place.enrolled("LOR07") as laptop:
        record_day(laptop, 1, seed=0)
        with HttpTransport(f"http://{HOST}:{place.port}") as transport:
            sync(laptop, transport)
        yield laptop


def hurt(place: Scene, laptop: Laptop, *plans: Plan) -> tuple[FaultProxy, Counted]:
    """One sync whose connections meet the plans, then a clean one. What the first came to, and the proxy."""
    with FaultProxy(place.port, *plans, Plan()) as proxy, HttpTransport(f"http://{HOST}:{proxy.port}") as transport:
        counted = Counted(transport)
        try:
            sync(laptop, counted)
        except ItinerantError:
            proxy.use(Plan())
            sync(laptop, counted)
    place.has_exactly(laptop)
    return proxy, counted


@pytest.fixture(scope="module")
def size(place: Scene, laptop: Laptop) -> tuple[int, int]:
    """Bytes both ways of a sync of three sessions, HTTP heads included."""
    record_day(laptop, 3, seed=1)
    proxy, counted = hurt(place, laptop)
    assert not counted.failures
    return proxy.bytes_up, proxy.bytes_down


@pytest.mark.parametrize("reset", [False, True], ids=["end", "reset"])
@pytest.mark.parametrize("share", range(0, 101, 5))
def test_cut_anywhere_on_the_way_up(
    place: Scene, laptop: Laptop, size: tuple[int, int], share: int, reset: bool
) -> None:
    record_day(laptop, 3, seed=share)
    _proxy, counted = hurt(place, laptop, Plan(cut_up=size[0] * share // 100, reset=reset))
    assert all(error.code in {"cut", "no_network"} for error in counted.failures)


@pytest.mark.parametrize("reset", [False, True], ids=["end", "reset"])
@pytest.mark.parametrize("share", range(0, 100, 5))
def test_cut_anywhere_on_the_way_down(
    place: Scene, laptop: Laptop, size: tuple[int, int], share: int, reset: bool
) -> None:
    record_day(laptop, 3, seed=share)
    _proxy, counted = hurt(place, laptop, Plan(cut_down=size[1] * share // 100, reset=reset))
    assert [error.code for error in counted.failures] == ["cut"]


@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize("share", range(0, 100, 3))
def test_one_bit_flipped_anywhere(
    place: Scene, laptop: Laptop, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, way: str, share: int
) -> None:
    # A flipped bit in Content-Length makes one side wait for bytes that never come.
    monkeypatch.setattr(http, "_IDLE_S", 0.2)
    record_day(laptop, 3, seed=share)
    up, down = (whole * share // 100 for whole in size)
    hurt(place, laptop, Plan(corrupt_up=up) if way == "up" else Plan(corrupt_down=down))


@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize("share", [0, 10, 50, 90])
def test_a_stall_that_ends_is_only_slow(
    place: Scene, laptop: Laptop, size: tuple[int, int], way: str, share: int
) -> None:
    record_day(laptop, 3, seed=share)
    up, down = (whole * share // 100 for whole in size)
    plan = Plan(stall_up=up) if way == "up" else Plan(stall_down=down)
    with FaultProxy(place.port, plan) as proxy, HttpTransport(f"http://{HOST}:{proxy.port}") as transport:
        counted = Counted(transport)
        work = threading.Thread(target=sync, args=(laptop, counted))
        work.start()
        assert proxy.stalled.wait(30)
        proxy.release()
        work.join()
    assert not counted.failures
    place.has_exactly(laptop)


@pytest.mark.parametrize("way", ["up", "down"])
def test_what_a_stall_held_arrives_after_its_repetition(
    place: Scene, laptop: Laptop, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(http, "_IDLE_S", 0.2)
    record_day(laptop, 3, seed=1)
    plan = Plan(stall_up=size[0] // 2) if way == "up" else Plan(stall_down=size[1] // 2)
    with FaultProxy(place.port, plan, Plan()) as proxy, HttpTransport(f"http://{HOST}:{proxy.port}") as transport:
        counted = Counted(transport)
        sync(laptop, counted)
        assert [error.code for error in counted.failures] == ["timeout"]
        proxy.release()
        proxy.replay(proxy.requests[0])
    place.has_exactly(laptop)


def test_requests_twice_and_out_of_order(place: Scene, laptop: Laptop) -> None:
    record_day(laptop, 3, seed=1)
    hurt(place, laptop, Plan(duplicate=True))
    record_day(laptop, 3, seed=2)
    with FaultProxy(place.port, Plan(lose=True), Plan()) as proxy:
        with HttpTransport(f"http://{HOST}:{proxy.port}") as transport:
            sync(laptop, transport)
        record_day(laptop, 3, seed=3)
        with HttpTransport(f"http://{HOST}:{proxy.port}") as transport:
            sync(laptop, transport)
        for request in reversed(proxy.requests):
            assert proxy.replay(request).startswith(b"HTTP/1.1 200 ")
    place.has_exactly(laptop)


@pytest.mark.parametrize(
    ("plan", "codes"),
    [
        (Plan(refuse=True), "cut no_network"),  # the reset may be seen while connecting or later
        (Plan(answer=PORTAL), "portal"),
        (Plan(answer=REDIRECT), "portal"),
        (Plan(answer=BUSY), "busy"),
        (Plan(lose=True), "cut"),
    ],
    ids=["refused", "portal", "redirect", "busy", "lost"],
)
def test_somebody_else_answers_or_nobody(place: Scene, laptop: Laptop, plan: Plan, codes: str) -> None:
    record_day(laptop, 3, seed=1)
    _proxy, counted = hurt(place, laptop, plan)
    (error,) = counted.failures
    assert isinstance(error, NoConnection)
    assert error.code in codes.split()
    assert error.retry_after == (1 if codes == "busy" else None)
    assert error.next_step


@pytest.mark.parametrize("every", [64 * KIB])
def test_a_link_cut_again_and_again_still_carries_a_campaign(place: Scene, every: int) -> None:
    with place.enrolled(f"CUT{every // KIB:02}") as laptop:
        record_day(laptop, 1_000, seed=every)
        plan = Plan(cut_every=every)
        with FaultProxy(place.port, plan) as proxy, HttpTransport(f"http://{HOST}:{proxy.port}") as transport:
            counted = Counted(transport)
            sync(laptop, counted, tries=20)
        place.has_exactly(laptop)
        wasted = proxy.carried - counted.useful
        assert wasted < proxy.carried / 4, f"{wasted} of {proxy.carried} bytes"
