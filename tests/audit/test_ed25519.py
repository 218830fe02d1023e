"""Ed25519 with integers alone agrees with RFC 8032's vectors and with OpenSSL, and finds the one wrong among many."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from itinerant.audit import ed25519
from itinerant.audit.ed25519 import ORDER, Signed, all_signed, decode_point, wrongly_signed

# RFC 8032 section 7.1: secret key, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
        "655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
        "b00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
        "c027beceea1ec40a",
    ),
]


@pytest.fixture(autouse=True, params=["integers", "openssl"])
def way(request, monkeypatch):
    """Everything holds with integers alone, and where OpenSSL saves time."""
    monkeypatch.setattr(ed25519, "HAS_OPENSSL", request.param == "openssl")


def signed(seed, message):
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(str(seed).encode()).digest())
    return Signed(key.public_key().public_bytes_raw(), message, key.sign(message))


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_the_vectors_of_rfc_8032(secret, public, message, signature):
    item = Signed(bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))
    assert Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)).sign(item.message) == item.signature
    assert all_signed([item])
    assert not all_signed([item._replace(message=item.message + b"\0")])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 5), st.binary(max_size=40)), min_size=1, max_size=30))
def test_whatever_openssl_signed_is_accepted(items):
    assert all_signed([signed(seed, message) for seed, message in items])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 40), st.data())
def test_the_wrong_ones_are_found_among_many(count, data):
    items = [signed(number % 3, str(number).encode()) for number in range(count)]
    wrong = data.draw(st.sets(st.integers(0, count - 1), max_size=3))
    for place in wrong:
        part = data.draw(st.sampled_from(("key", "message", "signature")))
        value = bytearray(getattr(items[place], part))
        value[data.draw(st.integers(0, len(value) - 1))] ^= data.draw(st.sampled_from((1, 2, 4, 8, 16, 32, 64, 128)))
        items[place] = items[place]._replace(**{part: bytes(value)})
    assert wrongly_signed(items) == sorted(wrong)


def test_a_signature_with_s_beyond_the_order_is_refused():
    item = signed(1, b"x")
    s = int.from_bytes(item.signature[32:], "little") + ORDER
    assert not all_signed([item._replace(signature=item.signature[:32] + s.to_bytes(32, "little"))])


@pytest.mark.parametrize("length", [0, 31, 63, 65])
def test_a_signature_of_another_length_is_refused(length):
    item = signed(1, b"x")
    assert not all_signed([item._replace(signature=(item.signature * 2)[:length])])


@pytest.mark.parametrize(
    "encoded",
    [
        (2**255 - 19).to_bytes(32, "little"),  # y = p: zero written twice
        (2**255 - 1).to_bytes(32, "little"),
        (1 | 1 << 255).to_bytes(32, "little"),  # x = 0 with a sign
        (2).to_bytes(32, "little"),  # no such point
        b"",
    ],
)
def test_bytes_that_are_no_point_s_only_encoding_are_refused(encoded):
    assert decode_point(encoded) is None


def test_nothing_signed_is_nothing_wrong():
    assert wrongly_signed([]) == []
