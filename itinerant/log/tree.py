"""The ledger's Merkle tree (RFC 9162 section 2.1), its proofs, and its tiles (C2SP tlog-tiles).

* Leaves arrive as hashes (`canonical.leaf_hash`); the tree only grows on the right.
* A *subtree* is complete: (level, index) covers the leaves from index·2^level, 2^level of them. Every root and proof
  is made of complete subtrees, so whoever can fetch those can prove anything.
* A `Frontier` is all that a writer keeps: the roots of the complete subtrees that make the tree, the largest first.
* A tile is 256 neighbouring subtrees of one level (a multiple of 8), or fewer at the tree's right edge.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from itinerant.errors import Damaged
from itinerant.log.canonical import HASH_SIZE, node_hash
from itinerant.texts import _

EMPTY_ROOT = hashlib.sha256().digest()
"""Root of a tree without leaves."""

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT

Fetch = Callable[[int, int], bytes]
"""The root of the complete subtree at (level, index)."""


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree of `size` leaves: one root for each bit of `size`, the largest subtree first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, hashes: Iterable[bytes]) -> Frontier:
        """The frontier after more leaves. One level at a time: 10,000 leaves take about ten milliseconds."""
        nodes = list(hashes)
        size, rest = self.size + len(nodes), self.size
        peaks, kept = list(self.peaks), []
        sha256 = hashlib.sha256
        while nodes or rest:
            if rest & 1:
                nodes.insert(0, peaks.pop())
            if len(nodes) & 1:
                kept.append(nodes.pop())
            nodes = [
                sha256(b"\x01" + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2], strict=True)
            ]
            rest >>= 1
        return Frontier(size, tuple(reversed(kept)))

    def root(self) -> bytes:
        """The tree's root hash."""
        return _fold(self.peaks) if self.peaks else EMPTY_ROOT

    def to_bytes(self) -> bytes:
        """Size (8 bytes, big-endian) and peaks."""
        return self.size.to_bytes(8, "big") + b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The frontier that `to_bytes` wrote; raises `Damaged` for bytes of any other length."""
        size, body = int.from_bytes(data[:8], "big"), data[8:]
        if len(data) < 8 or len(body) != size.bit_count() * HASH_SIZE:
            raise Damaged(_("El borde del registro guardado no corresponde a su tamaño."), code="frontier")
        return cls(size, tuple(body[at : at + HASH_SIZE] for at in range(0, len(body), HASH_SIZE)))


def from_leaves(leaves: Sequence[bytes]) -> Fetch:
    """A `Fetch` over leaf hashes in memory; each subtree is hashed once."""
    levels = [list(leaves)]

    def fetch(level: int, index: int) -> bytes:
        while len(levels) <= level:
            below = levels[-1]
            levels.append([node_hash(left, right) for left, right in zip(below[::2], below[1::2], strict=False)])
        return levels[level][index]

    return fetch


def from_tiles(read: Callable[[Tile], bytes], size: int) -> Fetch:
    """A `Fetch` over the tiles of a tree of `size` leaves. `read` answers a tile's bytes; called once for each use."""

    def fetch(level: int, index: int) -> bytes:
        shift = level % TILE_HEIGHT
        first = index << shift  # of the 2^shift tile hashes below this subtree; they are all in one tile
        row = level // TILE_HEIGHT
        number = first // TILE_WIDTH
        width = min(TILE_WIDTH, (size >> (row * TILE_HEIGHT)) - number * TILE_WIDTH)
        data = read(Tile(row, number, width))
        start = first % TILE_WIDTH * HASH_SIZE
        nodes = [data[at : at + HASH_SIZE] for at in range(start, start + (HASH_SIZE << shift), HASH_SIZE)]
        while len(nodes) > 1:
            nodes = [node_hash(left, right) for left, right in zip(nodes[::2], nodes[1::2], strict=True)]
        return nodes[0]

    return fetch


def root(size: int, fetch: Fetch) -> bytes:
    """The root of the first `size` leaves."""
    return _range_root(0, size, fetch) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, fetch: Fetch) -> list[bytes]:
    """Proof that the leaf at `index` is in the tree of `size` leaves (RFC 9162 section 2.1.3.1)."""
    if not 0 <= index < size:
        raise IndexError(index)
    proof: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(_range_root(middle, high, fetch))
            high = middle
        else:
            proof.append(_range_root(low, middle, fetch))
            low = middle
    proof.reverse()
    return proof


def consistency_proof(old: int, new: int, fetch: Fetch) -> list[bytes]:
    """Proof that the tree of `new` leaves begins with that of `old` (RFC 9162 section 2.1.4.1).

    Empty when `old` is 0 or `new`: an empty tree begins every tree.
    """
    if not 0 <= old <= new:
        raise IndexError(old)
    proof: list[bytes] = []
    low, high = 0, new
    while old and high != old:
        middle = low + _split(high - low)
        if old <= middle:
            proof.append(_range_root(middle, high, fetch))
            high = middle
        else:
            proof.append(_range_root(low, middle, fetch))
            low = middle
    if low:
        proof.append(_range_root(low, high, fetch))
    proof.reverse()
    return proof


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Whether `proof` shows the leaf hash at `index` under the root `expected` (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, result = index, size - 1, leaf
    for item in proof:
        if not last:
            return False
        if place & 1 or place == last:
            result = node_hash(item, result)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            result = node_hash(result, item)
        place, last = place >> 1, last >> 1
    return not last and result == expected


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `new` leaves begins with that of `old` (RFC 9162 section 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old in {0, new}:
        return not proof and old_root == (new_root if old else EMPTY_ROOT)
    if not old & (old - 1):
        proof = (old_root, *proof)
    if not proof:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    left = right = proof[0]
    for item in proof[1:]:
        if not last:
            return False
        if place & 1 or place == last:
            left, right = node_hash(item, left), node_hash(item, right)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            right = node_hash(right, item)
        place, last = place >> 1, last >> 1
    return not last and left == old_root and right == new_root


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """A tile's place: row (subtrees of 256^level leaves), number in its row, and hashes in it (1 to 256)."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """`tile/0/x001/234`, with `.p/W` when it is not full (C2SP tlog-tiles)."""
        *leading, last = f"{self.index:,}".split(",")
        groups = "/".join([*(f"x{group:0>3}" for group in leading), f"{last:0>3}"])
        return f"tile/{self.level}/{groups}" + ("" if self.width == TILE_WIDTH else f".p/{self.width}")


def tiles_of(size: int, since: int = 0) -> Iterator[Tile]:
    """The tiles of a tree of `size` leaves that a tree of `since` leaves did not have in full, row by row."""
    level = 0
    while size:
        for index in range(since // TILE_WIDTH, -(-size // TILE_WIDTH)):
            yield Tile(level, index, min(TILE_WIDTH, size - index * TILE_WIDTH))
        level, size, since = level + 1, size // TILE_WIDTH, since // TILE_WIDTH


class TileWriter:
    """Makes the tiles of a tree while its leaves stream by; keeps less than one tile a row in memory."""

    def __init__(self) -> None:
        self._rows: list[bytearray] = []
        self._full: list[int] = []

    def append(self, leaf: bytes) -> Iterator[tuple[Tile, bytes]]:
        """Take one leaf hash and give the tiles that it filled."""
        level = 0
        while True:
            if level == len(self._rows):
                self._rows.append(bytearray())
                self._full.append(0)
            row = self._rows[level]
            row += leaf
            if len(row) < TILE_WIDTH * HASH_SIZE:
                return
            data = bytes(row)
            row.clear()
            yield Tile(level, self._full[level]), data
            self._full[level] += 1
            leaf = Frontier().append(_hashes(data)).root()
            level += 1

    def finish(self) -> Iterator[tuple[Tile, bytes]]:
        """The partial tiles at the right edge."""
        for level, row in enumerate(self._rows):
            if row:
                yield Tile(level, self._full[level], len(row) // HASH_SIZE), bytes(row)


def _hashes(data: bytes) -> list[bytes]:
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def _split(count: int) -> int:
    """The largest power of two below `count` (at least 2)."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_root(low: int, high: int, fetch: Fetch) -> bytes:
    """The root of leaves low to high, where `low` is a multiple of the smallest power of two that covers them."""
    peaks: list[bytes] = []
    while low < high:
        level = (high - low).bit_length() - 1
        peaks.append(fetch(level, low >> level))
        low += 1 << level
    return _fold(peaks)


def _fold(peaks: Sequence[bytes]) -> bytes:
    result = peaks[-1]
    for peak in reversed(peaks[:-1]):
        result = node_hash(peak, result)
    return result
