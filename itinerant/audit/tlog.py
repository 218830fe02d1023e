"""The ledger's Merkle tree (RFC 9162 section 2.1) and its tiles (C2SP tlog-tiles), for the verifier.

* A tile of row r holds up to 256 roots of neighbouring complete subtrees of 256^r leaves.
* A full tile's own root stands in the row above; so whatever was changed in one tile is found there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

HASH = 32
WIDTH = 256
EMPTY_ROOT = hashlib.sha256().digest()


class Tile(NamedTuple):
    """A tile's row, its number in that row, and how many hashes it holds."""

    row: int
    number: int
    width: int

    @property
    def path(self) -> str:
        """`tile/0/x001/234.p/5`."""
        *leading, last = f"{self.number:,}".split(",")
        groups = "/".join([*(f"x{group:0>3}" for group in leading), f"{last:0>3}"])
        return f"tile/{self.row}/{groups}" + ("" if self.width == WIDTH else f".p/{self.width}")


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over some leaf hashes, or over some neighbouring complete subtrees of one height."""
    if not hashes:
        return EMPTY_ROOT
    nodes, right = list(hashes), b""
    while len(nodes) > 1:
        if len(nodes) & 1:
            last = nodes.pop()
            right = node_hash(last, right) if right else last
        nodes = [node_hash(nodes[at], nodes[at + 1]) for at in range(0, len(nodes), 2)]
    return node_hash(nodes[0], right) if right else nodes[0]


def split_tile(data: bytes) -> list[bytes]:
    """The hashes of a tile."""
    return [data[at : at + HASH] for at in range(0, len(data), HASH)]


def tiles_of(size: int, since: int = 0) -> Iterator[Tile]:
    """The tiles of a tree of `size` leaves that a tree of `since` leaves did not have in full, row by row."""
    row = 0
    while size:
        for number in range(since // WIDTH, -(-size // WIDTH)):
            yield Tile(row, number, min(WIDTH, size - number * WIDTH))
        row, size, since = row + 1, size // WIDTH, since // WIDTH


def root_from_tiles(size: int, read: Callable[[Tile], bytes]) -> bytes:
    """The root of `size` leaves from the tiles at the right edge: one a row, each left of the rows below it."""
    edges: list[list[bytes]] = []
    row = 0
    while size >> (8 * row):
        count = size >> (8 * row)
        if count % WIDTH:
            edges.append(split_tile(read(Tile(row, count // WIDTH, count % WIDTH))))
        row += 1
    root = b""
    for hashes in edges:
        root = fold_into(hashes, root)
    return root or EMPTY_ROOT


def fold_into(hashes: Sequence[bytes], right: bytes) -> bytes:
    """The root over complete subtrees of one height, with what stands to their right (nothing when empty)."""
    at = len(hashes)
    for shift in range(len(hashes).bit_length()):
        if len(hashes) >> shift & 1:
            at -= 1 << shift
            peak = root_of(hashes[at : at + (1 << shift)])
            right = node_hash(peak, right) if right else peak
    return right


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows the leaf hash at `index` under `root` (RFC 9162 section 2.1.3.2)."""
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
    return 0 <= index < size and not last and result == root


def continues(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `new` leaves begins with that of `old` (RFC 9162 section 2.1.4.2)."""
    if old in {0, new}:
        return not proof and old_root == (new_root if old else EMPTY_ROOT)
    items = list(proof)
    if not old & (old - 1):
        items.insert(0, old_root)
    if not 0 < old < new or not items:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    left = right = items[0]
    for item in items[1:]:
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
