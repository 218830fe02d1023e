"""Virtual cards: PIV and the three shapes of DNIe, in memory or in a reader of `pcscd` through vpcd.

* They behave as the real ones do where it hurts: answers longer than 256 bytes come by 61xx, long commands in a chain,
  wrong PINs count, a verified PIN is forgotten by a reset.
* Every certificate is full of `SENTINEL`s.
"""

from __future__ import annotations

import datetime
import socket
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from itinerant.card.apdu import find, tlv

SENTINEL = "CENTINELA"
DNI = "40718293"
PIN = "654321"
PIV_AID = bytes.fromhex("A00000030800001000")
GENERIC = bytes.fromhex("E828BD080FD25047656E65726963")
DNIES: Mapping[int, tuple[str, tuple[bytes, ...]]] = {
    1: ("3BDD18008131FE4580F9A0000000770100700A90008B", (bytes.fromhex("A0000000770100700A1000F100000100"),)),
    2: ("3BDC18FF8191FE1FC38073C821136605036351000250", (GENERIC,)),
    3: (
        "3BDF96008131FE4580738421E0556978540001830F9000F9",
        (bytes.fromhex("A000000077030C60000000FE00000500"), GENERIC),
    ),
}
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def key(name: str, kind: str) -> Private:
    """One key per name and process: RSA takes a tenth of a second."""
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1() if kind == "p256" else ec.SECP384R1())


@cache
def authority(name: str = "raiz") -> tuple[x509.Certificate, Private]:
    """A root that issues the certificates of cards."""
    private = key(name, "p256")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Autoridad de prueba {name}")])
    return _certificate(subject, private, subject, private, x509.BasicConstraints(ca=True, path_length=1)), private


def certificate(subject: str, private: Private, *, root: str = "raiz", use: str = "auth") -> x509.Certificate:
    """A certificate full of what must not be kept. `use`: `auth`, `sign` (documents) or `open` (what was sealed)."""
    issuer, issuing = authority(root)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, f"{SENTINEL} {subject}"),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, f"PNOPE-{DNI}"),
            x509.NameAttribute(NameOID.LOCALITY_NAME, f"{SENTINEL} DISTRITO"),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=use == "auth", content_commitment=use == "sign", key_encipherment=use == "open",
        data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return _certificate(name, private, issuer.subject, issuing, x509.BasicConstraints(False, None), usage)


def _certificate(
    subject: x509.Name, private: Private, issuer: x509.Name, issuing: Private, *extensions: x509.ExtensionType
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365))
    )
    for each in extensions:
        builder = builder.add_extension(each, critical=True)
    client = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    if len(extensions) > 1 and isinstance(extensions[1], x509.KeyUsage) and extensions[1].digital_signature:
        builder = builder.add_extension(client, critical=False)
    return builder.sign(issuing, hashes.SHA256())


class Card:
    """What all cards do: chains, 61xx, SELECT, and the PIN. `applications` are the names that it lets one SELECT."""

    def __init__(self, atr: str, applications: tuple[bytes, ...], pin: str = PIN, tries: int = 3) -> None:
        self.atr = bytes.fromhex(atr)
        self.applications = applications
        self.pin, self.tries, self.most = pin, tries, 3
        self.seen: list[bytes] = []
        self.before: Callable[[bytes], None] = lambda _command: None
        """Called before each command: a test makes things happen in the middle."""
        self.reset()

    def reset(self) -> None:
        self.verified, self._chain, self._rest, self.selected = False, b"", b"", b""

    def transmit(self, command: bytes) -> bytes:
        self.seen.append(command)
        self.before(command)
        head, rest = command[:4], command[4:]
        data = rest[1 : 1 + rest[0]] if len(rest) > 1 else b""
        if head[1] == 0xC0:
            return self._give(self._rest, rest[0] or 256)
        if head[0] & 0x10:
            self._chain += data
            return b"\x90\x00"
        data, self._chain = self._chain + data, b""
        out, sw = self.answer(head, data)
        return self._give(out, 256) if out else sw.to_bytes(2, "big")

    def _give(self, data: bytes, size: int) -> bytes:
        now, self._rest = data[:size], data[size:]
        left = len(self._rest)
        return now + (bytes([0x61, left if left < 256 else 0]) if left else b"\x90\x00")

    def answer(self, head: bytes, data: bytes) -> tuple[bytes, int]:
        if head[1] == 0xA4 and head[2] == 0x04:
            found = [name for name in self.applications if data and (name.startswith(data) or data.startswith(name))]
            if not found:
                return b"", 0x6A82
            self.selected = found[0]
            return self.template(), 0x9000
        if head[1] == 0x20:
            return b"", self._verify(data)
        return b"", 0x6D00

    def template(self) -> bytes:
        return tlv(0x6F, tlv(0x84, self.selected))

    def _verify(self, data: bytes) -> int:
        if not self.tries:
            return 0x6983
        if not data:
            return 0x9000 if self.verified else 0x63C0 | self.tries
        self.verified = data.rstrip(b"\xff") == self.pin.encode()
        self.tries = self.most if self.verified else self.tries - 1
        return 0x9000 if self.verified else (0x63C0 | self.tries if self.tries else 0x6983)


def dnie(version: int) -> Card:
    """One of the three shapes."""
    atr, applications = DNIES[version]
    return Card(atr, applications)


class PivCard(Card):
    """A PIV card with keys 9A, 9C and 9D of these kinds (`rsa`, `p256`, `p384`)."""

    def __init__(
        self, name: str = "P001", kinds: tuple[str, str, str] = ("p256", "p256", "rsa"), root: str = "raiz",
        tries: int = 3,
    ) -> None:  # fmt: skip
        super().__init__("3BFC1800FF8131FE45805049562D5445535400", (PIV_AID,), tries=tries)
        body = bytes.fromhex("FC1800FF8131FE4580") + b"PIV-VIRTUAL1"
        check = 0
        for byte in body:
            check ^= byte
        self.atr = b"\x3b" + body + bytes([check])
        self.keys = {ref: key(f"{name}{ref:x}", kind) for ref, kind in zip((0x9A, 0x9C, 0x9D), kinds, strict=True)}
        self.certificates = {
            ref: certificate(f"{name} {ref:X}", private, root=root, use={0x9A: "auth", 0x9C: "sign", 0x9D: "open"}[ref])
            for ref, private in self.keys.items()
        }
        self.objects = self._objects()

    def _objects(self) -> dict[bytes, bytes]:
        chuid = tlv(0x30, bytes(25)) + tlv(0x34, SENTINEL.encode().ljust(16)) + tlv(0x35, b"20301231")
        chuid += tlv(0x3E, b"") + tlv(0xFE, b"")
        found = {bytes.fromhex("5FC102"): tlv(0x53, chuid)}
        found[bytes.fromhex("5FC107")] = tlv(0x53, tlv(0xF0, bytes(21)) + tlv(0xF1, b"\x21") + tlv(0xF2, b"\x21"))
        for name, ref in (("5FC105", 0x9A), ("5FC10A", 0x9C), ("5FC10B", 0x9D)):
            raw = self.certificates[ref].public_bytes(serialization.Encoding.DER)
            found[bytes.fromhex(name)] = tlv(0x53, tlv(0x70, raw) + tlv(0x71, b"\x00") + tlv(0xFE, b""))
        return found

    def template(self) -> bytes:
        return tlv(0x61, tlv(0x4F, bytes.fromhex("000010000100")) + tlv(0x79, tlv(0x4F, bytes.fromhex("A000000308"))))

    def answer(self, head: bytes, data: bytes) -> tuple[bytes, int]:
        if head[1] == 0xA4:
            return super().answer(head, data)
        if not self.selected:
            return b"", 0x6D00
        if head[1] == 0xCB:
            found = self.objects.get(find(data, 0x5C) or b"")
            return (found, 0x9000) if found else (b"", 0x6A82)
        if head[1] == 0x87:
            return self._use(head[3], data)
        return super().answer(head, data)

    def _use(self, ref: int, data: bytes) -> tuple[bytes, int]:
        private: Any = self.keys.get(ref)
        if private is None:
            return b"", 0x6A88
        if not self.verified:
            return b"", 0x6982
        given, point = find(data, 0x7C, 0x81), find(data, 0x7C, 0x85)
        if isinstance(private, rsa.RSAPrivateKey):
            numbers = private.private_numbers()
            power = pow(int.from_bytes(given or b"", "big"), numbers.d, numbers.public_numbers.n)
            out = power.to_bytes(private.key_size // 8, "big")
        elif point:
            other = ec.EllipticCurvePublicKey.from_encoded_point(private.curve, point)
            out = private.exchange(ec.ECDH(), other)
        else:
            hashed = (given or b"")[-32:] if len(given or b"") in (32, 48) else given or b""
            out = private.sign(hashed, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        if ref == 0x9C:
            self.verified = False  # "PIN always", as SP 800-73 asks of the signature key
        return tlv(0x7C, tlv(0x82, out)), 0x9000


class Slot:
    """One reader of vpcd: a card goes in and out over TCP."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def insert(self, card: Card) -> None:
        """Put a card in."""
        deadline = time.monotonic() + 5
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", self._port), 5)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        self._socket.settimeout(None)
        card.reset()
        self._thread = threading.Thread(target=self._serve, args=(self._socket, card), daemon=True)
        self._thread.start()

    def remove(self) -> None:
        """Pull it out."""
        if self._socket is not None:
            self._socket.shutdown(socket.SHUT_RDWR) if self._socket.fileno() >= 0 else None
            self._socket.close()
            self._socket = None

    @staticmethod
    def _serve(link: socket.socket, card: Card) -> None:
        def read(size: int) -> bytes:
            data = b""
            while len(data) < size:
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                more = link.recv(size - len(data))
                if not more:
                    raise OSError("the reader went away")
                data += more
            return data

        try:
            while True:
                said = read(int.from_bytes(read(2), "big"))
                if len(said) == 1:
                    if said[0] in (0, 1, 2):
                        card.reset()
                    elif said[0] == 4:
                        link.sendall(len(card.atr).to_bytes(2, "big") + card.atr)
                else:
                    out = card.transmit(said)
                    link.sendall(len(out).to_bytes(2, "big") + out)
        except OSError:
            return
