"""The bad link has the shape that it was given: exactly in virtual time, within reason in real time."""

import random
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.faults.lane import MOUNTAIN_PASS, Lane, Shape
from tests.faults.link import Link, bad_link, unavailable

SERVER = """
import socket, sys
with socket.create_server((sys.argv[1], 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        with connection:
            size = 0
            while part := connection.recv(65_536):
                size += len(part)
            connection.sendall(b"%d" % size)
"""
CLIENT = """
import socket, sys, time
host, port = sys.argv[1].removeprefix("http://").split(":")
start = time.monotonic()
with socket.create_connection((host, int(port)), timeout=60) as connection:
    connected = time.monotonic()
    connection.sendall(bytes(int(sys.argv[2])))
    connection.shutdown(socket.SHUT_WR)
    size = b"".join(iter(lambda: connection.recv(100), b""))
print(connected - start, time.monotonic() - start, size.decode())
"""
# A machine that is busy with other things may be late, never early.
LATE = 10.0


def test_the_wire_takes_its_time_and_keeps_the_order() -> None:
    lane = Lane(Shape(rate=8_000, delay=0.25), seed=0)
    assert [lane.offer(now, 500) for now in (10.0, 10.0, 10.1, 20.0)] == [10.75, 11.25, 11.75, 20.75]


def test_a_full_queue_drops_what_comes_and_takes_more_once_it_drains() -> None:
    lane = Lane(Shape(rate=8_000, queue=1_000), seed=0)
    assert [lane.offer(0.0, 500) for _ in range(3)] == [0.5, 1.0, None]
    assert lane.offer(0.5, 500) == 1.5
    assert lane.lost == 1


def test_loss_comes_as_often_as_asked_and_the_same_in_every_run() -> None:
    lanes = [Lane(Shape(loss=0.02), seed=7) for _ in range(2)]
    fates = [[lane.offer(0.0, 100) for _ in range(20_000)] for lane in lanes]
    assert fates[0] == fates[1]
    assert 300 <= lanes[0].lost <= 500


def test_a_segment_that_insists_arrives_later_by_its_losses() -> None:
    seed = next(seed for seed in range(100) if random.Random(seed).random() < 0.5)  # the first one is lost
    lane = Lane(Shape(delay=0.3, loss=0.5), seed)
    arrival = lane.insist(0.0, 100)
    assert lane.lost >= 1
    assert arrival == pytest.approx(0.3 + 1.2 * lane.lost)


# Where namespaces cannot be had, the proxy is all that there is, and its shape is tested here in both cases.
@pytest.fixture(params=[False] if unavailable() else [True, False], ids=lambda real: "kernel" if real else "proxy")
def link(request: pytest.FixtureRequest) -> Iterator[Link]:
    with bad_link(Shape(), namespaces=request.param) as link:
        yield link


@pytest.fixture
def url(link: Link) -> Iterator[str]:
    command = [*link.office, sys.executable, "-c", SERVER, link.host]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield link.url(int(server.stdout.readline()))
        server.terminate()


def send(link: Link, url: str, size: int) -> tuple[float, float]:
    """Seconds to connect, and for the whole conversation, as the laptop's side measured them."""
    command = [*link.laptop, sys.executable, "-c", CLIENT, url, str(size)]
    connected, whole, seen = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=90
    ).stdout.split()
    assert int(seen) == size
    return float(connected), float(whole)


def test_a_perfect_link_adds_next_to_nothing(link: Link, url: str) -> None:
    assert send(link, url, 1_000_000)[1] < LATE


def test_a_round_trip_takes_twice_the_delay(link: Link, url: str) -> None:
    link.reshape(Shape(delay=0.15))
    connected, whole = send(link, url, 100)
    assert 0.6 <= whole < 0.6 + LATE
    if link.laptop:  # over the proxy, connecting is paid with the first bytes
        assert 0.3 <= connected < 0.3 + LATE


def test_the_rate_bounds_what_gets_through(link: Link, url: str) -> None:
    link.reshape(Shape(rate=256_000))
    assert 1.0 <= send(link, url, 32_000)[1] < 1.0 + LATE
    assert 32_000 <= link.bytes_up < 36_000
    assert 5 <= link.bytes_down < 4_000


def test_everything_arrives_in_spite_of_loss(link: Link, url: str) -> None:
    link.reshape(Shape(rate=1_000_000, delay=0.02, loss=0.1, queue=32_768))
    send(link, url, 200_000)


def test_the_shape_of_the_field_is_the_one_promised() -> None:
    assert (MOUNTAIN_PASS.rate, MOUNTAIN_PASS.round_trip, MOUNTAIN_PASS.loss) == (64_000, 0.6, 0.02)


def test_a_namespace_ends_with_its_link() -> None:
    with bad_link(Shape()) as link:
        prefix = link.laptop
        if prefix:
            addresses = subprocess.run([*prefix, "ip", "-brief", "address"], check=True, capture_output=True, text=True)
            assert "192.0.2.1/24" in addresses.stdout
    if prefix:
        assert subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode != 0
