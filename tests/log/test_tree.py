"""The ledger's tree: RFC 9162's own definitions, written the slow way, hold every fast path."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itinerant.errors import Damaged
from itinerant.log.canonical import leaf_hash
from itinerant.log.tree import (
    EMPTY_ROOT,
    Frontier,
    Tile,
    TileWriter,
    consistency_proof,
    from_leaves,
    from_tiles,
    inclusion_proof,
    root,
    tiles_of,
    verify_consistency,
    verify_inclusion,
)

# The entries that Certificate Transparency's reference implementation tests with, and their roots.
KNOWN_ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
KNOWN_ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)

sizes = st.integers(0, 300)


def leaves_of(count):
    return [leaf_hash(str(index).encode()) for index in range(count)]


def split_point(count):
    return max(1 << shift for shift in range(20) if 1 << shift < count)


def slow_root(leaves):
    """MTH of RFC 9162 section 2.1.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split_point(len(leaves))
    return hashlib.sha256(b"\x01" + slow_root(leaves[:k]) + slow_root(leaves[k:])).digest()


def slow_path(index, leaves):
    """PATH of RFC 9162 section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = split_point(len(leaves))
    if index < k:
        return [*slow_path(index, leaves[:k]), slow_root(leaves[k:])]
    return [*slow_path(index - k, leaves[k:]), slow_root(leaves[:k])]


def slow_subproof(old, leaves, whole):
    """SUBPROOF of RFC 9162 section 2.1.4.1."""
    if old == len(leaves):
        return [] if whole else [slow_root(leaves)]
    k = split_point(len(leaves))
    if old <= k:
        return [*slow_subproof(old, leaves[:k], whole), slow_root(leaves[k:])]
    return [*slow_subproof(old - k, leaves[k:], False), slow_root(leaves[:k])]


def tiles_by_definition(leaves):
    """Every tile of C2SP tlog-tiles, hash by hash from its formal definition."""
    found, level = {}, 0
    while len(leaves) >> (8 * level):
        span = 256**level
        hashes = [slow_root(leaves[at : at + span]) for at in range(0, len(leaves) // span * span, span)]
        for at in range(0, len(hashes), 256):
            part = hashes[at : at + 256]
            found[Tile(level, at // 256, len(part))] = b"".join(part)
        level += 1
    return found


def written(leaves):
    writer = TileWriter()
    found = [pair for leaf in leaves for pair in writer.append(leaf)]
    return dict([*found, *writer.finish()])


@pytest.mark.parametrize("size", range(1, 9))
def test_known_trees_have_their_known_roots(size):
    leaves = [leaf_hash(entry) for entry in KNOWN_ENTRIES[:size]]
    assert Frontier().append(leaves).root().hex() == KNOWN_ROOTS[size - 1]
    assert root(size, from_leaves(leaves)).hex() == KNOWN_ROOTS[size - 1]


def test_an_empty_tree_has_the_hash_of_nothing_as_root():
    assert Frontier().root() == root(0, from_leaves([])) == EMPTY_ROOT == hashlib.sha256(b"").digest()


@given(st.lists(st.integers(0, 40), max_size=8))
def test_a_frontier_grown_in_any_steps_has_the_root_of_the_definition(steps):
    leaves = leaves_of(sum(steps))
    frontier, at = Frontier(), 0
    for step in steps:
        frontier = frontier.append(leaves[at : at + step])
        at += step
        assert frontier.size == at
        assert frontier.root() == slow_root(leaves[:at])
        assert Frontier.from_bytes(frontier.to_bytes()) == frontier


@pytest.mark.parametrize("data", [b"", b"\0" * 7, (3).to_bytes(8, "big") + b"\0" * 32, b"\0" * 40])
def test_a_frontier_of_the_wrong_length_is_refused(data):
    with pytest.raises(Damaged):
        Frontier.from_bytes(data)


@given(sizes.filter(bool), st.data())
def test_inclusion_is_proven_as_defined_and_nothing_else_is(size, data):
    leaves = leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, from_leaves(leaves))
    expected = slow_root(leaves)
    assert proof == slow_path(index, leaves)
    assert verify_inclusion(leaves[index], index, size, proof, expected)
    assert not verify_inclusion(leaf_hash(b"other"), index, size, proof, expected)
    assert not verify_inclusion(leaves[index], index, size, proof, leaf_hash(b"root"))
    assert not verify_inclusion(leaves[index], index, size, [*proof, expected], expected)
    for place in range(len(proof)):
        assert not verify_inclusion(leaves[index], index, size, proof[:place] + proof[place + 1 :], expected)
    other = data.draw(st.integers(-1, size).filter(lambda place: place != index))
    assert not verify_inclusion(leaves[index], other, size, proof, expected)


@given(sizes, sizes)
def test_consistency_is_proven_as_defined_and_nothing_else_is(one, other):
    old, new = sorted((one, other))
    leaves = leaves_of(new)
    old_root, new_root = slow_root(leaves[:old]), slow_root(leaves)
    proof = consistency_proof(old, new, from_leaves(leaves))
    assert proof == (slow_subproof(old, leaves, True) if old else [])
    assert verify_consistency(old, new, old_root, new_root, proof)
    assert not verify_consistency(old, new, leaf_hash(b"x"), new_root, proof)
    assert not verify_consistency(old, new, old_root, new_root, [*proof, old_root])
    assert not verify_consistency(new + 1, new, old_root, new_root, proof)
    if old:
        assert not verify_consistency(old, new, old_root, leaf_hash(b"x"), proof)
    for place in range(len(proof)):
        assert not verify_consistency(old, new, old_root, new_root, proof[:place] + proof[place + 1 :])


@given(sizes.filter(bool), st.data())
def test_a_rewritten_history_has_no_proof(size, data):
    leaves = leaves_of(size + data.draw(st.integers(0, 50)))
    index = data.draw(st.integers(0, size - 1))
    rewritten = [*leaves[:index], leaf_hash(b"rewritten"), *leaves[index + 1 :]]
    proof = consistency_proof(size, len(leaves), from_leaves(rewritten))
    assert not verify_consistency(size, len(leaves), slow_root(leaves[:size]), slow_root(rewritten), proof)


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0)])
def test_a_leaf_outside_the_tree_cannot_be_asked_for(index, size):
    with pytest.raises(IndexError):
        inclusion_proof(index, size, from_leaves(leaves_of(size)))


def test_a_proof_from_a_later_tree_cannot_be_asked_for():
    with pytest.raises(IndexError):
        consistency_proof(6, 5, from_leaves(leaves_of(5)))


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 5, 3), "tile/0/005.p/3"),
        (Tile(1, 999), "tile/1/999"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(2, 1234067, 8), "tile/2/x001/x234/067.p/8"),
    ],
)
def test_tiles_have_the_paths_of_the_specification(tile, path):
    assert tile.path == path


def test_the_specification_s_example_of_seventy_thousand_leaves():
    tiles = list(tiles_of(70_000))
    assert [sum(tile.level == level and tile.width == 256 for tile in tiles) for level in range(3)] == [273, 1, 0]
    assert [tile for tile in tiles if tile.width < 256] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 1000])
def test_tiles_are_those_of_the_definition(size):
    leaves = leaves_of(size)
    expected = tiles_by_definition(leaves)
    assert written(leaves) == expected
    assert list(tiles_of(size)) == list(expected)


def test_tiles_two_rows_high():
    leaves = leaves_of(256 * 256 + 300)
    tiles = written(leaves)
    assert set(tiles) == set(tiles_of(len(leaves)))
    assert tiles[Tile(2, 0, 1)] == Frontier().append(leaves[: 256 * 256]).root()


@pytest.mark.parametrize("since", [0, 1, 255, 256, 700, 999, 1000])
def test_a_grown_tree_needs_only_its_new_tiles(since):
    old = {tile for tile in tiles_of(since) if tile.width == 256}
    assert set(tiles_of(1000, since)) == set(tiles_of(1000)) - old


@pytest.mark.parametrize("size", [1, 255, 256, 257, 1000, 70_000])
def test_proofs_from_tiles_are_those_from_leaves(size):
    leaves = leaves_of(size)
    tiles = written(leaves)
    fetch, direct = from_tiles(tiles.__getitem__, size), from_leaves(leaves)
    assert root(size, fetch) == Frontier().append(leaves).root()
    for index in {0, size // 3, size - 1}:
        assert inclusion_proof(index, size, fetch) == inclusion_proof(index, size, direct)
        assert consistency_proof(index, size, fetch) == consistency_proof(index, size, direct)
