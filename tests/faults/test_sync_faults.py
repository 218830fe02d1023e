"""A sync over a link that hurts it: whatever happens, the next clean sync completes, nothing lost, nothing twice."""

import threading
from collections.abc import Iterator

import pytest
from starlette.datastructures import State

from itinerant.errors import ItinerantError, NoConnection
from itinerant.store.laptop import Laptop
from itinerant.sync import http
from itinerant.sync.http import HttpTransport
from server.api.partial import Partials
from tests.faults.proxy import BUSY, PORTAL, REDIRECT, FaultProxy, Plan
from tests.faults.scene import HOST, Scene, Watched, own_sessions, record_day, scene, sync

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


def hurt(place: Scene, laptop: Laptop, *plans: Plan) -> tuple[FaultProxy, Watched]:
    """One sync whose connections meet the plans, then a clean one. What the first came to, and the proxy."""
    with FaultProxy(place.port, *plans, Plan()) as proxy, HttpTransport(f"http://{HOST}:{proxy.port}") as transport:
        watched = Watched(transport)
        try:
            sync(laptop, watched)
        except ItinerantError:
            proxy.use(Plan())
            sync(laptop, watched)
    place.has_exactly(laptop)
    return proxy, watched


@pytest.fixture(scope="module")
def size(place: Scene, laptop: Laptop) -> tuple[int, int]:
    """Bytes both ways of a sync of three sessions, HTTP heads included; the least, since proofs grow and shrink."""
    seen = []
    for seed in range(3):
        record_day(laptop, 3, seed=seed)
        proxy, watched = hurt(place, laptop)
        assert not watched.failures
        seen.append((proxy.bytes_up, proxy.bytes_down))
    return min(up for up, _down in seen), min(down for _up, down in seen)


@pytest.mark.parametrize("reset", [False, True], ids=["end", "reset"])
@pytest.mark.parametrize("share", range(0, 101, 10))
def test_cut_anywhere_on_the_way_up(
    place: Scene, laptop: Laptop, size: tuple[int, int], share: int, reset: bool
) -> None:
    record_day(laptop, 3, seed=share)
    _proxy, watched = hurt(place, laptop, Plan(cut_up=size[0] * share // 100, reset=reset))
    assert all(error.code in {"cut", "no_network"} for error in watched.failures)


@pytest.mark.parametrize("reset", [False, True], ids=["end", "reset"])
@pytest.mark.parametrize("share", range(0, 100, 10))
def test_cut_anywhere_on_the_way_down(
    place: Scene, laptop: Laptop, size: tuple[int, int], share: int, reset: bool
) -> None:
    record_day(laptop, 3, seed=share)
    _proxy, watched = hurt(place, laptop, Plan(cut_down=size[1] * share // 100, reset=reset))
    assert [error.code for error in watched.failures] == ["cut"]


@pytest.mark.soak
@pytest.mark.parametrize("way", ["up", "down"])
def test_cut_at_every_single_byte(place: Scene, laptop: Laptop, size: tuple[int, int], way: str) -> None:
    """Up to the longest that proofs make it: a cut behind the last byte is none."""
    for byte in range(size[way == "down"] + 150):
        record_day(laptop, 1, seed=byte)
        _proxy, watched = hurt(place, laptop, Plan(cut_up=byte) if way == "up" else Plan(cut_down=byte))
        assert {error.code for error in watched.failures} <= {"cut", "no_network"}, byte


@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize("share", range(0, 100, 5))
def test_one_bit_flipped_anywhere(
    place: Scene, laptop: Laptop, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, way: str, share: int
) -> None:
    # A flipped bit in Content-Length makes one side wait for bytes that never come.
    monkeypatch.setattr(http, "_IDLE_S", 0.2)
    record_day(laptop, 3, seed=share)
    up, down = (whole * share // 100 for whole in size)
    hurt(place, laptop, Plan(corrupt_up=up) if way == "up" else Plan(corrupt_down=down))


def test_what_is_left_of_a_request_that_was_counted_short_answers_no_other(
    place: Scene, laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_IDLE_S", 0.2)
    record_day(laptop, 3, seed=1)
    proxy, _watched = hurt(place, laptop)
    head, _found, _body = proxy.requests[0].partition(b"\r\n\r\n")
    for byte in range(head.index(b"Content-Length"), len(head) + 4):
        record_day(laptop, 1, seed=byte)
        hurt(place, laptop, Plan(corrupt_up=byte))


@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize("share", [0, 10, 50, 90])
def test_a_stall_that_ends_is_only_slow(
    place: Scene, laptop: Laptop, size: tuple[int, int], way: str, share: int
) -> None:
    record_day(laptop, 3, seed=share)
    up, down = (whole * share // 100 for whole in size)
    plan = Plan(stall_up=up) if way == "up" else Plan(stall_down=down)
    with FaultProxy(place.port, plan) as proxy, HttpTransport(f"http://{HOST}:{proxy.port}") as transport:
        watched = Watched(transport)
        work = threading.Thread(target=sync, args=(laptop, watched))
        work.start()
        assert proxy.stalled.wait(30)
        proxy.release()
        work.join()
    assert not watched.failures
    place.has_exactly(laptop)


@pytest.mark.parametrize("way", ["up", "down"])
def test_what_a_stall_held_arrives_after_its_repetition(
    place: Scene, laptop: Laptop, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(http, "_IDLE_S", 0.2)
    record_day(laptop, 3, seed=1)
    plan = Plan(stall_up=size[0] // 2) if way == "up" else Plan(stall_down=size[1] // 2)
    with FaultProxy(place.port, plan, Plan()) as proxy, HttpTransport(f"http://{HOST}:{proxy.port}") as transport:
        watched = Watched(transport)
        sync(laptop, watched)
        assert [error.code for error in watched.failures] == ["timeout"]
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
            assert proxy.replay(request).startswith(b"HTTP/1.1 20")
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
    _proxy, watched = hurt(place, laptop, plan)
    (error,) = watched.failures
    assert isinstance(error, NoConnection)
    assert error.code in codes.split()
    assert error.retry_after == (1 if codes == "busy" else None)
    assert error.next_step


def test_a_cut_receipt_is_fetched_from_where_it_broke(place: Scene, laptop: Laptop, size: tuple[int, int]) -> None:
    record_day(laptop, 3, seed=1)
    cut = size[1] - 20
    proxy, _watched = hurt(place, laptop, Plan(cut_down=cut))
    assert len(proxy.requests[1]) < 100, "a question of one line, not the parcel again"
    assert proxy.bytes_down - cut < size[1] * 2 // 3, "the rest under a head of its own, not the receipt again"


def carried(place: Scene, laptop: Laptop, plan: Plan) -> int:
    """Bytes, both ways, that it took to sync over a link of that plan."""
    with FaultProxy(place.port, plan) as proxy, HttpTransport(f"http://{HOST}:{proxy.port}") as transport:
        sync(laptop, transport, tries=20)
        assert laptop.sync_state.received_upto == laptop.head.seq
    return proxy.carried


@pytest.fixture(scope="module")
def clean(place: Scene) -> int:
    """Bytes that a thousand sessions take over a good link."""
    with place.enrolled("CLEAN", "B02") as laptop:
        record_day(laptop, 1_000, seed=8)
        return carried(place, laptop, Plan())


@pytest.mark.parametrize(("every", "wasted"), [(1 * KIB, 0.5), (2 * KIB, 0.25), (8 * KIB, 0.1), (64 * KIB, 0.01)])
def test_a_link_cut_again_and_again_wastes_little(place: Scene, clean: int, every: int, wasted: float) -> None:
    with place.enrolled(f"CUT{every // KIB:02}", f"B1{every // KIB:02}") as laptop:
        record_day(laptop, 1_000, seed=8)
        before = laptop.tries.today.total
        took = carried(place, laptop, Plan(cut_every=every))
        counted = laptop.tries.today.total - before
        place.has_exactly(laptop)
    assert took - clean < wasted * took, f"{took} bytes instead of {clean}"
    assert 0.9 * took < counted < 1.5 * took, f"{counted} bytes counted of {took}"


def test_what_others_wrote_comes_over_a_link_cut_again_and_again(place: Scene) -> None:
    writer, reader, other = (place.enrolled(f"PULL{n}", "B03") for n in range(3))
    with writer, reader, other:
        for laptop in (reader, other):
            carried(place, laptop, Plan())
        record_day(writer, 400, seed=9)
        carried(place, writer, Plan())
        clean, took = carried(place, reader, Plan()), carried(place, other, Plan(cut_every=8 * KIB))
        wanted = own_sessions(writer)
        assert all(other.get(ref) == reader.get(ref) is not None for ref in wanted)
    assert took - clean < 0.15 * took, f"{took} bytes instead of {clean}"


@pytest.fixture
def halves(place: Scene) -> Iterator[State]:
    """Where the office keeps its halves, put back in the end."""
    before = place.app.state.partials
    yield place.app.state
    place.app.state.partials = before


def test_an_office_that_keeps_no_halves_is_reached_with_smaller_parcels(place: Scene, halves: State) -> None:
    halves.partials = Partials(entries=0)
    with place.enrolled("HALF0", "B04") as laptop:
        record_day(laptop, 300, seed=10)
        carried(place, laptop, Plan(cut_every=4 * KIB))
        place.has_exactly(laptop)


def test_halves_that_are_forgotten_meanwhile_cost_a_repetition(place: Scene, halves: State) -> None:
    with place.enrolled("HALF1", "B05") as laptop:
        record_day(laptop, 300, seed=11)
        plans = [Plan(cut_up=2 * KIB), Plan(stall_up=0), Plan()]
        with FaultProxy(place.port, *plans) as proxy, HttpTransport(f"http://{HOST}:{proxy.port}") as transport:
            work = threading.Thread(target=sync, args=(laptop, transport))
            work.start()
            assert proxy.stalled.wait(30)  # it asks how far the parcel came
            halves.partials = Partials()
            proxy.release()
            work.join()
        place.has_exactly(laptop)
