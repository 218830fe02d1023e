"""One pass over the ledger's leaves: records as CSV, conflicts, tiles, and each device's numbers.

* Nothing grows with the number of records but the tiles (32 bytes a leaf) and the rows that wait in files.
* Every leaf is hashed again: an export never seals bytes that are not those of the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson

from itinerant.domain import guard
from itinerant.domain.fields import Kind, Type
from itinerant.domain.kinds import KINDS
from itinerant.errors import Damaged
from itinerant.log.canonical import leaf_hash
from itinerant.log.change import GENESIS, Change
from itinerant.log.merge import merge
from itinerant.log.tree import Tile, TileWriter
from itinerant.texts import _
from server.exports import sheets
from server.exports.source import Leaf, Source
from server.exports.tables import KindTables, chunks_of

CONFLICTS = "conflicts.jsonl"


class Numbers:
    """The numbers of one device that the ledger has: bounds, those missing between, and the first branch's end."""

    def __init__(self) -> None:
        self.lowest = 0
        self.highest = 0
        self.missing: set[int] = set()
        self.upto = 0
        self.head = GENESIS

    def add(self, seq: int, digest: bytes, *, main: bool) -> None:
        """Take a number; they mostly come in order. `main`: it is of the first branch."""
        if not self.highest:
            self.lowest = self.highest = seq
        elif seq > self.highest:
            self.missing.update(range(self.highest + 1, seq))
            self.highest = seq
        elif seq < self.lowest:
            self.missing.update(range(seq + 1, self.lowest))
            self.lowest = seq
        else:
            self.missing.discard(seq)
        if main and seq > self.upto:
            self.upto, self.head = seq, digest.hex()


class Gathered:
    """What the pass gathers. `folder` takes the files that go into the archive later."""

    def __init__(self, folder: Path, source: Source, stack: ExitStack) -> None:
        self.apart = list(source.apart())
        """What was set apart."""
        self._branched = {item.hash for item in self.apart if item.branch}
        self._source = source
        self._conflicts = stack.enter_context((folder / CONFLICTS).open("w+b"))
        self.tables = {name: KindTables(folder, kind, stack) for name, kind in KINDS.items()}
        self._fields = {name: tuple(item.name for item in kind.fields) for name, kind in KINDS.items()}
        self._texts = {name: _free_texts(kind) for name, kind in KINDS.items()}
        self.whole = source.first == 0
        """Whether the export begins where the ledger does."""
        self._amended = source.amended()
        self._done: set[str] = set()
        self._tiles = TileWriter()
        self._next = 0
        self.tiles: dict[Tile, bytes] = {}
        self.conflicts = 0
        self.flagged = 0
        """Texts in which the guard finds something today; a person released them, or its rules grew."""
        self.devices: dict[str, Numbers] = {}
        self.device_records: dict[str, None] = {}

    def hash_only(self, digest: bytes) -> None:
        """Take a leaf from before the range: it counts for the tree alone."""
        self.tiles.update(self._tiles.append(digest))
        self._next += 1

    def take(self, leaf: Leaf) -> None:
        """Take a leaf of the range; raises `Damaged` when its bytes are not those that the ledger hashed."""
        if leaf_hash(leaf.data) != leaf.hash or leaf.place != self._next:
            raise _altered(self._next)
        self._next += 1
        self.tiles.update(self._tiles.append(leaf.hash))
        change = orjson.loads(leaf.data)
        numbers = self.devices.setdefault(change["device"], Numbers())
        numbers.add(change["seq"], leaf.hash, main=leaf.hash not in self._branched)
        self.record_of(leaf, change)

    def record_of(self, leaf: Leaf, change: Mapping[str, Any] | None = None) -> None:
        """Write the row of the record that a change is of, once."""
        values = orjson.loads(leaf.data) if change is None else change
        record, kind = values["record"], values["kind"]
        texts = [values["set"].get(name) for name in self._texts[kind]]
        self.flagged += sum(not guard.clean(text) for text in [*texts, values["why"]] if text)
        if kind == "device":
            self.device_records[record] = None
        if record not in self._amended:
            self.tables[kind].add(sheets.made_once(values, self._fields[kind]))
            return
        if record in self._done:
            return
        self._done.add(record)
        changes = {item.ref: item for item in self.history(record)}
        merged = merge(changes.values())
        self.tables[merged.kind].add(sheets.row(merged, changes, self._fields[merged.kind]))
        for described in sheets.conflicts(merged, changes):
            self._conflicts.write(described)
            self.conflicts += 1

    def history(self, record: str) -> list[Change]:
        """Every change of a record up to the export's end."""
        return [Change.from_bytes(leaf.data) for leaf in self._source.history(record)]

    def finish(self) -> None:
        """Add the tree's right edge; raises `Damaged` when the database lacks leaves that the ledger has."""
        if self._next != self._source.size:
            raise _altered(self._next)
        self.tiles.update(self._tiles.finish())
        for tables in self.tables.values():
            tables.finish()

    @property
    def rows(self) -> dict[str, int]:
        """Records of each kind."""
        return {name: tables.rows for name, tables in self.tables.items()}

    def conflict_lines(self) -> Iterator[bytes]:
        """The bytes of `conflicts.jsonl`."""
        return chunks_of(self._conflicts)


def _altered(place: int) -> Damaged:
    return Damaged(
        _("La hoja {n} del registro no es la que la oficina anotó: la base de datos fue alterada.").format(n=place),
        next_step=_("Ejecute «itinerant-server doctor» y restaure una copia de respaldo."),
        place=str(place),
        code="ledger",
    )


def _free_texts(kind: Kind) -> tuple[str, ...]:
    return tuple(item.name for item in kind.fields if item.type is Type.TEXT and item.guarded)
