"""Ed25519 signatures (RFC 8032 section 5.1), verified with integers alone: no library has to be installed.

* A library, where there is one, only saves time: it never decides that a signature is wrong.
* Many signatures are verified together: one sum over all of them with weights that nobody can foresee (they are
  hashes of everything that is being verified). One wrong signature makes the sum wrong.
* Verification only. Nothing here is secret, so nothing needs to take constant time.
* The cofactored equation of RFC 8032 is used, which holds for one signature exactly when it holds in a sum.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    HAS_OPENSSL = True
except ImportError:
    HAS_OPENSSL = False

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]
"""Extended coordinates (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z."""

NEUTRAL: Point = (0, 1, 1, 0)


class Signed(NamedTuple):
    """A message, the key (32 bytes) that is said to have signed it, and the signature (64 bytes)."""

    key: bytes
    message: bytes
    signature: bytes


def add_points(left: Point, right: Point) -> Point:
    """The sum of two points (RFC 8032 section 5.1.4)."""
    x1, y1, z1, t1 = left
    x2, y2, z2, t2 = right
    a = (y1 - x1) * (y2 - x2) % P
    b = (y1 + x1) * (y2 + x2) % P
    c = 2 * t1 * t2 * D % P
    d = 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def decode_point(data: bytes) -> Point | None:
    """The point of 32 bytes (RFC 8032 section 5.1.3), or None when they are not one's only encoding."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if len(data) != 32 or y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    v3 = v * v * v % P
    x = u * v3 * pow(u * v3 * v3 * v, (P - 5) // 8, P) % P
    if v * x * x % P != u:
        x = x * ROOT_OF_MINUS_ONE % P
    if v * x * x % P != u or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or NEUTRAL


def sum_of_multiples(terms: Sequence[tuple[int, Point]]) -> Point:
    """The sum of scalar·point over all terms, by Pippenger's buckets: many points cost little each."""
    count = max(1, len(terms))
    width = max(2, min(12, count.bit_length() - 1))
    highest = max((scalar.bit_length() for scalar, _point in terms), default=0)
    total = NEUTRAL
    for shift in range(-(-highest // width) * width - width, -1, -width):
        for _step in range(width):
            total = add_points(total, total)
        buckets: dict[int, Point] = {}
        for scalar, point in terms:
            digit = scalar >> shift & ((1 << width) - 1)
            if digit:
                known = buckets.get(digit)
                buckets[digit] = point if known is None else add_points(known, point)
        running = subtotal = NEUTRAL
        for digit in range(max(buckets, default=0), 0, -1):
            if digit in buckets:
                running = add_points(running, buckets[digit])
            subtotal = add_points(subtotal, running)
        total = add_points(total, subtotal)
    return total


def openssl_agrees(items: Sequence[Signed]) -> bool:
    """Whether OpenSSL, where it is installed, finds every signature right; what it accepts is right here too."""
    if not HAS_OPENSSL or any(decode_point(key) is None for key in {item.key for item in items}):
        return False
    try:
        for item in items:
            Ed25519PublicKey.from_public_bytes(item.key).verify(item.signature, item.message)
    except (InvalidSignature, ValueError):
        return False
    return True


def all_signed(items: Sequence[Signed]) -> bool:
    """Whether every signature is right."""
    if openssl_agrees(items):
        return True
    weights = hashlib.sha512()
    for item in items:
        for part in item:
            weights.update(len(part).to_bytes(8, "big") + part)
    seed = weights.digest()
    of_base, of_keys, terms = 0, dict[bytes, int](), []
    for index, item in enumerate(items):
        nonce = decode_point(item.signature[:32])
        s = int.from_bytes(item.signature[32:], "little")
        if len(item.signature) != 64 or nonce is None or s >= ORDER:
            return False
        weight = int.from_bytes(hashlib.sha512(seed + index.to_bytes(8, "big")).digest()[:16], "big") | 1
        digest = hashlib.sha512(item.signature[:32] + item.key + item.message).digest()
        of_base += weight * s
        of_keys[item.key] = of_keys.get(item.key, 0) + weight * int.from_bytes(digest, "little")
        terms.append((weight, nonce))
    for key, scalar in of_keys.items():
        point = decode_point(key)
        if point is None:
            return False
        terms.append((scalar % ORDER, point))
    terms.append((-of_base % ORDER, BASE))
    x, y, z, _t = sum_of_multiples([(8 * scalar, point) for scalar, point in terms])
    return x == 0 and y == z


def wrongly_signed(items: Sequence[Signed]) -> list[int]:
    """The places of the wrong signatures among `items`, found by halving."""
    if not items or all_signed(items):
        return []
    if len(items) == 1:
        return [0]
    half = len(items) // 2
    return wrongly_signed(items[:half]) + [half + place for place in wrongly_signed(items[half:])]
