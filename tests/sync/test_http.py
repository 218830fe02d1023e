"""HTTP: who answered, and what each way of failing means."""

import datetime
import ipaddress
import json
import socket
import ssl
import threading
from contextlib import contextmanager

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from itinerant.errors import Damaged, NoConnection, Refused
from itinerant.sync.http import ENROL, HttpTransport

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
                    requests.append(read_request(wrapped))
                    wrapped.sendall(answer)
                    wrapped.close()
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
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _blank, body = data.partition(b"\r\n\r\n")
    length = int(
        next(line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head, body


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


def test_nobody_listening_is_told_from_no_network():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NoConnection) as caught:
        exchange(port)
    assert caught.value.code == "down"
    with pytest.raises(NoConnection) as caught:
        exchange(80, host="office.invalid")
    assert caught.value.code == "no_network"


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


def over_tls(path, trust):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    client = ssl.create_default_context(cafile=str(path) if trust else None)
    with (
        server(reply(), context=context) as (port, _requests),
        HttpTransport(f"https://127.0.0.1:{port}", verify=client) as transport,
    ):
        return transport.exchange(b"ITP1", timeout_s=10)


def test_a_good_certificate_passes(tmp_path):
    assert over_tls(certificate(tmp_path, (-1, 1)), trust=True).data == RECEIPT


@pytest.mark.parametrize("days", [(-9, -1), (1, 9)], ids=["expired", "not yet"])
def test_a_certificate_out_of_its_time_points_at_the_clock(tmp_path, days):
    with pytest.raises(NoConnection) as caught:
        over_tls(certificate(tmp_path, days), trust=True)
    assert caught.value.code == "tls_clock"


def test_an_unknown_authority_and_a_wrong_name_are_not_the_office(tmp_path):
    for path, trust in (
        (certificate(tmp_path, (-1, 1)), False),
        (certificate(tmp_path, (-1, 1), name="10.9.9.9"), True),
    ):
        with pytest.raises(NoConnection) as caught:
            over_tls(path, trust)
        assert caught.value.code == "tls_certificate"
