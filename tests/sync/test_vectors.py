"""The primitives as we use them, against the vectors of their RFCs, and our own vectors against our own code."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from itinerant.errors import Damaged
from itinerant.log.chain import START, relink
from itinerant.log.change import Change
from itinerant.sync import columns, enrolment, envelope, parcel, receipt
from itinerant.sync.compression import decompress, dictionary
from itinerant.sync.envelope import PARCEL
from itinerant.sync.keys import DeviceKeys
from itinerant.sync.limits import LIMITS
from tests.sync import hpke
from tests.sync.logs import LAPTOP_KEYS, OFFICE_KEYS

VECTORS = Path(__file__).parent.parent / "vectors"
RFC9180 = json.loads((VECTORS / "rfc9180-x25519-sha256-aes256gcm.json").read_text())
RFC8032 = json.loads((VECTORS / "rfc8032-ed25519.json").read_text())["cases"]
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def raw(name):
    return bytes.fromhex(RFC9180[name])


def test_the_reference_follows_rfc_9180():
    own = X25519PrivateKey.from_private_bytes(raw("skRm"))
    dh = own.exchange(X25519PrivateKey.from_private_bytes(raw("skEm")).public_key())
    secret = hpke.shared_secret(dh, raw("enc"), raw("pkRm"))
    assert secret == raw("shared_secret")
    assert hpke.key_schedule(secret, raw("info")) == (raw("key"), raw("base_nonce"))
    first = RFC9180["encryptions"][0]
    aad, plain, expected = (bytes.fromhex(first[name]) for name in ("aad", "pt", "ct"))
    sealed = hpke.seal(plain, raw("pkRm"), raw("info"), ephemeral=raw("skEm"), aad=aad)
    assert sealed == raw("enc") + expected


def test_the_library_opens_what_the_reference_seals_with_the_rfc_s_keys():
    sealed = hpke.seal(b"Beauty is truth", raw("pkRm"), raw("info"), ephemeral=raw("skEm"))
    own = X25519PrivateKey.from_private_bytes(raw("skRm"))
    assert SUITE.decrypt(sealed, own, info=raw("info")) == b"Beauty is truth"
    with pytest.raises(InvalidTag):
        SUITE.decrypt(sealed, own, info=b"another")


def test_the_reference_opens_what_an_envelope_seals():
    data = envelope.write(
        PARCEL, {"from": "LOR07", "to": "CENTRAL"}, b"plain", LAPTOP_KEYS.sign, OFFICE_KEYS.public.seal
    )
    sealed = envelope.read(data, PARCEL)
    info = b"itinerant ITP seal\x00" + b'{"body":"","from":"LOR07","suite":1,"to":"CENTRAL","v":1}'
    assert hpke.open_sealed(sealed.body, OFFICE_KEYS.seal.private_bytes_raw(), info) == b"plain"


@pytest.mark.parametrize("case", RFC8032, ids=["1", "2", "3", "1024"])
def test_signatures_are_those_of_rfc_8032(case):
    secret, public, message, signature = (
        bytes.fromhex(case[name]) for name in ("secret", "public", "message", "signature")
    )
    key = Ed25519PrivateKey.from_private_bytes(secret)
    assert key.public_key().public_bytes_raw() == public
    assert key.sign(message) == signature


def test_an_envelope_is_signed_over_its_context_and_header():
    data = envelope.write(PARCEL, {"from": "LOR07", "to": "CENTRAL"}, b"", LAPTOP_KEYS.sign, None)
    header = b'{"body":"","from":"LOR07","suite":1,"to":"CENTRAL","v":1}'
    signature = LAPTOP_KEYS.sign.sign(b"itinerant ITP signature\x00" + header)
    assert data == b"ITP1" + len(header).to_bytes(2, "big") + header + signature


@pytest.mark.parametrize("low", [bytes(32), b"\x01" + bytes(31)], ids=["zero", "one"])
def test_a_recipient_s_key_that_gives_no_secret_is_refused(low):
    with pytest.raises(Damaged):
        envelope.write(PARCEL, {"from": "LOR07", "to": "CENTRAL"}, b"plain", LAPTOP_KEYS.sign, low)


def test_the_dictionary_of_suite_1_never_changes():
    digest = hashlib.sha256(dictionary().as_bytes()).hexdigest()
    assert digest == "a099443a60de7ecac05b410ffa5f2859b32f3a547f00004c8e64dc4eef3b70a7"


# -- our own vectors: what was published is read for as long as its version is


def own(name):
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


LOG = [Change.from_bytes(item["bytes"].encode()) for item in own("keys-and-log")["changes"]]
LAPTOP, OFFICE = (DeviceKeys.from_bytes(bytes.fromhex(own("keys-and-log")[name])) for name in ("laptop", "office"))
ENVELOPES = {name: bytes.fromhex(text) for name, text in own("envelopes-1").items()}


def test_the_log_of_the_vectors_is_a_chain_with_its_hashes():
    hashes = [item["hash"] for item in own("keys-and-log")["changes"]]
    assert [link.hash for link in relink(LOG, START)] == hashes
    assert [change.prev for change in LOG] == [START.hash, *hashes[:-1]]


@pytest.mark.parametrize("form", own("columns-1")["forms"], ids=["preamble", "one", "three"])
def test_columns_of_the_vectors_are_read(form):
    data, plain = bytes.fromhex(form["compressed"]), bytes.fromhex(form["plain"])
    assert decompress(data, LIMITS) == plain
    preamble, changes = columns.decode(data)
    assert preamble == form["preamble"]
    assert [link.change for link in relink(changes, START)] == LOG[: form["changes"]]


def test_parcels_of_the_vectors_are_opened():
    header, sealed = parcel.peek(ENVELOPES["parcel"])
    got = parcel.unpack(sealed, LAPTOP.public.sign, OFFICE.seal)
    assert [link.change for link in got.links] == LOG
    assert (header.before, header.have, header.room) == (START, 12, 8_192)
    header, sealed = parcel.peek(ENVELOPES["idle_parcel"])
    assert parcel.unpack(sealed, LAPTOP.public.sign, OFFICE.seal).header.is_idle
    assert header.head == got.header.head


def test_receipts_of_the_vectors_are_opened():
    _header, sealed = receipt.peek(ENVELOPES["receipt"])
    got = receipt.unpack(sealed, OFFICE.public.sign, LAPTOP.seal, "LOR07")
    assert [change.set for change in got.changes] == [change.set for change in LOG[:2]]
    assert (got.standing.state, got.standing.roster[0].name, got.more) == ("frozen", "Ana Ñahui", True)
    _header, sealed = receipt.peek(ENVELOPES["idle_receipt"])
    assert receipt.unpack(sealed, OFFICE.public.sign, LAPTOP.seal, "LOR07").header == got.header


def test_the_request_of_the_vectors_is_opened():
    got = enrolment.unpack(enrolment.peek(ENVELOPES["enrolment"]), OFFICE.seal)
    assert (got.device, got.token, got.person, got.keys) == ("LOR07", "a-token", "P014", LAPTOP.public)
