"""The members of an export, in the order in which they stand in the ZIP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from itinerant.domain import guard
from itinerant.errors import Damaged, UserError
from itinerant.log import canonical
from itinerant.log.notes import Checkpoint
from itinerant.log.tree import Fetch, from_tiles, inclusion_proof, root, tiles_of
from itinerant.texts import _
from server.exports import acta, devices, dictionary, readme, seal, verifier, workbook
from server.exports.archive import ArchiveWriter
from server.exports.gather import CONFLICTS, Gathered
from server.exports.source import BATCH, Leaf, Source
from server.exports.tables import chunks_of
from server.ledger import Ledger
from server.office import Office

Progress = Callable[[int, int], None]
"""Called with how many changes are done, of how many."""


class Members:
    """Writes one export's members and remembers what the manifest says of each."""

    def __init__(
        self,
        office: Office,
        source: Source,
        gathered: Gathered,
        archive: ArchiveWriter,
        folder: Path,
        progress: Progress,
        cancelled: Callable[[], bool],
    ) -> None:
        self._office = office
        self._source = source
        self._gathered = gathered
        self._archive = archive
        self._folder = folder
        self._progress = progress
        self._cancelled = cancelled
        self._files: list[dict[str, object]] = []
        self.counts: dict[str, int] = {}

    def write(self, end: Ledger, before: tuple[str, Checkpoint] | None) -> str:
        """Write everything; answers with the checkpoint. `end` is the whole ledger's; `before` an earlier export's."""
        size = self._source.size
        self._add("LEEME.txt", [readme.text(self._office, self._source.asked, self._source.first, size).encode()])
        self._add("verify.py", [verifier.pack().encode()])
        self._write_changes()
        fetch = from_tiles(self._gathered.tiles.__getitem__, size)
        tree_root = root(size, fetch)
        if size == end.size and tree_root != end.frontier.root():
            raise Damaged(
                _("Las hojas del registro no dan la raíz que la oficina firmó: la base de datos fue alterada."),
                next_step=_("Ejecute «itinerant-server doctor» y restaure una copia de respaldo."),
                code="ledger",
            )
        previous: dict[str, object] | None = None
        if before is not None:
            proof = seal.continues(before[1], size, fetch)
            previous = {"note": before[0], "proof": [seal.base64_of(item) for item in proof]}
        self._lines(
            "earlier-proofs.jsonl",
            (
                _line({"place": place, "proof": [seal.base64_of(item) for item in inclusion_proof(place, size, fetch)]})
                for place in self._earlier
            ),
        )
        self._write_records()
        self._write_devices(fetch)
        schema = self._write_dictionary()
        checkpoint = Checkpoint(self._office.settings.origin, size, tree_root)
        self._add("acta.pdf", [acta.write(self._office, self._source.asked, checkpoint, self.counts, self._files)])
        note = checkpoint.sign(self._office.keys.sign)
        self._add("checkpoint", [note.encode()])
        for tile in tiles_of(size, self._source.first) if not self._source.asked.selects else ():
            self._archive.add(tile.path, [self._gathered.tiles[tile]], stored=True)
        self._write_manifest(schema, previous)
        self._archive.finish()
        return note

    def _write_changes(self) -> None:
        source, gathered = self._source, self._gathered
        for digest in source.hashes(source.first):
            gathered.hash_only(digest)
        earlier = source.earlier()
        self._earlier = [leaf.place for leaf in earlier]
        for leaf in earlier:
            gathered.record_of(leaf)
        self.counts["earlier"] = self._lines("earlier.jsonl", (leaf.data + b"\n" for leaf in earlier))
        self.counts["changes"] = self._lines("changes.jsonl", self._taken(source.leaves()))
        gathered.finish()

    def _taken(self, leaves: Iterable[Leaf]) -> Iterator[bytes]:
        total = self._source.size - self._source.first
        for done, leaf in enumerate(leaves):
            if done % BATCH == 0:
                self._progress(done, total)
                if self._cancelled():
                    raise UserError(_("Se canceló; no quedó ningún archivo."), code="cancelled")
            self._gathered.take(leaf)
            yield leaf.data + b"\n"
        self._progress(total, total)

    def _write_records(self) -> None:
        gathered = self._gathered
        for kind, tables in gathered.tables.items():
            self._add(f"records/{kind}.csv", tables.csv(), rows=tables.rows)
        for kind, tables in gathered.tables.items():
            self._add(f"records/{kind}.parquet", tables.parquet(), stored=True)
        with (self._folder / "records.xlsx").open("w+b") as file:
            workbook.write(file, [tables.sheet for tables in gathered.tables.values()])
            self._add("records.xlsx", chunks_of(file), stored=True)
        self._add(CONFLICTS, gathered.conflict_lines(), rows=gathered.conflicts)
        self.counts["records"] = sum(gathered.rows.values())
        self.counts["conflicts"] = gathered.conflicts

    def _write_devices(self, fetch: Fetch) -> None:
        gathered = self._gathered
        self.counts["quarantine"] = self._lines("quarantine.jsonl", map(_line, devices.apart_lines(gathered.apart)))
        self.counts["devices"] = self._lines("devices.jsonl", map(_line, devices.device_lines(gathered)))
        self.counts["heads"] = self._lines("heads.jsonl", map(_line, devices.head_lines(self._source.heads())))
        seen = self._source.witnesses()
        lines = devices.witness_lines(self._office, gathered, seen, self._source.size, fetch)
        self._lines("witnesses.jsonl", map(_line, lines))
        if self._office.keys.rotations:
            self._lines("keys.jsonl", map(_line, devices.key_lines(self._office.keys)))

    def _write_dictionary(self) -> str:
        """What the tables mean, for people and programs; answers with the schema's hash."""
        schema = self._add("dictionary.csv", (line.encode() for line in dictionary.dictionary()))
        package = dictionary.package(self._office.settings.name, self._gathered.rows)
        self._add("datapackage.json", [json.dumps(package, ensure_ascii=False, indent=1, sort_keys=True).encode()])
        return schema

    def _write_manifest(self, schema: str, previous: dict[str, object] | None) -> None:
        office, source, gathered = self._office, self._source, self._gathered
        manifest = canonical.encode(
            {
                "counts": {**self.counts, "records": gathered.rows},
                "files": self._files,
                "first": source.first,
                "format": seal.FORMAT,
                "from": source.asked.first.isoformat() if source.asked.first else "",
                "guard": {
                    "found": gathered.flagged,
                    "set_apart": sum(item.reason == "personal_data" for item in gathered.apart),
                    "version": guard.GUARD_VERSION,
                },
                "key": office.verifier.vkey,
                "office": office.settings.name,
                "origin": office.settings.origin,
                "previous": previous,
                "schema": schema,
                "selection": {"ubigeo": source.asked.ubigeo, "visit": source.asked.visit},
                "size": source.size,
                "to": source.asked.last.isoformat() if source.asked.last else "",
            }
        )
        note = seal.seal(office, source.first, source.size, manifest)
        self._archive.add("manifest.json", [manifest], stored=True)
        self._archive.add("manifest.note", [note.encode()], stored=True)

    def _lines(self, name: str, lines: Iterable[bytes]) -> int:
        """Write a file of lines, one an item; answers with how many."""
        count = 0

        def counted() -> Iterator[bytes]:
            nonlocal count
            for line in lines:
                count += 1
                yield line

        self._add(name, counted())
        self._files[-1]["rows"] = count
        return count

    def _add(self, name: str, chunks: Iterable[bytes], *, rows: int = 0, stored: bool = False) -> str:
        """Write a member; answers with the SHA-256 of its contents."""
        member = self._archive.add(name, chunks, stored=stored)
        self._files.append(
            {
                "bytes": member.size,
                "name": name,
                "packed": member.packed_sha256,
                "rows": rows,
                "sha256": member.sha256,
            }
        )
        return member.sha256


def _line(value: dict[str, object]) -> bytes:
    return canonical.encode(value) + b"\n"
