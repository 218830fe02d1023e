"""Verifies an auditor's export: offline, with Python's standard library alone, trusting nothing but a key.

    python3 verify.py EXPORTACIÓN.zip --key LLAVE [--previous ANTERIOR.zip] [--json]

* The key comes by another way than the export (paper, web page, gazette). Without it only self-consistency is shown.
* Everything in the export that follows from the changes is made again from them and compared.
* Exit code: 0 everything holds, 1 something does not (or there was nothing to check), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import Any

from itinerant.audit.archive import Archive, fits, parse
from itinerant.audit.chains import CENTRAL
from itinerant.audit.facts import HEX, Facts, again, read_changes, read_earlier
from itinerant.audit.leaves import CHANGES, Tiles
from itinerant.audit.merging import Fact
from itinerant.audit.notes import Checkpoint, Key, check_note, read_checkpoint, read_key, strict_base64
from itinerant.audit.records import DICTIONARY, Records
from itinerant.audit.report import Broken, Report
from itinerant.audit.rotation import Ring, check_steps, read_steps
from itinerant.audit.signers import (
    DEVICES,
    HEADS,
    QUARANTINE,
    RELEASED,
    check_covered,
    check_devices,
    keys_of,
    read_heads,
    read_quarantine,
)
from itinerant.audit.tlog import continues
from itinerant.audit.witnesses import WITNESSES, check_witnesses

FORMAT = "itinerant-export/v1"
MANIFEST = "manifest.json"
SEAL = "manifest.note"
CHECKPOINT = "checkpoint"
MAX_NOTE = 64 << 10
"""Bytes of a checkpoint that is read at all."""

LAST = (MANIFEST, SEAL)
UNSEEN = "Ningún equipo dio fe todavía de que el registro solo creció."
STATES = {"revoked": "revocado", "lost": "perdido", "frozen": "en observación", "retired": "retirado"}

MANIFEST_SHAPE: dict[str, object] = {
    "counts": {
        "changes": int,
        "conflicts": int,
        "devices": int,
        "earlier": int,
        "heads": int,
        "quarantine": int,
        "records": dict,
    },
    "files": [{"bytes": int, "name": str, "packed": HEX, "rows": int, "sha256": HEX}],
    "first": int,
    "format": str,
    "from": str,
    "guard": {"found": int, "set_apart": int, "version": int},
    "key": str,
    "office": str,
    "origin": str,
    "previous": ({"note": str, "proof": [str]}, None),
    "schema": HEX,
    "selection": {"ubigeo": str, "visit": str},
    "size": int,
    "to": str,
}


class Export:
    """An opened export: its archive, its manifest, the keys that it is held against, and its checkpoint."""

    def __init__(self, archive: Archive, accepted: list[Key], report: Report) -> None:
        """`accepted`: keys of which one must be the office's; without any, what the export says is its key."""
        raw = archive.read(MANIFEST)
        manifest = parse(raw)
        if manifest is None or not fits(manifest, MANIFEST_SHAPE) or manifest["format"] != FORMAT:
            raise Broken("manifest", "No es el manifiesto de una exportación que este verificador conozca.", MANIFEST)
        self.archive = archive
        self.manifest: dict[str, Any] = manifest
        self.first: int = manifest["first"]
        self.size: int = manifest["size"]
        self.selection = manifest["selection"]["visit"] or manifest["selection"]["ubigeo"]
        note = text_of(archive, CHECKPOINT)
        self.ring = Ring(read_steps(archive), accepted or [read_key(manifest["key"])], note)
        self.key = self.ring.present
        self.checkpoint = read_checkpoint(check_note(note, self.key, CHECKPOINT), CHECKPOINT)
        if self.checkpoint.origin != self.key.name or self.checkpoint.origin != manifest["origin"]:
            report.add("origin", "El sello es de otro registro que la llave o el manifiesto.", CHECKPOINT)
        if self.checkpoint.size != self.size or not 0 <= self.first <= self.size:
            words = f"El sello cubre {self.checkpoint.size} cambios y el manifiesto dice {self.size}."
            raise Broken("size", words, CHECKPOINT)
        self._check_seal(hashlib.sha256(raw).hexdigest(), report)

    def _check_seal(self, digest: str, report: Report) -> None:
        expected = f"{FORMAT}\n{self.manifest['origin']}\n{self.first} {self.size}\nsha256 {digest}\n"
        try:
            text = check_note(text_of(self.archive, SEAL), self.key, SEAL)
        except Broken as broken:
            report.findings.append(broken.finding)
            return
        if text != expected:
            report.add("seal", "No es el manifiesto que la oficina selló.", MANIFEST)


def text_of(archive: Archive, name: str) -> str:
    """A small text file."""
    try:
        return archive.read(name).decode()
    except UnicodeDecodeError as error:
        raise Broken("note", "No es texto UTF-8.", name) from error


def verify(path: Path, key: str = "", previous: Path | None = None) -> Report:
    """Verify the export at `path`. Raises `OSError` when a file cannot be read and `Broken` for a mistyped `key`."""
    report = Report(export=path.name, authentic=bool(key))
    trusted = [read_key(key)] if key else []
    try:
        with path.open("rb") as file:
            export = Export(Archive(file), trusted, report)
            tiles = None
            if export.selection:
                check_disclosure(export, report)
            else:
                tiles = check_contents(export, report)
            if previous is not None:
                check_previous(export, tiles, previous, report)
    except Broken as broken:
        report.findings.append(broken.finding)
    return report


def check_contents(export: Export, report: Report) -> Tiles:
    """Everything inside one export."""
    archive, manifest, whole = export.archive, export.manifest, export.first == 0
    tiles = Tiles(archive, export.size, export.first, report)
    check_files(export, tiles.paths, report)
    tiles.check(export.checkpoint.root, archive.lines(CHANGES), report)
    facts = Facts(Records(archive, report))
    read_earlier(archive, export.checkpoint, export.first, facts, report)
    earlier = facts.count
    read_changes(archive, tiles.leaves(), facts, report)
    report.counts.update(changes=facts.count - earlier, earlier=earlier, checked=facts.count - earlier)
    apart = read_quarantine(archive, facts.chains, whole, report)
    for row, device, seq, _prev in facts.chains.join(report):
        if whole or seq == 1:
            report.add("chain", f"Falta el cambio anterior, {device}-{seq - 1}.", CHANGES, row, f"{device}-{seq}")
        else:
            report.counts["loose"] = report.counts.get("loose", 0) + 1
    keys = keys_of(facts, report)
    heads = read_heads(archive, facts, keys, report)
    check_covered(facts, heads, report)
    check_steps(export.ring.steps, facts, export.size, whole, report)
    seen = check_witnesses(archive, export.key, export.checkpoint, keys, report)
    devices = check_devices(archive, facts, whole, report)
    facts.records.finish(again(archive, facts))
    check_counts(manifest, apart, report)
    if not report.findings:
        describe(export, devices, apart, report)
        (report.facts if seen else report.limits).append(seen or UNSEEN)
    return tiles


def check_disclosure(export: Export, report: Report) -> None:
    """A selection of records: each of their changes has its own proof; nothing is said of the rest of the ledger."""
    archive = export.archive
    check_files(export, [], report)
    if export.first != export.size or archive.read(CHANGES):
        report.add("selection", "Una selección no lleva un tramo del registro.", CHANGES)
    facts = Facts(Records(archive, report))
    read_earlier(archive, export.checkpoint, export.first, facts, report)
    report.counts.update(changes=0, earlier=facts.count, checked=facts.count, heads=0)
    for name in (QUARANTINE, DEVICES, HEADS, WITNESSES):
        if name in archive.members and archive.read(name):
            report.add("selection", "Una selección no lleva nada más que sus registros.", name)
    facts.records.finish(again(archive, facts))
    check_counts(export.manifest, [], report)
    if not report.findings:
        report.facts += [
            f"El sello firmado de {export.checkpoint.origin} cubre {export.size} cambios.",
            f"Selección {export.selection}: {facts.count} cambios, cada uno con la prueba de su lugar en el registro, "
            f"y {report.counts['records']} registros iguales a los que esos cambios dan.",
        ]
        report.limits += [
            "Es una selección: no prueba que no haya otros registros de esa jornada o distrito.",
            "Las firmas de las laptops se comprueban en la exportación completa.",
        ]


def check_files(export: Export, tiles: list[str], report: Report) -> None:
    """Every file is one that the manifest lists, in its order, with the bytes that it states."""
    archive, listed = export.archive, export.manifest["files"]
    expected = [*(item["name"] for item in listed), *tiles, *LAST]
    for name in sorted(set(archive.members) - set(expected)):
        report.add("member", "Este archivo no figura en el manifiesto.", name)
    for name in sorted(set(expected) - set(archive.members)):
        report.add("member", "Falta este archivo.", name)
    if set(archive.members) == set(expected) and list(archive.members) != expected:
        report.add("member", "Los archivos están en otro orden que el del manifiesto.")
    for item in listed:
        if item["name"] in archive.members:
            contents, packed = archive.digests(item["name"])
            if contents != item["sha256"] or archive.members[item["name"]].size != item["bytes"]:
                report.add("digest", "No es el archivo que figura en el manifiesto.", item["name"])
            elif packed != item["packed"]:
                report.add("digest", "Está comprimido de otra manera que la que figura en el manifiesto.", item["name"])
            if item["name"] == DICTIONARY and contents != export.manifest["schema"]:
                report.add("schema", "El diccionario no es el que figura como esquema.", DICTIONARY)


def check_counts(manifest: dict[str, Any], apart: list[dict[str, Any]], report: Report) -> None:
    """The numbers of the manifest are those of the files."""
    stated, counted = manifest["counts"], report.counts
    numbers = {
        "changes": counted["changes"],
        "earlier": counted["earlier"],
        "quarantine": len(apart),
        "records": counted["records"],
    }
    said = {**stated, "records": sum(value for value in stated["records"].values() if isinstance(value, int))}
    for name, number in numbers.items():
        if said[name] != number:
            report.add("count", f"El manifiesto dice {said[name]} en «{name}» y hay {number}.", MANIFEST)
    personal = sum(item["reason"] == "personal_data" for item in apart)
    if manifest["guard"]["set_apart"] != personal:
        report.add("count", f"El manifiesto dice otra cantidad de datos personales apartados ({personal}).", MANIFEST)


def check_previous(export: Export, tiles: Tiles | None, previous: Path, report: Report) -> None:
    """The ledger of an earlier export, or of a checkpoint that somebody kept, is the beginning of this one's."""
    with previous.open("rb") as file:
        if file.read(4) == b"PK\x03\x04":
            inner = Report()
            before = Export(Archive(file), export.ring.keys, inner)
            report.findings.extend(inner.findings)
            export.ring.check_size(before.key, before.size)
            same = continues_from(export, tiles, before.checkpoint, report)
            if not same and tiles is not None and not before.selection:
                name_rewritten(export, tiles, before, report)
            return
        file.seek(0)
        note = file.read(MAX_NOTE).decode("utf-8", "replace")
        continues_from(export, tiles, export.ring.read_checkpoint(note, previous.name), report)


def continues_from(export: Export, tiles: Tiles | None, old: Checkpoint, report: Report) -> bool:
    """Whether an earlier checkpoint is the beginning of this export's; says so."""
    new, stated = export.checkpoint, export.manifest["previous"]
    if old.size > new.size:
        words = f"La anterior cubre {old.size} cambios y esta {new.size}: esta es más antigua, o se perdieron."
        raise Broken("previous", words, CHECKPOINT)
    if tiles is not None and old.size >= export.first:
        same = tiles.root_at(old.size) == old.root
    elif stated and export.ring.read_checkpoint(stated["note"], MANIFEST) == old:
        proof = [strict_base64(text) or b"" for text in stated["proof"]]
        same = continues(old.size, new.size, old.root, new.root, proof)
    else:
        raise Broken("previous", "Esta exportación no trae la prueba de que continúa a la anterior.", MANIFEST)
    if same:
        report.facts.append(f"Continúa sin cambios a la exportación anterior ({old.size} cambios).")
    else:
        report.add("previous", "El registro ya no empieza como en la exportación anterior: fue reescrito.", CHECKPOINT)
    return same


def name_rewritten(export: Export, tiles: Tiles, before: Export, report: Report) -> None:
    """Say where the ledger was rewritten since the export before."""
    mine = tiles.leaves()
    theirs = Tiles(before.archive, before.size, before.first, Report()).leaves()
    for place in range(max(export.first, before.first), before.size):
        if mine.at(place) != theirs.at(place):
            words = f"La hoja {place} era otra en la exportación anterior."
            report.add("rewritten", words, CHANGES, place - export.first + 1)
            return


def describe(export: Export, devices: list[Fact], apart: list[Fact], report: Report) -> None:
    """Say in words what was shown, and what such a file cannot show."""
    counts, manifest = report.counts, export.manifest
    laptops = [item["device"] for item in devices if item["device"] != CENTRAL]
    root = export.checkpoint.root.hex()
    report.facts += [
        f"El sello firmado de {export.checkpoint.origin} cubre {export.size} cambios; raíz {root[:16]}…",
        f"{counts['changes']} cambios, cada uno en su lugar del registro, y {counts['records']} registros iguales a "
        "los que esos cambios dan.",
        f"{len(laptops)} equipos, {counts['heads']} firmas de equipos: {', '.join(laptops[:12])}"
        + ("…" if len(laptops) > 12 else "."),
    ]
    for item in devices:
        state = STATES.get(item["state"])
        if state:
            after = item["revoked_after"]
            until = f"; se le cree hasta su cambio {after}" if after is not None else ""
            report.facts.append(f"El equipo {item['device']} está {state}{until}.")
        if item["branches"]:
            report.facts.append(f"Dos laptops escribieron con el código {item['device']}: hubo una copia.")
        if item["gaps"] and item["device"] == CENTRAL:
            times = len(item["gaps"])
            report.facts.append(f"La oficina volvió a una copia anterior de su base de datos ({times}): saltó números.")
        elif item["gaps"]:
            number = sum(last - first + 1 for first, last in item["gaps"])
            report.facts.append(f"Cambios de {item['device']} que faltan porque están en cuarentena: {number}.")
    waiting = [item["reason"] for item in apart if item["decision"] != RELEASED]
    for reason in sorted(set(waiting)):
        number = waiting.count(reason)
        report.facts.append(f"En cuarentena por «{reason}»: {number}; se conoce su huella, no su contenido.")
    if counts.get("conflicts"):
        report.facts.append(f"Conflictos abiertos: {counts['conflicts']}; conflicts.jsonl trae cada versión.")
    if manifest["from"] or manifest["to"]:
        report.facts.append(f"Periodo pedido: {manifest['from'] or 'inicio'} a {manifest['to'] or 'fin'}.")
    if export.first:
        report.limits.append(f"Empieza en la hoja {export.first}: lo anterior se comprueba con su propia exportación.")
    report.limits += [
        "No prueba que las laptops enviaran todo lo que anotaron, ni que lo anotado sea cierto.",
        "Los textos y hojas de lectura (LEEME, acta, XLSX, Parquet) se comprueban solo por su huella sellada.",
    ]


def main(arguments: list[str] | None = None) -> int:
    """The command: prints the report and answers with the exit code."""
    parser = argparse.ArgumentParser(prog="verify.py", description="Verifica una exportación del auditor, sin red.")
    parser.add_argument("export", type=Path, metavar="EXPORTACIÓN", help="el archivo ZIP")
    parser.add_argument("--key", default="", metavar="LLAVE", help="llave de la oficina, recibida por otra vía")
    parser.add_argument("--previous", type=Path, metavar="ANTERIOR", help="una exportación anterior, para comparar")
    parser.add_argument("--json", action="store_true", help="resultado como JSON")
    options = parser.parse_args(arguments)
    try:
        report = verify(options.export, options.key, options.previous)
    except OSError as error:
        print(f"No se puede leer {error.filename}: {error.strerror}.", file=sys.stderr)
        return 2
    except Broken as broken:
        print(broken.finding.sentence, file=sys.stderr)
        return 2
    print(report.to_json() if options.json else report.to_text())
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
