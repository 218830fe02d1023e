"""The proxy does what its plans say, to the byte."""

import http.client
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.faults.proxy import BUSY, HOST, PORTAL, REDIRECT, FaultProxy, Plan
from tests.faults.upstream import Office, Sink, office

BODY = b"una jornada de trabajo"
REQUEST = b"POST /v1/sync HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nsaw %s" % (len(BODY) + 4, BODY)
FLOW = bytes(range(256)) * 40


@pytest.fixture
def upstream() -> Iterator[Office]:
    with office() as server:
        yield server


def talk(port: int, *requests: bytes) -> bytes:
    """Everything that one connection answers to these bytes until it ends."""
    received = b""
    with socket.create_connection((HOST, port), timeout=30) as connection:
        for number, request in enumerate(requests, 1):
            connection.sendall(request)
            while len(received) < number * len(ANSWER) and (part := connection.recv(65_536)):
                received += part
    return received


def post(port: int, body: bytes = BODY) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    try:
        connection.request("POST", "/v1/sync", body)
        response = connection.getresponse()
        response.body = response.read()  # type: ignore[attr-defined]
        return response
    finally:
        connection.close()


def test_a_plan_without_faults_carries_everything_and_counts_every_byte(upstream: Office) -> None:
    with FaultProxy(upstream.port) as proxy:
        assert talk(proxy.port, REQUEST, REQUEST) == ANSWER * 2
        assert talk(proxy.port, REQUEST) == ANSWER
    assert (proxy.bytes_up, proxy.bytes_down, proxy.connections) == (3 * len(REQUEST), 3 * len(ANSWER), 3 - 1)
    assert proxy.requests == [REQUEST] * 3


@pytest.mark.parametrize("size", [0, 1, 1447, 1448, 4096, len(FLOW) - 1, len(FLOW)])
def test_a_cut_on_the_way_up_lets_exactly_so_many_bytes_arrive(size: int) -> None:
    sink = Sink()
    with FaultProxy(sink.port, Plan(cut_up=size)) as proxy:
        sender = threading.Thread(target=_push, args=(proxy.port, FLOW))
        sender.start()
        assert sink.read() == FLOW[:size]
        sender.join()
    assert proxy.bytes_up == size


def _push(port: int, data: bytes) -> None:
    """Send and wait for the end, whatever it looks like."""
    with socket.create_connection((HOST, port), timeout=30) as connection:
        try:
            connection.sendall(data)
            connection.recv(1)
        except ConnectionError:
            pass


@pytest.mark.parametrize("size", [0, 1, len(ANSWER) // 2, len(ANSWER) - 1, len(ANSWER)])
def test_a_cut_on_the_way_down_lets_exactly_so_many_bytes_arrive(upstream: Office, size: int) -> None:
    with FaultProxy(upstream.port, Plan(cut_down=size)) as proxy:
        assert talk(proxy.port, REQUEST) == ANSWER[:size]
    assert (proxy.bytes_down, upstream.bodies) == (size, [BODY])


def test_a_cut_can_show_as_a_reset(upstream: Office) -> None:
    with FaultProxy(upstream.port, Plan(cut_down=0, reset=True)) as proxy, pytest.raises(ConnectionResetError):
        talk(proxy.port, REQUEST)


def test_a_cut_every_so_many_bytes_counts_all_connections_and_both_ways(upstream: Office) -> None:
    every = len(REQUEST) + len(ANSWER) + 7
    with FaultProxy(upstream.port, Plan(cut_every=every)) as proxy:
        assert talk(proxy.port, REQUEST, REQUEST) == ANSWER  # the second request is cut after 7 bytes
        assert proxy.carried == every
        assert talk(proxy.port, REQUEST, REQUEST) == ANSWER
        assert proxy.carried == 2 * every


def test_a_stall_lasts_until_the_test_ends_it(upstream: Office) -> None:
    with FaultProxy(upstream.port, Plan(stall_up=10), Plan(stall_down=10)) as proxy:
        for _ in range(2):
            replies: list[bytes] = []
            sender = threading.Thread(target=lambda: replies.append(talk(proxy.port, REQUEST)))  # noqa: B023
            sender.start()
            assert proxy.stalled.wait(30)
            if not upstream.bodies:
                assert proxy.bytes_up == 10
            else:
                assert proxy.bytes_down == len(ANSWER) + 10
            assert sender.is_alive()
            proxy.release()
            sender.join()
            assert replies == [ANSWER]


def test_a_refused_connection_is_reset_and_the_next_plan_follows(upstream: Office) -> None:
    with FaultProxy(upstream.port, Plan(refuse=True), Plan()) as proxy:
        with pytest.raises(ConnectionError):
            post(proxy.port)
        assert post(proxy.port).status == 200
        assert post(proxy.port).status == 200
        proxy.use(Plan(refuse=True))
        with pytest.raises(ConnectionError):
            post(proxy.port)
    assert upstream.bodies == [BODY, BODY]


def test_a_duplicate_reaches_the_office_and_not_the_laptop(upstream: Office) -> None:
    with FaultProxy(upstream.port, Plan(duplicate=True)) as proxy:
        assert talk(proxy.port, REQUEST) == ANSWER
    assert upstream.bodies == [BODY, BODY]
    assert (proxy.bytes_up, proxy.bytes_down) == (len(REQUEST), len(ANSWER))


def test_a_lost_request_can_arrive_late_and_out_of_order(upstream: Office) -> None:
    with FaultProxy(upstream.port, Plan(lose=True), Plan()) as proxy:
        assert talk(proxy.port, REQUEST) == b""
        assert post(proxy.port, b"later").status == 200
        assert proxy.replay(proxy.requests[0]) == ANSWER
    assert upstream.bodies == [b"later", BODY]


def test_one_bit_changes_at_the_offset_and_nothing_else(upstream: Office) -> None:
    start = len(REQUEST) - len(BODY)
    with FaultProxy(upstream.port, Plan(corrupt_up=start + 4), Plan(corrupt_down=len(ANSWER) - 1)) as proxy:
        assert talk(proxy.port, REQUEST)[-len(BODY) :] == BODY[:4] + bytes([BODY[4] ^ 1]) + BODY[5:]
        assert upstream.bodies == [BODY[:4] + bytes([BODY[4] ^ 1]) + BODY[5:]]
        assert talk(proxy.port, REQUEST) == ANSWER[:-1] + bytes([ANSWER[-1] ^ 1])


@pytest.mark.parametrize(
    ("canned", "status", "header"),
    [
        (PORTAL, 200, ("Content-Type", "text/html")),
        (REDIRECT, 302, ("Location", None)),
        (BUSY, 503, ("Retry-After", "1")),
    ],
)
def test_somebody_else_answers(upstream: Office, canned: bytes, status: int, header: tuple[str, str | None]) -> None:
    with FaultProxy(upstream.port, Plan(answer=canned)) as proxy:
        response = post(proxy.port)
    assert response.status == status
    assert response.headers[header[0]] == header[1] if header[1] else header[0] in response.headers
    assert (upstream.bodies, proxy.bytes_down) == ([], len(canned))


def test_without_an_office_behind_it_the_connection_ends() -> None:
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    with FaultProxy(port) as proxy:
        assert talk(proxy.port, b"") == b""
