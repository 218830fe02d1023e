"""Changes against the ledger's leaves: which line is the change that the tree holds at that place.

* The tiles are held against the signed root, then every line against its leaf: that is the inclusion of every row.
* When lines do not match, they are put back in step, so that one dropped line is one finding and not a thousand.
"""

from __future__ import annotations

from collections.abc import Iterable

from itinerant.audit.archive import Archive
from itinerant.audit.report import Report
from itinerant.audit.tlog import HASH, WIDTH, Tile, leaf_hash, root_from_tiles, root_of, split_tile, tiles_of

CHANGES = "changes.jsonl"


class Leaves:
    """The leaf hashes of an export, from place `first` of the ledger to its `size`."""

    def __init__(self, first: int, size: int, start: int, hashes: bytes) -> None:
        self.first = first
        self.size = size
        self._start = start
        self._hashes = hashes
        self._places: dict[bytes, int] = {}

    def at(self, place: int) -> bytes:
        """The leaf at a place of the ledger."""
        offset = (place - self._start) * HASH
        return self._hashes[offset : offset + HASH]

    def place_of(self, leaf: bytes) -> int | None:
        """Where a leaf stands in the export's range, or None."""
        if not self._places:
            self._places = {self.at(place): place for place in range(self.first, self.size)}
        return self._places.get(leaf)

    def holds(self, leaf: bytes) -> bool:
        """Whether the leaf is anywhere in the tiles at hand, also before `first`."""
        at = self._hashes.find(leaf)
        while at >= 0 and at % HASH:
            at = self._hashes.find(leaf, at + 1)
        return at >= 0


class Tiles:
    """The tiles of an export: those of `size` leaves that a tree of `first` leaves had not in full."""

    def __init__(self, archive: Archive, size: int, first: int, report: Report) -> None:
        self._data: dict[tuple[int, int], bytes] = {}
        self.size = size
        self.first = first
        for tile in tiles_of(size, first):
            data = archive.read(tile.path)
            if len(data) != tile.width * HASH:
                report.add("tile", "No tiene el tamaño que le toca.", tile.path)
                data = data.ljust(tile.width * HASH, b"\0")[: tile.width * HASH]
            self._data[tile.row, tile.number] = data

    @property
    def paths(self) -> list[str]:
        """The tiles' names, in their order."""
        return [tile.path for tile in tiles_of(self.size, self.first)]

    def root_at(self, size: int) -> bytes:
        """The root that the tree had with its first `size` leaves (from `first` on)."""
        return root_from_tiles(size, lambda tile: self._data[tile.row, tile.number][: tile.width * HASH])

    def leaves(self) -> Leaves:
        """The leaf hashes."""
        rows = [data for (row, _number), data in self._data.items() if row == 0]
        return Leaves(self.first, self.size, self.first // WIDTH * WIDTH, b"".join(rows))

    def check(self, root: bytes, lines: Iterable[bytes], report: Report) -> None:
        """Hold all tiles against each other and against the signed root; `lines` are the changes of the range.

        When they do not hold but the leaves of the changes give the signed root, the tiles are what is wrong: they
        are named, and the right ones take their place.
        """
        if self._fit() and self.root_at(self.size) == root:
            return
        given = self._data
        self._data = self._made_from([leaf_hash(line) for line in lines])
        if self.root_at(self.size) != root:
            self._data = given
            report.add("root", "Las huellas no dan la raíz que la oficina firmó.", "checkpoint")
            return
        for (row, number), data in self._data.items():
            if given[row, number] != data:
                path = Tile(row, number, len(data) // HASH).path
                report.add("tile", "Sus huellas no son las de los cambios que la oficina firmó.", path)

    def _fit(self) -> bool:
        """Whether the root of every full tile stands in the row above."""
        for (row, number), data in self._data.items():
            if len(data) == WIDTH * HASH:
                at = number % WIDTH * HASH
                above = self._data[row + 1, number // WIDTH][at : at + HASH]
                if root_of(split_tile(data)) != above:
                    return False
        return True

    def _made_from(self, leaves: list[bytes]) -> dict[tuple[int, int], bytes]:
        """These tiles, with what the range's leaves make of them in its place."""
        start = self.first // WIDTH
        row_of_leaves = self._data.get((0, start), b"")[: self.first % WIDTH * HASH] + b"".join(leaves)
        made: dict[tuple[int, int], bytes] = {}
        for tile in tiles_of(self.size, self.first):
            if tile.row:
                below = [made.get((tile.row - 1, tile.number * WIDTH + at), b"") for at in range(tile.width)]
                given = split_tile(self._data[tile.row, tile.number])
                roots = [root_of(split_tile(data)) if data else given[at] for at, data in enumerate(below)]
                made[tile.row, tile.number] = b"".join(roots)
            else:
                at = (tile.number - start) * WIDTH * HASH
                made[0, tile.number] = row_of_leaves[at : at + tile.width * HASH]
        return made


class Alignment:
    """Keeps lines and leaves in step, and names what is altered, added, missing, moved or repeated."""

    def __init__(self, leaves: Leaves, report: Report) -> None:
        self._leaves = leaves
        self._report = report
        self._next = leaves.first
        self._strange: list[tuple[int, str]] = []
        self._missing: dict[int, None] = {}

    def take(self, row: int, ref: str, leaf: bytes) -> None:
        """Hold the next line (its leaf hash) against the leaf that comes next."""
        if self._next < self._leaves.size and self._leaves.at(self._next) == leaf and not self._strange:
            self._next += 1
            return
        place = self._leaves.place_of(leaf)
        if place is None:
            self._strange.append((row, ref))
        elif place >= self._next:
            self._settle(place)
            self._next = place + 1
        elif place in self._missing:
            del self._missing[place]
            self._report.add("change_moved", f"Es la hoja {place} del registro, fuera de lugar.", CHANGES, row, ref)
        else:
            self._report.add("change_repeated", f"Es otra vez la hoja {place} del registro.", CHANGES, row, ref)

    def finish(self) -> None:
        """Name what is still out of step at the end of the file."""
        self._settle(self._leaves.size)
        for place in self._missing:
            self._report.add("change_missing", f"Falta la hoja {place} del registro.", CHANGES)

    def _settle(self, place: int) -> None:
        """Leaves up to `place` were jumped over: strange lines before it took their places, or are too many."""
        skipped = list(range(self._next, place))
        for index, (row, ref) in enumerate(self._strange):
            if index < len(skipped):
                self._report.add("change_altered", "No es el cambio que la oficina registró.", CHANGES, row, ref)
            else:
                self._report.add("change_added", "La oficina no registró este cambio.", CHANGES, row, ref)
        self._missing.update(dict.fromkeys(skipped[len(self._strange) :]))
        self._strange = []
