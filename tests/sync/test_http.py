"""HTTP: who answered, and what each way of failing means."""

import datetime
import ipaddress
import json
import socket
import ssl
import threading
from contextlib import contextmanager
from email.utils import format_datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from itinerant.errors import Damaged, Move, NoConnection, Refused
from itinerant.sync import http, outcomes, retry
from itinerant.sync.engine import Cut
from itinerant.sync.http import ENROL, HttpTransport
from itinerant.sync.outcomes import WrongClock
from itinerant.sync.retry import Stopped

DAY_MS = 86_400_000

RECEIPT = b"ITR1 and the rest"
OURS = "application/octet-stream"


def reply(status="200 OK", body=RECEIPT, kind=OURS, **headers):
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", f"content-type: {kind}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def words(status, **fields):
    value = {"code": "unknown_device", "sentence": "No la conoce.", "next_step": "Pida un código.", **fields}
    return reply(status, json.dumps(value).encode(), "application/json")


@contextmanager
def server(*answers, context=None):
    """Answers each connection once, with the bytes given; keeps the requests."""
    requests = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        for answer in answers:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    wrapped = context.wrap_socket(connection, server_side=True) if context else connection
                    with wrapped:
                        requests.append(read_request(wrapped))
                        wrapped.sendall(answer)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], requests
    finally:
        listener.close()
        thread.join(5)


def read_request(connection):
    data = some(connection)
    while b"\r\n\r\n" not in data:
        data += some(connection)
    head, _blank, body = data.partition(b"\r\n\r\n")
    sizes = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    while len(body) < int(sizes[0] if sizes else 0):
        body += some(connection)
    return head, body


def some(connection):
    """What comes next; raises `ConnectionError` at the end."""
    data = connection.recv(65_536)
    if not data:
        raise ConnectionError
    return data


def exchange(port, data=b"ITP1 parcel", timeout_s=10.0, host="127.0.0.1", **options):
    with HttpTransport(f"http://{host}:{port}", **options) as transport:
        return transport.exchange(data, timeout_s=timeout_s)


def fails(answer):
    with server(answer) as (port, _requests), pytest.raises((NoConnection, Refused, Damaged)) as caught:
        exchange(port)
    return caught.value


def test_a_parcel_goes_and_a_receipt_comes_with_every_byte_counted():
    answer = reply()
    with server(answer) as (port, requests):
        got = exchange(port)
    head, body = requests[0]
    assert head.startswith(b"POST /v1/sync HTTP/1.1\r\n")
    assert body == b"ITP1 parcel"
    assert got.data == RECEIPT
    assert got.bytes_up == len(head) + 4 + len(body)
    assert got.bytes_down == len(answer)
    assert len(head) < 150


def test_enrolment_has_its_own_address():
    with server(reply()) as (port, requests):
        exchange(port, path=ENROL)
    assert requests[0][0].startswith(b"POST /v1/enrol ")


def test_the_office_s_own_words_are_kept():
    error = fails(words("403 Forbidden"))
    assert isinstance(error, Refused)
    assert (error.code, error.sentence, error.next_step) == ("unknown_device", "No la conoce.", "Pida un código.")


def test_bytes_that_did_not_arrive_as_signed_are_damaged():
    assert isinstance(fails(words("400 Bad Request", code="signature")), Damaged)


@pytest.mark.parametrize(("given", "seconds"), [("7", 7), ("Wed, 21 Oct 2026 07:28:40 GMT", 10), ("soon", None)])
def test_a_busy_office_says_how_long(given, seconds):
    answer = reply("503 Busy", b"", date="Wed, 21 Oct 2026 07:28:30 GMT", retry_after=given)
    error = fails(answer)
    assert (error.code, error.retry_after) == ("busy", seconds)


@pytest.mark.parametrize(
    "answer",
    [
        reply(body=b"<html>Compre megas</html>", kind="text/html"),
        reply("302 Found", b"", location="http://portal.invalid/"),
        reply("404 Not Found", b"<html>", kind="text/html"),
        reply("403 Forbidden", b"[1]", "application/json"),
        reply("403 Forbidden", b"{", "application/json"),
        reply("403 Forbidden", b"{}", "application/json"),
        reply(body=b""),
    ],
    ids=["page", "redirect", "404", "list", "cut", "empty", "nothing"],
)
def test_what_is_not_the_office_is_told_as_such(answer):
    error = fails(answer)
    assert isinstance(error, NoConnection)
    assert error.code == "portal"


def test_an_office_that_fails_is_retried():
    assert fails(reply("500 Oops", b"{}", "application/json")).code == "office_failed"


def test_an_answer_cut_half_way_is_a_cut():
    assert fails(reply()[:-5]).code == "cut"


def test_an_answer_without_end_is_left():
    error = fails(reply(body=bytes(1 << 21)))
    assert error.code == "portal"


def test_nobody_listening_is_told():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NoConnection) as caught:
        exchange(port)
    assert caught.value.code == "down"


@pytest.mark.parametrize(("number", "code"), [(socket.EAI_AGAIN, "no_network"), (socket.EAI_NONAME, "name")])
def test_no_network_is_told_from_a_name_that_nobody_knows(monkeypatch, number, code):
    def lost(*_arguments, **_named):
        raise socket.gaierror(number, "no")

    monkeypatch.setattr(socket, "getaddrinfo", lost)
    with pytest.raises(NoConnection) as caught:
        exchange(80, host="office.test")
    assert caught.value.code == code
    assert caught.value.spent == (0, 0)


def test_an_exchange_that_takes_too_long_is_given_up():
    with server(reply()) as (port, _requests), pytest.raises(NoConnection) as caught:
        exchange(port, timeout_s=-1)
    assert caught.value.code == "timeout"


@pytest.mark.parametrize("url", ["", "office", "ftp://office", "http://", "file:///etc/passwd", "http://[::1"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(Refused):
        HttpTransport(url)


# -- TLS


def certificate(folder, days, name="127.0.0.1"):
    """A self-signed certificate valid from `days[0]` to `days[1]` from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "office")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "office.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def over_tls(path, *answers, trust=True, **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with (
        pytest.MonkeyPatch.context() as patch,
        server(*answers, context=context) as (port, _requests),
    ):
        if trust:
            patch.setenv("SSL_CERT_FILE", str(path))
        with HttpTransport(f"https://127.0.0.1:{port}", **options) as transport:
            return transport.exchange(b"ITP1", timeout_s=10)


def told_by_tls(*given, **options):
    with pytest.raises(NoConnection) as caught:
        over_tls(*given, **options)
    return caught.value


def date(days):
    """The head line that tells a time so many days from now."""
    return format_datetime(datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days), usegmt=True)


def test_a_good_certificate_passes(tmp_path):
    assert over_tls(certificate(tmp_path, (-1, 1)), reply()).data == RECEIPT


def test_a_clock_twenty_years_behind_is_told_with_what_the_office_says(tmp_path):
    error = told_by_tls(certificate(tmp_path, (7_300, 7_310)), b"", reply(date=date(7_305)))
    assert isinstance(error, WrongClock)
    assert (error.code, error.move) == ("tls_clock", Move.ASK)
    assert "atrasado 20 años" in error.sentence
    assert abs(error.ahead_ms + 7_305 * DAY_MS) < 60_000


def test_a_clock_ahead_is_told_too(tmp_path):
    error = told_by_tls(certificate(tmp_path, (-40, -30)), b"", reply(date=date(-35)))
    assert error.code == "tls_clock"
    assert "adelantado 35 días" in error.sentence


@pytest.mark.parametrize("days", [(-9, -1), (1, 9)], ids=["expired", "not yet"])
@pytest.mark.parametrize("answers", [[], [reply(date=date(0))], [reply(date="whenever")]], ids=["none", "ours", "odd"])
def test_a_certificate_out_of_its_time_under_a_good_clock_is_the_office_s_to_mend(tmp_path, monkeypatch, days, answers):
    monkeypatch.setattr(http, "_CONNECT_S", 0.3)  # nobody takes the question
    assert told_by_tls(certificate(tmp_path, days), b"", *answers).code == "tls_expired"


def test_the_rescue_leaves_out_the_dates_and_nothing_else(tmp_path):
    path = certificate(tmp_path, (7_300, 7_310))
    now = int(datetime.datetime.now(datetime.UTC).timestamp() * 1_000)
    assert over_tls(path, reply(), trusted_since=now).data == RECEIPT
    assert told_by_tls(path, reply(), trust=False, trusted_since=now).code == "tls_certificate"
    other = certificate(tmp_path, (7_300, 7_310), name="10.9.9.9")
    assert told_by_tls(other, reply(), trusted_since=now).code == "tls_certificate"


def test_the_rescue_refuses_a_certificate_that_ended_before_the_office_last_signed_a_time(tmp_path):
    now = int(datetime.datetime.now(datetime.UTC).timestamp() * 1_000)
    path = certificate(tmp_path, (-40, -30))
    assert told_by_tls(path, reply(), trusted_since=now - 29 * DAY_MS).code == "tls_certificate"
    assert over_tls(path, reply(), trusted_since=now - 31 * DAY_MS).data == RECEIPT


def test_an_unknown_authority_and_a_wrong_name_are_not_the_office(tmp_path):
    assert told_by_tls(certificate(tmp_path, (-1, 1)), reply(), trust=False).code == "tls_certificate"
    assert told_by_tls(certificate(tmp_path, (-1, 1), name="10.9.9.9"), reply()).code == "tls_certificate"


def test_a_server_without_tls_under_a_tls_address_is_not_the_office():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet():
            connection, _address = listener.accept()
            with connection:
                connection.sendall(b"220 mail.invalid\r\n")
                connection.recv(65_536)

        thread = threading.Thread(target=greet)
        thread.start()
        port = listener.getsockname()[1]
        with HttpTransport(f"https://127.0.0.1:{port}") as transport, pytest.raises(NoConnection) as caught:
            transport.exchange(b"ITP1", timeout_s=10)
        thread.join()
    assert caught.value.code == "tls"


# -- cancelling


def held(listener, size):
    """Take a connection and answer with `size` bytes of a receipt, then nothing more."""
    connection, _address = listener.accept()
    read_request(connection)
    connection.sendall(reply()[:size])
    return connection


@pytest.mark.parametrize("size", [0, 10, len(reply()) - 3], ids=["no answer", "half a head", "half a receipt"])
def test_whoever_cancels_a_stalled_exchange_is_heard_at_once(size):
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = []
        office = threading.Thread(target=lambda: (taken.append(held(listener, size)), stop.set()))
        office.start()
        port = listener.getsockname()[1]
        transport = HttpTransport(f"http://127.0.0.1:{port}", cancelled=stop.is_set)
        with transport, pytest.raises(Stopped) as caught:
            transport.exchange(b"ITP1 parcel", timeout_s=60)
        office.join()
        taken[0].settimeout(5)
        assert taken[0].recv(10) == b"", "the connection is over, not left open"
        taken[0].close()
    assert caught.value.spent[0] > 100
    assert caught.value.spent[1] <= size


def test_whoever_cancels_while_a_name_is_looked_up_is_heard_at_once(monkeypatch):
    looking, found = threading.Event(), threading.Event()

    def slow(*_arguments, **_named):
        looking.set()
        found.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with HttpTransport("http://office.test", cancelled=looking.is_set) as transport, pytest.raises(Stopped) as caught:
        transport.exchange(b"ITP1 parcel", timeout_s=60)
    found.set()
    assert caught.value.spent == (0, 0)


# -- bytes


def test_a_cut_costs_what_was_handed_over_until_the_office_says_how_much_it_has():
    data = envelope_like(4_000)
    has = reply("204 No Content", b"", upload_offset="1000").replace(b"content-length: 0\r\n", b"")
    with server(b"", has, reply()) as (port, requests), HttpTransport(f"http://127.0.0.1:{port}") as transport:
        with pytest.raises(Cut) as caught:
            transport.exchange(data, timeout_s=10)
        assert caught.value.spent[0] == len(requests[0][0]) + 4 + len(data)
        got = transport.resume(data, timeout_s=10)
    heads = sum(len(head) + 4 for head, _body in requests)
    assert caught.value.spent[0] + got.bytes_up == heads + len(data)
    assert requests[2][1] == data[1_000:]


def envelope_like(size):
    """Bytes that have a name on the wire."""
    return b"ITP1" + bytes(size - 4)


def test_what_a_portal_s_page_cost_is_told():
    error = fails(reply(body=b"<html>Compre megas</html>", kind="text/html"))
    assert error.spent[0] > 100
    assert error.spent[1] > 80


# -- the table


def looked_up(number):
    return httpx_like(socket.gaierror(number, "no"))


def httpx_like(cause):
    return [ConnectionError("wrapped"), cause]


EVERY = {
    "no_network": lambda: outcomes.no_connection(looked_up(socket.EAI_AGAIN), slow=False, connecting=True, host="o"),
    "name": lambda: outcomes.no_connection(looked_up(socket.EAI_NONAME), slow=False, connecting=True, host="o"),
    "down": lambda: outcomes.no_connection([ConnectionRefusedError()], slow=False, connecting=True, host="o"),
    "cut": lambda: outcomes.no_connection([ConnectionResetError()], slow=False, connecting=False, host="o"),
    "timeout": lambda: outcomes.no_connection([], slow=True, connecting=False, host="o"),
    "tls": lambda: outcomes.no_connection([ssl.SSLError("no")], slow=False, connecting=True, host="o"),
    "portal": lambda: fails(reply(body=b"<html>", kind="text/html")),
    "redirect": lambda: fails(reply("302 Found", b"", location="http://portal.invalid/")),
    "endless": lambda: fails(reply(body=bytes(1 << 21))),
    "tls_clock": lambda: outcomes.out_of_time(0, DAY_MS),
    "tls_expired": lambda: outcomes.out_of_time(0, None),
    "superseded": outcomes.superseded_certificate,
    "busy": lambda: fails(reply("429 Too Many Requests", b"", retry_after="5")),
    "office_failed": lambda: fails(reply("500 Oops", b"{}", "application/json")),
    "refused": lambda: fails(words("403 Forbidden", next_step="")),
    "damaged": lambda: fails(words("400 Bad Request", code="signature", next_step="")),
    "address": lambda: outcomes.wrong_address("office"),
}
CODES = {"redirect": "portal", "endless": "portal", "superseded": "tls_certificate"}
CODES |= {"refused": "unknown_device", "damaged": "signature"}
TRIED_AGAIN = {"no_network", "name", "down", "cut", "timeout", "busy", "office_failed"}


@pytest.mark.parametrize("name", EVERY)
def test_every_failure_says_what_happened_what_is_safe_and_what_to_do(name):
    error = EVERY[name]()
    assert error.code == CODES.get(name, name)
    assert error.title
    for text in (error.sentence, error.safe, error.next_step):
        assert text.endswith((".", ")."))
    assert retry.is_curable(error) == (name in TRIED_AGAIN)
